import { describe, expect, test } from 'vitest';
import type { DisseminationOptions, SeedOptions } from '../../../src/core/config.ts';
import { boundedMemory } from '../../../src/simulator/checkers/bounded-memory.ts';
import { convergence } from '../../../src/simulator/checkers/convergence.ts';
import type { World } from '../../../src/simulator/index.ts';
import { meddle, watched } from './watched.ts';

describe('convergence', () => {
  test('a network that was cut in two, lost seeds and peers, comes together again', () => {
    const { violations } = watched([convergence], {
      faults: [
        { kind: 'partition', shape: 'split', atMs: 15_000, forMs: 15_000 },
        { kind: 'crash', atMs: 20_000, who: { seeds: [1] }, restartAfterMs: 12_000 },
        { kind: 'crash', atMs: 22_000, who: { peers: 3 }, restartAfterMs: 10_000 },
      ],
      durationMs: 90_000,
    });
    expect(violations).toEqual([]);
  });

  /** From the beginning no seed is told of a decision, nor asks for it. */
  function withoutRepair(world: World): void {
    for (const seed of [0, 1, 2]) {
      meddle(world, 1, seed, (message) =>
        message.type === 'COMMIT' || message.type === 'REGISTER_DIGESTS' ? undefined : message,
      );
    }
  }

  test('Peer Lists that stay different break it', () => {
    const { violations } = watched([convergence], {}, withoutRepair);
    expect(violations[0]?.what).toMatch(/^the Peer Lists of the running seeds differ, for 30 s/);
  });

  test('a peer that cannot register breaks it', () => {
    const { violations } = watched([convergence], {}, (world) =>
      meddle(world, 2_999.9, 0, (message) =>
        message.type === 'REGISTER_RESULT' ? undefined : message,
      ),
    );
    expect(violations).toEqual([]);
    const deaf = watched([convergence], { durationMs: 90_000 }, (world) => {
      for (const seed of [0, 1]) {
        meddle(world, 1, seed, (message) =>
          message.type === 'REGISTER_RESULT' ? undefined : message,
        );
      }
    });
    expect(deaf.violations[0]?.what).toMatch(/could not register/);
  });

  test('an overlay that stays in two pieces breaks it', () => {
    const { violations } = watched([convergence], { durationMs: 90_000 }, (world) =>
      world.at(15_000, () => isolate(world)),
    );
    expect(violations[0]?.what).toMatch(/^peer 0 are cut off from the overlay/);
  });

  /** Closes all links of peer 0, which greets no neighbour from now on. */
  function isolate(world: World): void {
    const process = world.process(3);
    if (process === undefined) return;
    const asNeighbours = new Set<number>();
    process.meddler = {
      received: (link, message) => {
        if (message.type === 'HELLO' && message.purpose === 'neighbour') asNeighbours.add(link);
      },
      sending: (link, message) => {
        if (message.type === 'HELLO' && message.purpose === 'neighbour') return undefined;
        return message.type === 'WELCOME' && asNeighbours.has(link) ? undefined : message;
      },
    };
    for (const link of world.peer(3)?.overlay.links() ?? []) world.network.close(process, link.id);
  }
});

describe('bounded memory', () => {
  const options = {
    peer: { dissemination: { retainedMessagesMax: 3, seenIdsMax: 5 } },
  };

  test('a run with more messages than anybody may keep keeps it', () => {
    expect(watched([boundedMemory], { options }).violations).toEqual([]);
  });

  /** The machines keep to the options that they were made with: the checker is shown smaller ones. */
  function shownSmaller(
    seed: Partial<SeedOptions>,
    dissemination: Partial<DisseminationOptions>,
  ): string | undefined {
    const { violations } = watched([boundedMemory], {}, (world) => {
      const { peerOptions, seedOptions } = world;
      const peer = {
        ...peerOptions,
        dissemination: { ...peerOptions.dissemination, ...dissemination },
      };
      world.at(20_000, () => {
        Object.defineProperty(world, 'peerOptions', { value: peer });
        Object.defineProperty(world, 'seedOptions', { value: { ...seedOptions, ...seed } });
      });
    });
    return violations[0]?.what;
  }

  test('a peer that keeps more breaks it', () => {
    const what = shownSmaller({}, { seenIdsMax: 5 });
    expect(what).toBe('peer 0 keeps 10 message ids, and may keep 5');
  });

  test('a peer that keeps it for longer breaks it', () => {
    const what = shownSmaller({}, { retainedAgeMs: 2_000, seenAgeMs: 4_000 });
    expect(what).toMatch(/^peer 0 keeps 10 message ids, and has come to know \d since/);
  });

  test('a seed that keeps more breaks it', () => {
    expect(shownSmaller({ waitingMax: 5 }, {})).toMatch(/^seed \d keeps \d+ .*, and may keep 5$/);
    expect(shownSmaller({ membersMax: 5 }, {})).toMatch(/^seed \d keeps \d+ links with peers/);
    expect(shownSmaller({ reportedNeighboursMax: 1 }, {})).toMatch(/^seed \d keeps \d+ neighbours/);
  });
});
