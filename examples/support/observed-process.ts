import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { NodeOrder, NodeReport } from '../children/observed-node.ts';

const script = fileURLToPath(new URL('../children/observed-node.ts', import.meta.url));

/** A process that does not end when it is asked to is killed after this long. */
const stopTimeoutMs = 10_000;

/** One node in a process of its own, which can be killed, and started again at the same address. */
export class ObservedProcess {
  readonly order: NodeOrder;
  readonly #tell: (text: string) => void;
  #child: ChildProcess | undefined;
  #isReady = false;
  #metrics = '';
  #counts = { published: 0, received: 0 };
  /** Of the lives before this one. */
  #earlier = { published: 0, received: 0 };

  constructor(order: NodeOrder, tell: (text: string) => void) {
    this.order = order;
    this.#tell = tell;
  }

  get isRunning(): boolean {
    return this.#isReady;
  }

  /** Where this node's metrics are. */
  get metrics(): string {
    return this.#metrics;
  }

  get published(): number {
    return this.#earlier.published + this.#counts.published;
  }

  get received(): number {
    return this.#earlier.received + this.#counts.received;
  }

  /** Fulfilled when the node runs: a seed listens, a peer is registered and linked. */
  async start(): Promise<void> {
    const child = fork(script, [JSON.stringify(this.order)]);
    this.#child = child;
    const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
    child.on('message', (report: NodeReport) => {
      if (report.type === 'told') this.#tell(report.text);
      else if (report.type === 'counts') this.#counts = report;
      else if (report.type === 'failed') reject(new Error(report.reason));
      else {
        this.#metrics = report.metrics;
        this.#isReady = true;
        resolve();
      }
    });
    child.once('exit', (code, signal) => {
      this.#ended(child);
      reject(new Error(`${this.order.role} ${this.order.listen} ended with ${code ?? signal}`));
    });
    await ready;
  }

  /** As `kill -9`: without a word to anybody. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#exit();
  }

  /** Lets it leave the network. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child?.connected !== true) return;
    child.send('stop');
    const deadline = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
    await this.#exit();
    clearTimeout(deadline);
  }

  async #exit(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await once(child, 'exit');
  }

  #ended(child: ChildProcess): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#isReady = false;
    this.#earlier = { published: this.published, received: this.received };
    this.#counts = { published: 0, received: 0 };
  }
}
