import { HearsayError } from '../core/errors.ts';

/** Why a store cannot be read; becomes `storage-unreadable` where its file is known. */
export class Damage extends Error {
  /** What to do, where it is not what one does about a damaged disk. */
  readonly remedy: string | undefined;

  constructor(problem: string, options: { cause?: unknown; remedy?: string } = {}) {
    super(problem, options);
    this.remedy = options.remedy;
  }
}

/** `store` names the store in the sentence: a file, for instance. */
export function lockedError(store: string, cause?: unknown): HearsayError {
  return new HearsayError(
    'storage-locked',
    `${store} is in use: one store serves one running seed. Stop the other one, or give this seed ` +
      'a store of its own',
    { store },
    { cause },
  );
}

/** `problem` completes the sentence 'cannot be used: …'. */
export function unreadableError(
  file: string,
  problem: string,
  { remedy = damageRemedy, cause }: { remedy?: string | undefined; cause?: unknown } = {},
): HearsayError {
  return new HearsayError(
    'storage-unreadable',
    `${file} cannot be used: ${problem}. Nothing was repaired or deleted. ${remedy}`,
    { store: file, problem },
    { cause },
  );
}

const damageRemedy =
  'Bring back a sound copy of the whole folder, or move it away: the seed then begins with an ' +
  'empty store and copies from the other seeds before it votes';

/** `doing` completes the sentence 'could not …'. */
export function failedError(store: string, doing: string, cause?: unknown): HearsayError {
  const reason = cause instanceof Error ? cause.message : undefined;
  return new HearsayError(
    'storage-failed',
    `${store}: could not ${doing}${reason === undefined ? '' : `: ${reason}`}`,
    { store, doing, ...(reason !== undefined && { reason }) },
    { cause },
  );
}
