import { describe, expect, test } from 'vitest';
import { atMostOnce } from '../../../src/simulator/checkers/at-most-once.ts';
import { firstReceipt } from '../../../src/simulator/checkers/first-receipt.ts';
import { meddle, shown, small, watched } from './watched.ts';

const body = new Uint8Array([1, 2, 3]);
const gossip = { type: 'GOSSIP', id: 'a', hops: 1, body } as const;
const message = {
  id: 'a',
  origin: '10.0.0.0:6000',
  incarnation: 1,
  sequence: 1,
  timestampMs: 0,
  topic: '',
  contentType: 'bytes',
  payload: body,
} as const;
const published = { type: 'message:published', message, links: 1, bytes: 3 } as const;
const received = {
  type: 'message:received',
  message,
  hops: 1,
  latencyMs: 1,
  link: 1,
  from: '10.0.0.0:6000',
  recovered: false,
  bytes: 3,
} as const;

describe('at most once over each link, in each direction', () => {
  test('a normal run, with a link cut and a crash, keeps it', () => {
    const { violations, world } = watched([atMostOnce], {
      faults: [
        { kind: 'cut', atMs: 16_000, forMs: 8_000, from: { peers: [1, 2] }, to: { peers: 'all' } },
        { kind: 'crash', atMs: 17_000, who: { peers: 2 }, restartAfterMs: 2_000 },
      ],
    });
    expect(world.network.framesSent).toBeGreaterThan(1_000);
    expect(violations).toEqual([]);
  });

  test('a peer that forwards twice breaks it', () => {
    const { violations } = watched([atMostOnce], {}, (world) =>
      meddle(world, 14_000, 5, (sent, link, process) => {
        if (sent.type === 'GOSSIP') world.network.send(process, link, sent);
        return sent;
      }),
    );
    expect(violations).toHaveLength(1);
    expect(violations[0]).toMatchObject({ checker: 'at-most-once' });
    expect(violations[0]?.nodes[0]).toBe(5);
    expect(violations[0]?.what).toMatch(/^peer 2 sent message \d+ to peer \d+ a second time/);
  });

  test('another connection with the same number is another link', () => {
    const { violations, call } = shown(atMostOnce);
    call('event', 1, 3, published);
    call('frame', 1, 8, 1, 3, 4, gossip);
    call('frame', 2, 8, 2, 3, 4, gossip);
    call('frame', 2, 9, 2, 4, 3, gossip);
    expect(violations).toEqual([]);
    call('frame', 3, 8, 2, 3, 4, gossip);
    expect(violations).toHaveLength(1);
  });

  test('a message that goes back over the link of its first receipt breaks it', () => {
    const back = new Map<number, number>();
    const { violations } = watched([atMostOnce], {}, (world) => {
      world.at(14_000, () => {
        const process = world.process(6);
        if (process === undefined) return;
        process.meddler = {
          sending: (_link, sent) => sent,
          received: (link, came) => {
            if (came.type !== 'GOSSIP' || back.size > 0) return;
            back.set(link, 1);
            world.network.send(process, link, came);
          },
        };
      });
    });
    expect(violations).toHaveLength(1);
    expect(violations[0]?.what).toMatch(/^peer 3 sent .* back to where it came from/);
  });

  test('what liars do breaks no promise', () => {
    const { violations } = watched([atMostOnce, firstReceipt], {
      faults: [
        {
          kind: 'malicious',
          atMs: 10_000,
          who: { peers: 3 },
          behaviour: 'replay',
          intervalMs: 200,
        },
      ],
    });
    expect(violations).toEqual([]);
  });
});

describe('first receipt, once for each process', () => {
  test('a normal run keeps it, also when processes begin anew', () => {
    const { violations } = watched([firstReceipt], {
      faults: [
        { kind: 'crash', atMs: 16_000, who: { peers: 4 }, restartAfterMs: 1_000, spreadMs: 2_000 },
      ],
    });
    expect(violations).toEqual([]);
  });

  test('the same message given twice breaks it', () => {
    const { violations, call } = shown(firstReceipt);
    call('event', 1, 3, published);
    call('event', 2, 4, received);
    expect(violations).toEqual([]);
    call('event', 3, 4, received);
    expect(violations).toMatchObject([
      {
        checker: 'first-receipt',
        atMs: 0,
        nodes: [4],
        what: 'the application of peer 1 was given message 1 twice',
      },
    ]);
  });

  test('a new process of the same peer may be given it again', () => {
    const { violations, call } = shown(firstReceipt);
    call('event', 1, 3, published);
    call('event', 2, 4, received);
    call('life', 3, 4, 'killed', 1);
    call('life', 4, 4, 'started', 2);
    call('event', 5, 4, received);
    expect(violations).toEqual([]);
  });

  test('what fell out of the bounded memory of ids and of origins may come again, nothing else', () => {
    const bounds = { retainedMessagesMax: 2, seenIdsMax: 3, forgottenOriginsMax: 4 };
    const options = { peer: { dissemination: bounds } };
    const comeBack = (others: readonly string[], incarnations: readonly number[]) => {
      const { violations, call } = shown(firstReceipt, { options });
      const named = (id: string, incarnation = 1) => ({ ...message, id, incarnation });
      for (const [at, id] of ['a', ...others].entries()) {
        call('event', 1, 3, { ...published, message: named(id, incarnations[at]) });
        call('event', 2, 4, { ...received, message: named(id, incarnations[at]) });
      }
      call('event', 3, 4, { ...received, message: named('a') });
      return violations;
    };
    expect(comeBack(['b'], [1, 2])).toHaveLength(1);
    expect(comeBack(['b', 'c'], [1, 1, 1])).toHaveLength(1);
    expect(comeBack(['b', 'c'], [1, 2, 3])).toEqual([]);
  });

  test('a message with another content than it was published with breaks it', () => {
    const { violations, call } = shown(firstReceipt);
    call('event', 1, 3, published);
    const payload = new Uint8Array([1, 2, 4]);
    call('event', 2, 4, { ...received, message: { ...message, payload } });
    expect(violations[0]?.what).toMatch(/another content/);
  });

  test('a message that nobody published breaks it', () => {
    const { violations, call } = shown(firstReceipt);
    call('event', 2, 4, received);
    expect(violations[0]?.what).toMatch(/nobody published/);
  });
});

test('checkers change nothing of a run', () => {
  const checked = watched([atMostOnce, firstReceipt]).simulation.result();
  const unchecked = watched([], small).simulation.result();
  expect(checked.traceHash).toBe(unchecked.traceHash);
});
