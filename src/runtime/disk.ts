import type { StorageWrite } from '../core/seed/stored.ts';
import type { SeedStorage } from '../storage/storage.ts';
import type { Clock } from './clock.ts';

export interface DiskDependencies<Token> {
  readonly storage: SeedStorage;
  readonly clock: Clock;
  /** One token after the other, in the order of `persist`, once their writes are durable. */
  readonly onPersisted: (tokens: readonly Token[], writes: number, durationMs: number) => void;
  readonly onFailed: (reason: string) => void;
}

/**
 * A seed's fourth verb: collects the writes of one turn of the event loop into one transaction, so
 * that a hundred promises cost one fsync. A failed write is the last one.
 */
export class Disk<Token> {
  readonly #storage: SeedStorage;
  readonly #clock: Clock;
  readonly #onPersisted: DiskDependencies<Token>['onPersisted'];
  readonly #onFailed: DiskDependencies<Token>['onFailed'];
  #writes: StorageWrite[] = [];
  #tokens: Token[] = [];
  #state: 'idle' | 'planned' | 'writing' | 'failed' = 'idle';
  #settled: Promise<void> = Promise.resolve();

  constructor(dependencies: DiskDependencies<Token>) {
    this.#storage = dependencies.storage;
    this.#clock = dependencies.clock;
    this.#onPersisted = dependencies.onPersisted;
    this.#onFailed = dependencies.onFailed;
  }

  persist(write: StorageWrite, token?: Token): void {
    if (this.#state === 'failed') return;
    this.#writes.push(write);
    if (token !== undefined) this.#tokens.push(token);
    if (this.#state === 'idle') this.#plan();
  }

  /** Waits for the writes under way, those planned included. */
  async settle(): Promise<void> {
    while (this.#state === 'planned' || this.#state === 'writing') await this.#settled;
  }

  #plan(): void {
    this.#state = 'planned';
    this.#settled = new Promise((resolve) => {
      this.#clock.endOfTurn(() => {
        void this.#write().then(resolve);
      });
    });
  }

  async #write(): Promise<void> {
    const writes = this.#writes;
    const tokens = this.#tokens;
    this.#writes = [];
    this.#tokens = [];
    this.#state = 'writing';
    const begun = this.#clock.now().monotonicMs;
    try {
      await this.#storage.write(writes);
    } catch (error) {
      this.#state = 'failed';
      this.#onFailed(error instanceof Error ? error.message : String(error));
      return;
    }
    this.#state = 'idle';
    if (this.#writes.length > 0) this.#plan();
    this.#onPersisted(tokens, writes.length, this.#clock.now().monotonicMs - begun);
  }
}
