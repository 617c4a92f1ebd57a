/**
 * How a measure grows with the size of the network: laws fitted by least squares, the likeliest of them
 * chosen by Akaike's criterion, corrected for small samples (K. P. Burnham, D. R. Anderson: Model
 * Selection and Multimodel Inference, 2nd ed., Springer 2002, sections 2.2 and 2.4).
 */

/**
 * - `constant`: b
 * - `logarithmic`: a · log₂ n + b: each doubling costs a
 * - `log-over-log-log`: a · ln n / ln ln n + b, as the diameters of some power-law graphs
 * - `power`: a · n^k
 */
export type GrowthLaw = 'constant' | 'logarithmic' | 'log-over-log-log' | 'power';

export interface LawFit {
  readonly law: GrowthLaw;
  /** b for `constant`; a and b, or a and k, otherwise. */
  readonly coefficients: readonly number[];
  /** Share of the variance that the law explains; 0 for `constant`. */
  readonly r2: number;
  /** Akaike's criterion less that of the best law: up to 2, the data hardly tell the two apart. */
  readonly delta: number;
}

export interface GrowthFit extends LawFit {
  /** All laws that were tried, the best first. */
  readonly candidates: readonly LawFit[];
  /** Other laws within a delta of 2. */
  readonly rivals: readonly GrowthLaw[];
}

export type Measured = readonly [size: number, value: number];

/** Fewer sizes than this show no law, only a line between two points. */
const sizesMin = 3;
/** A rival within so much of Akaike's criterion has substantial support (Burnham and Anderson, section 2.6). */
const rivalDelta = 2;
/** ln n / ln ln n falls until n = e^e, about 15. */
const logLogFrom = 16;

/** Undefined for fewer than three sizes or five values: any law would do. */
export function fitGrowth(measured: readonly Measured[]): GrowthFit | undefined {
  const sizes = new Set(measured.map(([size]) => size));
  if (sizes.size < sizesMin || measured.length < 5) return undefined;
  const smallest = Math.min(...sizes);
  if (smallest <= 1) return undefined;
  const isPositive = measured.every(([, value]) => value > 0);
  const fits = laws
    .filter(({ law }) => law !== 'log-over-log-log' || smallest >= logLogFrom)
    .map(({ law, by }) => ({ law, coefficients: by(measured) }))
    // A time or a number of hops below zero explains nothing.
    .filter((fit) => !isPositive || [...sizes].every((size) => growthAt(fit, size) > 0));
  const spread = residue(measured, { law: 'constant', coefficients: constant(measured) });
  const scored = fits.map((fit) => ({ ...fit, residue: residue(measured, fit) }));
  const scores = scored.map(({ coefficients, residue: rest }) =>
    akaike(Math.max(rest, noise(measured)), measured.length, coefficients.length + 1),
  );
  const best = Math.min(...scores);
  const candidates = scored
    .map(
      ({ law, coefficients, residue: rest }, index): LawFit => ({
        law,
        coefficients: coefficients.map(rounded),
        r2: spread === 0 ? 1 : rounded(Math.max(0, 1 - rest / spread)),
        delta: rounded((scores[index] as number) - best),
      }),
    )
    .sort((one, other) => one.delta - other.delta);
  const [chosen, ...others] = candidates as [LawFit, ...LawFit[]];
  const rivals = others.filter(({ delta }) => delta <= rivalDelta).map(({ law }) => law);
  return { ...chosen, candidates, rivals };
}

/** What the law says of a network of this size. */
export function growthAt(
  { law, coefficients: [a = 0, b = 0] }: Pick<LawFit, 'law' | 'coefficients'>,
  size: number,
): number {
  if (law === 'constant') return a;
  if (law === 'power') return a * size ** b;
  return a * (law === 'logarithmic' ? Math.log2(size) : logOverLogLog(size)) + b;
}

