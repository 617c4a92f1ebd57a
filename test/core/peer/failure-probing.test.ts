import { describe, expect, test } from 'vitest';
import { FailureBench } from '../../support/failure-bench.ts';

const others = ['c:1', 'd:1', 'e:1', 'f:1'];

function five(options: FailureBench['options'] | object = {}): FailureBench {
  const bench = new FailureBench({ options });
  for (const id of ['b:1', ...others]) bench.neighbour(id);
  return bench;
}

describe('asking helpers', () => {
  test('follows a failed dial at once: as many as configured, never the suspect', () => {
    const bench = five();
    bench.kill('b:1');
    const asked = bench.sentTo('PROBE');
    expect(asked).toHaveLength(3);
    expect(new Set(asked).size).toBe(3);
    expect(asked).not.toContain('b:1');
    expect(bench.last('PROBE')).toMatchObject({ peer: 'b:1', incarnation: 1 });
  });

  test('never asks a silent suspect about itself although its link is still up', () => {
    const bench = new FailureBench();
    bench.neighbour('b:1');
    bench.pass(3500);
    bench.refuse('b:1', 'unreachable');
    expect(bench.sentTo('PROBE')).toEqual([]);
  });

  test('leaves out peers that fell silent themselves', () => {
    const bench = five();
    bench.pass(3500, ['c:1', 'f:1']);
    expect(bench.all('peer:silent')).toHaveLength(3);
    bench.refuse('b:1', 'unreachable');
    expect(bench.sentTo('PROBE').toSorted()).toEqual(['c:1', 'f:1']);
  });

  test('a dial without any answer fails after its timeout', () => {
    const bench = five();
    bench.lose('b:1');
    bench.pass(1999, others);
    expect(bench.sentTo('PROBE')).toEqual([]);
    bench.pass(1, others);
    expect(bench.sentTo('PROBE')).toHaveLength(3);
    expect(bench.isDialling('b:1')).toBe(false);
  });

  test('waits while connections to the suspect break off: it is dialled again, a limited number of times', () => {
    const bench = five();
    bench.lose('b:1');
    bench.refuse('b:1', 'broken');
    bench.refuse('b:1', 'closed-there');
    expect(bench.sentTo('PROBE')).toEqual([]);
    expect(bench.dialled).toEqual(['b:1', 'b:1', 'b:1']);
    bench.pass(1999, others);
    expect(bench.isDialling('b:1')).toBe(true);
    bench.refuse('b:1', 'broken');
    expect(bench.sentTo('PROBE')).toHaveLength(3);
    expect(bench.isDialling('b:1')).toBe(false);
  });

  test('one that reaches the suspect is enough against suspicion, and costs this peer health', () => {
    const bench = five();
    bench.kill('b:1');
    const [first = '', second = ''] = bench.sentTo('PROBE');
    bench.result(first, 'silent');
    bench.result(second, 'alive');
    bench.pass(2000, others);
    expect(bench.all('peer:suspected')).toEqual([]);
    expect(bench.all('self:health-changed')[0]).toMatchObject({
      score: 1,
      cause: 'missed-answers',
    });
    expect(bench.all('peer:probed')).toMatchObject([
      { by: 'self:1', outcome: 'silent' },
      { by: first, outcome: 'silent' },
      { by: second, outcome: 'alive' },
    ]);
  });

  test('a lost neighbour that others vouch for is looked at again, a limited number of times', () => {
    const bench = five();
    bench.kill('b:1');
    bench.result(bench.sentTo('PROBE').at(-1) ?? '', 'alive');
    for (let again = 1; again <= 2; again += 1) {
      for (let waited = 0; waited < 100 && !bench.isDialling('b:1'); waited += 1) {
        bench.pass(100, others);
      }
      bench.refuse('b:1');
      bench.result(bench.sentTo('PROBE').at(-1) ?? '', 'alive');
    }
    bench.pass(60_000, others);
    expect(bench.dialled).toEqual(['b:1', 'b:1', 'b:1']);
    expect(bench.all('peer:suspected')).toEqual([]);
  });

  test('one that sees another incarnation ends it: the suspect was replaced', () => {
    const bench = five();
    bench.kill('b:1');
    bench.result(bench.sentTo('PROBE')[0] ?? '', 'replaced');
    expect(bench.heard).toEqual(['replaced b:1#1']);
    bench.pass(60_000, others);
    expect(bench.all('peer:suspected')).toEqual([]);
  });

  test('ends in suspicion at once when all have seen nobody', () => {
    const bench = five();
    bench.kill('b:1');
    const asked = bench.sentTo('PROBE');
    for (const helper of asked) bench.result(helper, 'silent');
    expect(bench.all('peer:suspected')).toMatchObject([{ peer: 'b:1', failedProbes: asked }]);
  });

  test('ends in suspicion after the timeout when they do not answer', () => {
    const bench = five();
    bench.kill('b:1');
    bench.pass(2999, others);
    expect(bench.all('peer:suspected')).toEqual([]);
    bench.pass(1, others);
    expect(bench.all('peer:suspected')).toMatchObject([{ failedProbes: [] }]);
    const answers = bench.all('peer:probed').map(({ outcome }) => outcome);
    expect(answers).toEqual(['silent', 'unanswered', 'unanswered', 'unanswered']);
  });

  test('a helper whose link is lost is given up, and another one asked when none has answered', () => {
    const bench = five();
    bench.kill('b:1');
    const asked = bench.sentTo('PROBE');
    for (const helper of asked) bench.lose(helper);
    const spare = others.find((id) => !asked.includes(id));
    expect(bench.sentTo('PROBE').at(-1)).toBe(spare);
    expect(bench.sentTo('PROBE')).toHaveLength(4);
  });

  test('waits for the overlay when the suspect was the only neighbour', () => {
    const bench = new FailureBench();
    bench.neighbour('b:1');
    bench.kill('b:1');
    bench.pass(1000);
    bench.neighbour('c:1');
    expect(bench.sentTo('PROBE')).toEqual(['c:1']);
    // The question is new, and so is its deadline.
    bench.pass(2500, ['c:1']);
    expect(bench.all('peer:suspected')).toEqual([]);
    bench.result('c:1', 'silent');
    expect(bench.all('peer:suspected')).toMatchObject([{ failedProbes: ['c:1'] }]);
  });

  test('a lone survivor suspects, but does not agree with itself', () => {
    const bench = new FailureBench();
    bench.neighbour('b:1');
    bench.kill('b:1');
    bench.pass(3000);
    expect(bench.all('peer:suspected')).toMatchObject([{ peer: 'b:1', failedProbes: [] }]);
    for (let round = 0; round < 10; round += 1) {
      bench.pass(5000);
      if (bench.isDialling('b:1')) bench.refuse('b:1');
    }
    expect(bench.all('peer:corroborated')).toEqual([]);
    expect(bench.reports).toEqual([]);
  });

  test('waits as many times longer as local health says', () => {
    const bench = five();
    bench.stall(2000);
    bench.lose('b:1');
    bench.pass(3999, others);
    expect(bench.isDialling('b:1')).toBe(true);
  });
});

