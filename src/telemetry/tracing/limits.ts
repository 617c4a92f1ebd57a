/** What tracing of one node remembers, at most. The oldest goes first; a span that is still open ends then. */
export const tracingLimits = {
  /**
   * Messages whose own span can still be named: to a neighbour that asks for one later (IWANT), and
   * to the application. 4,096: as many as a peer retains by default; about 1 MB.
   */
  messagesMax: 4096,
  /** Peers whose silence is being looked into, and suspicions that stand. 1,024: a guess. */
  suspicionsMax: 1024,
  /** Suspicions of others, and deaths, whose trace is known. 4,096: a guess. */
  deathsMax: 4096,
  /** Requests that wait for their proposal, and proposals of this seed and of others. 1,024: a guess. */
  proposalsMax: 1024,
} as const;

/** A request whose proposal has not begun after this long was settled without one. 60 s: ten proposals. */
export const requestAgeMsMax = 60_000;
