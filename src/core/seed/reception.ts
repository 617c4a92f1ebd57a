import type { Effects } from '../effects.ts';
import type { Link, LinkHandler } from '../link/link.ts';
import type { LinkPolicy } from '../link/links.ts';
import type { Hello, LinkPurpose, NodeIdentity, Refuse, SeedId, Welcome } from '../messages.ts';
import { protocolVersion } from '../messages.ts';
import type { Members } from './members.ts';
import type { Probes } from './probes.ts';
import type { SeedLinks } from './seed-links.ts';
import { Strangers } from './strangers.ts';

export interface ReceptionDependencies {
  readonly effects: Pick<Effects, 'emit'>;
  readonly clusterId: string;
  readonly self: SeedId;
  readonly seeds: readonly SeedId[];
  readonly storeId: string;
  /** The machines behind the purposes of links, all made once; they come into being after the links. */
  readonly rooms: () => {
    readonly member: Members;
    readonly seed: SeedLinks;
    readonly probe: Probes;
  };
}

/** What a seed says of itself on every link, and whom it lets in for what. */
export class Reception implements LinkPolicy {
  readonly #with: ReceptionDependencies;
  readonly #strangers: Strangers;

  constructor(dependencies: ReceptionDependencies) {
    this.#with = dependencies;
    this.#strangers = new Strangers(dependencies);
  }

  get clusterId(): string {
    return this.#with.clusterId;
  }

  handlerOf(purpose: LinkPurpose): LinkHandler | undefined {
    return purpose === 'neighbour' ? undefined : this.#with.rooms()[purpose];
  }

  hello({ purpose, address }: Link): Hello {
    const { clusterId, seeds, storeId } = this.#with;
    const version = protocolVersion;
    const from = this.#identity();
    const hello: Hello = { type: 'HELLO', version, clusterId, purpose, from, capabilities: [] };
    if (purpose !== 'probe') return { ...hello, seeds, storeId };
    return { ...hello, challenge: this.#with.rooms().probe.challengeOf(address) };
  }

  answer(hello: Hello): Welcome | Refuse {
    const { member, seed } = this.#with.rooms();
    switch (hello.purpose) {
      case 'member':
        return member.answer(hello);
      case 'seed':
        return seed.answer(hello);
      case 'probe':
        return this.welcome();
      case 'neighbour': {
        const reason = `${this.#with.self} is a seed and takes no links with neighbours`;
        return { type: 'REFUSE', code: 'wrong-role', reason, candidates: [] };
      }
    }
  }

  stranger(hello: Hello): string {
    return this.#strangers.greeted(hello);
  }

  welcome(): Welcome {
    const { storeId } = this.#with;
    return { type: 'WELCOME', from: this.#identity(), capabilities: [], storeId };
  }

  #identity(): NodeIdentity {
    return { role: 'seed', id: this.#with.self, incarnation: 0 };
  }
}