describe('helping', () => {
  const probe = { type: 'PROBE', nonce: 9, peer: 'x:1', incarnation: 1 } as const;
  const result = { ...probe, type: 'PROBE_RESULT' } as const;

  test('a peer heard within a ping interval is alive, without a dial', () => {
    const bench = five();
    bench.neighbour('x:1');
    bench.hear('b:1', probe);
    expect(bench.sent).toEqual([{ to: 'b:1', message: { ...result, outcome: 'alive' } }]);
    expect(bench.dialled).toEqual([]);
  });

  test('a neighbour not heard for longer is dialled', () => {
    const bench = five();
    bench.neighbour('x:1');
    bench.pass(1400, ['b:1']);
    bench.hear('b:1', probe);
    expect(bench.dialled).toEqual(['x:1']);
    bench.welcome('x:1');
    expect(bench.last('PROBE_RESULT')).toEqual({ ...result, outcome: 'alive' });
  });

  test.each([
    ['answers as that incarnation', (bench: FailureBench) => bench.welcome('x:1'), 'alive'],
    ['answers as another one', (bench: FailureBench) => bench.welcome('x:1', 2), 'replaced'],
    ['refuses the connection', (bench: FailureBench) => bench.refuse('x:1'), 'silent'],
    ['does not answer in time', (bench: FailureBench) => bench.pass(2000, others), 'silent'],
  ] as const)('a dialled address that %s', (_what, happens, outcome) => {
    const bench = five();
    bench.hear('b:1', probe);
    expect(bench.sentTo('PROBE_RESULT')).toEqual([]);
    happens(bench);
    expect(bench.last('PROBE_RESULT')).toEqual({ ...result, outcome });
    expect(bench.events.filter(({ type }) => type === 'peer:probed')).toEqual([]);
  });

  test('several askers share one dial', () => {
    const bench = five();
    bench.hear('b:1', probe);
    bench.hear('c:1', { ...probe, nonce: 4, incarnation: 2 });
    expect(bench.dialled).toEqual(['x:1']);
    bench.welcome('x:1', 2);
    expect(bench.sent).toEqual([
      { to: 'b:1', message: { ...result, outcome: 'replaced' } },
      { to: 'c:1', message: { ...result, nonce: 4, incarnation: 2, outcome: 'alive' } },
    ]);
  });

  test('what this peer has just found out itself is told at once', () => {
    const bench = five();
    bench.neighbour('x:1');
    bench.kill('x:1');
    bench.hear('b:1', probe);
    expect(bench.last('PROBE_RESULT')).toEqual({ ...result, outcome: 'silent' });
    expect(bench.dialled).toEqual(['x:1']);
  });

  test('what it is finding out is told when it knows', () => {
    const bench = five();
    bench.neighbour('x:1');
    bench.lose('x:1');
    bench.hear('b:1', probe);
    expect(bench.dialled).toEqual(['x:1']);
    bench.refuse('x:1');
    expect(bench.last('PROBE_RESULT')).toEqual({ ...result, outcome: 'silent' });
  });

  test('an incarnation that is over is silent, an outlived one replaced', () => {
    const bench = five();
    bench.over.set('x:1', 1);
    bench.hear('b:1', probe);
    expect(bench.last('PROBE_RESULT')).toEqual({ ...result, outcome: 'silent' });
    bench.know('x:1', 2);
    bench.hear('b:1', probe);
    expect(bench.last('PROBE_RESULT')).toEqual({ ...result, outcome: 'replaced' });
    expect(bench.dialled).toEqual([]);
  });

  test('asked about itself, this peer lives', () => {
    const bench = five();
    bench.hear('b:1', { ...probe, peer: 'self:1' });
    expect(bench.last('PROBE_RESULT')).toMatchObject({ peer: 'self:1', outcome: 'alive' });
  });

  test('has a limit, beyond which no outcome is made up', () => {
    const bench = five({ helperProbesMax: 2 });
    for (const peer of ['x:1', 'y:1', 'z:1']) bench.hear('b:1', { ...probe, peer });
    expect(bench.dialled).toEqual(['x:1', 'y:1']);
    expect(bench.sentTo('PROBE_RESULT')).toEqual([]);
    bench.refuse('x:1');
    bench.hear('b:1', { ...probe, peer: 'z:1' });
    expect(bench.dialled).toEqual(['x:1', 'y:1', 'z:1']);
  });

  test('an asker that repeats itself takes one place only', () => {
    const bench = five({ helperProbesMax: 2 });
    for (let nonce = 1; nonce <= 5; nonce += 1) bench.hear('b:1', { ...probe, nonce });
    bench.hear('c:1', { ...probe, peer: 'y:1' });
    expect(bench.dialled).toEqual(['x:1', 'y:1']);
    bench.refuse('x:1');
    expect(bench.sent).toEqual([
      { to: 'b:1', message: { ...result, nonce: 5, outcome: 'silent' } },
    ]);
  });
});
