import type { MessageId } from '../../core/messages.ts';
import { isLiving, type Member } from '../model/members.ts';
import type { NetworkModel } from '../model/network-model.ts';
import type { Spread } from '../model/spread.ts';
import type { Status } from '../status.ts';
import { Names } from './format.ts';
import { wantsLessMotion } from './theme.ts';

/** A message is shown spreading at this pace, however fast it was. */
const hopMs = 420;
/** A spread with many hops is shown faster, so that it takes no longer than this. */
const spreadMsMax = 3_000;
/** How long a message stays in view before the next one takes its place. */
const lingerMs = 900;

/** What the page shows: the model, and what people have picked from it. */
export class View {
  model: NetworkModel;
  status: Status | undefined;
  readonly names = new Names();
  /** Number of the picked peer. */
  picked: number | undefined;
  isFollowing = true;
  #isImpatient = false;
  #messageId: MessageId | undefined;
  /** Since when the shown message is shown, by performance.now(). */
  shownSince = 0;
  #named = 0;
  /** For each receiver of the shown message: when it lights up, by performance.now(). */
  #lights = new Map<number, { readonly at: number; readonly hops: number }>();
  #lit = 0;

  constructor(model: NetworkModel) {
    this.model = model;
  }

  /** Another model of the same network, or of another moment of it. */
  use(model: NetworkModel): void {
    const isSame =
      this.#messageId !== undefined && model.messages.get(this.#messageId) !== undefined;
    this.model = model;
    this.#named = 0;
    if (this.picked !== undefined && model.members.list[this.picked] === undefined)
      this.picked = undefined;
    if (!isSame) this.#messageId = undefined;
    this.#lights = new Map();
    this.#lit = 0;
  }

  /** Shows the next message as soon as it is there, whatever is still spreading on the page. */
  awaitNext(): void {
    this.isFollowing = true;
    this.#isImpatient = true;
  }

  /** The message that is shown. */
  get message(): Spread | undefined {
    return this.#messageId === undefined ? undefined : this.model.messages.get(this.#messageId);
  }

  show(id: MessageId, now = performance.now()): void {
    this.#messageId = id;
    this.shownSince = now;
    this.#lights = new Map();
    this.#lit = 0;
  }

  get pickedMember(): Member | undefined {
    return this.picked === undefined ? undefined : this.model.members.list[this.picked];
  }

  /** Peers that a message can be published at, or that can be killed. */
  living(): Member[] {
    return this.model.members.list.filter((member) => member.role === 'peer' && isLiving(member));
  }

  /** Takes up what has come: names, the newest message, receipts that light up; true: another message is shown. */
  advance(now: number): boolean {
    const before = this.#messageId;
    const { list } = this.model.members;
    for (; this.#named < list.length; this.#named += 1)
      this.names.hear(list[this.#named]?.id ?? '');
    this.#follow(now);
    this.#light(now);
    return this.#messageId !== before;
  }

  /** When that receiver of the shown message lights up. */
  lightOf(index: number): number | undefined {
    return this.#lights.get(index)?.at;
  }

  /** After how many hops the shown message reached that receiver. */
  hopsOf(index: number): number | undefined {
    return this.#lights.get(index)?.hops;
  }

  /** How long a hop of the shown message takes on the page. */
  get hopMs(): number {
    if (wantsLessMotion()) return 0;
    const hopsMax = this.message?.hops.reduce((most, hops) => Math.max(most, hops), 1) ?? 1;
    return Math.min(hopMs, spreadMsMax / hopsMax);
  }

  /** Whether anything of the shown message is still on its way on the page. */
  isSpreading(now: number): boolean {
    return now < this.#lastLight();
  }

  #lastLight(): number {
    let last = this.shownSince;
    for (const { at } of this.#lights.values()) last = Math.max(last, at);
    return last;
  }

  #follow(now: number): void {
    if (!this.isFollowing && this.message !== undefined) return;
    const newest = [...this.model.messages.all()].at(-1);
    if (newest === undefined || newest.id === this.#messageId) return;
    const isBusy = this.message !== undefined && now < this.#lastLight() + lingerMs;
    if (isBusy && !this.#isImpatient) return;
    this.#isImpatient = false;
    this.show(newest.id, now);
  }

  #light(now: number): void {
    const { message } = this;
    if (message === undefined) return;
    const pace = this.hopMs;
    for (; this.#lit < message.receivers.length; this.#lit += 1) {
      const receiver = message.receivers[this.#lit] ?? -1;
      const hops = message.hops[this.#lit] ?? 1;
      // Not before it is known, nor before the one it came from.
      const from = this.lightOf(message.senders[this.#lit] ?? -1) ?? this.shownSince;
      const at = Math.max(this.shownSince + hops * pace, from + pace, now);
      this.#lights.set(receiver, { at, hops });
    }
  }
}
