import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SeedId } from '../../../src/core/messages.ts';
import { RegistrationBench, type SeedScript } from '../../support/registration-bench.ts';

type Behaviour = Pick<SeedScript, 'dial' | 'register' | 'incarnation'>;

const latestIncarnation = 5;

const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  dial: fc.constantFrom('up', 'up', 'up', 'refused', 'silent', 'wrong-role'),
  register: fc.constantFrom(
    'ok',
    'ok',
    'silent',
    'unverified',
    'not-admitted',
    'session-over',
    'no-quorum',
    'conflict',
    'recovering',
    'stopping',
  ),
  incarnation: fc.integer({ min: 0, max: latestIncarnation }),
});

const willing: Behaviour = { dial: 'up', register: 'ok', incarnation: latestIncarnation };

/** What each seed does at its first dials and requests; afterwards a quorum is willing for good. */
const scripts = fc.integer({ min: 2, max: 5 }).chain((seeds) =>
  fc.record({
    behaviours: fc.array(fc.array(behaviour, { maxLength: 6 }), {
      minLength: seeds,
      maxLength: seeds,
    }),
    /** How the seeds beyond a quorum behave for good. */
    others: behaviour.filter(({ register }) => register !== 'session-over' && register !== 'ok'),
    cuts: fc.array(fc.tuple(fc.integer({ min: 0, max: 60_000 }), fc.nat({ max: seeds - 1 }))),
    chance: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 8 }),
  }),
);

const trouble = fc.record({
  afterMs: fc.integer({ min: 0, max: 20_000 }),
  seed: fc.nat({ max: 4 }),
  cut: fc.boolean(),
  refresh: fc.boolean(),
  script: fc.record({
    dial: behaviour.map(({ dial }) => dial),
    register: behaviour.map(({ register }) => register),
    renew: fc.constantFrom<SeedScript['renew'][]>('alive', 'alive', 'silent', 'dead', 'unknown'),
    list: fc.constantFrom<SeedScript['list'][]>('answer', 'silent'),
    report: fc.constantFrom<SeedScript['report'][]>('ok', 'silent', 'no-quorum', 'paused'),
  }),
});

/** Seeds whose OK reached the peer, for the session it held, with this incarnation. */
function okFor(bench: RegistrationBench, incarnation: number): Set<SeedId> {
  const asked = new Map(bench.got('REGISTER').map((register) => [register.request, register]));
  const seeds = bench.answered.flatMap(({ seed, message }) => {
    if (message.type !== 'REGISTER_RESULT' || message.outcome !== 'ok') return [];
    const register = asked.get(message.request);
    const isForThis = register?.seed === seed && register.session === bench.self.session;
    return isForThis && message.incarnation === incarnation ? [seed] : [];
  });
  return new Set(seeds);
}

test('a peer counts as registered only when a quorum of seeds has said so, and in the end always does', () => {
  fc.assert(
    fc.property(scripts, ({ behaviours, others, cuts, chance }) => {
      const quorum = Math.floor(behaviours.length / 2) + 1;
      let drawn = 0;
      const random = (): number => {
        drawn += 1;
        return chance[drawn % chance.length] ?? 0;
      };
      const left = new Map(behaviours.map((list, index) => [`seed${index + 1}`, [...list]]));
      const bench = new RegistrationBench({
        seeds: behaviours.length,
        random,
        on: {
          registered: (incarnation) => {
            expect(okFor(bench, incarnation).size).toBeGreaterThanOrEqual(quorum);
            // What a seed has not said by now it does not say to a registered peer.
            left.clear();
          },
        },
      });
      bench.before = (seed, what) => {
        if (what !== 'dial' && what !== 'REGISTER') return;
        const isWilling = Number(seed.slice('seed'.length)) <= quorum;
        bench.script(seed, left.get(seed)?.shift() ?? (isWilling ? willing : others));
      };
      bench.start();
      for (const [at, index] of [...cuts].sort(([one], [other]) => one - other)) {
        if (bench.of('peer:registered').length > 0) break;
        bench.run(Math.max(0, at - bench.now().monotonicMs));
        const seed = `seed${index + 1}`;
        if (bench.linked().includes(seed)) bench.cut(seed);
      }
      bench.run(1_800_000);
      expect(bench.of('peer:registered')).toHaveLength(1);
      expect(bench.heard('registered')).toHaveLength(1);
    }),
    { numRuns: 300 },
  );
});

test('whatever the seeds did for a while, the leases end up renewed at a quorum, and no report is lost', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 5 }),
      fc.array(trouble, { maxLength: 20 }),
      fc.double({ min: 0.05, max: 0.999, noNaN: true }),
      (seeds, troubles, number) => {
        const bench = new RegistrationBench({ seeds, random: () => number });
        bench.start();
        for (const [index, { afterMs, seed, cut, refresh, script }] of troubles.entries()) {
          bench.run(afterMs);
          const name = `seed${(seed % seeds) + 1}`;
          bench.script(name, script);
          if (cut && bench.linked().includes(name)) bench.cut(name);
          if (refresh) bench.registration.refresh(bench.now());
          bench.report(`dead:${index}`);
        }
        const calm = { dial: 'up', register: 'ok', renew: 'alive', list: 'answer' } as const;
        bench.script('all', { ...calm, report: 'ok' });
        bench.run(180_000);
        const quorum = Math.floor(seeds / 2) + 1;
        expect(bench.linked()).toHaveLength(quorum);
        const from = bench.sent.length;
        bench.run(11_300);
        const renewals = bench.sent.slice(from).filter(({ message }) => message.type === 'RENEW');
        expect(new Set(renewals.map(({ seed }) => seed))).toEqual(new Set(bench.linked()));
        expect(renewals).toHaveLength(bench.sent.length - from);
        expect(bench.heard('reportAnswered')).toHaveLength(troubles.length);
        expect(bench.heard('registered')).toHaveLength(bench.heard('removed').length + 1);
      },
    ),
    { numRuns: 300 },
  );
});
