import type { Bug } from '../bug.ts';

const verdicts = 'core/seed/verdicts.ts';
const readmission = 'core/seed/readmission.ts';
const tombstones = 'core/seed/tombstones.ts';
const brake = 'core/seed/removal-brake.ts';

/** Faults of what seeds judge, repair, remember and forget. */
export const seedBugs: readonly Bug[] = [
  {
    name: 'agrees-to-every-death',
    promise: 'a peer that answers the seeds is not confirmed dead, whoever reports it',
    edits: [
      {
        file: verdicts,
        find: 'if (session === undefined || !proves(outcome, session, digest)) return ok;',
        replace: 'if (session !== this.#with.digest) return ok;',
      },
    ],
  },
  {
    name: 'repairs-nothing',
    promise: 'a seed that missed a decision learns it from the others: the Peer Lists agree',
    edits: [
      {
        file: 'core/seed/repair.ts',
        find: 'if (differing.length === 0) return;',
        replace: 'if (differing.length < 1e9) return;',
      },
    ],
  },
  {
    name: 'new-store-votes-at-once',
    promise: 'a seed whose disk was lost does not vote before it has copied the registers',
    edits: [
      {
        file: readmission,
        find: 'if (this.#with.admitted) {',
        replace: 'if (this.#with.quorum > 0) {',
      },
    ],
  },
  {
    name: 'copies-from-one-seed',
    promise: 'a seed whose disk was lost copies from n − q + 1 others before it votes',
    edits: [
      {
        file: readmission,
        find: 'if (this.#completed().length >= this.#othersNeeded()) this.#admit();',
        replace: 'if (this.#completed().length >= 1) this.#admit();',
      },
    ],
  },
  {
    name: 'drops-tombstones-early',
    promise: 'a tombstone is kept for its retention',
    edits: [
      {
        file: tombstones,
        find: 'ageMs >= this.#options.tombstoneRetentionMs',
        replace: 'ageMs >= 0',
      },
    ],
  },
  {
    name: 'drops-tombstones-alone',
    promise: 'a tombstone is kept until every seed has said that its retention is over',
    edits: [
      {
        file: tombstones,
        find: 'if (this.#words.get(peer)?.seeds.size !== this.#with.seeds.length) continue;',
        replace: 'if (!this.#words.get(peer)?.seeds.has(this.#with.self)) continue;',
      },
    ],
  },
  {
    name: 'registers-without-a-dial-back',
    promise: 'a registration is voted for only after the address has proved the session',
    edits: [
      {
        file: verdicts,
        find: "return no('session-over', 'this session is over');\n    }\n    return this.#options.verdicts === 'always-ok' ? ok : undefined;",
        replace: "return no('session-over', 'this session is over');\n    }\n    return ok;",
      },
    ],
  },
  {
    name: 'trusts-old-looks',
    promise: 'a verdict rests on a look that is not older than verdictCacheMs',
    edits: [
      {
        file: verdicts,
        find: 'if (now.monotonicMs - seen.atMs > this.#options.verdictCacheMs) return undefined;',
        replace: 'if (now.monotonicMs < seen.atMs) return undefined;',
      },
    ],
  },
  {
    name: 'removes-without-a-brake',
    promise: 'a seed agrees to no removal while its removals are paused',
    edits: [
      {
        file: verdicts,
        find: 'if (!this.#with.brake.allows(peer, incarnation, now)) {',
        replace: 'if (!this.#with.brake.allows(peer, incarnation, now) && incarnation < 0) {',
      },
    ],
  },
  {
    name: 'never-pauses-removals',
    promise: 'removals pause when too many peers are proposed dead within a window',
    edits: [
      {
        file: brake,
        find: 'if (!isAllowed && !this.#isPaused) this.#pause();\n    return isAllowed;',
        replace: 'return true;',
      },
      {
        file: brake,
        find: 'return known.isAllowed;',
        replace: 'return true;',
      },
    ],
  },
  {
    name: 'pauses-removals-for-ever',
    promise: 'removals go on when a whole window has passed without a new death',
    edits: [
      {
        file: brake,
        find: 'if (!this.#isPaused || timer.pause !== this.#pauses) return;',
        replace: 'if (timer.pause > 0) return;',
      },
    ],
  },
  {
    name: 'dials-back-without-bound',
    promise: 'a seed dials no more than probesMax peers back at once',
    edits: [
      {
        file: 'core/seed/probes.ts',
        find: 'if (this.#underWay.size >= this.#options.probesMax) return;',
        replace: '',
      },
    ],
  },
  {
    name: 'proposes-without-bound',
    promise: 'a seed has no more than proposalsMax proposals under way at once',
    edits: [
      {
        file: 'core/seed/proposal-queue.ts',
        find: 'if (this.#underWayCount >= this.#options.proposalsMax) return undefined;',
        replace: '',
      },
    ],
  },
  {
    name: 'believes-every-neighbour',
    promise: 'of one peer’s neighbours a seed remembers no more than reportedNeighboursMax',
    edits: [
      {
        file: 'core/seed/overlay-view.ts',
        find: 'told.length > max ? told.slice(0, max) : told;',
        replace: 'max > 0 ? told : [];',
      },
    ],
  },
];
