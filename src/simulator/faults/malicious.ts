import { type LinkId, type Message, protocolVersion } from '../../core/messages.ts';
import type { Peer } from '../../core/peer/peer.ts';
import { PeerProcess } from '../nodes/peer-process.ts';
import type { Meddler } from '../nodes/process.ts';
import type { Malicious, Misbehaviour } from '../scenario/scenario.ts';
import { runningNodes, type Stage } from './stage.ts';

const intervalMsDefault = 1_000;
/** Frames remembered to be sent again. */
const replayedMax = 100;
/** Of the messages that a forger passes on. */
const forgedShare = 0.5;
const dialTimeoutMs = 1_000;

/**
 * Peers that lie. They run core's own machine, so that others take them for members, and somebody sits
 * between it and its links: changes what it says, or says more.
 */
export function beginMisbehaviour(fault: Malicious, stage: Stage): void {
  const { world } = stage;
  const { behaviour, intervalMs = intervalMsDefault, forMs } = fault;
  const nodes = runningNodes(fault.who, stage);
  const endMs = forMs === undefined ? Number.POSITIVE_INFINITY : world.nowMs + forMs;
  stage.begun(nodes);
  for (const node of nodes) {
    const process = world.process(node);
    if (!(process instanceof PeerProcess)) continue;
    const liar = new Liar(behaviour, process, stage);
    process.meddler = liar;
    const next = () => {
      if (world.lifeOf(node) !== process.life || !world.isRunning(node)) return;
      if (world.nowMs >= endMs) {
        process.meddler = undefined;
        return;
      }
      liar.act();
      world.after(intervalMs, next);
    };
    next();
  }
  if (forMs !== undefined) world.after(forMs, () => stage.ended(nodes));
}

class Liar implements Meddler {
  readonly #behaviour: Misbehaviour;
  readonly #process: PeerProcess;
  readonly #stage: Stage;
  readonly #heard: { readonly link: LinkId; readonly message: Message }[] = [];
  #request = 1_000_000;

  constructor(behaviour: Misbehaviour, process: PeerProcess, stage: Stage) {
    this.#behaviour = behaviour;
    this.#process = process;
    this.#stage = stage;
  }

  sending(_link: LinkId, message: Message): Message | undefined {
    switch (this.#behaviour) {
      case 'silent-hub':
        return message.type === 'GOSSIP' || message.type === 'IHAVE' ? undefined : message;
      case 'lie-incarnation':
        return withHigherIncarnation(message);
      case 'forge-messages':
        return this.#stage.random() < forgedShare ? withOtherBytes(message) : message;
      default:
        return message;
    }
  }

  received(link: LinkId, message: Message): void {
    if (this.#behaviour !== 'replay') return;
    this.#heard.push({ link, message });
    if (this.#heard.length > replayedMax) this.#heard.shift();
  }

  /** One misdeed. */
  act(): void {
    switch (this.#behaviour) {
      case 'poison-suspicions':
        return this.#poison();
      case 'forge-deaths':
        return this.#forge();
      case 'replay':
        return this.#replay();
      case 'impersonate':
        return this.#impersonate();
      case 'silent-hub':
      case 'lie-incarnation':
      case 'forge-messages':
        return;
    }
  }

  get #peer(): Peer {
    return this.#process.peer;
  }

  #poison(): void {
    const victim = this.#victim();
    if (victim === undefined) return;
    const { id: by, incarnation: byIncarnation } = this.#peer;
    const { id: peer, incarnation } = victim;
    const refutation = Math.floor(this.#stage.random() * 3);
    this.#tellNeighbours({
      type: 'SUSPECT_NOTICE',
      peer,
      incarnation,
      refutation,
      by,
      byIncarnation,
    });
  }

  #forge(): void {
    const victim = this.#victim();
    if (victim === undefined) return;
    const { id: peer, incarnation } = victim;
    const { world } = this.#stage;
    const seed = world.seeds === 0 ? this.#peer.id : world.idOf(0);
    this.#tellNeighbours({ type: 'DEAD_CONFIRMED', peer, incarnation, seed });
    this.#request += 1;
    const { id: reporter } = this.#peer;
    const text = `Dead Node:${peer}:${this.#process.now.wallMs}:${reporter.split(':')[0] ?? ''}`;
    for (const link of this.#seedLinks()) {
      this.#say(link, {
        type: 'DEAD_REPORT',
        request: this.#request,
        peer,
        incarnation,
        reporter,
        corroborators: [reporter],
        text,
      });
    }
  }

  #replay(): void {
    const heard = this.#heard[Math.floor(this.#stage.random() * this.#heard.length)];
    if (heard === undefined) return;
    this.#tellNeighbours(heard.message);
    this.#say(heard.link, heard.message);
  }

  /** Over a connection of its own, of which its machine knows nothing. */
  #impersonate(): void {
    const victim = this.#victim();
    const { world, random } = this.#stage;
    if (victim === undefined || world.seeds === 0) return;
    this.#request += 1;
    const link: LinkId = this.#request;
    const address = world.idOf(Math.floor(random() * world.seeds));
    world.network.dial(this.#process, link, { type: 'OPEN', address, timeoutMs: dialTimeoutMs });
    const { clusterId } = this.#peer;
    const from = { role: 'peer', id: victim.id, incarnation: 0 } as const;
    const session = Math.floor(random() * 2 ** 48)
      .toString(16)
      .padStart(32, '0');
    world.after(dialTimeoutMs, () => {
      const purpose = 'member';
      const version = protocolVersion;
      this.#say(link, { type: 'HELLO', version, clusterId, purpose, from, capabilities: [] });
      this.#say(link, { type: 'REGISTER', request: 1, peer: victim.id, session });
    });
  }

  #victim() {
    const known = this.#peer.membership.ranked();
    return known[Math.floor(this.#stage.random() * known.length)];
  }

  #tellNeighbours(message: Message): void {
    for (const link of [...this.#peer.overlay.links()]) this.#say(link.id, message);
  }

  #seedLinks(): LinkId[] {
    const { world } = this.#stage;
    const { ends } = world.network;
    return this.#process.ends
      .entries()
      .flatMap(([link, end]) => (end >= 0 && world.isSeed(ends.nodeOf(end ^ 1)) ? [link] : []));
  }

  #say(link: LinkId, message: Message): void {
    this.#stage.world.network.send(this.#process, link, message);
  }
}

/** The last byte is the payload's, or the topic's. */
function withOtherBytes(message: Message): Message {
  if (message.type !== 'GOSSIP') return message;
  const body = message.body.slice();
  body[body.length - 1] = (body[body.length - 1] as number) ^ 1;
  return { ...message, body };
}

function withHigherIncarnation(message: Message): Message {
  if (message.type !== 'HELLO' && message.type !== 'WELCOME') return message;
  const { from } = message;
  return { ...message, from: { ...from, incarnation: from.incarnation + 1 } };
}
