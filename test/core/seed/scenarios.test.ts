/**
 * Golden scenarios: files in test/scenarios/seed that say what is done to a few seeds and peers, and
 * below each step what the seeds then say, and what the peers are answered. `vitest -u` writes them
 * anew.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { NodeEvent } from '../../../src/core/events.ts';
import type { SeedClient } from '../../support/seed-client.ts';
import { hostOf, SeedNetwork } from '../../support/seed-network.ts';

const folder = join(import.meta.dirname, '..', '..', 'scenarios', 'seed');

test.each(readdirSync(folder))('%s', async (name) => {
  const file = join(folder, name);
  await expect(await play(readFileSync(file, 'utf8'))).toMatchFileSnapshot(file);
});

/** The text with what happens now below each step. Lines of steps begin with `>`, comments with `#`. */
async function play(text: string): Promise<string> {
  const steps = text.split('\n').filter((line) => /^[>#]/.test(line) || line === '');
  const lines: string[] = [];
  let stage: Stage | undefined;
  for (const line of steps) {
    if (line === '' && lines.at(-1) === '') continue;
    lines.push(line);
    if (!line.startsWith('>')) continue;
    const [verb = '', ...words] = line.slice(1).trim().split(' ');
    if (verb === 'seeds') stage = await Stage.open(Number(words[0]), words.slice(1));
    else if (stage === undefined) throw new Error('the first step must say how many seeds');
    else lines.push(...(await stage.take(verb, words)));
  }
  expect(stage?.net.wrong).toEqual([]);
  return `${lines.join('\n').trim()}\n`;
}

class Stage {
  readonly net: SeedNetwork;
  readonly #clients = new Map<string, SeedClient>();
  #eventsTold = 0;
  #notes: string[] = [];

  private constructor(net: SeedNetwork) {
    this.net = net;
  }

  /** `seeds 3`, and perhaps which of them start: `seeds 3 s0 s1`. */
  static async open(seeds: number, started: readonly string[]): Promise<Stage> {
    const net = SeedNetwork.idle({ seeds, random: 1, latencyMaxMs: 2, diskMaxMs: 1 });
    const stage = new Stage(net);
    for (const id of net.ids) {
      if (started.length === 0 || started.includes(hostOf(id))) await net.start(id);
    }
    net.time.run(3_000);
    stage.#eventsTold = net.events.length;
    return stage;
  }

  async take(verb: string, words: readonly string[]): Promise<string[]> {
    const [first = '', second = '', third = '', fourth = ''] = words;
    switch (verb) {
      case 'peers':
        for (const name of words) this.#clients.set(name, await this.net.client(name));
        break;
      case 'register':
      case 'leave':
      case 'renew':
        this.#client(first)[verb](idOf(second));
        this.net.time.run(5_000);
        break;
      case 'report':
        // report b about a to s0, of its incarnation 1
        this.#client(first).report(idOf(third), this.#client(second).id, Number(fourth));
        this.net.time.run(9_000);
        break;
      case 'kill':
        this.#client(first).kill();
        break;
      case 'restart':
        this.#client(first).kill();
        await this.#client(first).start();
        break;
      case 'run':
        this.net.time.run(Number(first.replace('s', '')) * 1_000);
        break;
      case 'lists':
        this.#notes.push(...this.#lists());
        break;
      default:
        await this.#takeOfSeed(verb, idOf(first), words);
    }
    return this.#told();
  }

  async #takeOfSeed(verb: string, id: string, words: readonly string[]): Promise<void> {
    switch (verb) {
      case 'start': {
        // start s1 with s1 s2 s3: another seed list than the others have
        const list = words.slice(2).map(idOf);
        await this.net.start(id, list.length === 0 ? this.net.ids : list);
        return this.net.time.run(5_000);
      }
      case 'crash':
        this.net.crash(id);
        return this.net.time.run(1_000);
      case 'lose-disk':
        return this.net.loseDisk(id);
      case 'disk-fails':
        return this.net.input(id, { type: 'storage-failed', reason: 'ENOSPC' });
      case 'resume-removals':
        return this.net.input(id, { type: 'resume-removals' });
      case 'hide':
        // hide s1 a: nothing gets from one to the other, either way
        return this.net.network.partition([hostOf(id)], [words[1] ?? '']);
      case 'part': {
        // part s1: nothing gets from it to the other seeds, nor back
        const others = this.net.ids.filter((other) => other !== id).map(hostOf);
        this.net.network.partition([hostOf(id)], others);
        return this.net.time.run(8_000);
      }
      case 'heal':
        this.net.network.heal();
        return this.net.time.run(1_000);
      default:
        throw new Error(`unknown step: ${verb}`);
    }
  }

  #lists(): string[] {
    return this.net.running.map(({ id }) => {
      const list = this.net.peerList(id).map((peer) => `${hostOf(peer.id)}#${peer.incarnation}`);
      const votes = this.net.isVoting(id) ? '' : ' (does not vote)';
      return `  ${hostOf(id)}: ${list.join(' ') || 'nobody'}${votes}`;
    });
  }

  #told(): string[] {
    const events = this.net.events.slice(this.#eventsTold);
    this.#eventsTold = this.net.events.length;
    const told = events.flatMap(({ at, event }) => {
      const line = lineOf(event);
      return line === undefined ? [] : [`  ${hostOf(at)}  ${event.type} ${line}`.trimEnd()];
    });
    const answers = [...this.#clients.values()].flatMap((client) => {
      const heard = client.heard.splice(0);
      return heard.flatMap(({ seed, message }) => {
        const line = answerOf(message);
        return line === undefined ? [] : [`  ${client.host}  hears from ${hostOf(seed)}: ${line}`];
      });
    });
    const notes = this.#notes;
    this.#notes = [];
    return [...told, ...answers, ...notes];
  }

  #client(name: string): SeedClient {
    const client = this.#clients.get(name);
    if (client === undefined) throw new Error(`no peer ${name}`);
    return client;
  }
}

