import type { NodeEvent } from '../../core/events.ts';
import type { Incarnation, PeerId } from '../../core/messages.ts';
import type { Ms } from '../../core/time.ts';
import type { LifeChange } from '../observer.ts';
import type { World } from '../world.ts';
import type { Accuse, Checker, CheckerKind } from './checker.ts';
import type { Circumstances } from './circumstances.ts';
import { sampleEvery } from './sampling.ts';

/** From the agreement to the report: a seed may have to be dialled, or asked after another one. */
const reportMs: Ms = 20_000;

/** What one process has found out about one incarnation that fell silent. */
interface Case {
  hasLooked: boolean;
  hasAskedHelpers: boolean;
}

interface Process {
  readonly cases: Map<string, Case>;
  /** Since when each neighbour is linked. */
  readonly linkedMs: Map<PeerId, Ms>;
  /** Who ever fell silent here: no help in other cases, perhaps. */
  readonly silent: Set<PeerId>;
  /** Deaths that were agreed on, and wait for their report. */
  readonly agreedMs: Map<string, Ms>;
}

class Agreement implements Checker {
  readonly #about: Circumstances;
  readonly #accuse: Accuse;
  readonly #processes = new Map<number, Process>();

  constructor(about: Circumstances, accuse: Accuse) {
    this.#about = about;
    this.#accuse = accuse;
  }

  begin(world: World): void {
    if (world.seeds > 0) sampleEvery(world, 5_000, (atMs) => this.#look(atMs));
  }

  life(_atMs: Ms, node: number, _change: LifeChange): void {
    this.#processes.delete(node);
  }

  event(atMs: Ms, node: number, event: NodeEvent): void {
    switch (event.type) {
      case 'link:up':
        this.#of(node).linkedMs.set(event.peer, atMs);
        return;
      case 'link:down':
        this.#of(node).linkedMs.delete(event.peer);
        return;
      case 'peer:silent':
        this.#of(node).silent.add(event.peer);
        this.#open(node, event.peer, event.incarnation);
        return;
      case 'peer:probed':
        return this.#onProbed(node, event.peer, event.incarnation, event);
      case 'peer:suspected':
        return this.#onSuspected(node, event.peer, event.incarnation, atMs);
      case 'peer:corroborated':
        return this.#onAgreed(node, event, atMs);
      case 'peer:reported':
      case 'peer:report-rejected':
      case 'peer:confirmed-dead':
      case 'peer:suspicion-cleared':
        this.#processes.get(node)?.agreedMs.delete(keyOf(event.peer, event.incarnation));
        return;
      case 'peer:registering':
        // Another life begins; what this one had still to report, others will.
        this.#processes.get(node)?.agreedMs.clear();
        return;
      default:
    }
  }

  #onProbed(
    node: number,
    peer: PeerId,
    incarnation: Incarnation,
    { by, outcome }: { readonly by: PeerId; readonly outcome: string },
  ): void {
    // Somebody saw it, or another life of it: what was found out before means nothing any more.
    if (outcome !== 'silent' && outcome !== 'unanswered') {
      this.#open(node, peer, incarnation);
      return;
    }
    const known = this.#of(node).cases.get(keyOf(peer, incarnation));
    const one = known ?? this.#open(node, peer, incarnation);
    if (by === this.#about.world.idOf(node)) one.hasLooked = true;
    else one.hasAskedHelpers = true;
  }

  #onSuspected(node: number, peer: PeerId, incarnation: Incarnation, atMs: Ms): void {
    if (this.#about.isLiar(node)) return;
    const one = this.#of(node).cases.get(keyOf(peer, incarnation));
    const whom = `${this.#about.name(node)} suspects incarnation ${incarnation} of ${peer}`;
    if (one?.hasLooked !== true) {
      this.#accuse([node], `${whom}, which it has not looked for itself`);
    } else if (!one.hasAskedHelpers && this.#hasHelper(node, peer, atMs)) {
      this.#accuse([node], `${whom} without having asked a neighbour to look`);
    }
  }

  /** A neighbour that was there all the time, and that nothing spoke against. */
  #hasHelper(node: number, suspect: PeerId, atMs: Ms): boolean {
    const { linkedMs, silent } = this.#of(node);
    const { probeTimeoutMs, localHealthMax } = this.#about.world.peerOptions.failureDetection;
    const sinceMs = atMs - 3 * probeTimeoutMs * (localHealthMax + 1);
    return [...linkedMs].some(
      ([peer, upMs]) => peer !== suspect && upMs < sinceMs && !silent.has(peer),
    );
  }

  #onAgreed(
    node: number,
    event: Extract<NodeEvent, { readonly type: 'peer:corroborated' }>,
    atMs: Ms,
  ): void {
    if (this.#about.isLiar(node)) return;
    const { world } = this.#about;
    const { peer, incarnation } = event;
    const others = new Set(event.corroborators);
    others.delete(peer);
    others.delete(world.idOf(node));
    const { corroborations: needed } = world.peerOptions.failureDetection;
    if (others.size < needed) {
      this.#accuse(
        [node],
        `${this.#about.name(node)} takes the death of ${peer} for agreed with the word of ${others.size} others, and needs ${needed}`,
      );
    }
    this.#of(node).agreedMs.set(keyOf(peer, incarnation), atMs);
  }

  #look(atMs: Ms): void {
    for (const [node, { agreedMs }] of this.#processes) {
      if (this.#about.isLiar(node) || this.#about.isLeaving(node)) continue;
      if (this.#about.soundForMs(node, atMs) < reportMs) continue;
      for (const [death, sinceMs] of agreedMs) {
        if (atMs - sinceMs < reportMs) continue;
        this.#accuse(
          [node],
          `${this.#about.name(node)} agrees with others that ${death} is dead, and has not told the seeds`,
        );
      }
    }
  }

  #open(node: number, peer: PeerId, incarnation: Incarnation): Case {
    const one: Case = { hasLooked: false, hasAskedHelpers: false };
    this.#of(node).cases.set(keyOf(peer, incarnation), one);
    return one;
  }

  #of(node: number): Process {
    const known = this.#processes.get(node);
    if (known !== undefined) return known;
    const process: Process = {
      cases: new Map(),
      linkedMs: new Map(),
      silent: new Set(),
      agreedMs: new Map(),
    };
    this.#processes.set(node, process);
    return process;
  }
}

function keyOf(peer: PeerId, incarnation: Incarnation): string {
  return `incarnation ${incarnation} of ${peer}`;
}

export const agreement: CheckerKind = {
  name: 'agreement',
  promise:
    'nobody is suspected before a look of its own and its helpers’ have failed, a death needs the word of as many others as are configured, and what is agreed on is reported',
  start: (about, accuse) => new Agreement(about, accuse),
};
