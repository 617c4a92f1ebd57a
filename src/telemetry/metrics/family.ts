import type {
  MetricObjectWithValues,
  MetricValue,
  Registry,
  RegistryContentType,
} from 'prom-client';
import { HearsayError } from '../../core/errors.ts';
import type { Declaration } from './declaration.ts';

export type Labels = Readonly<Record<string, string>>;

/** W3C trace ids that lead from a bucket to one of its deliveries. */
export interface Exemplar {
  readonly labelSet: { readonly trace_id: string; readonly span_id: string };
  readonly value: number;
  /** Seconds since 1970. */
  readonly timestamp: number;
}

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
  readonly metricName?: string;
  readonly exemplar?: Exemplar;
}

/** What gives samples when Prometheus asks; between two scrapes it is plain numbers. */
export interface Series {
  samples(name: string): Iterable<Sample>;
}

/**
 * One metric in a registry, with the series of any number of nodes. It takes the place of
 * prom-client's own classes, whose counters cost a lookup of labels for every event, and which the
 * second node with the same metric would replace.
 */
export class MetricFamily {
  /** prom-client strips `_total` from it when it writes OpenMetrics. */
  name: string;
  readonly help: string;
  readonly type: Declaration['type'];
  readonly aggregator = 'sum';
  readonly #series = new Set<Series>();

  private constructor({ name, help, type }: Declaration) {
    this.name = name;
    this.help = help;
    this.type = type;
  }

  /** The family of this name in the registry, made with the first node that needs it. */
  static in(registry: Registry<RegistryContentType>, declaration: Declaration): MetricFamily {
    const known: unknown = registry.getSingleMetric(declaration.name);
    if (known instanceof MetricFamily) return known;
    if (known !== undefined) {
      throw new HearsayError(
        'option-invalid',
        `the registry has another metric ${declaration.name}: give a registry without it`,
        { metric: declaration.name },
      );
    }
    const family = new MetricFamily(declaration);
    registry.registerMetric(family as never);
    return family;
  }

  add(series: Series): void {
    this.#series.add(series);
  }

  delete(series: Series): void {
    this.#series.delete(series);
  }

  /** The series of all nodes, for those who sample by themselves. */
  get series(): ReadonlySet<Series> {
    return this.#series;
  }

  async get(): Promise<MetricObjectWithValues<MetricValue<string>>> {
    const { name, help, type, aggregator } = this;
    const values = [...this.#series].flatMap((series) => [...series.samples(name)]);
    // prom-client's types know no exemplars and no names of samples; its writer does.
    return { name, help, type, aggregator, values } as never;
  }

  reset(): void {
    // `registry.resetMetrics()` asks for it; what a node has counted is not the registry's to reset.
  }
}

/** A number that is added to, or set. */
export class NumberSeries implements Series {
  value = 0;
  readonly #labels: () => Labels | undefined;

  constructor(labels: () => Labels | undefined) {
    this.#labels = labels;
  }

  *samples(): Iterable<Sample> {
    const labels = this.#labels();
    if (labels !== undefined) yield { labels, value: this.value };
  }
}

/** A number that is asked for at the scrape. */
export class ReadSeries implements Series {
  readonly #labels: () => Labels | undefined;
  readonly #read: () => number | undefined;

  constructor(labels: () => Labels | undefined, read: () => number | undefined) {
    this.#labels = labels;
    this.#read = read;
  }

  *samples(): Iterable<Sample> {
    const labels = this.#labels();
    const value = this.#read();
    if (labels !== undefined && value !== undefined) yield { labels, value };
  }
}

/** Buckets in an array: an observation is a short search and three additions. */
export class HistogramSeries implements Series {
  readonly #labels: () => Labels | undefined;
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  readonly #exemplars: (Exemplar | undefined)[];
  #sum = 0;
  #count = 0;

  constructor(labels: () => Labels | undefined, bounds: readonly number[]) {
    this.#labels = labels;
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
    this.#exemplars = new Array<Exemplar | undefined>(bounds.length + 1).fill(undefined);
  }

  observe(value: number, exemplar?: Exemplar): void {
    let bucket = 0;
    while (bucket < this.#bounds.length && value > (this.#bounds[bucket] ?? 0)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
    this.#count += 1;
    if (exemplar !== undefined) this.#exemplars[bucket] = exemplar;
  }

  *samples(name: string): Iterable<Sample> {
    const labels = this.#labels();
    if (labels === undefined) return;
    let below = 0;
    for (let bucket = 0; bucket <= this.#bounds.length; bucket += 1) {
      below += this.#counts[bucket] ?? 0;
      const exemplar = this.#exemplars[bucket];
      const le = bucket < this.#bounds.length ? String(this.#bounds[bucket]) : '+Inf';
      yield {
        labels: { ...labels, le },
        value: below,
        metricName: `${name}_bucket`,
        ...(exemplar && { exemplar }),
      };
    }
    yield { labels, value: this.#sum, metricName: `${name}_sum` };
    yield { labels, value: this.#count, metricName: `${name}_count` };
  }
}
