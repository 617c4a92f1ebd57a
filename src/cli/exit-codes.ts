import { type ErrorCode, HearsayError } from '../index.ts';

/** Exit codes of every command, listed in `--help` and docs/PROTOCOL.md. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  listen: 3,
  quorum: 4,
  storage: 5,
  promiseBroken: 6,
  interrupted: 130,
} as const;

export const exitCodesHelp = `
Exit codes: 0 done or stopped by a signal; 1 failed; 2 wrong arguments or config.txt; 3 cannot listen;
4 no quorum of seeds, or refused; 5 storage; 6 a promise was broken (simulate, fuzz); 130 interrupted a second time.`;

const byError: Partial<Record<ErrorCode, number>> = {
  'config-invalid': exitCodes.usage,
  'config-unreadable': exitCodes.usage,
  'option-invalid': exitCodes.usage,
  'not-a-seed': exitCodes.usage,
  'log-unwritable': exitCodes.usage,
  'scenario-invalid': exitCodes.usage,
  'scenario-unreadable': exitCodes.usage,
  'event-file-unreadable': exitCodes.usage,
  'event-file-invalid': exitCodes.usage,
  'sweep-unreadable': exitCodes.usage,
  'port-in-use': exitCodes.listen,
  'address-unavailable': exitCodes.listen,
  'listen-failed': exitCodes.listen,
  'quorum-unreachable': exitCodes.quorum,
  'registration-rejected': exitCodes.quorum,
  'wrong-cluster': exitCodes.quorum,
  'wrong-version': exitCodes.quorum,
  'storage-failed': exitCodes.storage,
  'storage-foreign': exitCodes.storage,
  'storage-locked': exitCodes.storage,
  'storage-unreadable': exitCodes.storage,
};

export function exitCodeOf(error: unknown): number {
  if (!(error instanceof HearsayError)) return exitCodes.failed;
  return byError[error.code] ?? exitCodes.failed;
}
