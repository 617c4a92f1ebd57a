import type { DecisionDomain } from '../events.ts';
import type { Intent, MemberStatus } from '../messages.ts';

/** What an intent is about: the prefix of its events. */
export function domainOf(intent: Intent): DecisionDomain {
  switch (intent.type) {
    case 'register':
      return 'registration';
    case 'leave':
      return 'leave';
    case 'confirm-dead':
      return 'death';
  }
}

/** What kind of decision gave a register this status. */
export function domainOfStatus(status: MemberStatus): DecisionDomain {
  switch (status) {
    case 'alive':
      return 'registration';
    case 'left':
      return 'leave';
    case 'dead':
      return 'death';
  }
}
