/** Colours by what they mean, the same on every dashboard. Names are Grafana's, so that they fit light and dark. */
export const color = {
  good: 'semi-dark-green',
  bad: 'semi-dark-red',
  warning: 'semi-dark-orange',
  main: 'semi-dark-blue',
  second: 'semi-dark-purple',
  third: 'light-blue',
  quiet: 'text',
} as const;

export type Color = (typeof color)[keyof typeof color];

/** Steps of a value's colour: from this value on, that colour. */
export type Steps = readonly (readonly [from: number | null, color: Color])[];

/** For what should be 0: any is bad. */
export const noneIsGood: Steps = [
  [null, color.good],
  [1, color.bad],
];

/** For what is neither good nor bad. */
export const neutral: Steps = [[null, color.main]];
