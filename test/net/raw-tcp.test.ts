import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConnectionUser, RawListener, Stack, TcpConnection, TcpError } from '../../src/index.ts';
import { Cable } from '../../src/link/cable.ts';
import { createStack } from '../../src/net/stack.ts';
import { type BadNetwork, type BadNetworkOptions, badNetwork } from '../../src/testing/bad-network.ts';
import { bytes, Noting } from './support/noting.ts';
import { pattern } from './support/record.ts';

let net: BadNetwork;
const bringUp = async (options: BadNetworkOptions = {}): Promise<void> => {
  net = await badNetwork({ seed: 1, time: 'virtual', ...options });
};
beforeEach(() => bringUp());
afterEach(() => net.close());

/** Opens a connection to a server, and resolves to both ends when both are there. */
async function pair(client = new Noting(), server = new Noting()): Promise<{ client: Noting; server: Noting }> {
  net.server.tcp.listen({ port: 1 }, (connection) => {
    server.connection = connection;
    return server;
  });
  client.connection = net.client.tcp.connect({ host: net.address, port: 1 }, client);
  await net.wait(1000);
  expect(client.told[0]).toBe('connected');
  return { client, server };
}

describe('the examples of native-notes/raw-api.md', () => {
  const [serveEcho, ask] = examples();

  it.each([[[]], [['loss 5%', 'delay 10ms']], [['reorder 10% by 5ms', 'duplicate 5%']]])(
    'echo what is asked: %j',
    async (rules) => {
      net.rules(...rules);
      serveEcho(net.server, 7);
      const question = pattern(500_000);
      const answers = await Promise.all([
        ask(net.client, net.address, 7, question),
        ask(net.client, net.address, 7, bytes('short')),
      ]);
      expect(answers[0].equals(question)).toBe(true);
      expect(String(answers[1])).toBe('short');
      await net.wait(1000);
      expect([...net.server.host.connections()]).toEqual([]);
    },
  );

  it('fail with what TCP says', async () => {
    await expect(ask(net.client, net.address, 7, bytes('?'))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    net.unplug();
    await expect(ask(net.client, net.address, 7, bytes('?'))).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });
});

type Ask = (stack: Stack, host: string, port: number, question: Uint8Array) => Promise<Buffer>;

/** What the page shows, as it stands there. */
function examples(): [(stack: Stack, port: number) => RawListener, Ask] {
  const page = readFileSync('native-notes/raw-api.md', 'utf8');
  const code = [...page.matchAll(/```js\n([\s\S]*?)```/g)].map(([, text]) => text!.replace(/^export /gm, ''));
  expect(code).toHaveLength(2);
  for (const text of code) expect(text.split('\n').length).toBeLessThanOrEqual(30);
  return new Function(`${code.join('\n')}; return [serveEcho, ask];`)();
}

describe('callbacks of the raw interface', () => {
  it('come once for a batch, in their order', async () => {
    const server = new Noting({ readable: () => server.connection!.send(bytes('answer')) });
    const client = new Noting({ connected: () => client.connection!.send(bytes('question')) });
    await pair(client, server);
    expect(client.told).toEqual(['connected', 'readable', 'writable']);
    expect(server.told).toEqual(['readable', 'writable']);
    expect([server.text, client.text]).toEqual(['question', 'answer']);
  });

  it('tell of what came with the handshake', async () => {
    // The ACK of the handshake is lost, so the first data completes it.
    net.rules('drop ACK 1 out');
    const client = new Noting({ connected: () => client.connection!.send(bytes('at once')) });
    const { server } = await pair(client);
    expect(server.text).toBe('at once');
    expect(server.told).toEqual(['readable']);
  });

  it("tell of the peer's FIN that came with the handshake", async () => {
    const client = new Noting({ connected: () => client.connection!.shutdown() });
    const { server } = await pair(client);
    expect(server.told).toEqual(['end']);
  });

  it('never come from within a call', async () => {
    let calling = '';
    const within: string[] = [];
    const noting = (name: string): Noting =>
      new Noting(
        Object.fromEntries(
          ['connected', 'readable', 'end', 'writable', 'closed'].map((event) => [
            event,
            () => void (calling !== '' && within.push(`${name}: ${event} within ${calling}`)),
          ]),
        ),
      );
    const call = (name: string, made: () => unknown): void => {
      calling = name;
      made();
      calling = '';
    };
    const [client, server, third] = [noting('client'), noting('server'), noting('third')];
    call('listen', () =>
      net.server.tcp.listen({ port: 1 }, (connection) => {
        server.connection = connection;
        return server;
      }),
    );
    call('connect', () => {
      client.connection = net.client.tcp.connect({ host: net.address, port: 1 }, client);
    });
    await net.wait(10);
    const c = client.connection!;
    server.reads = false;
    for (const [name, made] of Object.entries({
      send: () => c.send(pattern(100_000)),
      detachSendQueue: () => c.detachSendQueue(),
      setNoDelay: () => c.setNoDelay(true),
      setQuickAck: () => c.setQuickAck(true),
      setKeepAlive: () => c.setKeepAlive(true, 1000),
      setMaxPacingRate: () => c.setMaxPacingRate(1e6),
      setCongestionControl: () => c.setCongestionControl('reno'),
      info: () => c.info(),
    })) {
      call(name, made);
    }
    await net.wait(1000);
    call('read', () => server.read());
    await net.wait(1000);
    call('shutdown', () => c.shutdown());
    await net.wait(1000);
    call('abort', () => server.connection!.abort());
    await net.wait(1000);
    third.connection = net.client.tcp.connect({ host: '127.0.0.1', port: 9 }, third);
    call('close', () => void net.client.close());
    await net.wait(1000);
    expect(within).toEqual([]);
    expect(client.error?.code).toBe('ECONNRESET');
  });

  it('end with close and abort, also for what was to be told in the same batch', async () => {
    const { client, server } = await pair(new Noting(), new Noting({ end: () => server.connection!.abort() }));
    client.connection!.send(bytes('and FIN'));
    client.connection!.close();
    await net.wait(1000);
    expect(server.told).toEqual(['end']);
    expect(client.told).toEqual(['connected']);
  });
});

describe('what a callback throws', () => {
  it('harms no other, nor the connection itself', async () => {
    const faults: unknown[] = [];
    for (const stack of [net.client, net.server]) stack.host.onUserFault = (fault) => faults.push(String(fault));
    const fault = (name: string) => () => {
      throw name;
    };
    const bad = new Noting({
      readable: fault('readable'),
      writable: fault('writable'),
      end: fault('end'),
      closed: fault('closed'),
    });
    const good = new Noting();
    net.server.tcp.listen({ port: 1 }, (connection) => {
      const user = connection.remotePort === 1001 ? bad : good;
      user.connection = connection;
      return user;
    });
    const clients = [1001, 1002].map((localPort) => {
      const user = new Noting({ connected: fault('connected') });
      user.connection = net.client.tcp.connect({ host: net.address, port: 1, localPort }, user);
      return user;
    });
    await net.wait(100);
    for (const { connection } of clients) connection!.send(bytes('hello'));
    for (const { connection } of [bad, good]) connection!.send(bytes('hello'));
    await net.wait(100);
    for (const { connection } of [...clients, bad, good]) connection!.shutdown();
    await net.wait(100);
    for (const user of [bad, good, ...clients]) {
      expect(user.text).toBe('hello');
      expect(user.told.at(-1)).toBe('closed well');
    }
    expect(good.told).toEqual(bad.told);
    expect(faults.sort()).toEqual(['closed', 'connected', 'connected', 'end', 'readable', 'writable']);
    expect([...net.server.host.connections()]).toEqual([]);
  });

  it('costs a connection that has no user yet its life, and no other', async () => {
    const faults: string[] = [];
    net.server.host.onUserFault = (fault) => faults.push(String(fault));
    const answers: (() => ConnectionUser | null)[] = [
      () => {
        throw new Error('no user');
      },
      () => ({}) as ConnectionUser,
      () => undefined as unknown as null,
      () => null,
      () => new Noting(),
      () => {
        accepted.user = half;
        throw new Error('half made');
      },
      () => {
        accepted.close();
        throw new Error('closed');
      },
    ];
    const half = new Noting();
    let accepted: TcpConnection;
    net.server.tcp.listen({ port: 1 }, (connection) => {
      accepted = connection;
      return answers.shift()!();
    });
    const clients = answers.map(() => {
      const user = new Noting();
      user.connection = net.client.tcp.connect({ host: net.address, port: 1 }, user);
      return user;
    });
    await net.wait(100);
    expect(clients.map(({ told }) => told.slice(1))).toEqual([
      ['closed ECONNRESET'],
      ['closed ECONNRESET'],
      ['closed ECONNRESET'],
      ['end'],
      [],
      ['closed ECONNRESET'],
      ['end'],
    ]);
    expect(half.told).toEqual([]);
    expect(faults).toEqual([
      'Error: no user',
      expect.stringContaining('"what accept returns.onReadable"'),
      expect.stringContaining('ConnectionUser'),
      'Error: half made',
      'Error: closed',
    ]);
  });
});

describe('a raw connection', () => {
  it('closes the window while its user does not read, and opens it again', async () => {
    const { client, server } = await pair();
    server.reads = false;
    const data = pattern(4_000_000);
    let sent = 0;
    const fill = (): void => {
      for (let space = client.connection!.sendSpace; space > 0; space = client.connection!.sendSpace) {
        const end = Math.min(sent + space, data.length);
        if (end === sent) return;
        client.connection!.send(data, sent, end);
        sent = end;
      }
    };
    client.does.writable = fill;
    fill();
    await net.wait(5000);
    expect(client.connection!.info().tcpi_snd_wnd).toBe(0);
    expect(client.connection!.sendSpace).toBeLessThanOrEqual(0);
    expect(sent).toBeLessThan(data.length);
    server.reads = true;
    server.read();
    await net.wait(60_000);
    expect(Buffer.concat(server.received).equals(data)).toBe(true);
    expect(client.connection!.bytesAcked).toBe(data.length);
  });

  it('goes on in one direction when the other has ended', async () => {
    const { client, server } = await pair();
    client.connection!.shutdown();
    await net.wait(100);
    expect(server.told).toEqual(['end']);
    expect(() => client.connection!.send(bytes('more'))).toThrow(expect.objectContaining({ code: 'EPIPE' }));
    server.connection!.send(bytes('still here'));
    await net.wait(100);
    expect(client.text).toBe('still here');
    expect(client.connection!.state).toBe('FIN_WAIT_2');
    server.connection!.shutdown();
    await net.wait(100);
    expect([client.told.at(-1), server.told.at(-1)]).toEqual(['closed well', 'closed well']);
    expect(() => client.connection!.send(bytes('more'))).toThrow(expect.objectContaining({ code: 'EPIPE' }));
  });

  it('keeps for its user what came before a RST', async () => {
    const { client, server } = await pair();
    server.reads = false;
    client.connection!.send(bytes('read me'));
    await net.wait(100);
    client.connection!.abort();
    await net.wait(100);
    expect(server.error?.code).toBe('ECONNRESET');
    server.read();
    expect(server.text).toBe('read me');
    expect(() => server.connection!.send(bytes('more'))).toThrow(expect.objectContaining({ code: 'ENOTCONN' }));
  });

  it('resets, when it is closed with data unread', async () => {
    const { client, server } = await pair();
    server.reads = false;
    client.connection!.send(bytes('never read'));
    await net.wait(100);
    server.connection!.close();
    await net.wait(100);
    expect(client.error?.code).toBe('ECONNRESET');
  });

  it('times out as it is told', async () => {
    const { client, server } = await pair();
    client.connection!.setUserTimeout(5000);
    server.connection!.setKeepAlive(true, 20_000);
    client.connection!.send(bytes('into the void'));
    net.unplug();
    const before = net.now;
    await client.over;
    expect(client.error?.code).toBe('ETIMEDOUT');
    expect(net.now - before).toBeGreaterThanOrEqual(5000);
    await server.over;
    expect(server.error?.code).toBe('ETIMEDOUT');
  });

  it('that is closed in FIN_WAIT_2 is forgotten when it is told to be', async () => {
    const user = new Noting();
    const listening = { port: 1, socketOptions: { linger2: 5 } };
    net.server.tcp.listen(listening, (connection) => {
      user.connection = connection;
      return user;
    });
    net.client.tcp.connect({ host: net.address, port: 1 }, { onReadable() {}, onClosed() {} });
    await net.wait(100);
    user.connection!.shutdown();
    await net.wait(100);
    user.connection!.close();
    await net.wait(4000);
    expect(user.connection!.state).toBe('FIN_WAIT_2');
    await net.wait(2000);
    expect(user.connection!.state).toBe('CLOSED');
  });

  it('fails by itself when the memory it is to send from is given away', async () => {
    const { client, server } = await pair();
    net.server.tcp.listen({ port: 2 }, (connection) => ({
      onReadable: () => void connection.skip(),
      onClosed() {},
    }));
    const other = net.client.tcp.connect({ host: net.address, port: 2 }, new Noting());
    const socket = net.client.connect(2, net.address);
    const errors: unknown[] = [];
    socket.on('error', ({ code }: NodeJS.ErrnoException) => errors.push(code));
    await net.wait(100);
    const [goneToo, stays] = [new Uint8Array(100_000), pattern(100_000)];
    const moved = new Uint8Array(100_000);
    client.connection!.send(moved);
    client.connection!.detachSendQueue();
    client.connection!.send(moved);
    socket.write(goneToo);
    other.send(stays);
    for (const { buffer } of [moved, goneToo]) structuredClone(buffer, { transfer: [buffer] });
    await net.wait(60_000);
    expect([client.error?.code, server.error?.code, ...errors]).toEqual(['EFAULT', 'ECONNRESET', 'EFAULT']);
    expect(other.bytesAcked).toBe(stays.length);
    expect(client.connection!.state).toBe('CLOSED');
  });

  it('sends octets only, and takes no number that is none', async () => {
    const { client } = await pair();
    const c = client.connection!;
    const invalid = expect.objectContaining({ code: 'EINVAL' });
    expect(() => c.send('text' as unknown as Uint8Array)).toThrow(invalid);
    expect(() => c.send(bytes('text'), 0, 5)).toThrow(invalid);
    expect(() => c.send(bytes('text'), Number.NaN)).toThrow(invalid);
    expect(() => c.setUserTimeout(Number.NaN)).toThrow(invalid);
    expect(() => c.setKeepAlive(true, -1)).toThrow(invalid);
    expect(() => c.setReceiveBuffer(0)).toThrow(invalid);
    expect(() => c.setReceiveBuffer(2 ** 31)).toThrow(invalid);
    expect(() => c.setSendBuffer(Number.POSITIVE_INFINITY)).toThrow(invalid);
    expect(() => c.setTypeOfService(256)).toThrow(invalid);
    expect(() => c.setSendBuffer(Number.NaN)).toThrow(invalid);
    expect(() => c.setMaxPacingRate(-1)).toThrow(invalid);
    expect(c.send(bytes('text'))).toBe(4);
  });

  it('hears that its stack is closed, or has lost its link', async () => {
    const { client, server } = await pair();
    let down: TcpError | null = null;
    net.server.tcp.listen({ port: 2, onDown: (error) => (down = error) }, () => null);
    const closed = net.client.close();
    expect(client.told).not.toContain('closed ENETDOWN');
    await closed;
    expect(client.error).toMatchObject({ code: 'ENETDOWN', message: 'No network: the stack was closed' });
    expect(() => net.client.tcp.connect({ host: net.address, port: 1 }, client)).toThrow(
      expect.objectContaining({ code: 'ENETDOWN' }),
    );
    await net.wait(100);
    expect(server.told).toEqual(['end']);
    net.server.link.cut('somebody cut the cable');
    await net.wait(100);
    expect(server.error).toMatchObject({ code: 'ENETDOWN', message: 'No network: somebody cut the cable' });
    expect(down).toMatchObject({ code: 'ENETDOWN' });
    expect(() => net.server.tcp.listen({ port: 3 }, () => null)).toThrow(expect.objectContaining({ code: 'ENETDOWN' }));
  });
});

describe('the options of the raw interface', () => {
  const user = { onReadable() {}, onClosed() {} };
  const listen = (options: object) => (): RawListener => net.server.tcp.listen({ port: 80, ...options }, () => null);
  const connect = (options: object) => (): TcpConnection =>
    net.client.tcp.connect({ host: net.address, port: 80, ...options }, user);

  it.each<[() => () => unknown, string]>([
    [() => listen({ port: 65_536 }), 'ERR_SOCKET_BAD_PORT'],
    [() => listen({ host: 'localhost' }), 'ERR_INVALID_IP_ADDRESS'],
    [() => listen({ host: '192.0.2.1' }), 'EADDRNOTAVAIL'],
    [() => listen({ socketOptions: { nodelay: true } }), 'ERR_INVALID_ARG_VALUE'],
    [() => listen({ socketOptions: { noDelay: 1 } }), 'ERR_INVALID_ARG_TYPE'],
    [() => listen({ socketOptions: { keepIdle: 0 } }), 'ERR_OUT_OF_RANGE'],
    [() => listen({ socketOptions: { congestion: 'vegas' } }), 'ENOENT'],
    [() => listen({ onDown: 'now' }), 'ERR_INVALID_ARG_TYPE'],
    [() => () => net.server.tcp.listen({ port: 80 }, null as never), 'ERR_INVALID_ARG_TYPE'],
    [() => connect({ host: 'example.org' }), 'ERR_INVALID_IP_ADDRESS'],
    [() => connect({ host: undefined }), 'ERR_INVALID_ARG_TYPE'],
    [() => connect({ host: 'fd00::1' }), 'ENETUNREACH'],
    [() => connect({ port: -1 }), 'ERR_SOCKET_BAD_PORT'],
    [() => connect({ localAddress: '192.0.2.1' }), 'EADDRNOTAVAIL'],
    [() => connect({ socketOptions: { ipOptions: [1] } }), 'ERR_INVALID_ARG_TYPE'],
    [() => () => net.client.tcp.connect({ host: net.address, port: 80 }, {} as ConnectionUser), 'ERR_INVALID_ARG_TYPE'],
  ])('are checked: %s', (made, code) => {
    expect(made()).toThrow(expect.objectContaining({ code }));
  });

  it('are what connections begin with', async () => {
    const seen: TcpConnection[] = [];
    const listener = net.server.tcp.listen(
      { port: 0, host: net.address, socketOptions: { noDelay: true, congestion: 'reno', keepIdle: null } },
      (connection) => {
        seen.push(connection);
        return user;
      },
    );
    expect(listener.address).toBe(net.address);
    expect(listener.port).toBeGreaterThan(0);
    expect(() => net.server.tcp.listen({ port: listener.port }, () => null)).toThrow(
      expect.objectContaining({ code: 'EADDRINUSE' }),
    );
    const near = net.client.tcp.connect(
      { host: net.address, port: listener.port, localPort: 4000, socketOptions: { congestion: 'bbr' } },
      user,
    );
    await net.wait(100);
    expect([near.localPort, near.congestionControl, seen[0]!.congestionControl]).toEqual([4000, 'bbr', 'reno']);
    listener.close();
    listener.close();
    await net.wait(100);
    expect(near.state).toBe('ESTABLISHED');
  });
});

it('a raw listener and raw connections keep the process alive, until they are over', async () => {
  const cable = new Cable();
  const held: string[] = [];
  const link = Object.assign(cable.a, { ref: () => held.push('held'), unref: () => held.push('let go') });
  const stacks = [
    createStack(link, { addresses: ['10.0.0.1/24'] }),
    createStack(cable.b, { addresses: ['10.0.0.2/24'] }),
  ];
  const took = (): string[] => held.splice(0);
  stacks[0]!.unref();
  expect(took()).toEqual(['let go']);
  const listener = stacks[0]!.tcp.listen({ port: 1 }, () => null);
  expect(took()).toEqual(['held']);
  listener.unref().ref().unref();
  expect(took()).toEqual(['let go', 'held', 'let go']);
  const refused = new Noting();
  stacks[0]!.tcp.connect({ host: '10.0.0.2', port: 1 }, refused);
  expect(took()).toEqual(['held']);
  await refused.over;
  expect(took()).toEqual(['let go']);
  // Closed by its user, it is still to deliver what is queued.
  const far = new Noting();
  const ended = new Promise<void>((resolve) => {
    far.does.end = resolve;
  });
  stacks[1]!.tcp.listen({ port: 1 }, (connection) => {
    far.connection = connection;
    return far;
  });
  const near = stacks[0]!.tcp.connect({ host: '10.0.0.2', port: 1 }, new Noting({ connected: () => near.close() }));
  near.send(bytes('last words'));
  await ended;
  while ([...stacks[0]!.host.connections()].length > 0) await new Promise(setImmediate);
  expect(far.text).toBe('last words');
  expect(took()).toEqual(['held', 'let go']);
  await Promise.all(stacks.map((stack) => stack.close()));
});
