/**
 * `npm run bug-bank [-- --seeds 1000 --threads 2 --bug name]`: plants every bug of the bank, one at a
 * time, and lets the swarm find it. Exit code 1 when one is not found: then a checker is missing.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { ProgressLine } from '../../src/cli/simulate/progress-line.ts';
import type { Bug } from './bug.ts';
import { bugNamed, bugs } from './bugs.ts';
import { type Catch, hunt } from './hunt.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    threads: { type: 'string', default: String(availableParallelism()) },
    bug: { type: 'string', multiple: true },
  },
});
const from = wholeNumber('from');
const seeds = wholeNumber('seeds');
const threads = wholeNumber('threads');
const hunted = values.bug?.map(bugNamed) ?? bugs;

const nameWidth = Math.max(...hunted.map(({ name }) => name.length));
const progress = new ProgressLine();
const underWay = new Map<string, number>();
const missed: string[] = [];
let done = 0;

const waiting = [...hunted];
await Promise.all(Array.from({ length: Math.min(threads, hunted.length) }, huntAll));
progress.clear();
const seconds = (progress.elapsedMs / 1_000).toFixed(0);
console.log(
  `\n${done - missed.length} of ${hunted.length} bugs found within ${seeds} seeds, in ${seconds} s`,
);
if (missed.length > 0) console.log(`not found: ${missed.join(', ')}`);
process.exitCode = missed.length === 0 ? 0 : 1;

async function huntAll(): Promise<void> {
  for (let bug = waiting.shift(); bug !== undefined; bug = waiting.shift()) {
    const { name } = bug;
    underWay.set(name, 0);
    const caught = await hunt(name, { from, seeds, onTried: () => tried(name) });
    underWay.delete(name);
    done += 1;
    if (caught.find === undefined) missed.push(name);
    progress.clear();
    report(bug, caught);
  }
}

function tried(name: string): void {
  underWay.set(name, (underWay.get(name) ?? 0) + 1);
  progress.show(() => {
    const hunts = [...underWay].map(([one, count]) => `${one} ${count}`).join(', ');
    return `${done} of ${hunted.length} bugs done; seeds run: ${hunts}`;
  });
}

function report({ name }: Bug, { find, seedsRun, ms, unsound }: Catch): void {
  const where = find === undefined ? 'NOT FOUND' : `seed ${find.seed}, ${find.violation.checker}`;
  const after = `${seedsRun} seeds, ${(ms / 1_000).toFixed(1)} s`;
  console.log(`${name.padEnd(nameWidth)}  ${where} (${after})`);
  if (find !== undefined)
    console.log(`${' '.repeat(nameWidth)}  ${firstLine(find.violation.what)}`);
  for (const { seed, violation } of unsound) {
    const what = firstLine(violation.what);
    console.log(
      `${' '.repeat(nameWidth)}  the core fails seed ${seed} without it, ${violation.checker}: ${what}`,
    );
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

function wholeNumber(name: 'from' | 'seeds' | 'threads'): number {
  const number = Number(values[name]);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Error(`--${name} ${values[name]}: a whole number above 0 is needed`);
}
