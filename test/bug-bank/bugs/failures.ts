import type { Bug } from '../bug.ts';

const suspicion = 'core/peer/suspicion.ts';
const probing = 'core/peer/probing.ts';
const rumours = 'core/peer/rumours.ts';

/** Faults of the peers' failure detection. */
export const failureBugs: readonly Bug[] = [
  {
    name: 'needs-no-corroboration',
    promise: 'no peer reports a death on its own suspicion alone',
    edits: [{ file: suspicion, find: 'if (corroborators.size < needed) return;', replace: '' }],
  },
  {
    name: 'suspects-without-a-look',
    promise: 'nobody is suspected before a dial of its own and the helpers have failed',
    edits: [
      {
        file: probing,
        find: 'this.#with.looks.look(peer, now);',
        replace: "this.#conclude(examination, 'silent', this.#with.self.id, now);",
      },
    ],
  },
  {
    name: 'rumours-go-in-circles',
    promise: 'a rumour is passed on once: a network without faults calms down',
    edits: [
      {
        file: rumours,
        find: 'if (knownMs !== undefined && this.#isOnItsWay(knownMs, now)) return false;',
        replace: '',
      },
    ],
  },
  {
    name: 'believes-one-neighbour',
    promise: 'where there are seeds, no single peer can talk another one dead',
    edits: [
      {
        file: 'core/peer/confirmation.ts',
        find: 'if (told.size > this.#options.corroborations) {',
        replace: 'if (told.size > 0) {',
      },
    ],
  },
  {
    name: 'reports-no-deaths',
    promise: 'a peer that dies is removed from the Peer List',
    edits: [{ file: suspicion, find: 'reporter?.report(report, now);', replace: '' }],
  },
  {
    name: 'obeys-stale-handshake-deadlines',
    promise: 'a timer of a handshake that is over means nothing to the link',
    edits: [
      {
        file: 'core/link/links.ts',
        find: "if (link === undefined || link.state === 'up') return;",
        replace: 'if (link === undefined) return;',
      },
    ],
  },
];
