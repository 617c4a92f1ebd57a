import type { Command } from 'commander';
import { HearsayError, serveReplay } from '../index.ts';
import { exitCodes, exitCodesHelp } from './exit-codes.ts';

interface ObserveFlags {
  readonly listen: string;
}

const example = `
The file has one event of one node a line; docs/OBSERVATORY.md has the format. On the page: play and pause
with the space bar, ← and → go back and forth, comma and full stop change the speed, ? lists all keys.

Example:
  hearsay observe run.ndjson
  hearsay observe run.ndjson --listen 127.0.0.1:8080

To watch nodes while they run, call serveObservatory({ nodes }) in their process; in the sources of
Hearsay, npm start -- --watch does.`;

/** Who names no file has none yet, or wants to watch a network that runs. */
const withoutFile = `observe replays a recorded run: name its event file.

Record one, and replay it:
  hearsay simulate --scenario classroom --events run.ndjson
  hearsay observe run.ndjson

To watch nodes while they run, call serveObservatory({ nodes }) in their process; in the sources of
Hearsay, npm start -- --watch does.`;

export function addObserveCommand(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('observe')
    .summary('replay a recorded run on a page')
    .description(
      'Replay an event file on a page: how each message spread over the overlay, who suspected whom, and what the ' +
        'seeds decided, at any speed, back and forth. Nothing leaves this machine.',
    )
    .argument('[events]', 'the event file of a run')
    .option(
      '--listen <address>',
      'where to serve the page, host:port of this machine; port 0 takes a free one',
      '127.0.0.1:0',
    )
    .addHelpText('after', example + exitCodesHelp)
    .action(async (path: string | undefined, flags: ObserveFlags) => {
      if (path === undefined) throw new HearsayError('option-invalid', withoutFile);
      finish(await runObserve(path, flags));
    });
}

async function runObserve(path: string, { listen }: ObserveFlags): Promise<number> {
  const { promise: interrupted, resolve } = Promise.withResolvers<void>();
  let signals = 0;
  const stop = () => {
    signals += 1;
    if (signals > 1) process.exit(exitCodes.interrupted);
    resolve();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    const page = await serveReplay(path, { listen });
    process.stdout.write(`${path} is replayed at ${page.url} (Ctrl-C ends it)\n`);
    await interrupted;
    await page.close();
    return exitCodes.ok;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}
