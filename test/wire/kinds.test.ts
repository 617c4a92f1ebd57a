import { expect, test } from 'vitest';
import { frameKinds, typeOfKind } from '../../src/wire/kinds.ts';

test('every message type has a kind number of its own that fits into a byte', () => {
  const kinds = Object.values(frameKinds);
  expect(new Set(kinds).size).toBe(kinds.length);
  expect(kinds.every((kind) => kind >= 1 && kind <= 255)).toBe(true);
});

test('a kind number leads back to its message type, and an unknown one nowhere', () => {
  for (const [type, kind] of Object.entries(frameKinds)) expect(typeOfKind(kind)).toBe(type);
  expect(typeOfKind(0)).toBeUndefined();
  expect(typeOfKind(200)).toBeUndefined();
});

test('kind numbers never change: other versions rely on them', () => {
  expect(frameKinds).toMatchInlineSnapshot(`
    {
      "ACCEPT": 34,
      "ACCEPTED": 35,
      "BYE": 4,
      "COMMIT": 36,
      "COPY_REQUEST": 42,
      "COPY_RESULT": 43,
      "DEAD_CONFIRMED": 26,
      "DEAD_REPORT": 24,
      "DEAD_REPORT_RESULT": 25,
      "GOSSIP": 96,
      "HELLO": 1,
      "IHAVE": 70,
      "IWANT": 71,
      "KNOWN_STORES": 41,
      "LEAVE": 22,
      "LEAVE_RESULT": 23,
      "PEER_LIST": 19,
      "PEER_LIST_REQUEST": 18,
      "PING": 64,
      "PONG": 65,
      "PROBE": 66,
      "PROBE_RESULT": 67,
      "PROPOSE": 32,
      "REFUSE": 3,
      "REFUTE": 69,
      "REGISTER": 16,
      "REGISTER_DIGESTS": 37,
      "REGISTER_RESULT": 17,
      "REGISTER_REVISIONS": 38,
      "REGISTER_VALUES": 39,
      "RENEW": 20,
      "RENEW_RESULT": 21,
      "SUSPECT_NOTICE": 68,
      "TOMBSTONES_OVER": 40,
      "VOTE": 33,
      "WELCOME": 2,
    }
  `);
});
