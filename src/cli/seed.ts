import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { loadSeeds, memoryStorage, SeedNode, type SeedOptions, sqliteStorage } from '../index.ts';
import {
  addressOf,
  logFormatOption,
  logLevelOption,
  metricsOption,
  type NodeFlags,
  noOutputOption,
  outputOption,
  positiveNumber,
  seconds,
  tracesOption,
  withoutUndefined,
} from './arguments.ts';
import { exitCodesHelp } from './exit-codes.ts';
import { Output } from './output.ts';
import { type NodeTelemetry, runNode } from './run-node.ts';

interface SeedFlags extends NodeFlags {
  readonly data?: string;
  readonly memory?: boolean;
  readonly bind?: string;
  readonly verdicts: SeedOptions['verdicts'];
  readonly lease?: number;
  readonly tombstones?: number;
}

const example = `
Example, three seeds in three terminals:
  hearsay seed 127.0.0.1 5000 config.txt
  hearsay seed 127.0.0.1 5001 config.txt
  hearsay seed 127.0.0.1 5002 config.txt`;

export function addSeedCommand(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('seed')
    .summary('run a seed')
    .description(
      'Run a seed: with the other seeds of config.txt it decides, by majority, who is in the network. ' +
        'What it has promised is kept on disk and survives restarts.',
    )
    .argument('<ip>', 'this seed’s address, as config.txt has it')
    .argument('<port>', 'this seed’s port, as config.txt has it')
    .argument('<config>', 'the list of all seeds, host:port a line')
    .option('--data <folder>', 'where to keep its registers (default: .hearsay/seed-<ip>-<port>)')
    .option('--memory', 'keep nothing on disk; after a restart the other seeds must readmit it')
    .option('--bind <address>', 'listen here instead, host:port; others still dial <ip>:<port>')
    .addOption(
      new Option(
        '--verdicts <kind>',
        'judge proposals, or agree to all as the classic simple vote does',
      )
        .choices(['checked', 'always-ok'])
        .default('checked'),
    )
    .option(
      '--lease <seconds>',
      'probe a peer that was silent for this long (default: 60)',
      positiveNumber,
    )
    .option(
      '--tombstones <hours>',
      'remember removed peers at least this long (default: 24)',
      positiveNumber,
    )
    .addOption(metricsOption)
    .addOption(tracesOption)
    .addOption(outputOption)
    .addOption(noOutputOption)
    .addOption(logFormatOption)
    .addOption(logLevelOption)
    .addHelpText('after', example + exitCodesHelp)
    .action(async (ip: string, port: string, config: string, flags: SeedFlags) => {
      finish(await runSeed(ip, port, config, flags));
    });
}

async function runSeed(
  ip: string,
  port: string,
  config: string,
  flags: SeedFlags,
): Promise<number> {
  const listen = addressOf(ip, port);
  const seeds = await loadSeeds(config);
  const folder = flags.data ?? join('.hearsay', `seed-${ip.replaceAll(':', '_')}-${port}`);
  const makeNode = (telemetry: NodeTelemetry | undefined) =>
    new SeedNode({
      listen,
      seeds,
      storage: flags.memory === true ? memoryStorage() : sqliteStorage(folder),
      ...withoutUndefined({ bind: flags.bind, metrics: telemetry }),
      options: withoutUndefined({
        verdicts: flags.verdicts,
        leaseMs: seconds(flags.lease),
        tombstoneRetentionMs: seconds(flags.tombstones && flags.tombstones * 3600),
      }),
    });
  const { output: file, logFormat: format, logLevel: level } = flags;
  const output = new Output({ role: 'seed', id: listen, file: file || undefined, format, level });
  return runNode(makeNode, output, { role: 'seed', id: listen, ...flags });
}
