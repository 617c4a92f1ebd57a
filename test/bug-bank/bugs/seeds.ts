import type { Bug } from '../bug.ts';

const verdicts = 'core/seed/verdicts.ts';
const readmission = 'core/seed/readmission.ts';
const tombstones = 'core/seed/tombstones.ts';

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
];
