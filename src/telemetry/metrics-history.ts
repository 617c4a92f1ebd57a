import type { Registry, RegistryContentType } from 'prom-client';
import { MetricFamily, type Sample, type Series } from './metrics/family.ts';

/** What one series was at each moment from `first` on: a row for each of its samples (buckets, sum, count). */
interface Row {
  readonly first: number;
  /** `name{labels}` */
  readonly places: readonly string[];
  readonly values: number[][];
}

/** Seconds since 1970 as OpenMetrics writes them. */
const timestampOf = (ms: number): string => (ms / 1000).toFixed(3);

/**
 * The metrics of a registry at many moments, to be written as OpenMetrics with timestamps: what
 * `promtool tsdb create-blocks-from openmetrics` turns into a Prometheus database. It holds all
 * numbers until they are written, 8 bytes each, because the format wants all moments of a series
 * together. Metrics of other classes than Hearsay's are left out.
 */
export class MetricsHistory {
  readonly #registry: Registry<RegistryContentType>;
  /** Labels that every series gets: a Prometheus that scrapes would have added them. */
  readonly #labels: Readonly<Record<string, string>>;
  readonly #moments: number[] = [];
  readonly #rows = new Map<Series, Row>();

  constructor(
    registry: Registry<RegistryContentType>,
    labels: Readonly<Record<string, string>> = {},
  ) {
    this.#registry = registry;
    this.#labels = labels;
  }

  /** Notes all metrics as they are now. `atMs`: milliseconds since 1970, more than the last time. */
  sample(atMs: number): void {
    const moment = this.#moments.length;
    this.#moments.push(atMs);
    for (const family of this.#families()) {
      for (const series of family.series) this.#note(family.name, series, moment);
    }
  }

  /** The text in pieces, from the first `# TYPE` to `# EOF`. */
  *text(): Generator<string> {
    for (const family of this.#families()) {
      const isCounter = family.type === 'counter';
      const name = isCounter ? family.name.replace(/_total$/, '') : family.name;
      yield `# TYPE ${name} ${family.type}\n# HELP ${name} ${escaped(family.help)}\n`;
      for (const series of family.series) yield* this.#lines(series);
    }
    yield '# EOF\n';
  }

  #families(): MetricFamily[] {
    const metrics: readonly unknown[] = this.#registry.getMetricsAsArray();
    return metrics.filter((metric) => metric instanceof MetricFamily);
  }

  #note(name: string, series: Series, moment: number): void {
    const samples = [...series.samples(name)];
    if (samples.length === 0) return;
    let row = this.#rows.get(series);
    if (row === undefined) {
      const places = samples.map((sample) => this.#placeOf(name, sample));
      row = { first: moment, places, values: samples.map(() => []) };
      this.#rows.set(series, row);
    }
    for (const [index, { value }] of samples.entries()) row.values[index]?.push(value);
  }

  *#lines(series: Series): Generator<string> {
    const row = this.#rows.get(series);
    if (row === undefined) return;
    const { first, places, values } = row;
    // One point of a histogram is its buckets, its sum and its count together.
    const points = values[0]?.length ?? 0;
    for (let point = 0; point < points; point += 1) {
      const at = timestampOf(this.#moments[first + point] ?? 0);
      yield places.map((place, index) => `${place} ${values[index]?.[point]} ${at}\n`).join('');
    }
  }

  #placeOf(name: string, { labels, metricName = name }: Sample): string {
    const all = Object.entries({ ...this.#labels, ...labels });
    return `${metricName}{${all.map(([label, value]) => `${label}="${escaped(value)}"`).join(',')}}`;
  }
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}
