import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../../examples/support/ports.ts';

const observability = fileURLToPath(new URL('../../../observability/', import.meta.url));

export type Labels = Readonly<Record<string, string>>;

/** A series, with its samples as `[seconds since 1970, value]`. */
export interface Series {
  readonly metric: Labels;
  readonly values: readonly (readonly [time: number, value: string])[];
}

export interface ActiveTarget {
  readonly labels: Labels;
  readonly scrapeUrl: string;
  readonly health: 'up' | 'down' | 'unknown';
  readonly lastError: string;
}

export interface PrometheusOptions {
  /** The `/sd` to ask. */
  readonly discovery: readonly string[];
  /** Further lines of scrape_configs, indented by two. */
  readonly jobs?: string;
}

/** A real Prometheus with observability/prometheus.yml, made fast, and without the way out of a container. */
export class Prometheus implements AsyncDisposable {
  readonly url: string;
  readonly startedAt = Date.now();
  readonly #stop: () => Promise<void>;

  private constructor(url: string, stop: () => Promise<void>) {
    this.url = url;
    this.#stop = stop;
  }

  static async start(options: PrometheusOptions): Promise<Prometheus> {
    const folder = await mkdtemp(join(tmpdir(), 'hearsay-prometheus-'));
    const config = join(folder, 'prometheus.yml');
    const text = await readFile(join(observability, 'prometheus.yml'), 'utf8');
    await writeFile(config, configured(text, options));
    await copyFile(join(observability, 'rules.yml'), join(folder, 'rules.yml'));
    const address = `127.0.0.1:${(await freePorts(1))[0]}`;
    const args = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--enable-feature=exemplar-storage',
    ];
    const child = spawn('prometheus', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let log = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      log = (log + chunk).slice(-20_000);
    });
    const exited = once(child, 'exit');
    const stop = async () => {
      child.kill('SIGTERM');
      await exited;
      await rm(folder, { recursive: true, force: true });
    };
    const prometheus = new Prometheus(`http://${address}`, stop);
    await until(
      'Prometheus is ready',
      async () => (await fetch(`${prometheus.url}/-/ready`).catch(() => undefined))?.ok === true,
      () => log,
    );
    return prometheus;
  }

  /** Everything that it scrapes, found or configured. */
  async targets(): Promise<ActiveTarget[]> {
    const { activeTargets } = await this.#get<{ activeTargets: ActiveTarget[] }>('targets', {});
    return activeTargets;
  }

  /** Values at every second since the start; throws what Prometheus says of a wrong expression. */
  async range(query: string): Promise<Series[]> {
    const seconds = (Date.now() - this.startedAt) / 1000;
    const step = Math.max(1, Math.ceil(seconds / 300));
    const start = this.startedAt / 1000;
    const { result } = await this.#get<{ result: Series[] }>('query_range', {
      query,
      start: String(start),
      end: String(Date.now() / 1000),
      step: String(step),
    });
    return result;
  }

  /** The present value of an expression without labels; undefined when it has none. */
  async value(query: string): Promise<number | undefined> {
    const { result } = await this.#get<{ result: { value: [number, string] }[] }>('query', {
      query,
    });
    return result[0] === undefined ? undefined : Number(result[0].value[1]);
  }

  /** The labels of the exemplars of a metric. */
  async exemplars(query: string): Promise<Labels[]> {
    const answer = await this.#get<{ exemplars: { labels: Labels }[] }[]>('query_exemplars', {
      query,
      start: String(this.startedAt / 1000 - 3_600),
      end: String(Date.now() / 1000 + 60),
    });
    return answer.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
  }

  async #get<Data>(what: string, parameters: Record<string, string>): Promise<Data> {
    const url = `${this.url}/api/v1/${what}?${new URLSearchParams(parameters)}`;
    const answer = (await (await fetch(url)).json()) as
      | { status: 'success'; data: Data }
      | { status: 'error'; error: string };
    if (answer.status === 'error') throw new Error(`${parameters['query']}: ${answer.error}`);
    return answer.data;
  }
}

/** Runs promtool; its output, and whether it was content. */
export async function promtool(
  args: readonly string[],
  input = '',
): Promise<{ ok: boolean; output: string }> {
  const { promise, resolve } = Promise.withResolvers<{ ok: boolean; output: string }>();
  const child = execFile('promtool', args, (error, stdout, stderr) =>
    resolve({ ok: error === null, output: `${stdout}${stderr}` }),
  );
  child.stdin?.end(input);
  return promise;
}

/** Waits for what a real network does; fails with `state()` when that takes too long. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  state: () => unknown = () => '',
  timeoutMs = 240_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline)
      throw new Error(`it never came that ${what}: ${String(await state())}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function configured(text: string, { discovery, jobs = '' }: PrometheusOptions): string {
  const hosts = discovery
    .map((url) => `      - url: ${url}\n        refresh_interval: 1s\n`)
    .join('');
  const configured = text
    .replace(/(?<=http_sd_configs:\n)[\s\S]*?(?= {4}relabel_configs:)/, hosts)
    .replaceAll('host.docker.internal', '127.0.0.1')
    .replaceAll(': 5s', ': 1s')
    .replace('scrape_timeout: 4s', 'scrape_timeout: 1s');
  return `${configured}${jobs}`;
}
