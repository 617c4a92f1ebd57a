/**
 * Fitting power laws to degrees, after A. Clauset, C. R. Shalizi, M. E. J. Newman: Power-Law
 * Distributions in Empirical Data, SIAM Review 51(4), 661–703 (2009).
 */

/** p(k) ∝ k^(−exponent) for k in [min, max]. */
export interface PowerLawFit {
  readonly exponent: number;
  /** Where the power law begins: values below were not fitted. */
  readonly min: number;
  /** Kolmogorov-Smirnov distance between the fitted values and the fit. */
  readonly distance: number;
  /** How many values were fitted. */
  readonly count: number;
}

export interface FitOptions {
  /** Where the power law ends. Default: nowhere; a law cut here needs it, or it looks steeper than it is. */
  readonly max?: number;
  /** Where it begins. Default: the value whose fit has the least distance (section 3.3). */
  readonly min?: number;
  /** Fit no fewer values than this. Default 100: with fewer, section 3.5's estimates wander. */
  readonly countMin?: number;
}

/** The exponent by maximum likelihood (section 3.2, discrete case), and where the law begins. */
export function fitPowerLaw(values: readonly number[], options: FitOptions = {}): PowerLawFit {
  const { countMin = 100 } = options;
  const best = fitPowerLawTo(countsOf(values), options);
  if (best === undefined) throw new Error(`fewer than ${countMin} values, or all of them equal`);
  return best;
}

/** The same of a histogram: how often each value comes. Undefined when there is too little to fit. */
export function fitPowerLawTo(
  histogram: ReadonlyMap<number, number>,
  options: FitOptions = {},
): PowerLawFit | undefined {
  const { max = Number.POSITIVE_INFINITY, countMin = 100 } = options;
  const counts = ascending(histogram, max);
  const candidates = options.min === undefined ? [...counts.keys()] : [options.min];
  let best: PowerLawFit | undefined;
  for (const min of candidates) {
    const tail = [...counts].filter(([value]) => value >= min);
    const count = sum(tail.map(([, times]) => times));
    if (tail.length < 2 || count < countMin) continue;
    const exponent = likeliestExponent(tail, count, min, max);
    const distance = ksDistance(tail, count, min, max, exponent);
    if (best === undefined || distance < best.distance) best = { exponent, min, distance, count };
  }
  return best;
}

/** p(k) of the fit, normalized over the values from its beginning on. */
export function probabilityIn({ exponent, min }: PowerLawFit, value: number, max: number): number {
  return value ** -exponent / normalizer(exponent, min, max);
}

function countsOf(values: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/** What can be fitted, in ascending order. */
function ascending(histogram: ReadonlyMap<number, number>, max: number): Map<number, number> {
  const fitting = [...histogram].filter(([value]) => value > 0 && value <= max);
  return new Map(fitting.sort(([one], [other]) => one - other));
}

/** Maximizes L = −n ln Σ k^(−γ) − γ Σ ln x (equation 3.5), which has one maximum, by golden sections. */
function likeliestExponent(
  tail: readonly (readonly [number, number])[],
  count: number,
  min: number,
  max: number,
): number {
  const logs = sum(tail.map(([value, times]) => times * Math.log(value)));
  const likelihood = (exponent: number): number =>
    -count * Math.log(normalizer(exponent, min, max)) - exponent * logs;
  const golden = (Math.sqrt(5) - 1) / 2;
  let low = 1.01;
  let high = 10;
  while (high - low > 1e-4) {
    const left = high - golden * (high - low);
    const right = low + golden * (high - low);
    if (likelihood(left) < likelihood(right)) low = left;
    else high = right;
  }
  return (low + high) / 2;
}

/** The greatest difference of the two cumulative distributions (equation 3.9). */
function ksDistance(
  tail: readonly (readonly [number, number])[],
  count: number,
  min: number,
  max: number,
  exponent: number,
): number {
  const total = normalizer(exponent, min, max);
  let distance = 0;
  let expected = 0;
  let observed = 0;
  let next = min;
  for (const [value, times] of tail) {
    for (; next < value; next += 1) expected += next ** -exponent / total;
    // Just below this value, and at it: between two observed values only the expectation grows.
    distance = Math.max(distance, Math.abs(expected - observed));
    expected += value ** -exponent / total;
    next = value + 1;
    observed += times / count;
    distance = Math.max(distance, Math.abs(expected - observed));
  }
  return distance;
}

/** Σ k^(−exponent) for k from min to max: the Hurwitz zeta function, less its end. */
function normalizer(exponent: number, min: number, max: number): number {
  return zetaFrom(min, exponent) - (Number.isFinite(max) ? zetaFrom(max + 1, exponent) : 0);
}

/** Σ k^(−exponent) for k ≥ start: the first terms, and Euler and Maclaurin's formula for the rest. */
function zetaFrom(start: number, exponent: number): number {
  const split = start + 10;
  let total = 0;
  for (let k = start; k < split; k += 1) total += k ** -exponent;
  const integral = split ** (1 - exponent) / (exponent - 1);
  return total + integral + split ** -exponent / 2 + (exponent * split ** (-exponent - 1)) / 12;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
