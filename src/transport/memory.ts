import { type Address, formatAddress, parseAddress } from '../core/address.ts';
import type { Random } from '../core/effects.ts';
import { HearsayError } from '../core/errors.ts';
import type { Ms } from '../core/time.ts';
import { defaultFrameLimits, type FrameLimits } from '../wire/limits.ts';
import { malformedAddressError, nobodyListens } from './causes.ts';
import { MemoryEnd, type MemoryEndWorld, type MemorySettings } from './memory-end.ts';
import {
  type Accept,
  canonicalHost,
  freePort,
  listenProblem,
  type MemoryMachine,
  newMachine,
} from './memory-machine.ts';
import { type MemoryHost, MemoryPipe } from './memory-pipe.ts';
import { defaultOutboxLimits, type OutboxLimits } from './outbox.ts';
import type { Connection, ConnectionHandler, Listener, Transport } from './transport.ts';

/** Runs `run` at the earliest `after` milliseconds from now, never from within the call. */
export type Scheduler = (after: Ms, run: () => void) => void;

/** Options of `memoryNetwork`. Everything has a default. */
export interface MemoryNetworkOptions extends Partial<OutboxLimits>, Partial<FrameLimits> {
  /** When things happen: give a virtual clock's here. Default: `setTimeout`, or `setImmediate` for 0. */
  readonly scheduler?: Scheduler;
  /** Decides when links get lost. Default: `Math.random`. */
  readonly random?: Random;
  /** How long a batch of frames travels between two hosts. Default: 0, that is until the next turn. */
  readonly latencyMs?: (from: string, to: string) => Ms;
  /**
   * Most bytes on their way in one direction of a connection; the rest waits in the outbox. Default
   * 256 KiB, of the size of a socket's buffers.
   */
  readonly windowBytesMax?: number;
  /** How long `close` may take to send what is queued. Default 1 s, as over TCP. */
  readonly closeTimeoutMs?: Ms;
  /**
   * Send encoded frames instead of message objects: exact sizes, and nothing passes that the wire
   * would not carry. Default false: 4 times cheaper. Without it a control message counts as 128 bytes.
   */
  readonly encode?: boolean;
}

/** A network within this process, for tests: many hosts, one transport each, and faults on request. */
export function memoryNetwork(options: MemoryNetworkOptions = {}): MemoryNetwork {
  return new MemoryNetwork(options);
}

/**
 * Hosts are named like in addresses (`10.0.0.7`, `node-7`), and exist once they have a transport.
 * Give each node a host of its own if faults are to hit it alone.
 */
