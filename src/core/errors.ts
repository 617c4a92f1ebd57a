/** Stable codes of everything that a call into Hearsay can fail with. docs/PROTOCOL.md lists them with what to do. */
export type ErrorCode =
  | 'config-invalid'
  | 'config-unreadable'
  | 'option-invalid'
  | 'port-in-use'
  | 'address-unavailable'
  | 'listen-failed'
  | 'not-a-seed'
  | 'quorum-unreachable'
  | 'registration-rejected'
  | 'wrong-cluster'
  | 'wrong-version'
  | 'storage-locked'
  | 'storage-foreign'
  | 'storage-failed'
  | 'storage-unreadable'
  | 'not-started'
  | 'already-started'
  | 'stopped'
  | 'aborted'
  | 'payload-too-large'
  | 'message-invalid'
  | 'frame-invalid'
  | 'log-unwritable'
  | 'scenario-invalid'
  | 'scenario-unreadable'
  | 'event-file-unreadable'
  | 'event-file-invalid'
  | 'sweep-unreadable';

/** The one error class of the library: a stable `code`, a sentence that says what would be right, and details. */
export class HearsayError extends Error {
  readonly code: ErrorCode;
  /** What belongs to the code: file, line, answers of seeds, … as plain data. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'HearsayError';
    this.code = code;
    this.details = details;
  }
}
