import { quorumOf, type SeedOptions } from '../config.ts';
import type { Random, TimerFired } from '../effects.ts';
import type { Link } from '../link/link.ts';
import { Links } from '../link/links.ts';
import type {
  Accept,
  Accepted,
  DigestText,
  Incarnation,
  Intent,
  LinkId,
  Message,
  PeerEntry,
  PeerId,
  Propose,
  RegisterValue,
  SeedId,
  Vote,
} from '../messages.ts';
import type { Instant } from '../time.ts';
import { Acceptor, type Proposer as AskingProposer } from './acceptor.ts';
import { Directory } from './directory.ts';
import type { PersistToken, SeedEffects, SeedInput, SeedTimer } from './io.ts';
import { KnownStores } from './known-stores.ts';
import { Leases } from './leases.ts';
import { type Decision, fromCommit, Ledger } from './ledger.ts';
import { Members } from './members.ts';
import { SeedMemory } from './memory.ts';
import { OverlayView } from './overlay-view.ts';
import { Probes } from './probes.ts';
import type { Ask } from './proposal.ts';
import { Proposer } from './proposer.ts';
import { Readmission } from './readmission.ts';
import { Reception } from './reception.ts';
import { Registers } from './registers.ts';
import { RemovalBrake } from './removal-brake.ts';
import { Repair } from './repair.ts';
import { SeedLinks, type SeedLinksListener } from './seed-links.ts';
import { cut } from './sentence.ts';
import { Standing } from './standing.ts';
import type { StoredState } from './stored.ts';
import { Tombstones } from './tombstones.ts';
import { Verdicts } from './verdicts.ts';

export interface SeedDependencies {
  readonly identity: {
    readonly id: SeedId;
    /** All seeds of the configuration, this one included: the quorum is theirs. */
    readonly seeds: readonly SeedId[];
    readonly clusterId: string;
  };
  readonly stored: StoredState;
  readonly effects: SeedEffects;
  readonly random: Random;
  readonly digest: DigestText;
  /** Whether an address may become a peer; everybody may when this is absent. */
  readonly admit?: (peer: PeerId) => boolean;
}

/**
 * One seed: a proposer and an acceptor for every PeerId's register, what keeps the registers of all
 * seeds the same, and the judgement on which they are changed. Everything comes in through
 * `handle`, everything goes out as effects; nobody is answered before the disk has what the answer
 * promises.
 */
export class Seed implements SeedLinksListener {
  readonly #self: SeedId;
  readonly #seeds: readonly SeedId[];
  readonly #effects: SeedEffects;
  readonly #standing = new Standing();
  readonly #links: Links;
  readonly #seedLinks: SeedLinks;
  readonly #directory: Directory;
  readonly #committed: (peer: PeerId) => RegisterValue | undefined;
  readonly #ledger: Ledger<PersistToken>;
  readonly #probes: Probes;
  readonly #verdicts: Verdicts<AskingProposer>;
  readonly #brake: RemovalBrake;
  readonly #acceptor: Acceptor;
  readonly #proposer: Proposer;
  readonly #repair: Repair;
  readonly #readmission: Readmission;
  readonly #tombstones: Tombstones;
  readonly #leases: Leases;
  readonly #overlay: OverlayView;
  readonly #members: Members;
  /** For those who watch. */
  readonly memory: SeedMemory;
  #phase: 'new' | 'running' | 'stopped' = 'new';

