import type { Ms } from '../core/time.ts';
import type { EventFile } from '../telemetry/event-file.ts';
import type { EventRecord } from '../telemetry/event-record.ts';
import type { Feed } from './feed.ts';
import { type ModelSnapshot, NetworkModel } from './model/network-model.ts';
import type { ReplayStatus } from './status.ts';

/** How often the replay goes on. */
const stepMs = 33;
/** Snapshots of the model along the run: going back begins at the nearest one. */
const checkpointsMax = 24;
/** Records between two of them at least. */
const checkpointRecordsMin = 2_000;
/** What a scrubber shows along the way. */
const marksMax = 400;

const speedMin = 0.001;
const speedMax = 1_000;

interface Checkpoint {
  readonly atMs: Ms;
  /** Records before it. */
  readonly count: number;
  readonly model: ModelSnapshot;
}

/** An event file as if it happened now: played at any speed, stopped, and gone through back and forth. */
export class Replay {
  readonly #file: EventFile;
  readonly #checkpoints: readonly Checkpoint[];
  readonly #marks: ReplayStatus['marks'];
  #feed: Feed | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isPlaying = false;
  #speed = 1;
  #atMs: Ms = 0;
  #lastStep = 0;
  #isStepDue = false;
  /** Records that are in the feed's model. */
  #count = 0;
  #records: AsyncIterator<EventRecord> | undefined;
  #next: EventRecord | undefined;
  /** One change of place after the other; of those that wait only the last counts. */
  #wanted: Ms | undefined;
  #busy: Promise<void> = Promise.resolve();

  /** Goes through the whole file once. */
  static async open(file: EventFile): Promise<Replay> {
    const every = Math.max(checkpointRecordsMin, Math.ceil(file.count / checkpointsMax));
    const model = new NetworkModel(file.header.seeds);
    const checkpoints: Checkpoint[] = [snapshotOf(model, 0)];
    const marks: { atMs: Ms; kind: 'message' | 'death' }[] = [];
    for await (const record of file.records()) {
      const { deaths, events } = model.totals;
      if (events > 0 && events % every === 0) checkpoints.push(snapshotOf(model, events));
      model.apply(record);
      const kind = model.totals.deaths > deaths ? 'death' : 'message';
      const isMark = kind === 'death' || record.event.type === 'message:published';
      if (isMark && marks.length < marksMax) marks.push({ atMs: record.atMs, kind });
    }
    return new Replay(file, checkpoints, marks);
  }

  private constructor(
    file: EventFile,
    checkpoints: readonly Checkpoint[],
    marks: ReplayStatus['marks'],
  ) {
    this.#file = file;
    this.#checkpoints = checkpoints;
    this.#marks = marks;
  }

  get status(): ReplayStatus {
    return {
      isPlaying: this.#isPlaying,
      speed: this.#speed,
      atMs: this.#atMs,
      durationMs: this.#file.durationMs,
      marks: this.#marks,
    };
  }

  /** Plays into this feed, from the beginning. */
  start(feed: Feed): void {
    this.#feed = feed;
    this.play();
  }

  /** At the end it begins anew. */
  play(): void {
    if (this.#isPlaying) return;
    if (this.#atMs >= this.#file.durationMs) this.seek(0);
    this.#isPlaying = true;
    this.#lastStep = performance.now();
    this.#timer = setInterval(() => this.#tick(), stepMs);
    this.#feed?.statusChanged();
  }

  pause(): void {
    clearInterval(this.#timer);
    this.#isPlaying = false;
    this.#feed?.statusChanged();
  }

  setSpeed(speed: number): void {
    this.#speed = Math.min(speedMax, Math.max(speedMin, speed));
    this.#feed?.statusChanged();
  }

  /** Shows the network as it was at that time. */
  seek(atMs: Ms): void {
    this.#wanted = Math.min(this.#file.durationMs, Math.max(0, atMs));
    void this.#enqueue(() => this.#goThere());
  }

  async close(): Promise<void> {
    this.pause();
    await this.#busy;
    await this.#records?.return?.();
  }

  /** A machine that is too slow for all steps takes fewer and longer ones. */
  #tick(): void {
    if (this.#isStepDue) return;
    this.#isStepDue = true;
    void this.#enqueue(() => this.#step());
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    this.#busy = this.#busy.then(work);
    return this.#busy;
  }

  async #step(): Promise<void> {
    this.#isStepDue = false;
    if (!this.#isPlaying) return;
    const now = performance.now();
    // A step that had to wait for a busy machine does not make up for all of it.
    const passedMs = Math.min(now - this.#lastStep, 10 * stepMs);
    this.#lastStep = now;
    const target = Math.min(this.#file.durationMs, this.#atMs + passedMs * this.#speed);
    await this.#until(target, (record) => this.#feed?.push(record));
    this.#atMs = target;
    if (target >= this.#file.durationMs) this.pause();
    else this.#feed?.statusChanged();
  }

  async #goThere(): Promise<void> {
    const target = this.#wanted;
    if (target === undefined) return;
    this.#wanted = undefined;
    const from = this.#checkpoints.findLast(({ atMs }) => atMs <= target) ?? this.#checkpoints[0];
    if (from === undefined) return;
    const model = NetworkModel.fromSnapshot(from.model);
    await this.#records?.return?.();
    this.#records = undefined;
    this.#next = undefined;
    this.#count = from.count;
    await this.#until(target, (record) => model.apply(record));
    this.#atMs = target;
    this.#lastStep = performance.now();
    this.#feed?.reset(model);
    this.#feed?.statusChanged();
  }

  /** Hands over every record up to that time. */
  async #until(target: Ms, take: (record: EventRecord) => void): Promise<void> {
    this.#records ??= this.#file.records(this.#count);
    for (;;) {
      this.#next ??= (await this.#records.next()).value as EventRecord | undefined;
      if (this.#next === undefined || this.#next.atMs > target) return;
      take(this.#next);
      this.#count += 1;
      this.#next = undefined;
    }
  }
}

/** At a record's time all records of that time may not have come yet: a checkpoint is good for later times only. */
function snapshotOf(model: NetworkModel, count: number): Checkpoint {
  const atMs = count === 0 ? 0 : model.atMs;
  return { atMs, count, model: structuredClone(model.toJSON()) };
}
