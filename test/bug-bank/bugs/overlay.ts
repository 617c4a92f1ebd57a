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
  {
    name: 'replaces-no-lost-link',
    promise: 'a lost link that this peer had dialled is replaced',
    edits: [
      {
        file: overlay,
        find: "this.#dials.pause(link.remote.id, 'short', now);",
        replace:
          "if (link.direction === 'dialled' && this.#outDegree > 1) this.#outDegree -= 1;\n    this.#dials.pause(link.remote.id, 'short', now);",
      },
    ],
  },
  {
    name: 'follows-nobody',
    promise: 'the changes of the Peer List come with the renewals',
    edits: [
      {
        file: 'core/peer/renewal.ts',
        find: 'return lease === this.#followed() || lease.isApart || lease.told !== lease.digest;',
        replace: 'return false;',
      },
    ],
  },
  {
    name: 'follows-one-seed-for-ever',
    promise: 'a peer follows the Peer List of another seed when its own does not answer',
    edits: [
      {
        file: 'core/peer/renewal.ts',
        find: 'return lease === this.#followed() || lease.isApart || lease.told !== lease.digest;',
        replace: 'return lease === this.#with.leases.all()[0];',
      },
    ],
  },
  {
    name: 'keeps-whoever-is-not-listed',
    promise: 'who is not named by a whole Peer List is forgotten',
    edits: [
      {
        file: 'core/peer/peer.ts',
        find: 'this.membership.forgetOthers(peers);',
        replace: '',
      },
    ],
  },
  {
    name: 'obeys-stale-renewals',
    promise: 'a timer of a registered life that is over means nothing to the next one',
    edits: [
      {
        file: 'core/peer/renewal.ts',
        find: 'if (timer.life !== this.#life) return;',
        replace: '',
      },
    ],
  },
];
