/** Whole numbers as ascending ranges that do not touch: first, last, first, last, … */
export type NumberRanges = number[];

/** Gaps beyond so many are closed, the lowest first: what was missing for longest is least likely to come. */
export const gapsMax = 15;

export function hasNumber(ranges: NumberRanges, number: number): boolean {
  const at = placeOf(ranges, number);
  return at > 0 && number <= (ranges[at - 1] as number);
}

export function addNumber(ranges: NumberRanges, number: number): void {
  const at = placeOf(ranges, number);
  if (at > 0 && number <= (ranges[at - 1] as number)) return;
  const isAfter = at > 0 && ranges[at - 1] === number - 1;
  const isBefore = at < ranges.length && ranges[at] === number + 1;
  if (isAfter && isBefore) ranges.splice(at - 1, 2);
  else if (isAfter) ranges[at - 1] = number;
  else if (isBefore) ranges[at] = number;
  else ranges.splice(at, 0, number, number);
  if (ranges.length > 2 * (gapsMax + 1)) ranges.splice(1, 2);
}

/** Where the first range begins that lies above the number. From the end: most numbers are the highest. */
function placeOf(ranges: NumberRanges, number: number): number {
  let at = ranges.length;
  while (at > 0 && (ranges[at - 2] as number) > number) at -= 2;
  return at;
}
