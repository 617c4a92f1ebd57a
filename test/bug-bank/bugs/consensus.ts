import type { Bug } from '../bug.ts';

const acceptor = 'core/seed/acceptor.ts';
const proposer = 'core/seed/proposer.ts';
const registers = 'core/seed/registers.ts';
const transition = 'core/seed/transition.ts';

/** Faults of the registers: promises, votes, quorums, what becomes of a value. */
export const consensusBugs: readonly Bug[] = [
  {
    name: 'votes-before-the-disk',
    promise: 'no promise leaves a seed before it is on disk',
    edits: [
      {
        file: acceptor,
        find: "else if (judgement.verdict === 'ok') this.#promise(link, propose);",
        replace: `else if (judgement.verdict === 'ok') {
      this.#promise(link, propose);
      const { peer, ballot } = propose;
      const { accepted, acceptedBallot: before } = this.#with.registers.of(peer);
      const told = { ...(accepted && { accepted }), verdict: 'ok' as const, reason: '' };
      const promise = { answer: 'promise' as const, promised: ballot, acceptedBallot: before };
      this.#with.answer(link, { type: 'VOTE', peer, ballot, ...promise, ...told }, now);
    }`,
      },
    ],
  },
  {
    name: 'accepts-before-the-disk',
    promise: 'no ACCEPTED leaves a seed before the value is on disk',
    edits: [
      {
        file: acceptor,
        find: 'registers.accept(peer, ballot, value, durable);',
        replace:
          'registers.accept(peer, ballot, value, durable);\n    this.onDurable(durable, now);',
      },
    ],
  },
  {
    name: 'forgets-promises',
    promise: 'a seed accepts nothing below a ballot that it has promised',
    edits: [
      {
        file: registers,
        find: '{ ...this.of(peer), promised: ballot }, token)',
        replace: 'this.of(peer), token)',
      },
    ],
  },
  {
    name: 'accepts-below-its-promise',
    promise: 'a seed accepts nothing below a ballot that it has promised',
    edits: [
      {
        file: acceptor,
        find: 'const isConflict = compareBallots(ballot, promised) < 0;',
        replace: 'const isConflict = compareBallots(ballot, promised) < -1e9;',
      },
    ],
  },
  {
    name: 'promises-below-its-promise',
    promise: 'a seed promises each ballot once, and none below another one',
    edits: [
      {
        file: acceptor,
        find: 'if (isAbove(ballot, promised)) return undefined;',
        replace: 'if (isAbove(ballot, noBallot)) return undefined;',
      },
    ],
  },
  {
    name: 'quorum-of-the-reachable',
    promise: 'a quorum is one of the configured seeds, not of those that can be reached',
    edits: [
      {
        file: 'core/seed/seed.ts',
        find: '      quorum,\n      registers,\n      ledger,',
        replace:
          '      get quorum() {\n        return quorumOf(linked().length + 1);\n      },\n      registers,\n      ledger,',
      },
    ],
  },
  {
    name: 'one-vote-is-enough',
    promise: 'a minority of the seeds decides nothing',
    edits: [
      {
        file: 'core/seed/tally.ts',
        find: 'if (yes.length >= this.#quorum)',
        replace: 'if (yes.length >= 1)',
      },
    ],
  },
  {
    name: 'last-vote-wins',
    promise: 'a proposer takes the value that was accepted at the highest ballot',
    edits: [
      {
        file: proposer,
        find: "if (answer === 'yes' && isAbove(vote.acceptedBallot, proposal.readBallot)) {",
        replace: "if (answer === 'yes') {",
      },
    ],
  },
  {
    name: 'ignores-accepted-values',
    promise: 'a proposer builds on what may have been chosen, known to be committed or not',
    edits: [
      {
        file: proposer,
        find: 'const read = proposal.read ?? this.#with.registers.committed(peer);',
        replace: 'const read = this.#with.registers.committed(peer) ?? proposal.read;',
      },
    ],
  },
  {
    name: 'answers-with-a-value-not-chosen',
    promise: 'nobody hears of a value that only a minority has accepted',
    edits: [
      {
        file: proposer,
        find: 'const isCommitted = isSameValue(read, this.#with.registers.committed(peer));',
        replace: 'const isCommitted = isSameValue(read, read);',
      },
    ],
  },
  {
    name: 'learns-below-its-promise',
    promise: 'what is learned late does not undo a promise',
    edits: [
      {
        file: registers,
        find: 'isAbove(ballot, register.acceptedBallot) && compareBallots(ballot, register.promised) >= 0;',
        replace: 'compareBallots(ballot, noBallot) > 0;',
      },
    ],
  },
  {
    name: 'restart-keeps-the-incarnation',
    promise: 'a restarted peer gets a higher incarnation',
    edits: [
      {
        file: transition,
        find: 'current === undefined ? floor : current.incarnation + 1',
        replace: 'current === undefined ? floor : current.incarnation',
      },
    ],
  },
  {
    name: 'buries-whatever-incarnation',
    promise: 'a death of an earlier incarnation changes nothing',
    edits: [
      {
        file: transition,
        find: 'if (current.incarnation === incarnation) return undefined;',
        replace: 'if (current.incarnation >= incarnation) return undefined;',
      },
      {
        file: 'core/seed/verdicts.ts',
        find: "return no('stale', `the peer",
        replace:
          "if (current.incarnation > incarnation) return ok;\n  return no('stale', `the peer",
      },
    ],
  },
];
