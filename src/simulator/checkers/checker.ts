import type { Ms } from '../../core/time.ts';
import type { SimulationObserver } from '../observer.ts';
import type { Circumstances } from './circumstances.ts';

/** A promise that was not kept. */
export interface Violation {
  /** Whose promise it was: the checker's name. */
  readonly checker: string;
  /** What was promised, in one sentence. */
  readonly promise: string;
  readonly atMs: Ms;
  /** The nodes that it is about, by index. */
  readonly nodes: readonly number[];
  /** One sentence for people. */
  readonly what: string;
}

/** What a checker says of a breach; when it is said is when it happened. */
export type Accuse = (nodes: readonly number[], what: string) => void;

/** Looks on at a run for one promise, as events happen. */
export type Checker = SimulationObserver;

export interface CheckerKind {
  /** In kebab case, as its file. */
  readonly name: string;
  /** What is promised, in one sentence. */
  readonly promise: string;
  /** Starts a checker for one run. */
  readonly start: (about: Circumstances, accuse: Accuse) => Checker;
}
