import { positive } from '../core/options.ts';
import type { Clock } from '../runtime/clock.ts';
import type { AutomaticGossip } from './options.ts';

const intervalMsDefault = 5_000;
const countDefault = 10;

/** Publishes the seed document's automatic messages, `<timestamp>:<ip>:<number>`, numbered from 1. */
export class AutomaticMessages {
  readonly #intervalMs: number;
  readonly #count: number;
  #cancel: (() => void) | undefined;

  constructor(options: AutomaticGossip) {
    this.#intervalMs = positive(
      options.intervalMs ?? intervalMsDefault,
      'automaticGossip.intervalMs',
    );
    this.#count = positive(options.count ?? countDefault, 'automaticGossip.count');
  }

  start(ip: string, clock: Clock, publish: (text: string) => void): void {
    const send = (number: number) => {
      this.#cancel = clock.setTimer(this.#intervalMs, () => {
        publish(`${Math.round(clock.now().wallMs)}:${ip}:${number}`);
        if (number < this.#count) send(number + 1);
      });
    };
    send(1);
  }

  stop(): void {
    this.#cancel?.();
  }
}