export class MemoryNetwork {
  readonly #settings: MemorySettings;
  readonly #schedule: Scheduler;
  readonly #random: Random;
  readonly #latencyMs: (from: string, to: string) => Ms;
  readonly #hosts = new Map<string, MemoryMachine>();
  readonly #ends = new Set<MemoryEnd>();
  /** Paths that carry nothing: `from>to`. */
  readonly #blocked = new Set<string>();
  readonly #held = new Set<{ release(): void }>();
  #lossRate = 0;
  readonly #isBlocked = (from: MemoryHost, to: MemoryHost): boolean =>
    this.#blocked.size > 0 && this.#blocked.has(path(from.name, to.name));
  readonly #world: MemoryEndWorld = {
    schedule: (after, run) => this.#schedule(after, run),
    latencyMs: (from, to) => this.#latencyMs(from.name, to.name),
    isHeld: (from, to) => to.isStalled || this.#isBlocked(from, to),
    hold: (pipe) => this.#held.add(pipe),
    losesLink: () => this.#lossRate > 0 && this.#random() < this.#lossRate,
    forget: (end) => this.#ends.delete(end),
  };

  constructor(options: MemoryNetworkOptions) {
    this.#settings = {
      ...defaultOutboxLimits,
      ...defaultFrameLimits,
      windowBytesMax: 256 * 1024,
      closeTimeoutMs: 1000,
      encode: false,
      ...options,
    };
    this.#schedule = options.scheduler ?? scheduleForReal;
    this.#random = options.random ?? Math.random;
    this.#latencyMs = options.latencyMs ?? (() => 0);
  }

  /** How many connections there are at the moment. */
  get connections(): number {
    return Math.ceil(this.#ends.size / 2);
  }

  /** The transport of a host. After a crash this is a new process on the same host. */
  transport(host: string): Transport {
    const name = canonicalHost(host);
    const existing = this.#hosts.get(name);
    const machine = existing === undefined || existing.hasCrashed ? newMachine(name) : existing;
    this.#hosts.set(name, machine);
    return {
      listen: (address, accept) => this.#listen(machine, address, accept),
      dial: (address, timeoutMs, handler) => this.#dial(machine, address, timeoutMs, handler),
    };
  }

  // -------------------------------------------------------------- faults

  /** Breaks all connections between two hosts now; both ends hear `broken`. New dials work. */
  cut(a: string, b: string): void {
    const pair = [
      path(canonicalHost(a), canonicalHost(b)),
      path(canonicalHost(b), canonicalHost(a)),
    ];
    for (const end of [...this.#ends]) {
      const between = path(end.host.name, end.otherHost?.name ?? '');
      if (pair.includes(between)) end.cut('The network cut the connection.');
    }
  }

  /** Lets each batch of frames break its connection with this probability instead of arriving. */
  loseLinks(probability: number): void {
    this.#lossRate = probability;
  }

  /**
   * From now on nothing arrives from one host at the other. As over TCP nobody is told: connections
   * stay and go on where they were when the path is healed; dials run into their timeouts.
   */
  block(from: string, to: string): void {
    this.#blocked.add(path(canonicalHost(from), canonicalHost(to)));
  }

  /** Blocks both ways between hosts of different groups. Hosts in no group keep all their paths. */
  partition(...groups: readonly (readonly string[])[]): void {
    for (const here of groups) {
      for (const there of groups) {
        if (here === there) continue;
        for (const from of here) for (const to of there) this.block(from, to);
      }
    }
  }

  /** Ends all blocks and partitions. */
  heal(): void {
    this.#blocked.clear();
    this.#releaseHeld();
  }

  /** Refuses all dials to a host, or accepts them again. Connections stay. */
  refuse(host: string, refuses = true): void {
    this.#machine(host).refuses = refuses;
  }

  /**
   * Stops a host's process, as SIGSTOP does: connections to it are still made, by its operating
   * system, but it reads nothing, sends nothing and accepts nothing until `resume`.
   */
  stall(host: string): void {
    this.#machine(host).isStalled = true;
  }

  resume(host: string): void {
    const machine = this.#machine(host);
    machine.isStalled = false;
    for (const run of machine.backlog.splice(0)) run();
    for (const end of this.#ends) if (end.host === machine) end.resume();
    this.#releaseHeld();
  }

  /**
   * Kills a host's process, as SIGKILL does: the other ends of its connections hear `closed-there`,
   * dials to it are refused, and its own handlers hear nothing any more. Call `transport` again to
   * start another process there. A machine that loses its power: `partition` it before.
   */
  crash(host: string): void {
    const machine = this.#machine(host);
    machine.hasCrashed = true;
    machine.listeners.clear();
    machine.backlog.length = 0;
    for (const end of [...this.#ends]) if (end.host === machine) end.die();
  }

  // -------------------------------------------------------------- what transports do

  async #listen(host: MemoryMachine, address: string, accept: Accept): Promise<Listener> {
    const local = parseAddress(address, { portZero: true });
    if (local === undefined) throw malformedAddressError(address);
    const port = local.port === 0 ? freePort(host) : local.port;
    const bound = formatAddress(local.host, port);
    const problem = listenProblem(host, { host: local.host, port }, bound);
    if (problem !== undefined) throw problem;
    host.listeners.set(port, accept);
    const close = async () => {
      if (host.listeners.get(port) === accept) host.listeners.delete(port);
    };
    return { address: bound, close };
  }

  #dial(
    host: MemoryMachine,
    address: string,
    timeoutMs: Ms,
    handler: ConnectionHandler,
  ): Connection {
    const end = new MemoryEnd(this.#world, this.#settings, host, address);
    end.handleWith(handler);
    this.#ends.add(end);
    const remote = parseAddress(address);
    const there = remote && this.#hosts.get(remote.host);
    if (host.hasCrashed) {
      end.die();
    } else if (remote === undefined || there === undefined) {
      end.fail('unreachable', `There is no host for ${address} in this network.`);
    } else {
      const knocks = { ...this.#world, isHeld: this.#isBlocked };
      const knock = new MemoryPipe<Address>(knocks, host, there, (to) =>
        this.#knock(end, host, to),
      );
      knock.push(remote);
      const reason = `No connection to ${address} within ${timeoutMs} ms.`;
      this.#schedule(timeoutMs, () => end.openOrFail('unreachable', reason));
    }
    return end;
  }

  /** A dial has come to the host it is for. */
  #knock(end: MemoryEnd, from: MemoryMachine, to: Address): void {
    const host = this.#hosts.get(to.host);
    const accept = host?.listeners.get(to.port);
    if (end.hasEnded) return;
    if (host === undefined || accept === undefined || host.refuses) {
      end.fail('refused', nobodyListens(end.remoteAddress));
      return;
    }
    const remoteAddress = formatAddress(from.name, freePort(from));
    const accepted = new MemoryEnd(this.#world, this.#settings, host, remoteAddress);
    this.#ends.add(accepted);
    accepted.acceptFrom(end);
    const announce = () => {
      if (!accepted.hasEnded) accepted.handleWith(accept(accepted));
    };
    if (host.isStalled) host.backlog.push(announce);
    else announce();
  }

  #releaseHeld(): void {
    const held = [...this.#held];
    this.#held.clear();
    for (const pipe of held) pipe.release();
  }

  #machine(host: string): MemoryMachine {
    const machine = this.#hosts.get(canonicalHost(host));
    if (machine !== undefined) return machine;
    const message = `There is no host '${host}' in this network: give it a transport first.`;
    throw new HearsayError('option-invalid', message, { host });
  }
}

const path = (from: string, to: string): string => `${from}>${to}`;

function scheduleForReal(after: Ms, run: () => void): void {
  if (after > 0) setTimeout(run, after).unref();
  else setImmediate(run);
}
