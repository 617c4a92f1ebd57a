import { beforeEach, describe, expect, test } from 'vitest';
import type { LinkInput, Outgoing } from '../../../src/core/effects.ts';
import type { NodeEvent } from '../../../src/core/events.ts';
import type { Link, LinkHandler } from '../../../src/core/link/link.ts';
import { type HandshakeDeadline, type LinkPolicy, Links } from '../../../src/core/link/links.ts';
import {
  type Hello,
  type LinkId,
  type Message,
  protocolVersion,
  type Refuse,
  type Welcome,
} from '../../../src/core/messages.ts';

const now = { monotonicMs: 1_000, wallMs: 0 };
const self = { role: 'peer', id: 'me:1', incarnation: 1 } as const;
const other = { role: 'peer', id: 'you:1', incarnation: 7 } as const;
const welcome: Welcome = { type: 'WELCOME', from: self, capabilities: [] };
const hello: Hello = {
  type: 'HELLO',
  version: protocolVersion,
  clusterId: 'here',
  purpose: 'neighbour',
  from: other,
  capabilities: [],
};

let sent: [LinkId, Outgoing][];
let events: NodeEvent[];
let timers: { afterMs: number; timer: HandshakeDeadline }[];
/** What the handler heard: the call and the peer or reason. */
let heard: string[];
let links: Links;
let answer: Welcome | Refuse;

beforeEach(() => {
  sent = [];
  events = [];
  timers = [];
  heard = [];
  answer = welcome;
  const neighbour: LinkHandler = {
    up: (link, greeting) => heard.push(`up ${link.remote.id} ${greeting.type}`),
    down: (link, { cause }) => heard.push(`down ${link.remote.id} ${cause}`),
    failed: (link, { code }) => heard.push(`failed ${link.address} ${code}`),
    message: (link, message) => heard.push(`${message.type} from ${link.remote.id}`),
  };
  const policy: LinkPolicy = {
    clusterId: 'here',
    handlerOf: (purpose) => (purpose === 'neighbour' ? neighbour : undefined),
    hello: () => ({ ...hello, from: self }),
    answer: () => answer,
    stranger: ({ clusterId }) => `${clusterId} is not here`,
  };
  links = new Links(
    { dialTimeoutMs: 3_000, handshakeTimeoutMs: 5_000 },
    {
      policy,
      effects: {
        send: (to, message) => sent.push([to, message]),
        schedule: (afterMs, timer) => timers.push({ afterMs, timer }),
        emit: (event) => events.push(event),
      },
    },
  );
});

describe('a dialled link', () => {
  test('sends HELLO once it is open and is up with WELCOME', () => {
    const link = links.dial('you:1', 'neighbour', now);
    expect(sent).toEqual([[1, { type: 'OPEN', address: 'you:1', timeoutMs: 3_000 }]]);
    input({ type: 'link-opened', link: 1 });
    expect(sent.at(-1)).toEqual([1, { ...hello, from: self }]);
    arrives(1, { ...welcome, from: other });
    expect(heard).toEqual(['up you:1 WELCOME']);
    expect(link).toMatchObject({ state: 'up', remote: other });
  });

  test('fails with the reason when it cannot be opened', () => {
    links.dial('you:1', 'neighbour', now);
    input({ type: 'link-closed', link: 1, cause: 'refused', reason: 'Nobody listens.' });
    expect(heard).toEqual(['failed you:1 refused']);
    expect(events).toEqual([
      {
        type: 'link:refused',
        purpose: 'neighbour',
        address: 'you:1',
        code: 'refused',
        reason: 'Nobody listens.',
      },
    ]);
  });

  test('fails with REFUSE and is closed', () => {
    dialled();
    arrives(1, { type: 'REFUSE', code: 'full', reason: 'no room', candidates: [] });
    expect(heard).toEqual(['failed you:1 full']);
    expect(sent.at(-1)).toEqual([1, { type: 'CLOSE', reason: 'no room' }]);
  });

  test('fails when the other end answers with anything else', () => {
    dialled();
    arrives(1, { type: 'PING', nonce: 1 });
    expect(heard).toEqual(['failed you:1 bad-frame']);
    expect(events[0]).toMatchObject({ type: 'link:violated', reason: 'PING instead of WELCOME' });
  });

  test('fails when the handshake takes too long, and what comes later changes nothing', () => {
    dialled();
    expect(timers).toEqual([
      { afterMs: 8_000, timer: { type: 'link:handshake-deadline', link: 1 } },
    ]);
    fires();
    expect(heard).toEqual(['failed you:1 handshake-timeout']);
    arrives(1, welcome);
    input({ type: 'link-closed', link: 1, cause: 'closed-there', reason: '' });
    expect(heard).toHaveLength(1);
  });

  test('that is up does not care for the deadline of its handshake', () => {
    dialled();
    arrives(1, { ...welcome, from: other });
    fires();
    expect(heard).toEqual(['up you:1 WELCOME']);
  });

  test('that is closed before it is open says nothing to anybody', () => {
    const link = links.dial('you:1', 'neighbour', now);
    links.close(link, 'not needed');
    input({ type: 'link-opened', link: 1 });
    expect(sent.map(([, { type }]) => type)).toEqual(['OPEN', 'CLOSE']);
    expect(heard).toEqual([]);
  });
});

