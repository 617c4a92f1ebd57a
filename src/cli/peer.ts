import { type Command, Option } from 'commander';
import { loadSeeds, PeerNode, type PeerNodeOptions, type Profile } from '../index.ts';
import {
  addressOf,
  logFormatOption,
  logLevelOption,
  metricsOption,
  metricsPortFor,
  type NodeFlags,
  noOutputOption,
  outputOption,
  positiveNumber,
  seconds,
  tracesOption,
  wholeNumber,
  withoutUndefined,
} from './arguments.ts';
import { exitCodesHelp } from './exit-codes.ts';
import { Output } from './output.ts';
import { type NodeTelemetry, runNode } from './run-node.ts';

interface PeerFlags extends NodeFlags {
  readonly profile: Profile;
  readonly advertise?: string;
  readonly count?: number;
  readonly interval?: number;
  readonly ping?: number;
  readonly silence?: number;
  readonly probeTimeout?: number;
  readonly corroborations?: number;
  readonly renew?: number;
  readonly registerTimeout?: number;
  readonly minDegree?: number;
  readonly maxOutDegree?: number;
  readonly maxDegree?: number;
  readonly exponent?: number;
}

const example = `
Example, with three seeds running:
  hearsay peer 127.0.0.1 6000 config.txt
  hearsay peer 127.0.0.1 6001 config.txt --count 3 --interval 1`;

export function addPeerCommand(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('peer')
    .summary('run a peer')
    .description(
      'Run a peer: it registers with a quorum of the seeds, links with neighbours, publishes ' +
        'messages with the text <timestamp>:<ip>:<number>, and watches its neighbours’ life.',
    )
    .argument('<ip>', 'address to listen on')
    .argument('<port>', 'port to listen on; 0 takes a free one')
    .argument('<config>', 'the list of all seeds, host:port a line')
    .addOption(
      new Option('--profile <name>', 'the rhythm: ping 5 s and silence 15 s, or 1 s and 3 s')
        .choices(['classroom', 'lan'])
        .default('classroom'),
    )
    .option(
      '--advertise <address>',
      'the host:port that others should dial (default: where it listens)',
    )
    .option(
      '--count <number>',
      'messages to publish; 0 for none (default: 10; lan: 0)',
      wholeNumber,
    )
    .option('--interval <seconds>', 'time between messages (default: 5)', positiveNumber)
    .option('--ping <seconds>', 'time between pings', positiveNumber)
    .option('--silence <seconds>', 'silence of a neighbour before it is probed', positiveNumber)
    .option('--probe-timeout <seconds>', 'how long a probe may take (default: 2)', positiveNumber)
    .option(
      '--corroborations <number>',
      'other peers that must agree on a death (default: 1)',
      positiveNumber,
    )
    .option('--renew <seconds>', 'time between renewals of the lease (default: 10)', positiveNumber)
    .option(
      '--register-timeout <seconds>',
      'give up without a quorum (default: 30)',
      positiveNumber,
    )
    .option('--min-degree <number>', 'least links to dial (default: 3)', positiveNumber)
    .option('--max-out-degree <number>', 'most links to dial', positiveNumber)
    .option('--max-degree <number>', 'most links in all', positiveNumber)
    .option('--exponent <number>', 'exponent of the degree’s power law', positiveNumber)
    .addOption(metricsOption)
    .addOption(tracesOption)
    .addOption(outputOption)
    .addOption(noOutputOption)
    .addOption(logFormatOption)
    .addOption(logLevelOption)
    .addHelpText('after', example + exitCodesHelp)
    .action(async (ip: string, port: string, config: string, flags: PeerFlags) => {
      finish(await runPeer(ip, port, config, flags));
    });
}

async function runPeer(
  ip: string,
  port: string,
  config: string,
  flags: PeerFlags,
): Promise<number> {
  const listen = addressOf(ip, port);
  const seeds = await loadSeeds(config);
  const { output: file, logFormat: format, logLevel: level } = flags;
  const id = flags.advertise ?? listen;
  const output = new Output({ role: 'peer', id, file: file || undefined, format, level });
  const makeNode = (telemetry: NodeTelemetry | undefined) =>
    new PeerNode({
      listen,
      seeds,
      ...nodeOptions(flags),
      ...withoutUndefined({ metrics: telemetry, metricsPort: metricsPortFor(id, telemetry) }),
    });
  return runNode(makeNode, output, { role: 'peer', id, ...flags });
}

function nodeOptions(flags: PeerFlags): Omit<PeerNodeOptions, 'listen' | 'seeds'> {
  const count = flags.count ?? (flags.profile === 'classroom' ? 10 : 0);
  const intervalMs = seconds(flags.interval);
  const registrationTimeoutMs = seconds(flags.registerTimeout);
  return withoutUndefined({
    profile: flags.profile,
    advertise: flags.advertise,
    registrationTimeoutMs,
    automaticGossip: count > 0 ? withoutUndefined({ count, intervalMs }) : undefined,
    options: {
      registration: withoutUndefined({ renewIntervalMs: seconds(flags.renew) }),
      overlay: withoutUndefined({
        minDegree: flags.minDegree,
        maxOutDegree: flags.maxOutDegree,
        maxDegree: flags.maxDegree,
        degreeExponent: flags.exponent,
      }),
      failureDetection: withoutUndefined({
        pingIntervalMs: seconds(flags.ping),
        silenceMs: seconds(flags.silence),
        probeTimeoutMs: seconds(flags.probeTimeout),
        corroborations: flags.corroborations,
      }),
    },
  });
}