const idOf = (name: string): string => `${name}:1`;

/** What is told of an event; undefined for those that are left out. */
function lineOf(event: NodeEvent): string | undefined {
  switch (event.type) {
    case 'registration:proposed':
    case 'leave:proposed':
    case 'death:proposed':
      return `${event.peer} ballot ${event.ballot.round}@${hostOf(event.ballot.seed)}`;
    case 'registration:vote':
    case 'leave:vote':
    case 'death:vote': {
      const why = event.reason === '' ? '' : `: ${event.reason}`;
      return `of ${hostOf(event.seed)}: ${event.answer} ${event.verdict}${why}`;
    }
    case 'registration:committed':
    case 'leave:committed':
    case 'death:committed': {
      const votes = event.votes === null ? '' : ` ${event.votes.yes} of ${event.votes.seeds}`;
      return `${event.peer} incarnation ${event.incarnation} revision ${event.revision} via ${event.via}${votes}`;
    }
    case 'registration:rejected':
    case 'leave:rejected':
    case 'death:rejected':
      return `${event.peer} ${event.code}: ${event.reason}`;
    case 'seed:recovering':
      return event.reason;
    case 'seed:readmitted':
      return `from ${event.copiedFrom.map(hostOf).join(' ')}, ${event.registers} registers`;
    case 'seed:repaired':
      return `from ${hostOf(event.from)}, ${event.registers} registers`;
    case 'seed:list-mismatch': {
      const [here, there] = [event.onlyHere, event.onlyThere].map((ids) =>
        ids.map(hostOf).join(' '),
      );
      return `${hostOf(event.seed)}: only here ${here || 'nobody'}, only there ${there || 'nobody'}`;
    }
    case 'removals:paused':
      return `${event.reported} of ${event.listSize}`;
    case 'removals:resumed':
      return event.cause;
    case 'lease:lapsed':
      return `${event.peer} incarnation ${event.incarnation}`;
    case 'register:conflict':
    case 'storage:failed':
      return '';
    default:
      return undefined;
  }
}

function answerOf(message: { readonly type: string }): string | undefined {
  const fields = message as Record<string, unknown>;
  switch (message.type) {
    case 'REGISTER_RESULT':
    case 'LEAVE_RESULT':
    case 'DEAD_REPORT_RESULT': {
      const incarnation = fields['incarnation'] ? ` incarnation ${fields['incarnation']}` : '';
      const reason = fields['reason'] === '' ? '' : `: ${fields['reason']}`;
      return `${message.type} ${fields['outcome']}${incarnation}${reason}`;
    }
    case 'RENEW_RESULT':
      return `RENEW_RESULT ${fields['status']}, ${fields['total']} peers`;
    case 'REFUSE':
      return `REFUSE ${fields['code']}: ${fields['reason']}`;
    case 'DEAD_CONFIRMED':
      return `DEAD_CONFIRMED ${fields['peer']} incarnation ${fields['incarnation']}`;
    default:
      return undefined;
  }
}
