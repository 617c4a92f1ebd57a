/** What goes into a seed and what comes out of it: the types of its door. */
import type { Effects, LinkInput, TimerFired } from '../effects.ts';
import type { HandshakeDeadline } from '../link/links.ts';
import type { AnswerDurable } from './acceptor.ts';
import type { StoreNoted } from './known-stores.ts';
import type { LeasesTimer } from './leases.ts';
import type { OverlayViewTimer } from './overlay-view.ts';
import type { ProbeDeadline } from './probes.ts';
import type { DecisionDurable, ProposerTimer } from './proposer.ts';
import type { AdmissionDurable, ReadmissionTimer } from './readmission.ts';
import type { BrakeTimer } from './removal-brake.ts';
import type { RepairTimer } from './repair.ts';
import type { SeedLinksTimer } from './seed-links.ts';
import type { Disk } from './stored.ts';
import type { TombstonesTimer, WordsDurable } from './tombstones.ts';

export type SeedTimer =
  | HandshakeDeadline
  | SeedLinksTimer
  | ProposerTimer
  | ProbeDeadline
  | RepairTimer
  | ReadmissionTimer
  | TombstonesTimer
  | LeasesTimer
  | OverlayViewTimer
  | BrakeTimer;

/** What waits for the disk: comes back as an input once everything written before it is durable. */
export type PersistToken =
  | AnswerDurable
  | DecisionDurable
  | StoreNoted
  | AdmissionDurable
  | WordsDurable;

/** A seed's four verbs. */
export type SeedEffects = Effects<SeedTimer> & Disk<PersistToken>;

export type SeedInput =
  | LinkInput
  | TimerFired<SeedTimer>
  | { readonly type: 'start' }
  | { readonly type: 'persisted'; readonly token: PersistToken }
  /** A write failed: this seed never votes again. */
  | { readonly type: 'storage-failed'; readonly reason: string }
  /** An operator lets paused removals go on. */
  | { readonly type: 'resume-removals' }
  /** Close every link; nothing is sent, scheduled or written after it. */
  | { readonly type: 'stop' };