/** `1.25·log₂ n + 4.5` */
export function growthText({
  law,
  coefficients: [a = 0, b = 0],
}: Pick<LawFit, 'law' | 'coefficients'>): string {
  if (law === 'constant') return digits(a);
  if (law === 'power') return `${digits(a)}·n^${digits(b)}`;
  const shape = law === 'logarithmic' ? 'log₂ n' : 'ln n/ln ln n';
  return `${digits(a)}·${shape} ${b < 0 ? '−' : '+'} ${digits(Math.abs(b))}`;
}

/** A law without its numbers. */
export const lawNames: Readonly<Record<GrowthLaw, string>> = {
  constant: 'constant',
  logarithmic: 'log n',
  'log-over-log-log': 'log n/log log n',
  power: 'n^k',
};

// ---------------------------------------------------------------- least squares

/** Simplest first: of equal criteria the first wins. */
const laws: readonly {
  readonly law: GrowthLaw;
  readonly by: (measured: readonly Measured[]) => readonly number[];
}[] = [
  { law: 'constant', by: constant },
  { law: 'logarithmic', by: (measured) => line(measured, Math.log2) },
  { law: 'log-over-log-log', by: (measured) => line(measured, logOverLogLog) },
  { law: 'power', by: power },
];

function constant(measured: readonly Measured[]): [number] {
  return [mean(measured.map(([, value]) => value))];
}

/** value = a · shape(size) + b */
function line(measured: readonly Measured[], shape: (size: number) => number): [number, number] {
  const xs = measured.map(([size]) => shape(size));
  const xMean = mean(xs);
  const [yMean] = constant(measured);
  let products = 0;
  let squares = 0;
  for (const [index, [, value]] of measured.entries()) {
    const x = (xs[index] as number) - xMean;
    products += x * (value - yMean);
    squares += x * x;
  }
  const slope = products / squares;
  return [slope, yMean - slope * xMean];
}

/**
 * value = a · size^k, by least squares of the values themselves, as for the other laws, not of their
 * logarithms. For each k the best a is known, so one number is sought: on a grid first, because the
 * residue may have more than one valley, then by golden sections.
 */
function power(measured: readonly Measured[]): [number, number] {
  const at = (k: number) => {
    const coefficients = [scale(measured, k), k];
    return residue(measured, { law: 'power', coefficients });
  };
  const grid = Array.from({ length: 161 }, (_, index) => -4 + index * 0.05);
  const coarse = grid.reduce((best, k) => (at(k) < at(best) ? k : best));
  const golden = (Math.sqrt(5) - 1) / 2;
  let low = coarse - 0.05;
  let high = coarse + 0.05;
  while (high - low > 1e-9) {
    const left = high - golden * (high - low);
    const right = low + golden * (high - low);
    if (at(left) < at(right)) high = right;
    else low = left;
  }
  const k = (low + high) / 2;
  return [scale(measured, k), k];
}

function scale(measured: readonly Measured[], k: number): number {
  let products = 0;
  let squares = 0;
  for (const [size, value] of measured) {
    products += value * size ** k;
    squares += size ** (2 * k);
  }
  return products / squares;
}

function residue(measured: readonly Measured[], fit: Pick<LawFit, 'law' | 'coefficients'>): number {
  return measured.reduce((sum, [size, value]) => sum + (value - growthAt(fit, size)) ** 2, 0);
}

/** What the arithmetic itself is wrong by: values without any noise would make the criterion infinite. */
function noise(measured: readonly Measured[]): number {
  const squares = measured.reduce((sum, [, value]) => sum + value * value, 0);
  return Math.max(squares * 1e-18, Number.MIN_VALUE);
}

/** AICc of a least-squares fit; `parameters` counts the variance, too. */
function akaike(rest: number, values: number, parameters: number): number {
  const correction = (2 * parameters * (parameters + 1)) / (values - parameters - 1);
  return values * Math.log(rest / values) + 2 * parameters + correction;
}

function logOverLogLog(size: number): number {
  return Math.log(size) / Math.log(Math.log(size));
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

/** Nine digits: languages and machines agree on those. */
function rounded(number: number): number {
  return Number(number.toPrecision(9));
}

function digits(number: number): string {
  return Math.abs(number) >= 10_000
    ? number.toExponential(2).replace('e+', 'e')
    : String(Number(number.toPrecision(3))).replace('-', '−');
}
