import type { AcceptorState, PeerId } from '../../src/core/messages.ts';
import type { StorageWrite } from '../../src/core/seed/stored.ts';
import type { StoreOwner } from '../../src/storage/storage.ts';

export const owner: StoreOwner = { seed: '127.0.0.1:5000', clusterId: 'a'.repeat(32) };

/** A register after `revision` changes, with everything that a register can hold. */
export function registerState(peer: PeerId, revision = 1): AcceptorState {
  const value = {
    status: 'alive',
    incarnation: 1,
    session: '0123456789abcdef0123456789abcdef',
    registeredAtMs: 1_700_000_000_000.25,
    revision,
    changedAtMs: 1_700_000_000_001,
    evidence: '',
  } as const;
  return {
    peer,
    promised: { round: revision + 1, seed: '127.0.0.1:5001' },
    acceptedBallot: { round: revision, seed: '127.0.0.1:5002' },
    accepted: value,
    committed: value,
  };
}

export function registerWrite(peer: PeerId, revision = 1): StorageWrite {
  return { type: 'register', state: registerState(peer, revision) };
}

/** What no store may accept: it could not be read back. */
export const unstorable: StorageWrite = {
  type: 'register',
  state: { ...registerState('127.0.0.1:6666'), promised: { round: Number.NaN, seed: '' } },
};
