/** One operation of a history, as its caller saw it. */
export interface Operation<Call> {
  readonly call: Call;
  /** Times in any unit, different for all calls and returns. */
  readonly calledAt: number;
  /** Absent while it is open: it may have taken effect at any time since, or never will. */
  readonly returnedAt?: number | undefined;
}

/** What a sequence of operations would do, one after the other. */
export interface SequentialModel<State, Call> {
  readonly initial: State;
  /** The states that this call, with the result it had, may lead to; none when it cannot have had it. */
  step(state: State, call: Call, isOpen: boolean): readonly State[];
  /** Equal for equal states. */
  keyOf(state: State): string;
}

/**
 * Whether there is an order of the operations in which each takes effect between its call and its return, and
 * which the model allows (Herlihy, Wing 1990; the search of Wing and Gong 1993, with Lowe's memory of what was
 * tried). Exponential in the number of operations that overlap, so histories should be short.
 */
export function isLinearizable<State, Call>(
  history: readonly Operation<Call>[],
  model: SequentialModel<State, Call>,
): boolean {
  const operations = history.toSorted((one, other) => one.calledAt - other.calledAt);
  const tried = new Set<string>();
  const first = { done: 0n, state: model.initial };
  const open: { readonly done: bigint; readonly state: State }[] = [first];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { done, state } = next;
    const isLeft = (at: number) => (done & (1n << BigInt(at))) === 0n;
    const left = operations.flatMap((operation, at) => (isLeft(at) ? [{ operation, at }] : []));
    if (left.every(({ operation }) => operation.returnedAt === undefined)) return true;
    const returnOf = ({ returnedAt = Number.POSITIVE_INFINITY }: Operation<Call>) => returnedAt;
    const firstReturn = Math.min(...left.map(({ operation }) => returnOf(operation)));
    for (const { operation, at } of left) {
      // Another one has returned before this one was called: it comes first.
      if (operation.calledAt > firstReturn) break;
      const { call, returnedAt } = operation;
      for (const after of model.step(state, call, returnedAt === undefined)) {
        const key = `${done | (1n << BigInt(at))} ${model.keyOf(after)}`;
        if (tried.has(key)) continue;
        tried.add(key);
        open.push({ done: done | (1n << BigInt(at)), state: after });
      }
    }
  }
  return false;
}
