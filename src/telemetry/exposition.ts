import type { Registry, RegistryContentType } from 'prom-client';

/** What `/metrics` answers. */
export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}

/**
 * A registry in the format that the client's Accept header prefers: OpenMetrics, which carries
 * exemplars, or Prometheus's text. Without a preference, in the registry's own.
 */
export async function exposition(
  registry: Registry<RegistryContentType>,
  accept: string | undefined,
): Promise<Exposition> {
  const { contentType } = registry;
  const wanted = preferred(accept) ?? contentType;
  const view = wanted === contentType ? registry : viewOf(registry, wanted);
  return { contentType: wanted, text: await view.metrics() };
}

const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const plainText = 'text/plain; version=0.0.4; charset=utf-8';
const formats: readonly (readonly [mediaType: string, contentType: RegistryContentType])[] = [
  ['application/openmetrics-text', openMetrics],
  ['text/plain', plainText],
];

/** The format of the highest quality value (RFC 9110, section 12.5.1); of equal ones, OpenMetrics. */
function preferred(accept = ''): RegistryContentType | undefined {
  let best: RegistryContentType | undefined;
  let bestQuality = 0;
  for (const [mediaType, contentType] of formats) {
    const quality = qualityOf(mediaType, accept);
    if (quality <= bestQuality) continue;
    best = contentType;
    bestQuality = quality;
  }
  return best;
}

/** 0 when the type is not named. Ranges like `*\/*` express no preference here. */
function qualityOf(mediaType: string, accept: string): number {
  for (const range of accept.toLowerCase().split(',')) {
    const [type, ...parameters] = range.split(';').map((part) => part.trim());
    if (type !== mediaType) continue;
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    return quality === undefined ? 1 : Number(quality.slice(2)) || 0;
  }
  return 0;
}

/**
 * prom-client fixes the format of a registry, and renames its counters when it writes OpenMetrics.
 * So the other format is written by a registry of its own, for this once, over the same metrics.
 */
function viewOf(registry: Registry<RegistryContentType>, contentType: RegistryContentType) {
  // Its class comes with the registry: prom-client is not loaded for those who do not use it.
  const Class = registry.constructor as new (type: RegistryContentType) => typeof registry;
  const view = new Class(contentType);
  const isText = contentType === plainText;
  view.setDefaultLabels(defaultLabelsOf(registry));
  for (const metric of registry.getMetricsAsArray()) {
    const isCounter = String(metric.type) === 'counter';
    const bare = isCounter ? metric.name.replace(/_total$/, '') : metric.name;
    const name = isCounter && isText ? `${bare}_total` : bare;
    const get = async () => ({ ...(await (metric as unknown as Gettable).get()), name });
    view.registerMetric({ ...metric, name, get } as never);
  }
  return view;
}

interface Gettable {
  get(): Promise<object>;
}

/** prom-client sets them and shows them to nobody. */
function defaultLabelsOf(registry: Registry<RegistryContentType>): object {
  return (registry as unknown as { readonly _defaultLabels?: object })._defaultLabels ?? {};
}
