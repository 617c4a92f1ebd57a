import fc from 'fast-check';
import type { AcceptorState, Ballot, PeerId, RegisterValue } from '../../src/core/messages.ts';
import type { StorageWrite } from '../../src/core/seed/stored.ts';

/** What a seed may be asked to store, the unlikely included: any text, any count, any wall clock. */

const text = fc.string({ unit: 'binary', maxLength: 60 });
const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 });
const count = fc.maxSafeNat();
// JSON has no −0, and no clock shows it.
const wallClockMs = fc.double({ noNaN: true, noDefaultInfinity: true }).map((ms) => ms + 0);

const ballot: fc.Arbitrary<Ballot> = fc.record({ round: count, seed: text });
const value: fc.Arbitrary<RegisterValue> = fc.record(
  {
    status: fc.constantFrom('alive', 'left', 'dead'),
    incarnation: count,
    session: text,
    registeredAtMs: wallClockMs,
    revision: count,
    changedAtMs: wallClockMs,
    evidence: text,
    metricsPort: count,
  },
  {
    requiredKeys: [
      'status',
      'incarnation',
      'session',
      'registeredAtMs',
      'revision',
      'changedAtMs',
      'evidence',
    ],
  },
);

function stateOf(peer: fc.Arbitrary<PeerId>): fc.Arbitrary<AcceptorState> {
  return fc.record(
    { peer, promised: ballot, acceptedBallot: ballot, accepted: value, committed: value },
    { requiredKeys: ['peer', 'promised', 'acceptedBallot'] },
  );
}

/** Batches about so few names that later writes often undo earlier ones. */
export const batches: fc.Arbitrary<StorageWrite[][]> = fc
  .tuple(name, name, name)
  .chain((names) => fc.array(fc.array(writeAbout(fc.constantFrom(...names)), { maxLength: 6 })));

function writeAbout(names: fc.Arbitrary<string>): fc.Arbitrary<StorageWrite> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.record({ type: fc.constant('register'), state: stateOf(names) }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('remove-register'), peer: names }) },
    {
      weight: 3,
      arbitrary: fc.record({ type: fc.constant('known-store'), seed: names, storeId: name }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('admitted') }) },
  ) as fc.Arbitrary<StorageWrite>;
}
