import * as v from 'valibot';
import type { AcceptorState } from '../core/messages.ts';
import { Damage } from './errors.ts';

/**
 * What a seed stores, as text and back. Both ways check: a value that could not be read back is not
 * written, and what is read is reported as damage unless it is exactly what can have been written.
 * Bounds on lengths are the wire's business, which is where values come from.
 */

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const wallClockMs = v.pipe(v.number(), v.finite());
const text = v.pipe(
  v.string(),
  v.check((value) => value.isWellFormed(), 'half of a surrogate pair'),
);
const name = v.pipe(text, v.nonEmpty('empty'));

const ballot = v.strictObject({ round: count, seed: text });

const registerValue = v.strictObject({
  status: v.picklist(['alive', 'left', 'dead']),
  incarnation: count,
  session: text,
  registeredAtMs: wallClockMs,
  revision: count,
  changedAtMs: wallClockMs,
  evidence: text,
  metricsPort: v.exactOptional(count),
});

const acceptorState: v.GenericSchema<unknown, AcceptorState> = v.strictObject({
  peer: name,
  promised: ballot,
  acceptedBallot: ballot,
  accepted: v.exactOptional(registerValue),
  committed: v.exactOptional(registerValue),
});

/** Throws Damage when the state could not be read back. */
export function encodeRegister(state: AcceptorState): string {
  return JSON.stringify(checked(acceptorState, state, `register ${state.peer}`));
}

export function decodeRegister(peer: string, json: string): AcceptorState {
  const what = `register ${peer}`;
  const state = checked(acceptorState, parsed(json, what), what);
  if (state.peer !== peer) throw new Damage(`${what} holds the state of ${state.peer}`);
  return state;
}

/** A SeedId or store id. */
export function checkedName(value: unknown, what: string): string {
  return checked(name, value, what);
}

function checked<Value>(schema: v.GenericSchema<unknown, Value>, value: unknown, what: string) {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new Damage(`${what} is damaged: ${v.getDotPath(issue) ?? 'value'}: ${issue.message}`);
}

function parsed(json: string, what: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new Damage(`${what} is damaged: it is no JSON`, { cause });
  }
}
