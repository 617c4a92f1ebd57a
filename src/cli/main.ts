#!/usr/bin/env node
import { Command } from 'commander';
import { packageVersion } from '../index.ts';
import { exitCodeOf, exitCodes, exitCodesHelp } from './exit-codes.ts';
import { addFuzzCommand } from './fuzz.ts';
import { addObserveCommand } from './observe.ts';
import { addPeerCommand } from './peer.ts';
import { addSeedCommand } from './seed.ts';
import { addSimulateCommand } from './simulate.ts';
import { addSweepCommand } from './sweep.ts';
import { endUnread } from './unread.ts';

const introduction = `Hearsay: a gossip network that you can watch converge.

Seeds agree by majority who is in the network; peers register with them, find neighbours, gossip,
and notice who died. Start two or more seeds from one config.txt, then as many peers as you like.`;

async function main(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', endUnread);
  const finish = (exitCode: number) => {
    process.exitCode = exitCode;
  };
  const program = new Command('hearsay')
    .description(introduction)
    .version(packageVersion)
    .showHelpAfterError('(add --help for what this command takes)')
    .addHelpText('after', exitCodesHelp)
    .exitOverride();
  addSeedCommand(program, finish);
  addPeerCommand(program, finish);
  addObserveCommand(program, finish);
  await addSimulateCommand(program, finish);
  addSweepCommand(program, finish);
  addFuzzCommand(program, finish);
  try {
    await program.parseAsync();
  } catch (error) {
    finish(report(error));
  }
}

/** Commander has said what was wrong with the arguments, and help is no error; the rest we say. */
function report(error: unknown): number {
  if (isCommanderError(error)) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  process.stderr.write(`hearsay: ${error instanceof Error ? error.message : String(error)}\n`);
  return exitCodeOf(error);
}

function isCommanderError(error: unknown): error is { exitCode: number } {
  return error instanceof Error && 'exitCode' in error;
}

await main();
