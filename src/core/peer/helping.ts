import type { Link } from '../link/link.ts';
import type { Links } from '../link/links.ts';
import type { PeerId, Probe, ProbeResult } from '../messages.ts';
import type { Instant } from '../time.ts';
import type { Doubts } from './doubts.ts';
import type { KnownPeers } from './evidence.ts';
import { type Looks, outcomeOf, type Sight } from './looks.ts';
import type { Pulse } from './pulse.ts';
import type { Self } from './self.ts';

export interface HelpingDependencies {
  readonly links: Pick<Links, 'send'>;
  readonly membership: KnownPeers;
  readonly self: Self;
  readonly looks: Looks;
  readonly pulse: Pick<Pulse, 'isFresh'>;
  readonly doubts: Pick<Doubts, 'isMissing'>;
}

interface Request {
  readonly probe: Probe;
  readonly from: Link;
}

/** Answers PROBE: looks at suspects on behalf of others (SWIM's ping-req, section 3.1). */
export class Helping {
  readonly #requestsMax: number;
  readonly #with: HelpingDependencies;
  /** Waiting for a look to end. A list, not a Map: it is short, and mostly absent. */
  #requests: Request[] | undefined;

  constructor(options: { readonly helperProbesMax: number }, dependencies: HelpingDependencies) {
    this.#requestsMax = options.helperProbesMax;
    this.#with = dependencies;
  }

  onProbe(from: Link, probe: Probe, now: Instant): void {
    const outcome = this.#knownOutcome(probe, now);
    if (outcome !== undefined) this.#answer(from, probe, outcome);
    else this.#look({ from, probe }, now);
  }

  looked(peer: PeerId, sight: Sight, now: Instant): void {
    if (this.#requests === undefined) return;
    const isAnswered = ({ probe }: Request): boolean => probe.peer === peer;
    for (const { from, probe } of this.#requests.filter(isAnswered)) {
      const isFresh = this.#with.pulse.isFresh(peer, probe.incarnation, now);
      this.#answer(from, probe, isFresh ? 'alive' : outcomeOf(sight, probe.incarnation));
    }
    this.#requests = this.#requests.filter((request) => !isAnswered(request));
  }

  halt(): void {
    this.#requests = undefined;
  }

  /** What can be said without a look. */
  #knownOutcome({ peer, incarnation }: Probe, now: Instant): ProbeResult['outcome'] | undefined {
    const { doubts, membership, pulse, self } = this.#with;
    if (peer === self.id) return incarnation === self.incarnation ? 'alive' : 'replaced';
    if (pulse.isFresh(peer, incarnation, now)) return 'alive';
    if ((membership.get(peer)?.incarnation ?? 0) > incarnation) return 'replaced';
    const isGone = membership.isOver(peer, incarnation) || doubts.isMissing(peer, incarnation);
    return isGone ? 'silent' : undefined;
  }

  /** Too many, and the asker gets no answer: it will not take that for an outcome. */
  #look(request: Request, now: Instant): void {
    this.#requests ??= [];
    const { from, probe } = request;
    const isRepeated = (one: Request): boolean =>
      one.from === from && one.probe.peer === probe.peer;
    this.#requests = this.#requests.filter((one) => !isRepeated(one));
    if (this.#requests.length >= this.#requestsMax) return;
    this.#requests.push(request);
    this.#with.looks.look(probe.peer, now);
  }

  #answer(to: Link, { nonce, peer, incarnation }: Probe, outcome: ProbeResult['outcome']): void {
    this.#with.links.send(to, { type: 'PROBE_RESULT', nonce, peer, incarnation, outcome });
  }
}
