import type { Bug } from '../bug.ts';

const overlay = 'core/peer/overlay.ts';

/** Faults of the overlay and of membership. */
export const overlayBugs: readonly Bug[] = [
  {
    name: 'content-with-one-link',
    promise: 'every peer keeps at least minDegree links of its own choice',
    edits: [
      {
        file: overlay,
        find: 'while (this.#missing > 0 &&',
        replace: 'while (this.#missing > 0 && this.degree + this.#dials.size === 0 &&',
      },
    ],
  },
  {
    name: 'buried-for-all-lives',
    promise: 'a peer that comes back with a higher incarnation is a member again',
    edits: [
      {
        file: 'core/peer/membership.ts',
        find: 'return incarnation <= (this.#buried?.get(peer) ?? -1);',
        replace: 'return incarnation > 0 && this.#buried?.has(peer) === true;',
      },
    ],
  },
  {
    name: 'never-registers-again',
    promise: 'a peer that was removed by mistake registers again',
    edits: [
      {
        file: 'core/peer/registration.ts',
        find: "if (this.#phase === 'registering') this.#enrolment.begin(now);",
        replace: '',
      },
    ],
  },
  {
    name: 'registers-with-one-seed',
    promise: 'a peer is registered when a quorum of the seeds has said OK',
    edits: [
      {
        file: 'core/peer/enrolment.ts',
        find: 'return this.#with.leases.sound >= this.#quorum;',
        replace: 'return this.#with.leases.sound >= 1;',
      },
    ],
  },
];
