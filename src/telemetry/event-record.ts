import type { NodeEvent } from '../core/events.ts';
import type { GossipMessage, NodeId, SeedId } from '../core/messages.ts';
import type { Ms } from '../core/time.ts';

/**
 * One event of one node as data: a line of an event file, and what travels to the observatory's page.
 * The order of records is the order in which things happened.
 */
export interface EventRecord {
  /** Milliseconds since the run's start. */
  readonly atMs: Ms;
  /** Whose event it is. */
  readonly node: NodeId;
  readonly event: RecordedEvent;
}

/** An event with nothing in it that JSON cannot carry: of a message's payload, its size and how it begins. */
export type RecordedEvent = Recorded<NodeEvent>;

type Recorded<Event> = Event extends { readonly message: GossipMessage }
  ? Omit<Event, 'message'> & { readonly message: RecordedMessage }
  : Event;

/** A gossip message without its payload. */
export interface RecordedMessage extends Omit<GossipMessage, 'payload'> {
  readonly payloadBytes: number;
  /** The first characters of a text or JSON payload, at most `excerptCharsMax`; empty for bytes. */
  readonly excerpt: string;
}

/** The first line of an event file. */
export interface EventFileHeader {
  readonly hearsay: 'events';
  readonly version: typeof eventFileVersion;
  /** Wall clock at the run's start, ms since 1970: what `atMs` counts from. */
  readonly startedAtMs: Ms;
  /** The configured seeds; empty for a network without any. */
  readonly seeds: readonly SeedId[];
  /** What the run was, in a few words: a scenario's name, a command. */
  readonly title?: string;
}

/** The version of the file format that this code writes and reads. */
export const eventFileVersion = 1;

/** Characters of a payload that a record keeps. */
const excerptCharsMax = 80;

/** An event of `node` as a record. `atMs`: milliseconds since the run's start. */
export function recordEvent(atMs: Ms, node: NodeId, event: NodeEvent): EventRecord {
  if (event.type !== 'message:published' && event.type !== 'message:received') {
    return { atMs, node, event };
  }
  return { atMs, node, event: { ...event, message: recordedMessage(event.message) } };
}

/** The first line of an event file, its end included. */
export function formatEventFileHeader(
  header: Omit<EventFileHeader, 'hearsay' | 'version'>,
): string {
  return `${JSON.stringify({ hearsay: 'events', version: eventFileVersion, ...header })}\n`;
}

/** A record as a line of an event file, its end included. */
export function formatEventRecord(record: EventRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** The event as it was, but for the payload: that is the excerpt. For whoever takes events, like describeEvent. */
export function eventOf({ event }: EventRecord): NodeEvent {
  if (event.type !== 'message:published' && event.type !== 'message:received') return event;
  const { excerpt, payloadBytes: _bytes, ...message } = event.message;
  return { ...event, message: { ...message, payload: new TextEncoder().encode(excerpt) } };
}

function recordedMessage({ payload, ...message }: GossipMessage): RecordedMessage {
  const payloadBytes = payload.byteLength;
  return { ...message, payloadBytes, excerpt: excerptOf(message.contentType, payload) };
}

function excerptOf(contentType: GossipMessage['contentType'], payload: Uint8Array): string {
  if (contentType === 'bytes') return '';
  // A character has at most 4 bytes of UTF-8; one that is cut in half is left out by `stream`.
  const bytes = payload.subarray(0, 4 * excerptCharsMax);
  return new TextDecoder().decode(bytes, { stream: true }).slice(0, excerptCharsMax);
}
