import type { SeedOptions } from '../config.ts';
import type { Effects, Random } from '../effects.ts';
import type { DigestText, Incarnation, Intent, PeerId, RegisterValue } from '../messages.ts';
import type { Instant, Ms } from '../time.ts';
import { type ProbeOutcome, type Probes, proves } from './probes.ts';
import type { Standing } from './standing.ts';

/** Fires when leases are to be looked through. */
export interface LeasesTimer {
  readonly type: 'leases:look';
}

export interface LeasesDependencies {
  readonly effects: Effects<LeasesTimer>;
  readonly random: Random;
  readonly digest: DigestText;
  readonly standing: Standing;
  readonly committed: (peer: PeerId) => RegisterValue | undefined;
  readonly probes: Pick<Probes, 'probe'>;
  /** Proposes a death that nobody asked for. */
  readonly propose: (peer: PeerId, intent: Intent, now: Instant) => void;
}

/** One living peer, as this seed has heard of it. */
interface Lease {
  readonly incarnation: Incarnation;
  heardMs: Ms;
  /** How long it lasts, each time the peer is heard. */
  readonly lifeMs: Ms;
  /** When it lapses unless the peer is heard. */
  dueMs: Ms;
  /** How often in a row a probe has found the peer alive that is not heard here. */
  found: number;
  /** Whether it ever was heard here in this incarnation: peers hold leases with a quorum only. */
  isHeld: boolean;
  /** When a probe failed of a peer that was never heard here; undefined while there is no doubt. */
  doubtedMs: Ms | undefined;
}

/** Leases last up to this much longer than asked for, by chance, so that the seeds do not all look at once. */
const jitterShare = 0.5;

/** The leases are looked through this often within one of them. */
const looksPerLease = 8;

/** Most times that a lease is drawn out for a peer that probes find alive: it is heard at other seeds. */
const stretchMax = 8;

/** A peer that was never heard here is probed again after this share of a lease before it is given up. */
const doubtShare = 0.5;

/**
 * Who has not been heard for a lease is dialled back, and proposed dead when that fails too. So a
 * peer that no living neighbour could report is buried as well. Silence alone proves nothing: the
 * peer may hold its leases with other seeds. Of a peer that was never heard here a single failed
 * probe proves as little, since it may be a moment's stall: there, two must fail, far apart.
 *
 * Every quorum has a seed that holds the peer's lease, so a seed that does not is a second pair of eyes: each
 * time that it finds the peer alive it waits twice as long until it looks again.
 */
export class Leases {
  readonly #options: SeedOptions;
  readonly #with: LeasesDependencies;
  readonly #leases = new Map<PeerId, Lease>();
  /** Peers whose lapsed lease waits for a probe. */
  readonly #lapsed = new Set<PeerId>();

  constructor(options: SeedOptions, dependencies: LeasesDependencies) {
    this.#options = options;
    this.#with = dependencies;
  }

  start(): void {
    this.#scheduleLook();
  }

  /** A peer is alive as this incarnation; its lease runs from now. */
  begin(peer: PeerId, incarnation: Incarnation, now: Instant): void {
    this.#lapsed.delete(peer);
    const lifeMs = this.#options.leaseMs * (1 + jitterShare * this.#with.random());
    this.#leases.set(peer, {
      incarnation,
      heardMs: now.monotonicMs,
      lifeMs,
      dueMs: now.monotonicMs + lifeMs,
      found: 0,
      isHeld: false,
      doubtedMs: undefined,
    });
  }

  end(peer: PeerId): void {
    this.#leases.delete(peer);
    this.#lapsed.delete(peer);
  }

  /** A frame of this incarnation came to this seed. */
  heard(peer: PeerId, incarnation: Incarnation, now: Instant): void {
    const lease = this.#leases.get(peer);
    if (lease?.incarnation !== incarnation) return;
    lease.isHeld = true;
    lease.doubtedMs = undefined;
    lease.heardMs = now.monotonicMs;
    lease.dueMs = now.monotonicMs + lease.lifeMs;
    lease.found = 0;
    if (this.#lapsed.size > 0) this.#lapsed.delete(peer);
  }

  onTimer(now: Instant): void {
    this.#scheduleLook();
    if (!this.#with.standing.isVoting) return;
    for (const [peer, lease] of this.#leases) {
      if (lease.dueMs > now.monotonicMs || this.#lapsed.has(peer)) continue;
      this.#lapsed.add(peer);
      if (lease.isHeld) this.#emitLapsed(peer, lease, now);
      this.#with.probes.probe(peer, now);
    }
  }

  /** A probe of this peer has ended, whoever asked for it. */
  probed(peer: PeerId, outcome: ProbeOutcome, now: Instant): void {
    const lease = this.#leases.get(peer);
    if (!this.#lapsed.delete(peer) || lease === undefined) return;
    lease.dueMs = now.monotonicMs + lease.lifeMs;
    const current = this.#with.committed(peer);
    if (current === undefined) return;
    if (proves(outcome, current.session, this.#with.digest)) this.#found(lease, now);
    else if (lease.isHeld || lease.doubtedMs !== undefined) {
      this.#propose(peer, lease, outcome.seen, now);
    } else {
      lease.doubtedMs = now.monotonicMs;
      lease.dueMs = now.monotonicMs + this.#options.leaseMs * doubtShare;
    }
  }

  #found(lease: Lease, now: Instant): void {
    lease.doubtedMs = undefined;
    lease.found += 1;
    const stretch = Math.min(stretchMax, 2 ** lease.found);
    lease.dueMs = now.monotonicMs + lease.lifeMs * stretch;
  }

  #propose(peer: PeerId, lease: Lease, seen: string, now: Instant): void {
    const { incarnation, heardMs, doubtedMs = heardMs, isHeld } = lease;
    if (!isHeld) this.#emitLapsed(peer, lease, now);
    const silentS = Math.round((now.monotonicMs - (isHeld ? heardMs : doubtedMs)) / 1000);
    const silence = isHeld
      ? `not heard for ${silentS} s`
      : `never heard here, and not reached for ${silentS} s`;
    const evidence = `lease lapsed: ${silence}, ${seen}`;
    this.#with.propose(peer, { type: 'confirm-dead', incarnation, evidence }, now);
  }

  #emitLapsed(peer: PeerId, { incarnation, heardMs }: Lease, now: Instant): void {
    const sinceMs = now.monotonicMs - heardMs;
    this.#with.effects.emit({ type: 'lease:lapsed', peer, incarnation, sinceMs });
  }

  #scheduleLook(): void {
    this.#with.effects.schedule(this.#options.leaseMs / looksPerLease, { type: 'leases:look' });
  }
}
