import type { SeedOptions } from '../config.ts';
import type { Effects, LinkClosed, Random } from '../effects.ts';
import {
  brokeOff,
  type DialFailure,
  dialsPerLookMax,
  type Link,
  type LinkHandler,
} from '../link/link.ts';
import type { Links } from '../link/links.ts';
import type { DigestText, Hello, Message, PeerId, Session, Welcome } from '../messages.ts';
import type { Instant } from '../time.ts';
import { cut } from './sentence.ts';

/** Fires when a probe has taken long enough; stale once it has ended. */
export interface ProbeDeadline {
  readonly type: 'probes:deadline';
  readonly peer: PeerId;
  readonly challenge: string;
}

/** What a dial-back has found. */
export interface ProbeOutcome {
  /** Who answered proved its session with this; undefined when nobody answered, or without proof. */
  readonly proof: string | undefined;
  readonly challenge: string;
  /** One sentence for people: what was seen at the address. */
  readonly seen: string;
}

export interface ProbesDependencies {
  readonly effects: Effects<ProbeDeadline>;
  readonly links: Pick<Links, 'dial' | 'close' | 'violated'>;
  readonly random: Random;
  /** Every outcome goes to all that may have waited for it. */
  readonly probed: (peer: PeerId, outcome: ProbeOutcome, now: Instant) => void;
}

interface Probe {
  readonly link: Link;
  readonly challenge: string;
  readonly dials: number;
  isExtended: boolean;
}

/** A deadline that comes later than this share of its time was missed by us, not by the peer. */
const stalledShare = 0.25;

/**
 * Dials peers back to see which session lives at their address: the answer to a random challenge
 * proves it. One probe a peer at a time, whoever asks; a bounded number in all.
 */
export class Probes implements LinkHandler {
  readonly #options: SeedOptions;
  readonly #with: ProbesDependencies;
  readonly #underWay = new Map<PeerId, Probe>();
  /** Peers waiting for a probe, in order. Those who ask bound how many they are. */
  readonly #waiting = new Set<PeerId>();

  constructor(options: SeedOptions, dependencies: ProbesDependencies) {
    this.#options = options;
    this.#with = dependencies;
  }

  /** Dial-backs under way. */
  get size(): number {
    return this.#underWay.size;
  }

  /** Looks at this peer, unless that is under way; `probed` follows, never at once. */
  probe(peer: PeerId, now: Instant): void {
    if (this.#underWay.has(peer)) return;
    this.#waiting.add(peer);
    this.#beginNext(now);
  }

  /** Another life has begun at this address: what a probe under way finds may be from before it. */
  beginAgain(peer: PeerId, now: Instant): void {
    const probe = this.#underWay.get(peer);
    if (probe === undefined) return;
    this.#with.links.close(probe.link, 'the probe begins again');
    this.#begin(peer, now);
  }

  /** The challenge of the HELLO to this peer. */
  challengeOf(peer: PeerId): string {
    return this.#underWay.get(peer)?.challenge ?? '';
  }

  up(link: Link, greeting: Hello | Welcome, now: Instant): void {
    this.#with.links.close(link, 'the probe is answered');
    if (link.direction === 'accepted') return;
    const { proof } = greeting as Welcome;
    const who = `${link.remote.role} ${link.remote.id}`;
    const seen = proof === undefined ? `${who} answers without proof` : `${who} answers`;
    this.#end(link, proof, seen, now);
  }

  failed(link: Link, failure: DialFailure, now: Instant): void {
    const probe = this.#underWay.get(link.address);
    if (probe?.link === link && brokeOff(failure) && probe.dials < dialsPerLookMax) {
      this.#begin(link.address, now, probe.dials + 1);
      return;
    }
    this.#end(link, undefined, `no answer: ${cut(failure.reason)}`, now);
  }

  down(_link: Link, _closed: LinkClosed): void {
    // Links for probes are closed here, in the moment they come up.
  }

  message(link: Link, message: Message, now: Instant): void {
    this.#with.links.violated(link, `${message.type} on a link for a probe`, now);
  }

  onDeadline(timer: ProbeDeadline, lateMs: number, now: Instant): void {
    const probe = this.#underWay.get(timer.peer);
    if (probe === undefined || probe.challenge !== timer.challenge) return;
    const { verdictTimeoutMs } = this.#options;
    if (lateMs > verdictTimeoutMs * stalledShare && !probe.isExtended) {
      // This process was stalled: an answer may wait unread, and is looked for before judging.
      probe.isExtended = true;
      this.#with.effects.schedule(verdictTimeoutMs, timer);
      return;
    }
    this.#with.links.close(probe.link, 'the probe took too long');
    this.#end(probe.link, undefined, `no answer within ${verdictTimeoutMs} ms`, now);
  }

  #beginNext(now: Instant): void {
    for (const peer of this.#waiting) {
      if (this.#underWay.size >= this.#options.probesMax) return;
      this.#waiting.delete(peer);
      this.#begin(peer, now);
    }
  }

  #begin(peer: PeerId, now: Instant, dials = 1): void {
    const challenge = randomHex(this.#with.random);
    const link = this.#with.links.dial(peer, 'probe', now);
    this.#underWay.set(peer, { link, challenge, dials, isExtended: false });
    const timer: ProbeDeadline = { type: 'probes:deadline', peer, challenge };
    this.#with.effects.schedule(this.#options.verdictTimeoutMs, timer);
  }

  #end(link: Link, proof: string | undefined, seen: string, now: Instant): void {
    const peer = link.address;
    const probe = this.#underWay.get(peer);
    if (probe?.link !== link) return;
    this.#underWay.delete(peer);
    this.#with.probed(peer, { proof, challenge: probe.challenge, seen }, now);
    this.#beginNext(now);
  }
}

/** Whether an outcome proves that the session with this text lives at the address. */
export function proves(outcome: ProbeOutcome, session: Session, digest: DigestText): boolean {
  return outcome.proof === digest(`${session}:${outcome.challenge}`);
}

/** 128 random bits. */
function randomHex(random: Random): string {
  let text = '';
  for (let word = 0; word < 4; word += 1) {
    text += Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  }
  return text;
}
