import type { Effects } from '../effects.ts';
import type { Hello, SeedId } from '../messages.ts';
import { dropOldest } from '../peer/bounded.ts';
import { enumerated } from './sentence.ts';

export interface StrangersDependencies {
  readonly effects: Pick<Effects, 'emit'>;
  readonly self: SeedId;
  readonly seeds: readonly SeedId[];
}

/** Most strangers remembered, so that each is told of once and not with each of its dials. */
const rememberedMax = 64;

/** Most seeds of a stranger's list that are looked at: it is anybody's text. */
const comparedMax = 256;

/** Nodes of another cluster id: nearly always the same network with two different config.txt files. */
export class Strangers {
  readonly #with: StrangersDependencies;
  /** The list that each of these was told of with. */
  readonly #told = new Map<string, string>();

  constructor(dependencies: StrangersDependencies) {
    this.#with = dependencies;
  }

  /** The sentence for a stranger that dialled: where its seed list and ours differ. */
  greeted({ from, seeds: list }: Hello): string {
    const { self, seeds } = this.#with;
    if (list === undefined) {
      return `${from.id} uses another seed list than ${self}, which has ${enumerated(seeds)}: use the same config.txt for both`;
    }
    const theirs = list.slice(0, comparedMax);
    const onlyHere = seeds.filter((seed) => !theirs.includes(seed));
    const onlyThere = theirs.filter((seed) => !seeds.includes(seed));
    this.#tell(from.id, theirs, onlyHere, onlyThere);
    const parts = [only(self, onlyHere), only(from.id, onlyThere)].filter((part) => part !== '');
    const what = parts.length === 0 ? 'the cluster ids differ' : parts.join('; ');
    return `the seed lists differ: ${what}: use the same config.txt for all seeds`;
  }

  #tell(
    seed: SeedId,
    theirs: readonly SeedId[],
    onlyHere: readonly SeedId[],
    onlyThere: readonly SeedId[],
  ): void {
    const list = theirs.join(' ');
    if (this.#told.get(seed) === list) return;
    this.#told.set(seed, list);
    dropOldest(this.#told, rememberedMax);
    this.#with.effects.emit({ type: 'seed:list-mismatch', seed, onlyHere, onlyThere });
  }
}

function only(owner: SeedId, seeds: readonly SeedId[]): string {
  return seeds.length === 0 ? '' : `only ${owner} lists ${enumerated(seeds)}`;
}
