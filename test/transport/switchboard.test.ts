import { afterEach, describe, expect, test } from 'vitest';
import { Switchboard } from '../../src/transport/switchboard.ts';
import { tcpTransport } from '../../src/transport/tcp.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { describeTransport } from './contract.ts';
import { Recorder } from './recorder.ts';
import { type End, ping, turn } from './stage.ts';

describeTransport('tcp through a switchboard', (limits) => {
  const lookup = (host: string, _: unknown, callback: (error: Error, address: string) => void) => {
    if (host === 'silent.test') return;
    callback(Object.assign(new Error(`no ${host}`), { code: 'ENOTFOUND' }), '');
  };
  const switchboard = new Switchboard(tcpTransport({ ...limits, lookup }));
  return {
    server: switchboard.transport(),
    client: switchboard.transport(),
    address: '127.0.0.1:0',
    silentAddress: 'silent.test:6000',
    unknownAddress: 'unknown.test:6000',
  };
});

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean();
});

/** A node that accepts and dials. */
class Station {
  readonly accepted: End[] = [];
  readonly #transport: Transport;
  address = '';

  static async at(switchboard: Switchboard): Promise<Station> {
    const station = new Station(switchboard.transport());
    await station.#listen();
    return station;
  }

  private constructor(transport: Transport) {
    this.#transport = transport;
  }

  dial(other: Station, timeoutMs = 10_000): End {
    const heard = new Recorder();
    const connection = this.#transport.dial(other.address, timeoutMs, heard);
    cleanUp.push(() => connection.destroy('the test is over'));
    return { connection, heard };
  }

  async #listen(): Promise<void> {
    const listener = await this.#transport.listen('127.0.0.1:0', (connection) => {
      const heard = new Recorder();
      this.accepted.push({ connection, heard });
      return heard;
    });
    this.address = listener.address;
    cleanUp.push(() => listener.close());
  }
}

/** Two nodes with an open connection that has carried a frame in each direction. */
async function linked() {
  const switchboard = new Switchboard();
  const [here, there] = [await Station.at(switchboard), await Station.at(switchboard)];
  const dialled = here.dial(there);
  dialled.connection.send(ping(1));
  await dialled.heard.untilOpened();
  while (there.accepted.length === 0) await turn();
  const accepted = there.accepted[0] as End;
  await accepted.heard.untilMessages(1);
  accepted.connection.send(ping(2));
  await dialled.heard.untilMessages(1);
  const cut = () => switchboard.partition([[here.address], [there.address]]);
  return { switchboard, here, there, dialled, accepted, cut };
}

describe('a cut', () => {
  test('silences open connections in both directions, and breaks them when it is healed', async () => {
    const { switchboard, dialled, accepted, cut } = await linked();
    cut();
    dialled.connection.send(ping(3));
    accepted.connection.send(ping(4));
    switchboard.heal();
    expect(await dialled.heard.untilClosed()).toBe('broken');
    expect(dialled.heard.messages).toEqual([ping(2)]);
    await accepted.heard.untilClosed();
    expect(accepted.heard.messages).toEqual([ping(1)]);
  });

  test('lets dials across it time out, and later ones through', async () => {
    const { switchboard, here, there, cut } = await linked();
    cut();
    const inVain = here.dial(there, 20);
    expect(await inVain.heard.untilClosed()).toBe('unreachable');
    expect(inVain.heard.types).toEqual(['closed']);
    expect(there.accepted).toHaveLength(1);
    switchboard.heal();
    await here.dial(there).heard.untilOpened();
  });

  test('hides the end of one side from the other until it is healed', async () => {
    const { switchboard, dialled, accepted, cut } = await linked();
    cut();
    dialled.connection.close('enough');
    expect(await dialled.heard.untilClosed()).toBe('closed-here');
    expect(accepted.heard.types).toEqual(['message']);
    switchboard.heal();
    await accepted.heard.untilClosed();
    expect(dialled.heard.types).toEqual(['opened', 'message', 'closed']);
  });

  test('hides that the accepting side has gone, too', async () => {
    const { switchboard, dialled, accepted, cut } = await linked();
    cut();
    accepted.connection.destroy('killed');
    await accepted.heard.untilClosed();
    expect(dialled.heard.types).toEqual(['opened', 'message']);
    switchboard.heal();
    expect(await dialled.heard.untilClosed()).toBe('broken');
  });

  test('leaves alone who is in the same group; who is in none is with the first', async () => {
    const { switchboard, here, there, dialled, accepted } = await linked();
    const third = await Station.at(switchboard);
    switchboard.partition([[here.address, there.address], [third.address]]);
    dialled.connection.send(ping(5));
    expect(await accepted.heard.untilMessages(2)).toEqual([ping(1), ping(5)]);
    switchboard.partition([[here.address], [third.address]]);
    dialled.connection.send(ping(6));
    expect(await accepted.heard.untilMessages(3)).toEqual([ping(1), ping(5), ping(6)]);
  });
});
