/** Options as callers give them, a few of many, and the complete ones that the machines take. */
import {
  type PeerOptions,
  type Profile,
  peerDefaults,
  type SeedOptions,
  seedDefaults,
} from './config.ts';
import { HearsayError } from './errors.ts';

/** Any part of a group of options; what is left out keeps its default. */
export type Overrides<Options> = {
  readonly [Key in keyof Options]?: Options[Key] extends object
    ? Overrides<Options[Key]>
    : Options[Key];
};

/** A profile's defaults with these changes; throws HearsayError `option-invalid` for what makes no sense. */
export function mergePeerOptions(
  profile: Profile,
  overrides: Overrides<PeerOptions> = {},
): PeerOptions {
  const defaults = peerDefaults[profile];
  if (defaults === undefined) {
    const known = Object.keys(peerDefaults).join(', ');
    throw invalid('profile', `'${profile}' is none of: ${known}`);
  }
  const options = merge(defaults, overrides, 'options');
  const { minDegree, maxOutDegree, maxDegree, degreeExponent } = options.overlay;
  if (degreeExponent <= 2 || degreeExponent > 3.5) {
    throw invalid(
      'options.overlay.degreeExponent',
      `${degreeExponent} must be above 2 and at most 3.5`,
    );
  }
  if (minDegree > maxOutDegree || maxOutDegree > maxDegree) {
    throw invalid('options.overlay', 'minDegree ≤ maxOutDegree ≤ maxDegree must hold');
  }
  const { retainedMessagesMax, seenIdsMax, retainedAgeMs, seenAgeMs } = options.dissemination;
  if (retainedMessagesMax > seenIdsMax || retainedAgeMs > seenAgeMs) {
    throw invalid(
      'options.dissemination',
      'ids must be kept at least as long as payloads: retainedMessagesMax ≤ seenIdsMax, retainedAgeMs ≤ seenAgeMs',
    );
  }
  return options;
}

/** The seeds' defaults with these changes; throws HearsayError `option-invalid` for what makes no sense. */
export function mergeSeedOptions(overrides: Overrides<SeedOptions> = {}): SeedOptions {
  const options = merge(seedDefaults, overrides, 'options');
  const { verdicts, removalShareMax } = options;
  if (verdicts !== 'checked' && verdicts !== 'always-ok') {
    throw invalid('options.verdicts', `'${String(verdicts)}' is none of: checked, always-ok`);
  }
  if (removalShareMax > 1) {
    throw invalid('options.removalShareMax', `${removalShareMax} is a share: at most 1`);
  }
  return options;
}

export function invalid(option: string, problem: string): HearsayError {
  return new HearsayError('option-invalid', `option ${option}: ${problem}`, { option });
}

export function positive(value: number, option: string): number {
  if (!(Number.isFinite(value) && value > 0)) {
    throw invalid(option, `${value} must be a finite number above 0`);
  }
  return value;
}

/** Durations, shares and exponents; every other number counts something. */
const continuous = /(?:Ms|ShareMax|Exponent)$/;

function merge<Options extends object>(
  defaults: Options,
  overrides: Overrides<Options>,
  path: string,
): Options {
  const known = Object.keys(defaults);
  const entries = Object.entries(overrides).filter(([, value]) => value !== undefined);
  const merged: Record<string, unknown> = Object.fromEntries(Object.entries(defaults));
  for (const [key, value] of entries) {
    const name = `${path}.${key}`;
    if (!known.includes(key)) throw invalid(name, `unknown; there are: ${known.join(', ')}`);
    merged[key] = mergeValue(merged[key], value, name);
  }
  return merged as Options;
}

function mergeValue(standard: unknown, value: unknown, name: string): unknown {
  if (typeof value !== typeof standard) {
    throw invalid(name, `${String(value)} must be a ${typeof standard}, like ${String(standard)}`);
  }
  if (typeof value === 'number') {
    if (!(continuous.test(name) || Number.isSafeInteger(value))) {
      throw invalid(name, `${value} must be a whole number above 0`);
    }
    return positive(value, name);
  }
  if (typeof value === 'object' && value !== null && typeof standard === 'object') {
    return merge(standard as object, value, name);
  }
  return value;
}
