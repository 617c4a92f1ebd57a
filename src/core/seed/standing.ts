import type { SeedRefusal } from '../messages.ts';

export interface Refusal {
  readonly code: SeedRefusal;
  /** One sentence for people. */
  readonly reason: string;
}

/** Whether this seed may vote and propose; the machines that know better set it. */
export class Standing {
  /** Why it does not vote yet; empty once it is admitted. Written by readmission. */
  recovering = 'this seed has not started';
  /** Why the disk is not to be trusted any more. */
  storageFailure = '';
  isStopping = false;

  /** Undefined while this seed votes. */
  get refusal(): Refusal | undefined {
    if (this.isStopping) return { code: 'stopping', reason: 'this seed is going down' };
    if (this.storageFailure !== '') return { code: 'storage-failed', reason: this.storageFailure };
    if (this.recovering !== '') return { code: 'recovering', reason: this.recovering };
    return undefined;
  }

  get isVoting(): boolean {
    return this.refusal === undefined;
  }
}
