import type { Ms } from '../../core/time.ts';

/**
 * Mean round trips between data centres in ms, as IBM measured and published them for its cloud
 * (IBM Cloud Docs, 'Network latency dashboards', 17 August to 15 September 2024); the upper half,
 * both directions differ by 2 ms at most.
 */
const roundTrips = {
  dallas: {
    toronto: 34,
    washington: 31,
    frankfurt: 123,
    london: 113,
    madrid: 117,
    osaka: 150,
    sydney: 185,
    tokyo: 143,
    'sao-paulo': 145,
  },
  toronto: {
    washington: 20,
    frankfurt: 92,
    london: 82,
    madrid: 109,
    osaka: 169,
    sydney: 215,
    tokyo: 161,
    'sao-paulo': 130,
  },
  washington: {
    frankfurt: 91,
    london: 76,
    madrid: 88,
    osaka: 173,
    sydney: 214,
    tokyo: 166,
    'sao-paulo': 118,
  },
  frankfurt: { london: 13, madrid: 29, osaka: 232, sydney: 250, tokyo: 228, 'sao-paulo': 197 },
  london: { madrid: 27, osaka: 244, sydney: 261, tokyo: 242, 'sao-paulo': 187 },
  madrid: { osaka: 259, sydney: 275, tokyo: 256, 'sao-paulo': 207 },
  osaka: { sydney: 122, tokyo: 9, 'sao-paulo': 292 },
  sydney: { tokyo: 115, 'sao-paulo': 327 },
  tokyo: { 'sao-paulo': 285 },
  'sao-paulo': {},
} as const satisfies Readonly<Record<string, Readonly<Record<string, number>>>>;

export type RegionName = keyof typeof roundTrips;

export const regionNames = Object.keys(roundTrips) as RegionName[];

/** Within one region: half a round trip between its zones (the same source: 1.8 to 2.4 ms), or within one. */
const withinRegionMs: Ms = 0.4;

/** Half of the round trip between two regions. */
export function oneWayMs(one: RegionName, other: RegionName): Ms {
  if (one === other) return withinRegionMs;
  const there: Partial<Record<RegionName, Ms>> = roundTrips[one];
  const back: Partial<Record<RegionName, Ms>> = roundTrips[other];
  return (there[other] ?? back[one] ?? 0) / 2;
}
