import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SeedOptions } from '../../../src/core/config.ts';
import type { NodeEvent } from '../../../src/core/events.ts';
import type { SeedClient } from '../../support/seed-client.ts';
import { hostOf, SeedNetwork } from '../../support/seed-network.ts';

/** One thing that happens in a run; the numbers choose among the seeds and clients there are. */
type Step =
  | {
      readonly type: 'register' | 'leave' | 'renew';
      readonly client: number;
      readonly seed: number;
    }
  | {
      readonly type: 'report';
      readonly client: number;
      readonly about: number;
      readonly seed: number;
    }
  | { readonly type: 'kill' | 'restart' | 'duel'; readonly client: number }
  | { readonly type: 'crash' | 'revive' | 'lose-disk' | 'fail-disk'; readonly seed: number }
  | { readonly type: 'hide'; readonly seed: number; readonly client: number }
  | { readonly type: 'cut'; readonly seed: number; readonly other: number }
  | { readonly type: 'part'; readonly seed: number }
  | { readonly type: 'heal' };

const number = fc.nat({ max: 11 });
const about = { client: number, seed: number };
const fields: { readonly [Type in Step['type']]: Record<string, fc.Arbitrary<number>> } = {
  register: about,
  leave: about,
  renew: about,
  hide: about,
  report: { ...about, about: number },
  kill: { client: number },
  restart: { client: number },
  duel: { client: number },
  crash: { seed: number },
  revive: { seed: number },
  part: { seed: number },
  'lose-disk': { seed: number },
  'fail-disk': { seed: number },
  cut: { seed: number, other: number },
  heal: {},
};

/** Steps of these types, as often as their weights say. */
function stepsOf(weights: Partial<Record<Step['type'], number>>): fc.Arbitrary<Step> {
  const choices = Object.entries(weights).map(([type, weight]) => ({
    weight,
    arbitrary: fc.record({ type: fc.constant(type), ...fields[type as Step['type']] }),
  }));
  return fc.oneof(...choices) as unknown as fc.Arbitrary<Step>;
}

const anyStep = stepsOf({
  register: 8,
  renew: 2,
  leave: 2,
  report: 8,
  kill: 3,
  restart: 4,
  duel: 4,
  crash: 3,
  revive: 3,
  'lose-disk': 2,
  'fail-disk': 1,
  cut: 2,
  part: 1,
  hide: 2,
  heal: 2,
});

const duelOverDisks = stepsOf({
  register: 2,
  restart: 5,
  duel: 8,
  crash: 2,
  revive: 3,
  'lose-disk': 6,
  part: 3,
  heal: 3,
});

/** Many things at the same moment, or some time apart. */
const pause = fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 400 }));

const run = fc.record({
  random: fc.integer(),
  seeds: fc.constantFrom(2, 3, 3, 5),
  clients: fc.integer({ min: 1, max: 4 }),
  latencyMaxMs: fc.constantFrom(2, 10, 200),
  diskMaxMs: fc.constantFrom(1, 5, 100),
  verdicts: fc.constantFrom('checked' as const, 'checked' as const, 'always-ok' as const),
  steps: fc.array(fc.tuple(anyStep, pause), { minLength: 5, maxLength: 40 }),
});
type Run = typeof run extends fc.Arbitrary<infer Value> ? Value : never;

const everySeedHoldsAValue: Run['steps'] = [[{ type: 'register', client: 0, seed: 0 }, 3_000]];

const lossyRun: fc.Arbitrary<Run> = fc.record({
  random: fc.integer(),
  seeds: fc.constantFrom(2, 3, 3, 3, 5),
  clients: fc.constantFrom(1, 2),
  latencyMaxMs: fc.constantFrom(10, 200),
  diskMaxMs: fc.constantFrom(5, 100),
  verdicts: fc.constantFrom('checked' as const, 'always-ok' as const),
  steps: fc
    .array(fc.tuple(duelOverDisks, pause), { minLength: 8, maxLength: 40 })
    .map((steps) => [...everySeedHoldsAValue, ...steps]),
});

describe('seeds, whatever happens to them and in whatever order', () => {
  test('never commit two values for one revision, never give one incarnation twice, never bury the living, and agree in the end', async () => {
    const seen = new Seen();
    await fc.assert(
      fc.asyncProperty(run, async (given) => seen.count(await play(given))),
      { numRuns: 300 },
    );
    seen.mustHave('registration:committed', 'death:committed', 'leave:committed');
    seen.mustHave('register:conflict', 'seed:repaired', 'seed:readmitted', 'death:rejected');
  });

  test('hold to all of that while one after the other loses its disk amid duels', async () => {
    const seen = new Seen();
    await fc.assert(
      fc.asyncProperty(lossyRun, async (given) => seen.count(await play(given))),
      { numRuns: 250 },
    );
    seen.mustHave('seed:recovering', 'seed:readmitted', 'register:conflict');
  });

  test('give higher incarnations after tombstones were removed, too', async () => {
    const options = { tombstoneRetentionMs: 300, repairIntervalMs: 400 };
    const seen = new Seen();
    await fc.assert(
      fc.asyncProperty(run, async (given) => seen.count(await play(given, options, 3))),
      { numRuns: 80 },
    );
    seen.mustHave('tombstones:removed', 'seed:readmitted');
  });
});

