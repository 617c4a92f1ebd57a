import type { Members } from './members.ts';
import type { Probes } from './probes.ts';
import type { Proposer } from './proposer.ts';
import type { Verdicts } from './verdicts.ts';

/** How large a seed's collections are now. An option bounds each of them. */
export class SeedMemory {
  readonly #probes: Pick<Probes, 'size'>;
  readonly #verdicts: Pick<Verdicts<unknown>, 'sizes'>;
  readonly #proposer: Pick<Proposer, 'sizes'>;
  readonly #members: Pick<Members, 'size'>;

  constructor(
    probes: Pick<Probes, 'size'>,
    verdicts: Pick<Verdicts<unknown>, 'sizes'>,
    proposer: Pick<Proposer, 'sizes'>,
    members: Pick<Members, 'size'>,
  ) {
    this.#probes = probes;
    this.#verdicts = verdicts;
    this.#proposer = proposer;
    this.#members = members;
  }

  /** Dial-backs under way. */
  get dialBacks(): number {
    return this.#probes.size;
  }

  /** Judgements that wait for one. */
  get judgements(): number {
    return this.#verdicts.sizes.waiting;
  }

  /** Peers whose last dial-back is remembered. */
  get looks(): number {
    return this.#verdicts.sizes.seen;
  }

  /** Proposals under way. */
  get proposals(): number {
    return this.#proposer.sizes.underWay;
  }

  /** Requests and proposals waiting, those under way included. */
  get requests(): number {
    return this.#proposer.sizes.waiting;
  }

  /** Peers whose last ballot is remembered. */
  get ballots(): number {
    return this.#proposer.sizes.ballots;
  }

  /** Links with peers. */
  get members(): number {
    return this.#members.size;
  }
}
