import type { SeedId, SeedRefusal } from '../messages.ts';
import type { Outcome } from './proposal.ts';
import { cut, enumerated, sentenceCharsMax } from './sentence.ts';
import type { Refusal } from './standing.ts';

/** What a sentence about a missing quorum needs to know of the seeds. */
export interface Electorate {
  readonly seeds: readonly SeedId[];
  readonly quorum: number;
}

/**
 * Judgements of the intent itself, the weightiest first: what is said when several seeds had
 * different reasons. The other codes say that a seed could not judge.
 */
const judgements: readonly SeedRefusal[] = [
  'alive',
  'paused',
  'not-admitted',
  'unverified',
  'session-over',
  'stale',
  'unknown',
];

/** The outcome of a round in which a quorum became impossible: the seeds' judgement, if they gave one. */
export function whyLost(
  electorate: Electorate,
  round: {
    readonly refusals: ReadonlyMap<SeedId, Refusal>;
    readonly tally: { readonly yes: readonly SeedId[] };
  },
): Outcome {
  const { refusals, tally } = round;
  for (const code of judgements) {
    // A seed that lags behind knows less than one that said yes.
    if (code === 'unknown' && tally.yes.length > 0) continue;
    for (const [seed, refusal] of refusals) {
      if (refusal.code === code) return sentence(code, `${seed}: ${refusal.reason}`);
    }
  }
  return noQuorum(electorate, tally.yes, refusals);
}

/** Too few seeds answered; the sentence names who did, and what the others said. */
export function noQuorum(
  { seeds, quorum }: Electorate,
  answering: readonly SeedId[],
  refusals: ReadonlyMap<SeedId, Refusal>,
): Outcome {
  const verb = answering.length === 1 ? 'answers' : 'answer';
  const who = answering.length === 0 ? 'none answers' : `only ${enumerated(answering)} ${verb}`;
  const why = Array.from(refusals, ([seed, { reason }]) => `; ${seed}: ${cut(reason)}`).join('');
  return sentence('no-quorum', `${quorum} of ${seeds.length} seeds are needed, ${who}${why}`);
}

function sentence(code: SeedRefusal, reason: string): Outcome {
  return { code, reason: cut(reason, sentenceCharsMax) };
}