describe('an accepted link', () => {
  test('is up with HELLO, and answers WELCOME before its handler hears of it', () => {
    accepted(hello);
    expect(sent).toEqual([[-1, welcome]]);
    expect(heard).toEqual(['up you:1 HELLO']);
  });

  test.each<[string, Partial<Hello>, string, RegExp]>([
    ['another version', { version: 99 }, 'wrong-version', /version 99 here meets version 1/],
    ['another cluster', { clusterId: 'there' }, 'wrong-cluster', /there is not here/],
    ['a purpose nobody serves', { purpose: 'seed' }, 'wrong-role', /takes no links for seed/],
  ])('of %s is refused with a sentence and closed', (_, difference, code, reason) => {
    accepted({ ...hello, ...difference });
    expect(sent[0]?.[1]).toMatchObject({
      type: 'REFUSE',
      code,
      reason: expect.stringMatching(reason) as string,
    });
    expect(sent[1]?.[1]).toMatchObject({ type: 'CLOSE' });
    expect(events).toMatchObject([{ type: 'link:rejected', code, from: 'you:1' }]);
    expect(heard).toEqual([]);
  });

  test('of somebody whom the node does not want is refused with the node’s own answer', () => {
    answer = { type: 'REFUSE', code: 'full', reason: 'no room', candidates: [] };
    accepted(hello);
    expect(sent[0]).toEqual([-1, answer]);
    expect(heard).toEqual([]);
  });

  test('that begins with anything but HELLO is closed as a violation', () => {
    input({ type: 'link-opened', link: -1 });
    arrives(-1, { type: 'PING', nonce: 1 });
    expect(events).toMatchObject([{ type: 'link:violated', reason: 'PING before HELLO' }]);
    expect(sent).toMatchObject([[-1, { type: 'CLOSE' }]]);
  });

  test('that never says HELLO is closed', () => {
    input({ type: 'link-opened', link: -1 });
    expect(timers[0]?.afterMs).toBe(5_000);
    fires();
    expect(sent).toEqual([[-1, { type: 'CLOSE', reason: 'the handshake took too long' }]]);
    expect([...links.all()]).toEqual([]);
  });
});

describe('a link that is up', () => {
  beforeEach(() => {
    accepted(hello);
    heard.length = 0;
    sent.length = 0;
  });

  test('gives its frames to its handler and remembers when it was last heard', () => {
    links.handle(
      { type: 'message', link: -1, message: { type: 'PING', nonce: 1 } },
      { ...now, monotonicMs: 2_000 },
    );
    expect(heard).toEqual(['PING from you:1']);
    expect(the(-1).lastHeardMs).toBe(2_000);
  });

  test('is down, with the cause, when the other end is gone', () => {
    input({ type: 'link-closed', link: -1, cause: 'broken', reason: 'reset' });
    expect(heard).toEqual(['down you:1 broken']);
    expect(links.get(-1)).toBeUndefined();
  });

  test('is down after BYE, which is no sign of death', () => {
    const link = the(-1);
    arrives(-1, { type: 'BYE', reason: 'enough' });
    expect(heard).toEqual(['down you:1 closed-there']);
    expect(link.farewell).toBe(true);
  });

  test('says BYE when it is closed here, and its handler is not told what it did itself', () => {
    links.close(the(-1), 'enough');
    expect(sent).toEqual([
      [-1, { type: 'BYE', reason: 'enough' }],
      [-1, { type: 'CLOSE', reason: 'enough' }],
    ]);
    expect(heard).toEqual([]);
  });

  test('is closed only once', () => {
    const link = the(-1);
    links.close(link, 'enough');
    links.close(link, 'enough');
    links.send(link, { type: 'PING', nonce: 1 });
    expect(sent).toHaveLength(2);
  });

  test.each(['HELLO', 'WELCOME', 'REFUSE'] as const)('ends with a second %s', (type) => {
    const messages = {
      HELLO: hello,
      WELCOME: welcome,
      REFUSE: { type: 'REFUSE', code: 'full', reason: '', candidates: [] } as const,
    };
    arrives(-1, messages[type]);
    expect(events).toMatchObject([{ type: 'link:violated', from: 'you:1' }]);
    expect(heard).toEqual(['down you:1 bad-frame']);
  });

  test('that carried bytes which are no frame is a violation, and down', () => {
    input({ type: 'link-closed', link: -1, cause: 'bad-frame', reason: 'kind 255' });
    expect(events).toMatchObject([{ type: 'link:violated', from: 'you:1', reason: 'kind 255' }]);
    expect(heard).toEqual(['down you:1 bad-frame']);
  });
});

test('inputs about links that are not known are ignored', () => {
  arrives(5, { type: 'PING', nonce: 1 });
  input({ type: 'link-opened', link: 5 });
  input({ type: 'link-closed', link: 5, cause: 'broken', reason: '' });
  input({ type: 'link-overflowed', link: 5, frames: 1, bytes: 1 });
  expect([sent, events, heard]).toEqual([[], [], []]);
});

function input(what: LinkInput): void {
  links.handle(what, now);
}

function arrives(link: LinkId, message: Message): void {
  input({ type: 'message', link, message });
}

function accepted(greeting: Hello): void {
  input({ type: 'link-opened', link: -1 });
  arrives(-1, greeting);
}

function dialled(): void {
  links.dial('you:1', 'neighbour', now);
  input({ type: 'link-opened', link: 1 });
}

function fires(): void {
  const [due] = timers;
  if (due === undefined) throw new Error('no timer was asked for');
  links.handle({ type: 'timer', timer: due.timer, lateMs: 0 }, now);
}

function the(id: LinkId): Link {
  const link = links.get(id);
  if (link === undefined) throw new Error(`no link ${id}`);
  return link;
}
