import type { NodeEvent } from '../core/events.ts';
import type { Ballot, GossipMessage } from '../core/messages.ts';

/**
 * What each event must have for a reader to rely on it. A record comes from a file that anybody may
 * have written, so its fields are looked at before they are believed. The compiler keeps this table
 * the same as core/events.ts.
 */
const shapes: Shapes = {
  'node:started': { role: 'text', id: 'text' },
  'node:stopped': { id: 'text', reason: 'text' },
  'link:refused': { purpose: 'text', address: 'text', code: 'text', reason: 'text' },
  'link:rejected': { purpose: 'text', from: 'text', code: 'text', reason: 'text' },
  'link:violated': { link: 'number', from: 'text', reason: 'text' },

  'peer:registering': { peer: 'text', quorum: 'number', seeds: 'texts', attempt: 'number' },
  'seed:registered': {
    seed: 'text',
    incarnation: 'number',
    registered: 'number',
    quorum: 'number',
  },
  'seed:registration-failed': { seed: 'text', code: 'text', reason: 'text' },
  'peer:registered': {
    peer: 'text',
    incarnation: 'number',
    seeds: 'texts',
    attempts: 'number',
    durationMs: 'number',
  },
  'peer:registration-failed': {
    peer: 'text',
    registered: 'number',
    quorum: 'number',
    answers: 'objects',
    attempt: 'number',
    retryInMs: 'number',
  },
  'peer-list:received': {
    seed: 'text',
    total: 'number',
    digest: 'text',
    peers: 'objects',
    first: 'boolean',
  },
  'peer-list:updated': {
    seed: 'text',
    total: 'number',
    digest: 'text',
    joined: 'objects',
    gone: 'objects',
  },
  'peer:joined': { peer: 'text', incarnation: 'number' },
  'peer:left': { peer: 'text', incarnation: 'number' },

  'link:up': {
    link: 'number',
    peer: 'text',
    incarnation: 'number',
    direction: 'text',
    degree: 'number',
  },
  'link:down': {
    link: 'number',
    peer: 'text',
    incarnation: 'number',
    cause: 'text',
    reason: 'text',
    degree: 'number',
  },
  'overlay:isolated': { peer: 'text', known: 'number' },
  'overlay:bridge-offered': { candidates: 'texts' },

  'message:published': { message: 'message', links: 'number', bytes: 'number' },
  'message:received': {
    message: 'message',
    hops: 'number',
    latencyMs: 'number',
    link: 'number',
    from: 'text',
    recovered: 'boolean',
    traceparent: 'text?',
    bytes: 'number',
  },
  'message:duplicate': { id: 'text', from: 'text', crossing: 'boolean', bytes: 'number' },
  'message:dropped': { cause: 'text', peer: 'text', frames: 'number', bytes: 'number' },
  'message:gap': { ids: 'texts', from: 'text' },
  'message:evicted': { what: 'text', bound: 'text', count: 'number' },

  'peer:silent': { peer: 'text', incarnation: 'number', silentMs: 'number', trigger: 'text' },
  'peer:probed': { peer: 'text', incarnation: 'number', by: 'text', outcome: 'text' },
  'peer:suspected': {
    peer: 'text',
    incarnation: 'number',
    silentMs: 'number',
    failedProbes: 'texts',
  },
  'peer:suspicion-heard': { peer: 'text', incarnation: 'number', by: 'text' },
  'peer:suspicion-cleared': {
    peer: 'text',
    incarnation: 'number',
    cause: 'text',
    suspectedForMs: 'number',
  },
  'peer:corroborated': {
    peer: 'text',
    incarnation: 'number',
    corroborators: 'texts',
    needed: 'number',
  },
  'peer:reported': { peer: 'text', incarnation: 'number', seed: 'text', text: 'text' },
  'peer:report-rejected': {
    peer: 'text',
    incarnation: 'number',
    seed: 'text',
    code: 'text',
    reason: 'text',
    retryInMs: 'number?',
  },
  'peer:confirmed-dead': {
    peer: 'text',
    incarnation: 'number',
    seed: 'text',
    from: 'text',
    silentMs: 'number?',
  },
  'self:refuted': { incarnation: 'number', refutation: 'number', by: 'text' },
  'self:declared-dead': { incarnation: 'number', from: 'text' },
  'self:left': { incarnation: 'number', committed: 'boolean', reason: 'text' },
  'self:health-changed': { score: 'number', cause: 'text' },

  ...consensus('registration'),
  ...consensus('leave'),
  ...consensus('death'),
  'register:conflict': { peer: 'text', ballot: 'ballot', promised: 'ballot' },
  'death:reported': {
    peer: 'text',
    incarnation: 'number',
    reporter: 'text',
    corroborators: 'texts',
    text: 'text',
  },

  'seed:up': { seed: 'text', reachable: 'number', quorum: 'number' },
  'seed:down': { seed: 'text', reason: 'text', reachable: 'number', quorum: 'number' },
  'seed:list-mismatch': { seed: 'text', onlyHere: 'texts', onlyThere: 'texts' },
  'seed:repaired': { from: 'text', registers: 'number' },
  'seed:recovering': { copiesNeeded: 'number', reason: 'text' },
  'seed:readmitted': { copiedFrom: 'texts', registers: 'number' },
  'lease:lapsed': { peer: 'text', incarnation: 'number', sinceMs: 'number' },
  'removals:paused': {
    reported: 'number',
    listSize: 'number',
    shareMax: 'number',
    windowMs: 'number',
  },
  'removals:resumed': { cause: 'text' },
  'tombstones:removed': { count: 'number' },
  'overlay:components-seen': { components: 'number', smallest: 'number', peers: 'number' },
  'peer-list:changed': {
    peer: 'text',
    incarnation: 'number',
    status: 'text',
    size: 'number',
    digest: 'text',
  },
  'storage:committed': { writes: 'number', durationMs: 'number' },
  'storage:failed': { reason: 'text' },
};

