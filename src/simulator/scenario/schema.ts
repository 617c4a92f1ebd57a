import * as v from 'valibot';
import { regionNames } from '../network/regions.ts';
import { peersMax, seedsMax } from '../nodes/addresses.ts';

/** Messages say what would be right, because the path already says where it is wrong. */
const object = <Entries extends v.ObjectEntries>(entries: Entries) =>
  v.strictObject(entries, (issue) => {
    if (issue.expected === 'Object') return `must be an object, not ${issue.received}`;
    if (issue.received === 'undefined') return 'is missing';
    return `is unknown; there are: ${Object.keys(entries).join(', ')}`;
  });

/** `Required` becomes required, each message names what is allowed. */
const number = (min: number, max = Number.POSITIVE_INFINITY) => {
  const range = max === Number.POSITIVE_INFINITY ? `at least ${min}` : `from ${min} to ${max}`;
  const message = (issue: { readonly received: string | null }) =>
    `must be a number ${range}, not ${issue.received}`;
  return v.pipe(v.number(message), v.minValue(min, message), v.maxValue(max, message));
};

const whole = (min: number, max = Number.MAX_SAFE_INTEGER) =>
  v.pipe(
    number(min, max),
    v.safeInteger((issue) => `must be a whole number, not ${issue.received}`),
  );

const text = (charsMax: number) =>
  v.pipe(
    v.string((issue) => `must be a text, not ${issue.received}`),
    v.maxLength(charsMax, `must have at most ${charsMax} characters`),
  );

const oneOf = <const Words extends readonly string[]>(words: Words) =>
  v.picklist(words, (issue) => `must be one of ${words.join(', ')}, not ${issue.received}`);

const truth = v.boolean((issue) => `must be true or false, not ${issue.received}`);

const kinds = <const Options extends v.VariantOptions<'kind'>>(options: Options) =>
  v.variant('kind', options, (issue) =>
    issue.expected === 'Object'
      ? `must be an object, not ${issue.received}`
      : `must be one of ${issue.expected.replaceAll(/["()]/g, '').replaceAll(' | ', ', ')}, not ${issue.received}`,
  );

const ms = number(0);
const positiveMs = number(0.001);
const share = number(0, 1);

// ---------------------------------------------------------------- topology, network, load

const latency = kinds([
  object({ kind: v.literal('constant'), ms: positiveMs }),
  object({ kind: v.literal('uniform'), minMs: ms, maxMs: positiveMs }),
  object({ kind: v.literal('log-normal'), medianMs: positiveMs, p99Ms: positiveMs }),
  object({
    kind: v.literal('regions'),
    regions: v.pipe(v.array(oneOf(regionNames)), v.minLength(1, 'must name at least one region')),
    jitter: v.exactOptional(number(0, 10)),
  }),
]);

const network = object({
  latency,
  loss: v.exactOptional(number(0, 0.9)),
  delays: v.exactOptional(object({ share, extraMs: positiveMs })),
  bandwidthBytesPerS: v.exactOptional(number(1)),
  outboxBytesMax: v.exactOptional(whole(1)),
});

const start = kinds([
  object({ kind: v.literal('join'), spreadMs: ms, afterMs: v.exactOptional(ms) }),
  object({
    kind: v.literal('settled'),
    machines: v.exactOptional(oneOf(['when-touched', 'at-start'])),
  }),
]);

const topology = object({
  seeds: whole(0, seedsMax),
  peers: whole(1, peersMax),
  profile: v.exactOptional(oneOf(['lan', 'classroom'])),
  start,
  clocks: v.exactOptional(
    object({ offsetMaxMs: v.exactOptional(ms), driftMax: v.exactOptional(number(0, 0.1)) }),
  ),
  disks: v.exactOptional(object({ minMs: ms, maxMs: positiveMs })),
});

const payloadBytesMax = 256 * 1024;

const load = object({
  atMs: ms,
  from: v.exactOptional(
    v.union(
      [v.literal('any'), v.literal('each'), whole(0)],
      (issue) => `must be any, each or a peer's number, not ${issue.received}`,
    ),
  ),
  count: v.exactOptional(whole(1)),
  intervalMs: v.exactOptional(positiveMs),
  bytes: v.exactOptional(whole(0, payloadBytesMax)),
  topic: v.exactOptional(text(63)),
});

