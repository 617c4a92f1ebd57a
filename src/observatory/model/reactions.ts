import type { Incarnation, PeerId } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import type { RecordedEvent } from '../../telemetry/event-record.ts';
import { isDead, type Member, type TimelineKind } from './members.ts';
import type { NetworkModel } from './network-model.ts';

type Reaction<Event> = (model: NetworkModel, by: Member, event: Event, atMs: Ms) => void;

type Reactions = {
  readonly [Type in RecordedEvent['type']]?: Reaction<
    Extract<RecordedEvent, { readonly type: Type }>
  >;
};

/** What each event changes in the model; events that are not here change nothing that is shown. */
export const reactions: Reactions = {
  'node:started': (model, by, event, atMs) => {
    by.role = event.role;
    by.stopped = false;
    by.left = false;
    by.suspectedBy = [];
    by.aliveSinceMs = event.role === 'seed' ? atMs : null;
    note(model, by, atMs, 'started');
  },
  'node:stopped': (model, by, { reason }, atMs) => {
    by.stopped = true;
    model.links.stopped(by.index);
    model.members.forgetSuspicionsOf(by.index, atMs);
    note(model, by, atMs, 'stopped', -1, reason);
  },

  'peer:registered': (model, by, { incarnation }, atMs) => {
    model.totals.registrations += 1;
    model.members.lives(by, incarnation, atMs);
    note(model, by, atMs, 'registered', -1, `incarnation ${incarnation}`);
  },
  'peer:joined': (model, _by, event, atMs) => lives(model, event.peer, event.incarnation, atMs),
  'peer:left': (model, _by, event, atMs) => left(model, event.peer, event.incarnation, atMs),
  'self:left': (model, by, { incarnation }, atMs) => left(model, by.id, incarnation, atMs),

  'link:up': (model, by, event, atMs) => {
    const other = model.members.ensure(event.peer, 'peer', atMs);
    if (other === undefined) return;
    model.members.lives(other, event.incarnation, atMs);
    model.members.lives(by, by.incarnation, atMs);
    model.links.up(by.index, other.index, atMs);
  },
  'link:down': (model, by, event) => {
    const other = model.members.get(event.peer);
    if (other !== undefined) model.links.down(by.index, other.index);
  },

  'message:published': (model, by, event, atMs) => {
    by.published += 1;
    model.totals.published += 1;
    model.messages.published(by, event, atMs);
  },
  'message:received': (model, by, event, atMs) => {
    by.received += 1;
    model.totals.received += 1;
    if (event.recovered) model.totals.recovered += 1;
    model.messages.received(by, event, atMs);
  },
  'message:duplicate': (model, by, { id }) => {
    by.duplicates += 1;
    model.totals.duplicates += 1;
    model.messages.duplicate(id);
  },

  'peer:suspected': (model, by, event, atMs) => {
    model.totals.suspicions += 1;
    const member = model.members.ensure(event.peer, 'peer', atMs);
    if (member === undefined || isDead(member)) return;
    if (!member.suspectedBy.includes(by.index)) member.suspectedBy.push(by.index);
    note(model, member, atMs, 'suspected', by.index);
  },
  'peer:suspicion-cleared': (model, by, { peer, cause }, atMs) => {
    model.totals.suspicionsCleared += 1;
    const member = model.members.get(peer);
    if (member === undefined || !member.suspectedBy.includes(by.index)) return;
    member.suspectedBy = member.suspectedBy.filter((index) => index !== by.index);
    note(model, member, atMs, 'cleared', by.index, cause);
  },
  'peer:corroborated': (model, by, { peer }, atMs) => about(model, peer, atMs, 'corroborated', by),
  'peer:reported': (model, by, { peer, seed }, atMs) =>
    about(model, peer, atMs, 'reported', by, `to ${seed}`),
  'peer:confirmed-dead': (model, by, { peer, incarnation }, atMs) =>
    died(model, peer, incarnation, by, atMs),
  'self:refuted': (model, by, event, atMs) => note(model, by, atMs, 'refuted', -1, event.by),
  'self:declared-dead': (model, by, _event, atMs) => note(model, by, atMs, 'declared-dead'),

  'registration:proposed': (model, by, event, atMs) =>
    model.rounds.proposed('registration', by.id, event, atMs),
  'registration:vote': (model, _by, event, atMs) => model.rounds.voted('registration', event, atMs),
  'registration:committed': (model, by, event, atMs) => {
    lives(model, event.peer, event.incarnation, atMs);
    model.rounds.committed('registration', by.id, event, atMs);
  },
  'registration:rejected': (model, by, event, atMs) =>
    model.rounds.rejected('registration', by.id, event, atMs),
  'leave:proposed': (model, by, event, atMs) => model.rounds.proposed('leave', by.id, event, atMs),
  'leave:vote': (model, _by, event, atMs) => model.rounds.voted('leave', event, atMs),
  'leave:committed': (model, by, event, atMs) => {
    left(model, event.peer, event.incarnation, atMs);
    model.rounds.committed('leave', by.id, event, atMs);
  },
  'leave:rejected': (model, by, event, atMs) => model.rounds.rejected('leave', by.id, event, atMs),
  'death:proposed': (model, by, event, atMs) => model.rounds.proposed('death', by.id, event, atMs),
  'death:vote': (model, _by, event, atMs) => model.rounds.voted('death', event, atMs),
  'death:committed': (model, by, event, atMs) => {
    died(model, event.peer, event.incarnation, by, atMs);
    model.rounds.committed('death', by.id, event, atMs);
  },
  'death:rejected': (model, by, event, atMs) => model.rounds.rejected('death', by.id, event, atMs),
  'register:conflict': (model, by, { peer, ballot }, atMs) =>
    model.rounds.conflict(by.id, peer, ballot, atMs),
};

function note(
  model: NetworkModel,
  member: Member,
  atMs: Ms,
  kind: TimelineKind,
  by = -1,
  text = '',
): void {
  model.members.note(member, { atMs, kind, by, note: text });
}

function about(
  model: NetworkModel,
  peer: PeerId,
  atMs: Ms,
  kind: TimelineKind,
  by: Member,
  text = '',
): void {
  const member = model.members.ensure(peer, 'peer', atMs);
  if (member !== undefined) note(model, member, atMs, kind, by.index, text);
}

function lives(model: NetworkModel, peer: PeerId, incarnation: Incarnation, atMs: Ms): void {
  const member = model.members.ensure(peer, 'peer', atMs);
  if (member !== undefined) model.members.lives(member, incarnation, atMs);
}

/** Said by the peer itself, by its neighbours and by the seeds: the first word counts. */
function left(model: NetworkModel, peer: PeerId, incarnation: Incarnation, atMs: Ms): void {
  const member = model.members.ensure(peer, 'peer', atMs);
  if (member === undefined || member.left || incarnation < member.incarnation) return;
  member.left = true;
  member.suspectedBy = [];
  note(model, member, atMs, 'left');
}

/** Said by the seeds and then by every peer that hears of it: the first word counts. */
function died(
  model: NetworkModel,
  peer: PeerId,
  incarnation: Incarnation,
  by: Member,
  atMs: Ms,
): void {
  const member = model.members.ensure(peer, 'peer', atMs);
  if (member === undefined || incarnation <= member.deadIncarnation) return;
  member.deadIncarnation = incarnation;
  model.totals.deaths += 1;
  if (!isDead(member)) return;
  member.suspectedBy = [];
  model.members.forgetSuspicionsOf(member.index, atMs);
  note(model, member, atMs, 'confirmed-dead', by.index, `incarnation ${incarnation}`);
}
