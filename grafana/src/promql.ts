/**
 * The few shapes of which the queries are made. `$node` is the choice at the top of a dashboard; series
 * that a query selects in another way are written out.
 */

/** The series of a metric at the selected nodes. */
export function at(metric: string, ...where: string[]): string {
  return `${metric}{${['node=~"$node"', ...where].join(', ')}}`;
}

/** A second's worth of a counter, over all of these series. */
export function rate(series: string): string {
  return `sum(rate(${series}[$__rate_interval]))`;
}

/** The same, for each value of these labels. */
export function rateBy(labels: string, series: string): string {
  return `sum by (${labels}) (rate(${series}[$__rate_interval]))`;
}

/** The same two for what is rare: 0.4 a minute says more than 0.007 a second. */
export function perMinute(series: string): string {
  return `60 * ${rate(series)}`;
}

export function perMinuteBy(labels: string, series: string): string {
  return `60 * ${rateBy(labels, series)}`;
}

/** How much a counter grew in the time range shown. */
export function inRange(series: string): string {
  return `sum(increase(${series}[$__range]))`;
}

/** What fell into each bucket of a histogram, a second: what a heatmap wants. */
export function bucketRates(histogram: string, labels = 'le'): string {
  return rateBy(labels, at(`${histogram}_bucket`));
}

/** The value that this share of a histogram's observations does not exceed. */
export function quantile(share: number, histogram: string, labels = 'le'): string {
  return `histogram_quantile(${share}, ${bucketRates(histogram, labels)})`;
}