/** Plays the steps, looks whether anything went wrong, ends the faults, and looks again. */
async function play(
  { steps, clients, verdicts, ...given }: Run,
  options: Partial<SeedOptions> = {},
  pauseFactor = 1,
): Promise<SeedNetwork> {
  const net = await SeedNetwork.create({ ...given, options: { ...options, verdicts } });
  const world = new World(net);
  for (let n = 0; n < clients; n += 1) world.clients.push(await net.client(`c${n}`));
  for (const [next, pauseMs] of steps) {
    await world.take(next);
    net.time.run(pauseMs * pauseFactor);
  }
  expect(net.wrong).toEqual([]);
  await world.calm();
  expect(net.wrong).toEqual([]);
  world.mustAgree();
  await world.mustServe();
  expect(net.wrong).toEqual([]);
  return net;
}

class Seen {
  readonly #counts = new Map<string, number>();

  count(net: SeedNetwork): void {
    for (const { event } of net.events) {
      this.#counts.set(event.type, (this.#counts.get(event.type) ?? 0) + 1);
    }
  }

  mustHave(...types: NodeEvent['type'][]): void {
    for (const type of types) expect(this.#counts.get(type) ?? 0, type).toBeGreaterThan(0);
  }
}

class World {
  readonly clients: SeedClient[] = [];
  readonly #net: SeedNetwork;
  /** Seeds whose disk failed in their present process. */
  readonly #failed = new Set<string>();

  constructor(net: SeedNetwork) {
    this.#net = net;
  }

  async take(step: Step): Promise<void> {
    switch (step.type) {
      case 'register':
      case 'leave':
      case 'renew': {
        const client = this.#client(step.client);
        if (client.isAlive) client[step.type](this.#seed(step.seed));
        return;
      }
      case 'report': {
        const { id, incarnation } = this.#client(step.about);
        const reporter = this.#client(step.client);
        if (reporter.isAlive) reporter.report(this.#seed(step.seed), id, incarnation);
        return;
      }
      case 'kill':
        return this.#client(step.client).kill();
      case 'restart': {
        const client = this.#client(step.client);
        client.kill();
        await client.start();
        return;
      }
      case 'duel':
        return this.#duel(this.#client(step.client));
      case 'heal':
        return this.#net.heal();
      case 'hide':
        return this.#net.hide(this.#seed(step.seed), this.#client(step.client));
      case 'part': {
        const here = hostOf(this.#seed(step.seed));
        const there = this.#net.ids.map(hostOf).filter((host) => host !== here);
        return this.#net.network.partition([here], there);
      }
      default:
        return this.#takeOfSeed(step);
    }
  }

  /** The faults end: every seed runs, every path is whole, and there is time to repair. */
  async calm(): Promise<void> {
    this.#net.heal();
    for (const id of this.#failed) this.#net.crash(id);
    this.#failed.clear();
    for (const id of this.#net.ids) await this.#net.start(id);
    this.#net.time.run(40_000);
  }

  mustAgree(): void {
    const { ids } = this.#net;
    for (const id of ids) expect(this.#net.isVoting(id), `${id} votes`).toBe(true);
    const lists = ids.map((id) => JSON.stringify(this.#net.peerList(id)));
    for (const list of lists) expect(list).toBe(lists[0]);
    const disks = this.#net.seeds.map(({ disk }) => disk.committed());
    for (const disk of disks) expect(disk).toEqual(disks[0]);
    for (const client of this.clients) expect(client.unanswered).toEqual([]);
  }

  /** Every client gets an answer again, from every seed, and a higher incarnation each time. */
  async mustServe(): Promise<void> {
    for (const client of this.clients) {
      for (const seed of this.#net.ids) {
        const given = this.#given(client);
        client.kill();
        await client.start();
        client.register(seed);
        this.#net.time.run(5_000);
        expect(client.lastResult).toMatchObject({ type: 'REGISTER_RESULT', outcome: 'ok' });
        expect(client.incarnation).toBeGreaterThan(given);
      }
    }
  }

  /** Every seed is asked for something about the same peer at the same time. */
  #duel(client: SeedClient): void {
    const [reporter = client] = this.clients;
    for (const [n, seed] of this.#net.ids.entries()) {
      if (n % 2 === 0 && client.isAlive) client.register(seed);
      else if (reporter.isAlive) reporter.report(seed, client.id, client.incarnation);
    }
  }

  async #takeOfSeed(step: Extract<Step, { readonly seed: number }>): Promise<void> {
    const id = this.#seed(step.seed);
    switch (step.type) {
      case 'crash':
        this.#failed.delete(id);
        return this.#net.crash(id);
      case 'fail-disk':
        if (this.#net.isVoting(id)) this.#failed.add(id);
        if (this.#net.isVoting(id)) this.#net.failDisk(id);
        return;
      case 'revive':
        return this.#net.start(id);
      case 'lose-disk':
        return this.#loseDisk(id);
      case 'cut': {
        const other = this.#seed(step.other);
        if (other !== id) this.#net.network.cut(hostOf(id), hostOf(other));
        return;
      }
      default:
        return;
    }
  }

  /**
   * A lost disk is survived while the disks of all others are admitted; two at a time are more than
   * can be promised. Nor can it be before every disk holds a value: readmission.ts names this price.
   */
  async #loseDisk(id: string): Promise<void> {
    const disks = this.#net.seeds.map(({ disk }) => disk);
    if (disks.some(({ isAdmitted, isBlank }) => !isAdmitted || isBlank)) return;
    this.#failed.delete(id);
    this.#net.crash(id);
    this.#net.loseDisk(id);
    await this.#net.start(id);
  }

  #given(client: SeedClient): number {
    const given = client.answers.map(({ result }) =>
      result.type === 'REGISTER_RESULT' ? result.incarnation : 0,
    );
    return Math.max(0, ...given);
  }

  #client(n: number): SeedClient {
    return this.clients[n % this.clients.length] as SeedClient;
  }

  #seed(n: number): string {
    return this.#net.ids[n % this.#net.ids.length] as string;
  }
}
