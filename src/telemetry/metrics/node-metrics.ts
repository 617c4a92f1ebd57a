import type { Registry, RegistryContentType } from 'prom-client';
import type { NodeRole } from '../../core/messages.ts';
import { packageVersion } from '../../core/version.ts';
import { catalogue, type MetricKey, metricsOf } from './catalogue.ts';
import { combinations, type Declaration } from './declaration.ts';
import {
  HistogramSeries,
  type Labels,
  MetricFamily,
  NumberSeries,
  ReadSeries,
  type Series,
} from './family.ts';

/**
 * The series of one node in a registry. Those whose labels are known are there from the start: a
 * series that comes with its first event hides that event from every rate.
 */
export class NodeMetrics {
  readonly #registry: Registry<RegistryContentType>;
  readonly #counters = new Map<string, NumberSeries>();
  readonly #histograms = new Map<string, HistogramSeries>();
  readonly #added: { readonly family: MetricFamily; readonly series: Series }[] = [];
  #id = '';

  /** `id` is empty for a node that has not started. */
  constructor(registry: Registry<RegistryContentType>, role: NodeRole, id: string) {
    this.#registry = registry;
    this.#id = id;
    for (const declaration of Object.values(catalogue)) MetricFamily.in(registry, declaration);
    for (const key of metricsOf(role)) this.#begin(key);
    const nodejs = process.version.slice(1);
    this.counter('buildInfo', { role, version: packageVersion, nodejs }).value = 1;
  }

  /** The node's address; empty before it has started. */
  get id(): string {
    return this.#id;
  }

  started(id: string): void {
    this.#id = id;
  }

  readonly add = (key: MetricKey, labels: Labels = {}, count = 1): void => {
    this.counter(key, labels).value += count;
  };

  readonly set = (key: MetricKey, value: number): void => {
    this.counter(key, {}).value = value;
  };

  readonly observe = (key: MetricKey, value: number, labels: Labels = {}): void => {
    this.histogram(key, labels).observe(value);
  };

  /** The series itself, for what happens so often that looking it up would cost more than counting. */
  counter(key: MetricKey, labels: Labels): NumberSeries {
    return this.#of(this.#counters, key, labels, (all) => new NumberSeries(all));
  }

  histogram(key: MetricKey, labels: Labels): HistogramSeries {
    const { buckets = [] }: Declaration = catalogue[key];
    return this.#of(this.#histograms, key, labels, (all) => new HistogramSeries(all, buckets));
  }

  /** A gauge that is asked for at the scrape. */
  read(key: MetricKey, value: () => number | undefined): void {
    this.#add(key, new ReadSeries(this.#labelled({}), value));
  }

  /** Takes all series of this node out of the registry. */
  detach(): void {
    for (const { family, series } of this.#added.splice(0)) family.delete(series);
  }

  #begin(key: MetricKey): void {
    const { type, labels, initial }: Declaration = catalogue[key];
    if (type === 'gauge') {
      if (initial !== undefined) this.set(key, initial);
      return;
    }
    for (const combination of combinations(labels)) {
      if (type === 'counter') this.counter(key, combination);
      else this.histogram(key, combination);
    }
  }

  #of<Kind extends Series>(
    known: Map<string, Kind>,
    key: MetricKey,
    labels: Labels,
    make: (labels: () => Labels | undefined) => Kind,
  ): Kind {
    const place = `${key} ${Object.values(labels).join(' ')}`;
    const existing = known.get(place);
    if (existing !== undefined) return existing;
    const series = make(this.#labelled(labels));
    known.set(place, series);
    this.#add(key, series);
    return series;
  }

  #add(key: MetricKey, series: Series): void {
    const family = MetricFamily.in(this.#registry, catalogue[key]);
    family.add(series);
    this.#added.push({ family, series });
  }

  /** Nothing is shown of a node that has no address yet. */
  #labelled(labels: Labels): () => Labels | undefined {
    return () => (this.#id === '' ? undefined : { node: this.#id, ...labels });
  }
}
