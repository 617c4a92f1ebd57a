/** One metric: what it counts or measures, in words for somebody who sees it for the first time. */
export interface Declaration {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /**
   * Labels besides `node`, with the values that each may take. With all values listed, every series
   * exists from the start with 0: an alert on an increase would not see the first event otherwise.
   * An empty list: too many combinations; the series comes with its first event.
   */
  readonly labels: Labelling;
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
  /** Of a gauge that is known from the start. */
  readonly initial?: number;
}

export type Labelling = Readonly<Record<string, readonly string[]>>;

/** For labels whose values are codes of the protocol, listed in docs/PROTOCOL.md. */
export const codes: readonly string[] = [];

/** All values of a union; a forgotten one does not compile. */
export function every<Value extends string>() {
  return <const List extends readonly Value[]>(
    values: [Exclude<Value, List[number]>] extends [never] ? List : never,
  ): readonly string[] => values;
}

export const counter = (name: string, help: string, labels: Labelling = {}): Declaration => ({
  name: `hearsay_${name}_total`,
  type: 'counter',
  help,
  labels,
});

/** Without `initial`, the gauge is absent until it is known. */
export const gauge = (name: string, help: string, initial?: number): Declaration => ({
  name: `hearsay_${name}`,
  type: 'gauge',
  help,
  labels: {},
  ...(initial !== undefined && { initial }),
});

export const histogram = (
  name: string,
  help: string,
  buckets: readonly number[],
  labels: Labelling = {},
): Declaration => ({ name: `hearsay_${name}`, type: 'histogram', help, labels, buckets });

/** Every combination of the labels' values; none when some are not listed. */
export function combinations(labels: Labelling): Readonly<Record<string, string>>[] {
  return Object.entries(labels).reduce<Record<string, string>[]>(
    (rows, [label, values]) =>
      rows.flatMap((row) => values.map((value) => ({ ...row, [label]: value }))),
    [{}],
  );
}
