import type { Bug } from '../bug.ts';

const suspicion = 'core/peer/suspicion.ts';
const probing = 'core/peer/probing.ts';
const rumours = 'core/peer/rumours.ts';
const notices = 'core/peer/notices.ts';

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
  {
    name: 'asks-no-helpers',
    promise: 'nobody is suspected before the helpers have failed, too',
    edits: [
      {
        file: probing,
        find: "if (outcome !== 'silent' || !examination.withHelpers) {",
        replace:
          "if (outcome !== 'silent' || examination.withHelpers || !examination.withHelpers) {",
      },
    ],
  },
  {
    name: 'obeys-stale-helper-deadlines',
    promise: 'helpers that are asked later have their time, whatever timer ran before',
    edits: [
      {
        file: probing,
        find: 'if (examination?.nonce !== nonce) return;',
        replace: 'if (examination === undefined || nonce < 0) return;',
      },
    ],
  },
  {
    name: 'obeys-stale-look-deadlines',
    promise: 'a look has its time, whatever timer an earlier one has left',
    edits: [
      {
        file: 'core/peer/looks.ts',
        find: 'if (link?.id !== id) return;',
        replace: 'if (link === undefined || id < 0) return;',
      },
    ],
  },
  {
    name: 'never-refutes',
    promise: 'a living peer that is told that it is suspected says that it lives',
    edits: [
      {
        file: notices,
        find: 'rumours.defend(refute, link, now);',
        replace: '',
      },
    ],
  },
  {
    name: 'refutes-with-an-old-number',
    promise: 'a refutation has a higher number than what it answers',
    edits: [
      {
        file: notices,
        find: 'this.#refutation = answersTo + 1;',
        replace: 'this.#refutation = answersTo;',
      },
    ],
  },
];
