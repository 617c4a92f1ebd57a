import { SpanKind } from '@opentelemetry/api';
import type { AttributeName } from './attributes.ts';

export interface SpanDeclaration {
  readonly name: `hearsay.${string}`;
  readonly kind: SpanKind;
  /** Who has it. */
  readonly on: string;
  /** From when to when it lasts. */
  readonly lasts: string;
  readonly parent: string;
  readonly links: string;
  /** Besides `hearsay.node.id`, which every span has. */
  readonly attributes: readonly AttributeName[];
}

const messaging = [
  'hearsay.message.id',
  'hearsay.message.origin',
  'hearsay.message.sequence',
  'messaging.system',
  'messaging.operation.name',
  'messaging.operation.type',
  'messaging.destination.name',
  'messaging.message.id',
  'messaging.message.body.size',
] as const;

const about = ['hearsay.peer.id', 'hearsay.peer.incarnation'] as const;

/** Every span of Hearsay. docs/TRACING.md is generated from it, and no other attribute compiles. */
export const catalogue = {
  publish: {
    name: 'hearsay.publish',
    kind: SpanKind.PRODUCER,
    on: 'the origin',
    lasts: 'from `publish()` until the message is queued to every link',
    parent: 'the application’s active span; otherwise it is a root',
    links: '',
    attributes: [...messaging, 'hearsay.links'],
  },
  receive: {
    name: 'hearsay.receive',
    kind: SpanKind.CONSUMER,
    on: 'every other peer, at the first receipt',
    lasts: 'from the receipt until the message is queued to the next links',
    parent: 'the `hearsay.publish` or `hearsay.receive` of the hop before',
    links: '`hearsay.publish`',
    attributes: [
      ...messaging,
      'hearsay.hops',
      'hearsay.latency_ms',
      'hearsay.recovered',
      'hearsay.from',
    ],
  },
  register: {
    name: 'hearsay.register',
    kind: SpanKind.CLIENT,
    on: 'the registering peer, for each round over the seeds',
    lasts: 'from the first REGISTER of the round to the quorum, or to the end of the round',
    parent: 'the application’s active span; otherwise it is a root',
    links: 'the `hearsay.register` of the round before',
    attributes: [
      ...about,
      'hearsay.attempt',
      'hearsay.quorum',
      'hearsay.seeds.ok',
      'hearsay.seeds.refused',
      'hearsay.outcome',
    ],
  },
  leave: {
    name: 'hearsay.leave',
    kind: SpanKind.CLIENT,
    on: 'the leaving peer',
    lasts: 'from the first LEAVE to a seed until it is committed, or given up',
    parent: 'none: a root',
    links: '',
    attributes: [...about, 'hearsay.outcome'],
  },
  propose: {
    name: 'hearsay.propose',
    kind: SpanKind.SERVER,
    on: 'the proposing seed, for each ballot',
    lasts: 'from PROPOSE to the decision, the refusal, or a higher ballot',
    parent:
      '`hearsay.register`, `hearsay.leave` or `hearsay.report`, whose request it serves; a root when a lease lapsed',
    links: 'every `hearsay.report` of the same death that came after the first',
    attributes: [
      ...about,
      'hearsay.decision',
      'hearsay.ballot',
      'hearsay.quorum',
      'hearsay.votes.yes',
      'hearsay.outcome',
    ],
  },
  vote: {
    name: 'hearsay.vote',
    kind: SpanKind.SERVER,
    on: 'each seed that voted, the proposing one included',
    lasts: 'from the arrival of PROPOSE, over dialling the peer back and the disk, to VOTE',
    parent: '`hearsay.propose`',
    links: '',
    attributes: [
      'hearsay.peer.id',
      'hearsay.decision',
      'hearsay.ballot',
      'hearsay.vote.answer',
      'hearsay.vote.verdict',
    ],
  },
  commit: {
    name: 'hearsay.commit',
    kind: SpanKind.INTERNAL,
    on: 'the proposing seed, and each seed that COMMIT reached',
    lasts: 'proposer: from ACCEPT to the quorum that accepted; the others: taking in COMMIT',
    parent: '`hearsay.propose`',
    links: '',
    attributes: [...about, 'hearsay.decision', 'hearsay.revision', 'hearsay.seed.id'],
  },
  suspect: {
    name: 'hearsay.suspect',
    kind: SpanKind.INTERNAL,
    on: 'each suspecting peer',
    lasts: 'from the silence that raised the suspicion to its end; begun with the suspicion',
    parent:
      'the `hearsay.suspect` of the peer whose SUSPECT_NOTICE came before the own suspicion; otherwise it is a root',
    links: 'the `hearsay.suspect` of every peer whose SUSPECT_NOTICE came after it',
    attributes: [...about, 'hearsay.silent_ms', 'hearsay.corroborators', 'hearsay.outcome'],
  },
  probe: {
    name: 'hearsay.probe',
    kind: SpanKind.CLIENT,
    on: 'the suspecting peer, for its own look and each helper’s',
    lasts: 'from the question to the answer',
    parent: '`hearsay.suspect`',
    links: '',
    attributes: [...about, 'hearsay.by', 'hearsay.probe.outcome'],
  },
  corroborate: {
    name: 'hearsay.corroborate',
    kind: SpanKind.CONSUMER,
    on: 'a peer that suspects already, at another one’s SUSPECT_NOTICE',
    lasts: 'a moment',
    parent: 'the `hearsay.suspect` of the peer that sent the notice',
    links: 'its own `hearsay.suspect`',
    attributes: [...about, 'hearsay.by'],
  },
  report: {
    name: 'hearsay.report',
    kind: SpanKind.CLIENT,
    on: 'the peer that takes the peers’ agreement to a seed',
    lasts: 'from DEAD_REPORT to the confirmation or the seed’s refusal',
    parent: '`hearsay.suspect`',
    links: '',
    attributes: [...about, 'hearsay.seed.id', 'hearsay.outcome'],
  },
  confirm: {
    name: 'hearsay.confirm',
    kind: SpanKind.CONSUMER,
    on: 'every peer that hears of the death',
    lasts: 'dropping the dead peer and telling the neighbours',
    parent:
      'the `hearsay.commit` of the seed, or the `hearsay.confirm` of the neighbour, that told it; without seeds, or when the answer to a report said it, the own `hearsay.suspect`',
    links: 'its own `hearsay.suspect`, where that belongs to another trace',
    attributes: [...about, 'hearsay.seed.id', 'hearsay.from', 'hearsay.silent_ms'],
  },
} as const satisfies Record<string, SpanDeclaration>;

export type SpanKey = keyof typeof catalogue;

type Value<Name extends AttributeName> = Name extends
  | `hearsay.seeds.${string}`
  | 'hearsay.corroborators'
  ? string[]
  : string | number | boolean;

/** The attributes that a span may be given. */
export type AttributesOf<Key extends SpanKey> = {
  [Name in (typeof catalogue)[Key]['attributes'][number]]?: Value<Name>;
};
