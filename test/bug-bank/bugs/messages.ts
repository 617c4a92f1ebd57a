import type { Bug } from '../bug.ts';

const dissemination = 'core/peer/dissemination.ts';
const recovery = 'core/peer/recovery.ts';
const messageList = 'core/peer/message-list.ts';

/** Faults of dissemination, recovery and the Message List. */
export const messageBugs: readonly Bug[] = [
  {
    name: 'forwards-twice',
    promise: 'a message goes over each link at most once in each direction',
    edits: [
      {
        file: dissemination,
        find: 'holders.includes(link)) continue;',
        replace: 'holders.includes(link)) continue; effects.send(link, frame);',
      },
    ],
  },
  {
    name: 'forwards-back',
    promise: 'a message never goes back where it came from',
    edits: [
      {
        file: dissemination,
        find: 'if (link === listed.from || holders',
        replace: 'if (holders',
      },
    ],
  },
  {
    name: 'forwards-own-messages-only',
    promise: 'every message reaches every peer that stays connected',
    edits: [
      {
        file: dissemination,
        find: 'this.#forward(listed, holders,',
        replace: 'if (holders.length > 0) this.#forward(listed, holders,',
      },
    ],
  },
  {
    name: 'delivers-duplicates',
    promise: 'the application gets each message once',
    edits: [
      {
        file: dissemination,
        find: 'if (known === undefined) this.#onFirst',
        replace: 'if (known === undefined || known.from !== link.id) this.#onFirst',
      },
    ],
  },
  {
    name: 'says-nothing-to-new-links',
    promise: 'two components that are linked again tell each other what they have',
    edits: [
      {
        file: dissemination,
        find: 'this.#list.lastOrder + 1;\n    this.#announce(link);',
        replace: 'this.#list.lastOrder + 1;',
      },
    ],
  },
  {
    name: 'never-asks-for-what-is-missing',
    promise: 'what another component has published is recovered when it is linked',
    edits: [
      { file: recovery, find: "this.#with.links.send(link, { type: 'IWANT', ids });", replace: '' },
    ],
  },
  {
    name: 'retains-every-payload',
    promise: 'the Message List keeps its bound on the number of retained messages',
    edits: [
      {
        file: messageList,
        find: 'this.#retained > retainedMessagesMax)',
        replace: 'this.#retained > 1e9)',
      },
    ],
  },
  {
    name: 'forgets-ids-with-their-payloads',
    promise: 'ids are remembered for longer than payloads, so that no late copy is delivered again',
    edits: [
      {
        file: messageList,
        find: '      this.#release(oldest);\n      ids.push(oldest.id);\n    }\n  }',
        replace:
          '      this.#release(oldest);\n      this.#seen?.delete(oldest.id);\n      ids.push(oldest.id);\n    }\n  }',
      },
    ],
  },
  {
    name: 'gives-back-what-came',
    promise: 'a message never goes back where it came from, though asked for',
    edits: [
      {
        file: dissemination,
        find: 'if (listed.from === link.id || this.#wentOver(link, listed)) return;',
        replace: 'if (this.#wentOver(link, listed)) return;',
      },
    ],
  },
  {
    name: 'checks-no-hash',
    promise: 'what claims an id that is not the hash of its bytes is dropped',
    edits: [
      {
        file: dissemination,
        find: 'if (codec.hash(body) !== id) {',
        replace: "if (codec.hash(body) === '') {",
      },
    ],
  },
  {
    name: 'reports-no-gap',
    promise: 'a message that nobody can give any more is told of as a gap',
    edits: [
      {
        file: recovery,
        find: "this.#with.effects.emit({ type: 'message:gap', ids, from });",
        replace: 'ids.splice(0, from.length * 0);',
      },
    ],
  },
  {
    name: 'remembers-every-id',
    promise: 'the Message List keeps its bound on the number of remembered ids',
    edits: [
      {
        file: messageList,
        find: '() => this.size > seenIdsMax',
        replace: '() => this.size > 1e9',
      },
    ],
  },
  {
    name: 'remembers-ids-for-ever',
    promise: 'ids are remembered for a time only',
    edits: [
      {
        file: messageList,
        find: '({ listedMs }) => nowMs - listedMs >= seenAgeMs',
        replace: '({ listedMs }) => nowMs - listedMs >= seenAgeMs * 1e9',
      },
    ],
  },
  {
    name: 'forgets-whose-ids-it-forgot',
    promise: 'a message whose id was forgotten for others is not new when it comes round again',
    edits: [
      {
        file: dissemination,
        find: 'if (this.#list.hasForgotten(message)) {',
        replace: 'if (false as boolean) {',
      },
    ],
  },
];