// ---------------------------------------------------------------- faults

const choice = v.union(
  [v.literal('all'), whole(1), v.array(whole(0)), object({ share })],
  (issue) =>
    `must be all, how many (at least 1), which ([0, 3]) or a share ({ "share": 0.1 }), not ${issue.received}`,
);
const who = object({ peers: v.exactOptional(choice), seeds: v.exactOptional(choice) });
const peersOnly = object({ peers: choice });
const seedsOnly = object({ seeds: choice });
const timed = { atMs: ms };
const lasting = { atMs: ms, forMs: positiveMs };

const faults = [
  object({
    kind: v.literal('crash'),
    ...timed,
    who,
    how: v.exactOptional(oneOf(['kill', 'power-off'])),
    spreadMs: v.exactOptional(ms),
    restartAfterMs: v.exactOptional(positiveMs),
    disk: v.exactOptional(oneOf(['lost', 'kept', 'torn', 'vanish'])),
  }),
  object({ kind: v.literal('leave'), ...timed, who: peersOnly, spreadMs: v.exactOptional(ms) }),
  object({ kind: v.literal('join'), ...timed, peers: whole(1), spreadMs: v.exactOptional(ms) }),
  object({
    kind: v.literal('churn'),
    ...lasting,
    intervalMs: positiveMs,
    downMs: positiveMs,
    leaveShare: v.exactOptional(share),
  }),
  object({ kind: v.literal('pause'), ...lasting, who }),
  object({ kind: v.literal('slow'), ...lasting, who, inputMs: positiveMs }),
  object({
    kind: v.literal('partition'),
    ...lasting,
    shape: oneOf(['split', 'ring', 'one-way']),
    groups: v.exactOptional(whole(2, 1000)),
    first: v.exactOptional(who),
    flapMs: v.exactOptional(positiveMs),
  }),
  object({
    kind: v.literal('cut'),
    ...lasting,
    from: who,
    to: who,
    oneWay: v.exactOptional(truth),
  }),
  object({ kind: v.literal('swizzle-clog'), ...timed, who, stepMs: positiveMs }),
  object({
    kind: v.literal('degrade'),
    ...lasting,
    loss: v.exactOptional(number(0, 0.9)),
    latencyFactor: v.exactOptional(number(1, 10_000)),
  }),
  object({ kind: v.literal('clock-jump'), ...timed, who, byMs: number(-1e12, 1e12) }),
  object({
    kind: v.literal('disk'),
    ...timed,
    who: seedsOnly,
    what: oneOf(['EIO', 'ENOSPC', 'slow']),
    factor: v.exactOptional(number(1, 100_000)),
    forMs: v.exactOptional(positiveMs),
    restartAfterMs: v.exactOptional(positiveMs),
  }),
  object({
    kind: v.literal('malicious'),
    ...timed,
    who: peersOnly,
    behaviour: oneOf([
      'poison-suspicions',
      'forge-deaths',
      'replay',
      'silent-hub',
      'lie-incarnation',
      'forge-messages',
      'impersonate',
    ]),
    intervalMs: v.exactOptional(positiveMs),
    forMs: v.exactOptional(positiveMs),
  }),
] as const;

const anything = v.record(
  v.string(),
  v.unknown(),
  (issue) => `must be an object, not ${issue.received}`,
);

/** The form of a scenario. What its numbers mean together, and its options, is checked in check.ts. */
export const scenarioSchema = object({
  name: text(100),
  description: v.exactOptional(text(2000)),
  seed: v.exactOptional(whole(0)),
  topology,
  network,
  load: v.exactOptional(v.array(load, 'must be a list')),
  faults: v.exactOptional(v.array(kinds(faults), 'must be a list')),
  durationMs: number(1, 10 * 24 * 3_600_000),
  options: v.exactOptional(
    object({ peer: v.exactOptional(anything), seed: v.exactOptional(anything) }),
  ),
});