  constructor(options: SeedOptions, dependencies: SeedDependencies) {
    const { identity, stored, effects, random, digest } = dependencies;
    const { id: self, seeds } = identity;
    const quorum = quorumOf(seeds.length);
    const standing = this.#standing;
    this.#self = self;
    this.#seeds = seeds;
    this.#effects = effects;

    const { storeId, knownStores } = stored;
    const disk = effects;
    const stores = new KnownStores({ self, seeds, storeId, stored: knownStores, disk });
    const registers = new Registers<PersistToken>({ disk, self, stored });
    const directory = new Directory(options, { digest });
    this.#directory = directory;
    this.#ledger = new Ledger({
      effects,
      registers,
      directory,
      learned: (decision, now) => this.#learned(decision, now),
    });
    const ledger = this.#ledger;

    const { clusterId } = identity;
    const reception = new Reception({
      effects,
      clusterId,
      self,
      seeds,
      storeId,
      rooms: () => rooms,
    });
    const welcome = () => reception.welcome();
    const links = new Links(options.links, { policy: reception, effects });
    this.#links = links;
    this.#seedLinks = new SeedLinks(options, {
      effects,
      links,
      self,
      seeds,
      quorum,
      listener: this,
      welcome,
    });
    const linked = () => this.#seedLinks.linked();
    const send = (seed: SeedId, message: Message) => this.#seedLinks.send(seed, message);

    const committed = (peer: PeerId) => registers.committed(peer);
    this.#committed = committed;
    this.#brake = new RemovalBrake(options, { effects, listSize: () => directory.size });
    const brake = this.#brake;
    this.#probes = new Probes(options, {
      effects,
      links,
      random,
      probed: (peer, outcome, now) => {
        this.#verdicts.probed(peer, outcome, now);
        this.#leases.probed(peer, outcome, now);
      },
    });
    const probes = this.#probes;
    this.#verdicts = new Verdicts(options, {
      seeds,
      committed,
      probes,
      brake,
      digest,
      admit: dependencies.admit ?? (() => true),
      judged: (question, judgement, now) => this.#acceptor.judged(question, judgement, now),
    });
    this.#acceptor = new Acceptor({
      effects,
      self,
      registers,
      stores,
      standing,
      verdicts: this.#verdicts,
      answer: (link, answer, now) => this.#answerProposer(link, answer, now),
    });
    this.#proposer = new Proposer(options, {
      effects,
      random,
      self,
      seeds,
      quorum,
      registers,
      ledger,
      voters: () => stores.view(linked().filter((seed) => stores.isTrusted(seed))),
      send: (seed, message, now) => this.#sendToAcceptor(seed, message, now),
      tellAll: (peer, { ballot, value }) => {
        if (value !== undefined) this.#seedLinks.broadcast({ type: 'COMMIT', peer, ballot, value });
      },
      decided: (peer, intent, asks, outcome, now) =>
        this.#members.decided(peer, intent, asks, outcome, now),
    });

    const shared = { effects, random, self, seeds, quorum, standing, stores, registers, directory };
    this.#tombstones = new Tombstones(options, { ...shared, linked, send });
    this.#repair = new Repair(options, {
      ...shared,
      ledger,
      linked,
      send,
      isOver: (value, now) => this.#tombstones.isOver(value, now),
    });
    const { admitted } = stored;
    this.#readmission = new Readmission(options, {
      ...shared,
      admitted,
      disk,
      ledger,
      linked,
      send,
    });
    const propose = (peer: PeerId, intent: Intent, ask: Ask | undefined, now: Instant) =>
      this.#proposer.propose(peer, intent, ask, now);
    this.#leases = new Leases(options, {
      ...shared,
      digest,
      committed,
      probes,
      propose: (peer, intent, now) => propose(peer, intent, undefined, now),
    });
    this.#overlay = new OverlayView(options, { effects, random, committed, directory });
    this.#members = new Members(options, {
      ...shared,
      links,
      committed,
      leases: this.#leases,
      overlay: this.#overlay,
      brake,
      propose,
      welcome,
    });
    this.memory = new SeedMemory(this.#probes, this.#verdicts, this.#proposer, this.#members);
    const rooms = { member: this.#members, seed: this.#seedLinks, probe: probes };
  }

  /** The committed Peer List, oldest registration first. */
  peerList(): Iterable<PeerEntry> {
    return this.#directory.entries();
  }

  /** Its size, and a digest that is equal where the lists are. */
  get listed(): { readonly size: number; readonly digest: string } {
    return this.#directory;
  }

  /** Where the living peer's host serves its metrics; undefined for one that told nothing. */
  metricsPortOf(peer: PeerId): number | undefined {
    return this.#committed(peer)?.metricsPort;
  }

  /** The overlay as far as this seed hears of it: living peers and the neighbours that each named. */
  overlayLinks(): Iterable<readonly [PeerId, readonly PeerId[]]> {
    return this.#overlay.links();
  }

  /** The seeds that this one can talk to now, itself included, in the order of the seed list. */
  reachableSeeds(): SeedId[] {
    const linked = this.#seedLinks.linked();
    return this.#seeds.filter((seed) => seed === this.#self || linked.includes(seed));
  }

  /** Whether this seed votes now. */
  get voting(): boolean {
    return this.#phase === 'running' && this.#standing.isVoting;
  }

  handle(input: SeedInput, now: Instant): void {
    if (this.#phase === 'stopped') return;
    switch (input.type) {
      case 'link-opened':
      case 'link-closed':
      case 'message':
      case 'link-overflowed':
        return this.#links.handle(input, now);
      case 'timer':
        return this.#onTimer(input, now);
      case 'persisted':
        return this.#onPersisted(input.token, now);
      case 'start':
        return this.#start(now);
      case 'storage-failed':
        return this.#onStorageFailed(input.reason, now);
      case 'resume-removals':
        return this.#brake.override(now);
      case 'stop':
        return this.#stop(now);
    }
  }

  // -------------------------------------------------------------- life

  #start(now: Instant): void {
    if (this.#phase !== 'new') return;
    this.#phase = 'running';
    this.#effects.emit({ type: 'node:started', role: 'seed', id: this.#self });
    for (const { id, incarnation } of this.#directory.entries()) {
      this.#leases.begin(id, incarnation, now);
    }
    this.#readmission.start();
    this.#seedLinks.start(now);
    this.#repair.start();
    this.#tombstones.start();
    this.#leases.start();
  }

  #onStorageFailed(reason: string, now: Instant): void {
    if (this.#standing.storageFailure !== '') return;
    this.#standing.storageFailure = `this seed cannot write any more: ${cut(reason)}`;
    this.#abandon(now);
    this.#effects.emit({ type: 'storage:failed', reason });
  }

  #stop(now: Instant): void {
    this.#standing.isStopping = true;
    this.#abandon(now);
    this.#phase = 'stopped';
    for (const link of [...this.#links.all()]) this.#links.close(link, 'this seed is stopping');
  }

  #abandon(now: Instant): void {
    const { refusal } = this.#standing;
    if (refusal !== undefined) this.#proposer.abandon(refusal, now);
  }

  #onPersisted(token: PersistToken, now: Instant): void {
    switch (token.type) {
      case 'answer-durable':
        return this.#acceptor.onDurable(token, now);
      case 'decision-durable':
        return this.#proposer.onDurable(token, now);
      case 'store-noted':
        return this.#readmission.onStoreNoted(token);
      case 'admission-durable':
        return this.#readmission.onDurable();
      case 'words-durable':
        return this.#tombstones.onDurable(token, now);
    }
  }

  #onTimer({ timer, lateMs }: TimerFired<SeedTimer>, now: Instant): void {
    switch (timer.type) {
      case 'link:handshake-deadline':
        return this.#links.handle({ type: 'timer', timer, lateMs }, now);
      case 'seed-links:dial-due':
      case 'seed-links:ping-due':
        return this.#seedLinks.onTimer(timer, lateMs, now);
      case 'proposer:deadline':
      case 'proposer:round-due':
        return this.#proposer.onTimer(timer, now);
      case 'probes:deadline':
        return this.#probes.onDeadline(timer, lateMs, now);
      case 'repair:due':
        return this.#repair.onTimer();
      case 'readmission:overdue':
        return this.#readmission.onOverdue();
      case 'tombstones:look':
        return this.#tombstones.onTimer(now);
      case 'leases:look':
        return this.#leases.onTimer(now);
      case 'overlay-view:look':
        return this.#overlay.onTimer(now);
      case 'brake:look':
        return this.#brake.onTimer(timer, now);
    }
  }

  // -------------------------------------------------------------- what is decided

  /** One committed value, however this seed came to know it; copies may tell of ancient deaths. */
  #learned({ peer, before, value, ballot, provenance }: Decision, now: Instant): void {
    const { status, incarnation } = value;
    const isNewLife = status === 'alive' && before?.incarnation !== incarnation;
    if (status !== 'alive') this.#leases.end(peer);
    else if (isNewLife) this.#beginLife(peer, incarnation, now);
    if (status !== 'alive' || isNewLife) this.#overlay.forget(peer);
    this.#tombstones.forget(peer);
    if (status === 'dead' && !provenance.isCopied) {
      this.#members.tellDeath(peer, incarnation, ballot.seed);
    }
    this.#proposer.learned(peer, now);
  }

  /** What was seen of an earlier life is no judgement of this one. */
  #beginLife(peer: PeerId, incarnation: Incarnation, now: Instant): void {
    this.#leases.begin(peer, incarnation, now);
    this.#verdicts.forget(peer);
    this.#probes.beginAgain(peer, now);
  }

  /** This seed's own acceptor is asked like any other, only without a link. */
  #sendToAcceptor(seed: SeedId, message: Propose | Accept, now: Instant): void {
    if (seed !== this.#self) this.#seedLinks.send(seed, message);
    else if (message.type === 'PROPOSE') this.#acceptor.onPropose(ownLink, message, now);
    else this.#acceptor.onAccept(ownLink, message, now);
  }

  #answerProposer(link: LinkId, answer: Vote | Accepted, now: Instant): void {
    if (link === ownLink) {
      this.#onAnswer(this.#self, answer, now);
      return;
    }
    const asking = this.#links.get(link);
    if (asking !== undefined) this.#links.send(asking, answer);
  }

  #onAnswer(seed: SeedId, answer: Vote | Accepted, now: Instant): void {
    if (answer.type === 'VOTE') this.#proposer.onVote(seed, answer, now);
    else this.#proposer.onAccepted(seed, answer, now);
  }

  // -------------------------------------------------------------- the other seeds

  seedUp(seed: SeedId, storeId: string, _now: Instant): void {
    this.#readmission.seedUp(seed, storeId);
    this.#repair.compareWith(seed);
  }

  seedDown(seed: SeedId, now: Instant): void {
    this.#readmission.seedDown(seed);
    this.#tombstones.seedDown(seed);
    this.#proposer.seedDown(seed, now);
  }

  seedMessage(seed: SeedId, link: Link, message: Message, now: Instant): void {
    switch (message.type) {
      case 'PROPOSE':
        return this.#acceptor.onPropose(link.id, message, now);
      case 'ACCEPT':
        return this.#acceptor.onAccept(link.id, message, now);
      case 'VOTE':
      case 'ACCEPTED':
        return this.#onAnswer(seed, message, now);
      case 'COMMIT': {
        const { peer, ballot, value } = message;
        this.#ledger.learn(peer, ballot, value, fromCommit, now);
        return;
      }
      case 'REGISTER_DIGESTS':
        return this.#repair.onDigests(seed, message);
      case 'REGISTER_REVISIONS':
        return this.#repair.onRevisions(seed, message, now);
      case 'REGISTER_VALUES':
        return this.#repair.onValues(seed, message, now);
      case 'TOMBSTONES_OVER':
        return this.#tombstones.onWords(seed, message, now);
      case 'KNOWN_STORES':
        return this.#readmission.onKnownStores(seed, message, now);
      case 'COPY_REQUEST':
        return this.#readmission.onCopyRequest(seed, message);
      case 'COPY_RESULT':
        return this.#readmission.onCopyResult(seed, message, now);
      default:
        // The wire knows this frame, but it has no business between seeds.
        this.#links.violated(link, `${message.type} on a link between seeds`, now);
    }
  }
}

/** Stands for the way from this seed's proposer to its own acceptor; no link has this id. */
const ownLink: LinkId = 0;
