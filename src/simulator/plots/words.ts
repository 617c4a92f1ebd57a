import type { RunReport } from '../results/report.ts';
import { colours, type Figure, type Plot } from './frame.ts';

/** The scenario in a few words. */
export function subtitleOf({ scenario, seed, partial }: RunReport): string {
  const { topology, network, name } = scenario;
  const loss = network.loss ? `, ${short100(network.loss)} % loss` : '';
  const peers = topology.peers.toLocaleString('en-US');
  return `${name}: ${peers} peers${loss}, seed ${seed}${partial ? ', cut short' : ''}`;
}

function short100(share: number): string {
  return String(Number((share * 100).toPrecision(3)));
}

/** An empty figure that says why. */
export function nothing(plot: Plot, title: string, subtitle: string): Figure {
  const text = plot.text(['nothing to draw'], {
    frameAnchor: 'middle',
    fontSize: 14,
    fill: colours.grey,
  });
  return { title, subtitle, plot: { axis: null, marks: [text] } };
}
