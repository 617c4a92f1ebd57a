import type { NodeEvent } from '../core/events.ts';
import { describeEvent, type LogLevel } from './describe.ts';

/** A logger with pino's shape: fields first, then the sentence. */
export type Logger = {
  readonly [Level in LogLevel]: (fields: object, text: string) => void;
};

/** What can be logged: any node. */
export interface Observable {
  observe(observer: (event: NodeEvent) => void): () => void;
}

/** Writes every event of a node to a logger; the answer ends it. The library logs nothing by itself. */
export function attachLog(node: Observable, logger: Logger): () => void {
  return node.observe((event) => {
    const { level, text } = describeEvent(event);
    logger[level]({ event: event.type }, text);
  });
}
