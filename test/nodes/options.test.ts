import { describe, expect, test } from 'vitest';
import { HearsayError } from '../../src/core/errors.ts';
import { GossipNode, PeerNode, type PeerNodeOptions, SeedNode } from '../../src/index.ts';

const seeds = ['127.0.0.1:5000', '127.0.0.1:5001'];
const listen = '127.0.0.1:0';

describe('a node with a bad option is not made', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['no address', () => peer({ listen: 'nowhere' }), /listen: 'nowhere' is no address/],
    ['a port out of range', () => peer({ listen: 'a:70000' }), /'a:70000' is no address/],
    ['one seed', () => peer({ seeds: ['a:1'] }), /at least 2 seeds are needed.*, here are 1/],
    ['a seed twice', () => peer({ seeds: ['a:1', 'a:1'] }), /a:1 is listed twice/],
    ['a seed without a port', () => peer({ seeds: ['a:1', 'b'] }), /seeds\[1\]: 'b' is no address/],
    [
      'an unknown profile',
      () => peer({ profile: 'wan' as never }),
      /'wan' is none of: lan, classroom/,
    ],
    [
      'an unknown option',
      () => peer({ options: { overlay: { minDegrees: 3 } as never } }),
      /options\.overlay\.minDegrees: unknown; there are: minDegree, /,
    ],
    [
      'a text for a number',
      () => peer({ options: { overlay: { minDegree: '3' as never } } }),
      /options\.overlay\.minDegree: 3 must be a number, like 3/,
    ],
    [
      'half a neighbour',
      () => peer({ options: { overlay: { minDegree: 2.5 } } }),
      /minDegree: 2\.5 must be a whole number above 0/,
    ],
    [
      'a negative interval',
      () => peer({ options: { failureDetection: { pingIntervalMs: -1 } } }),
      /pingIntervalMs: -1 must be a finite number above 0/,
    ],
    [
      'degrees that contradict each other',
      () => peer({ options: { overlay: { minDegree: 64 } } }),
      /minDegree ≤ maxOutDegree ≤ maxDegree must hold/,
    ],
    [
      'an exponent without a mean',
      () => peer({ options: { overlay: { degreeExponent: 2 } } }),
      /degreeExponent: 2 must be above 2 and at most 3\.5/,
    ],
    [
      'ids forgotten before their payloads',
      () => peer({ options: { dissemination: { seenAgeMs: 1000 } } }),
      /ids must be kept at least as long as payloads/,
    ],
    ['an address to advertise with port 0', () => peer({ advertise: 'a:0' }), /advertise: 'a:0'/],
    [
      'an impossible time to register',
      () => peer({ registrationTimeoutMs: 0 }),
      /registrationTimeoutMs: 0 must be a finite number above 0/,
    ],
    [
      'verdicts of another kind',
      () =>
        new SeedNode({
          listen: 'a:1',
          seeds: ['a:1', 'b:1'],
          options: { verdicts: 'no' as never },
        }),
      /verdicts: 'no' is none of: checked, always-ok/,
    ],
    [
      'more than everybody',
      () => new SeedNode({ listen: 'a:1', seeds: ['a:1', 'b:1'], options: { removalShareMax: 2 } }),
      /removalShareMax: 2 is a share: at most 1/,
    ],
    [
      'a discovery that never rests',
      () => new GossipNode({ listen, discoveryIntervalMs: Number.NaN }),
      /discoveryIntervalMs: NaN must be a finite number above 0/,
    ],
  ])('%s', (_, make, sentence) => {
    const error = thrownBy(make);
    expect(error).toBeInstanceOf(HearsayError);
    expect(error).toMatchObject({
      code: 'option-invalid',
      message: expect.stringMatching(sentence) as string,
    });
  });

  test('a seed outside of the seed list', () => {
    const error = thrownBy(() => new SeedNode({ listen: 'c:1', seeds: ['a:1', 'b:1'] }));
    expect(error).toMatchObject({ code: 'not-a-seed', details: { id: 'c:1' } });
  });

  test('an option that is undefined keeps its default', () => {
    expect(() => peer({ options: { overlay: { minDegree: undefined as never } } })).not.toThrow();
  });
});

function peer(options: Partial<PeerNodeOptions>): PeerNode {
  return new PeerNode({ listen, seeds, ...options });
}

function thrownBy(make: () => unknown): unknown {
  try {
    make();
  } catch (error) {
    return error;
  }
  return undefined;
}
