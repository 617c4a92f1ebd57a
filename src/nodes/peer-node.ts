import { clusterIdOf } from '../config/seeds-file.ts';
import { quorumOf } from '../core/config.ts';
import { type ErrorCode, HearsayError } from '../core/errors.ts';
import type { PeerRegistrationFailed } from '../core/events.ts';
import type { SeedId } from '../core/messages.ts';
import { positive } from '../core/options.ts';
import { GossipNode, type PeerSetup } from './gossip-node.ts';
import { type StartOptions, unlessAborted } from './network-node.ts';
import { canonicalSeeds, type PeerNodeOptions, portNumber } from './options.ts';

const registrationTimeoutMsDefault = 30_000;
/** A registered peer whose list names only peers that do not answer has started all the same. */
const linkWaitMs = 5_000;

/** Something to wait for, and how to stop watching for it. */
interface Wait {
  readonly promise: Promise<void>;
  readonly end: () => void;
}

/**
 * A member of the network: registers with a quorum of seeds, finds neighbours, gossips, and watches
 * its neighbours' life.
 *
 * @example
 * await using peer = new PeerNode({ listen: '127.0.0.1:6000', seeds: await loadSeeds('config.txt') });
 * peer.on('message:received', ({ message, hops }) => console.log(hops, textOf(message)));
 * await peer.start();
 * await peer.publish({ hello: 'world' }, { topic: 'news' });
 */
export class PeerNode extends GossipNode {
  readonly seeds: readonly SeedId[];
  readonly #registrationTimeoutMs: number;
  readonly #metricsPort: number | undefined;

  constructor(options: PeerNodeOptions) {
    super(options);
    this.seeds = canonicalSeeds(options.seeds);
    const { metricsPort } = options;
    this.#metricsPort =
      metricsPort === undefined ? undefined : portNumber(metricsPort, 'metricsPort');
    this.#registrationTimeoutMs = positive(
      options.registrationTimeoutMs ?? registrationTimeoutMsDefault,
      'registrationTimeoutMs',
    );
  }

  /**
   * Fulfilled when a quorum of seeds has registered this peer and, where there are other peers, the
   * first neighbour is linked.
   *
   * Throws `port-in-use`, `address-unavailable`, `option-invalid`; `quorum-unreachable` with what
   * each seed said when no quorum answered OK within `registrationTimeoutMs`;
   * `registration-rejected`, `wrong-cluster` or `wrong-version` as soon as so many seeds refuse for
   * good that no quorum is left; `aborted`. A failed start has freed everything; make a new node.
   */
  override async start(options: StartOptions = {}): Promise<void> {
    await super.start(options);
  }

  protected override setup(): PeerSetup {
    const told = this.#metricsPort !== undefined && { metricsPort: this.#metricsPort };
    return { clusterId: clusterIdOf(this.seeds), seeds: this.seeds, ...told };
  }

  protected override async join(signal: AbortSignal | undefined): Promise<void> {
    const registered = this.#registered();
    const linked = this.#linked();
    try {
      this.runtime.input({ type: 'start' });
      await unlessAborted(registered.promise, signal);
      await unlessAborted(linked.promise, signal);
    } finally {
      registered.end();
      linked.end();
    }
  }

  #registered(): Wait {
    let lastFailure: PeerRegistrationFailed | undefined;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const cancel = this.clock.setTimer(this.#registrationTimeoutMs, () =>
      reject(this.#quorumError(lastFailure)),
    );
    const unobserve = this.observe((event) => {
      if (event.type === 'peer:registered') resolve();
      if (event.type !== 'peer:registration-failed') return;
      lastFailure = event;
      const refusal = this.#finalRefusal(event);
      if (refusal !== undefined) reject(refusal);
    });
    const end = () => {
      cancel();
      unobserve();
    };
    return { promise, end };
  }

  /** The first link, or the news that there is nobody to link with. */
  #linked(): Wait {
    const { promise, resolve } = Promise.withResolvers<void>();
    let cancel: (() => void) | undefined;
    let registeredWith = 0;
    let lists = 0;
    const unobserve = this.observe((event) => {
      if (event.type === 'link:up') resolve();
      if (event.type === 'peer:registered') {
        registeredWith = event.seeds.length;
        cancel = this.clock.setTimer(linkWaitMs, () => resolve());
      }
      if (event.type === 'peer-list:received') {
        lists += 1;
        if (lists >= registeredWith && this.peers().length === 0) resolve();
      }
    });
    const end = () => {
      cancel?.();
      unobserve();
    };
    return { promise, end };
  }

  #quorumError(failure: PeerRegistrationFailed | undefined): HearsayError {
    const quorum = quorumOf(this.seeds.length);
    const answers = failure?.answers ?? [];
    const said = answers.map(({ seed, reason }) => `${seed}: ${reason}`).join('; ');
    return new HearsayError(
      'quorum-unreachable',
      `${this.id} could not register: ${quorum} of ${this.seeds.length} seeds must agree` +
        (said === '' ? ', none has answered in time' : `. ${said}`),
      { quorum, seeds: this.seeds, answers },
    );
  }

  /** Refusals that waiting does not change, once they leave no quorum. */
  #finalRefusal(failure: PeerRegistrationFailed): HearsayError | undefined {
    const final = failure.answers.filter(({ code }) => finalCodes.has(code));
    const first = final[0];
    if (first === undefined || this.seeds.length - final.length >= failure.quorum) return undefined;
    const code = finalCodes.get(first.code) ?? 'registration-rejected';
    return new HearsayError(
      code,
      `${this.id} cannot register: ${final.map(({ seed, reason }) => `${seed}: ${reason}`).join('; ')}`,
      { quorum: failure.quorum, answers: failure.answers },
    );
  }
}

const finalCodes: ReadonlyMap<string, ErrorCode> = new Map([
  ['wrong-cluster', 'wrong-cluster'],
  ['wrong-version', 'wrong-version'],
  ['wrong-role', 'registration-rejected'],
  ['not-admitted', 'registration-rejected'],
]);
