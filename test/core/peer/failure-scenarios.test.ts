/**
 * Golden scenarios: files in test/scenarios/peer that say what is done to a small network, and
 * below each step what its peers then say. `vitest -u` writes them anew.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { NodeEvent } from '../../../src/core/events.ts';
import { FailureNetwork, type Happening } from '../../support/failure-network.ts';

const folder = join(import.meta.dirname, '..', '..', 'scenarios', 'peer');
const files = readdirSync(folder).filter((name) => /^failure-.*\.txt$/.test(name));

test.each(files)('%s', async (name) => {
  const file = join(folder, name);
  await expect(play(readFileSync(file, 'utf8'))).toMatchFileSnapshot(file);
});

/** The text with what happens now below each step. Lines of steps begin with `>`, comments with `#`. */
function play(text: string): string {
  const steps = text.split('\n').filter((line) => /^[>#]/.test(line) || line === '');
  const network = new FailureNetwork({ seed: 1 });
  const lines: string[] = [];
  for (const line of steps) {
    if (line === '' && lines.at(-1) === '') continue;
    lines.push(line);
    if (!line.startsWith('>')) continue;
    const before = network.happenings.length;
    act(network, line.slice(1).trim().split(' '));
    lines.push(...network.happenings.slice(before).filter(isTold).map(written));
  }
  return `${lines.join('\n').trim()}\n`;
}

function act(network: FailureNetwork, [verb = '', ...words]: string[]): void {
  const [first = '', second = ''] = words;
  switch (verb) {
    case 'peers':
      for (const id of words) network.add(addressOf(id));
      return;
    case 'link':
      for (const word of words) {
        const [from = '', to = ''] = word.split('-');
        network.link(addressOf(from), addressOf(to));
      }
      return;
    case 'kill':
      return network.kill(addressOf(first));
    case 'vanish':
      return network.vanish(addressOf(first));
    case 'stop':
      return network.stop(addressOf(first), msOf(second));
    case 'cut':
      return network.cut(addressOf(first), addressOf(second));
    case 'run':
      return network.run(msOf(first));
    default:
      throw new Error(`unknown step: ${verb}`);
  }
}

const addressOf = (name: string): string => `${name}:1`;
const nameOf = (address: string): string => address.replace(/:1$/, '');

function msOf(text: string): number {
  const [, digits = '', unit] = /^(\d+)(ms|s)$/.exec(text) ?? [];
  return Number(digits) * (unit === 's' ? 1000 : 1);
}

/** Refused dials are told by the probes. */
function isTold({ event }: Happening): boolean {
  return event.type !== 'link:refused' && event.type !== 'link:rejected';
}

function written({ atMs, at, event }: Happening): string {
  const seconds = (atMs / 1000).toFixed(3).padStart(8);
  return `${seconds} ${nameOf(at)}  ${event.type} ${details(event).join(' ')}`.trimEnd();
}

/** Every field of the event: times rounded, peers without their ports. */
function details(event: NodeEvent): string[] {
  return Object.entries(event)
    .filter(([key]) => key !== 'type' && key !== 'text')
    .map(([key, value]) => `${key}=${short(value)}`);
}

function short(value: unknown): string {
  if (typeof value === 'number') return String(Math.round(value));
  if (Array.isArray(value)) return `[${value.map(short).join(' ')}]`;
  return typeof value === 'string' ? nameOf(value) : String(value);
}
