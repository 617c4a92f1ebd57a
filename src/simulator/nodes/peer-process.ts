import type { PeerOptions } from '../../core/config.ts';
import type { Random } from '../../core/effects.ts';
import type { NodeEvent } from '../../core/events.ts';
import type { StandingLink } from '../../core/link/link.ts';
import type { BodyCodec, PeerId, SeedId } from '../../core/messages.ts';
import type { Content } from '../../core/peer/dissemination.ts';
import type { PeerInput, PeerTimer } from '../../core/peer/io.ts';
import { Peer } from '../../core/peer/peer.ts';
import { digestText } from '../engine/digests.ts';
import type { NodeClock } from './node-clock.ts';
import { NodeProcess, type Surroundings } from './process.ts';

export interface PeerNode {
  readonly index: number;
  readonly life: number;
  readonly id: PeerId;
  readonly clusterId: string;
  /** None: a network without seeds, in which the peers' own agreement confirms deaths. */
  readonly seeds: readonly SeedId[];
  readonly options: PeerOptions;
  readonly codec: BodyCodec;
  readonly random: Random;
  readonly networkRandom: Random;
  readonly clock: NodeClock | undefined;
}

/** One life of a peer. */
export class PeerProcess extends NodeProcess<PeerTimer, Peer> {
  constructor(world: Surroundings, node: PeerNode) {
    super(world, node);
    const { id, clusterId, seeds, options, codec, random, life } = node;
    this.machine = new Peer(options, {
      id,
      clusterId,
      ...(seeds.length > 0 ? { seeds } : { ownIncarnation: life }),
      effects: this,
      random,
      codec,
      digest: digestText,
    });
  }

  get peer(): Peer {
    return this.machine;
  }

  override emit(event: NodeEvent): void {
    if (event.type === 'self:left') this.world.ending(this, 'left');
    super.emit(event);
  }

  /** Begins with links that are there already: of the time before the run, so in no trace. */
  standWith(links: readonly StandingLink[]): void {
    this.peer.handle({ type: 'resume', links }, this.now);
  }

  command(
    input: Extract<PeerInput, { readonly type: 'start' | 'peers-found' | 'leave' | 'stop' }>,
  ): void {
    this.enter(input, (now) => this.peer.handle(input, now));
  }

  publish(content: Content): void {
    this.enter({ type: 'publish' }, (now) => this.peer.publish(content, now));
  }
}
