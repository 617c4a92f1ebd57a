import type { Incarnation, Session } from '../../core/messages.ts';
import type { SequentialModel } from './wing-gong.ts';

/**
 * What somebody asked of one register, and what the answer says. Each answer that is given a meaning here is a
 * fact that stays true once it is true; the others (no quorum, say) leave open whether anything was done.
 */
export type RegisterCall =
  | { readonly type: 'register'; readonly session: Session; readonly incarnation: Incarnation }
  | { readonly type: 'session-over'; readonly session: Session }
  | { readonly type: 'leave'; readonly incarnation: Incarnation }
  | { readonly type: 'die'; readonly incarnation: Incarnation }
  /** The incarnation is over, by whatever it was followed or ended. */
  | { readonly type: 'stale'; readonly incarnation: Incarnation };

interface Life {
  readonly session: Session;
  readonly incarnation: Incarnation;
  readonly status: 'alive' | 'left' | 'dead';
}

/** All lives of a register so far, the present one last. */
type Lives = readonly Life[];

/**
 * A register of one peer as everybody is to see it: each session gets one incarnation, higher than all before;
 * the present one leaves, dies, or is followed by the next.
 *
 * What REGISTER is promised is the incarnation of its session, not that this still lives when the answer comes:
 * a seed may know it from before.
 */
export const registerModel: SequentialModel<Lives, RegisterCall> = {
  initial: [],

  step(lives, call) {
    const present = lives.at(-1);
    switch (call.type) {
      case 'register': {
        const { session, incarnation } = call;
        const given = lives.find((life) => life.session === session);
        if (given !== undefined) return given.incarnation === incarnation ? [lives] : [];
        const isHigher = incarnation > (present?.incarnation ?? 0);
        return isHigher ? [[...lives, { session, incarnation, status: 'alive' }]] : [];
      }
      case 'session-over': {
        const given = lives.find((life) => life.session === call.session);
        const isOver = given !== undefined && (given !== present || given.status !== 'alive');
        return isOver ? [lives] : [];
      }
      case 'leave':
        return ended(lives, call.incarnation, 'left');
      case 'die':
        return ended(lives, call.incarnation, 'dead');
      case 'stale': {
        const isFollowed = (present?.incarnation ?? 0) > call.incarnation;
        const isEnded = present?.incarnation === call.incarnation && present.status !== 'alive';
        return isFollowed || isEnded ? [lives] : [];
      }
    }
  },

  keyOf: (lives) => lives.map(({ incarnation, status }) => `${incarnation} ${status}`).join(),
};

/** The present life ends so, or this one has ended so before. */
function ended(lives: Lives, incarnation: Incarnation, status: 'left' | 'dead'): readonly Lives[] {
  const life = lives.find((one) => one.incarnation === incarnation);
  if (life?.status === status) return [lives];
  if (life === undefined || life !== lives.at(-1) || life.status !== 'alive') return [];
  return [[...lives.slice(0, -1), { ...life, status }]];
}