/** What is wrong with an event that was read from somewhere, as half a sentence; undefined: nothing. */
export function eventMistake(value: unknown): string | undefined {
  if (!isObject(value)) return 'event must be an object';
  const type = value['type'];
  const shape = typeof type === 'string' && Object.hasOwn(shapes, type) ? shapeOf(type) : undefined;
  if (shape === undefined) {
    return `event.type ${JSON.stringify(type)} is no event of this version of Hearsay`;
  }
  return fieldsMistake(value, shape, 'event');
}

function shapeOf(type: string): Record<string, Kind> {
  return shapes[type as NodeEvent['type']];
}

function fieldsMistake(
  value: Record<string, unknown>,
  fields: Readonly<Record<string, Kind>>,
  path: string,
): string | undefined {
  for (const [field, kind] of Object.entries(fields)) {
    const mistake = kindMistake(value[field], kind, `${path}.${field}`);
    if (mistake !== undefined) return mistake;
  }
  return undefined;
}

function kindMistake(value: unknown, kind: Kind, path: string): string | undefined {
  if (kind.endsWith('?')) {
    if (value === null || value === undefined) return undefined;
    return kindMistake(value, kind.slice(0, -1) as BareKind, path);
  }
  const compound = compounds[kind as keyof typeof compounds];
  if (compound !== undefined) {
    return isObject(value)
      ? fieldsMistake(value, compound, path)
      : `${path} must be an object, it is ${shown(value)}`;
  }
  const { is, wanted } = simple[kind as keyof typeof simple];
  return is(value) ? undefined : `${path} must be ${wanted}, it is ${shown(value)}`;
}

const simple = {
  text: { is: (value: unknown) => typeof value === 'string', wanted: 'a text' },
  number: { is: (value: unknown) => typeof value === 'number', wanted: 'a number' },
  boolean: { is: (value: unknown) => typeof value === 'boolean', wanted: 'true or false' },
  texts: {
    is: (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
    wanted: 'a list of texts',
  },
  objects: {
    is: (value: unknown) => Array.isArray(value) && value.every(isObject),
    wanted: 'a list of objects',
  },
} as const;

const compounds = {
  ballot: { round: 'number', seed: 'text' },
  votes: { yes: 'number', quorum: 'number', seeds: 'number' },
  message: {
    id: 'text',
    origin: 'text',
    incarnation: 'number',
    sequence: 'number',
    timestampMs: 'number',
    topic: 'text',
    contentType: 'text',
    payloadBytes: 'number',
    excerpt: 'text',
  },
} as const;

/** What a field holds. */
type BareKind = keyof typeof simple | keyof typeof compounds;

/** With `?` it may be null or absent. */
type Kind = BareKind | `${BareKind}?`;

type KindOf<Value> = null extends Value
  ? `${BareKindOf<NonNullable<Value>>}?`
  : undefined extends Value
    ? `${BareKindOf<NonNullable<Value>>}?`
    : BareKindOf<Value>;

type BareKindOf<Value> = [Value] extends [string]
  ? 'text'
  : [Value] extends [number]
    ? 'number'
    : [Value] extends [boolean]
      ? 'boolean'
      : [Value] extends [readonly string[]]
        ? 'texts'
        : [Value] extends [readonly object[]]
          ? 'objects'
          : [Value] extends [GossipMessage]
            ? 'message'
            : [Value] extends [Ballot]
              ? 'ballot'
              : 'votes';

type Shape<Event> = {
  readonly [Field in Exclude<keyof Event, 'type'>]-?: KindOf<Event[Field]>;
};

type Shapes = {
  readonly [Type in NodeEvent['type']]: Shape<Extract<NodeEvent, { readonly type: Type }>>;
};

/** The four events of a decision that the seeds make. */
function consensus<Domain extends 'registration' | 'leave' | 'death'>(domain: Domain) {
  const events = {
    [`${domain}:proposed`]: {
      peer: 'text',
      ballot: 'ballot',
      incarnation: 'number',
      evidence: 'text',
    },
    [`${domain}:vote`]: {
      peer: 'text',
      ballot: 'ballot',
      seed: 'text',
      answer: 'text',
      verdict: 'text',
      reason: 'text',
    },
    [`${domain}:committed`]: {
      peer: 'text',
      incarnation: 'number',
      revision: 'number',
      proposer: 'text',
      votes: 'votes?',
      via: 'text',
      durationMs: 'number?',
    },
    [`${domain}:rejected`]: {
      peer: 'text',
      code: 'text',
      reason: 'text',
      votes: 'votes',
      durationMs: 'number',
    },
  };
  // The compiler widens computed keys to string; they are these four.
  return events as unknown as Pick<
    Shapes,
    `${Domain}:proposed` | `${Domain}:vote` | `${Domain}:committed` | `${Domain}:rejected`
  >;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value in a message: not all of a long one. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
