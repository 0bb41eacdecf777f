import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TcpConnection } from '../../src/index.ts';
import { type BadNetwork, badNetwork } from '../../src/testing/bad-network.ts';
import { bytes, Noting } from './support/noting.ts';

let net: BadNetwork;
beforeEach(async () => {
  net = await badNetwork({ seed: 1, time: 'virtual' });
});
afterEach(() => net.close());

describe('who makes mistakes with the raw interface', () => {
  /** Each ends on its side in another way, all within callbacks; the other side hears of it, and nothing is left. */
  const ends: Record<string, (c: TcpConnection) => void> = {
    'closes twice': (c) => {
      c.close();
      c.close();
    },
    'aborts twice': (c) => {
      c.abort();
      c.abort();
    },
    'closes, then aborts': (c) => {
      c.close();
      c.abort();
    },
    'aborts, then closes and shuts down': (c) => {
      c.abort();
      c.close();
      c.shutdown();
    },
    'shuts down twice, then closes': (c) => {
      c.shutdown();
      c.shutdown();
      c.close();
    },
    'closes and throws': (c) => {
      c.close();
      throw new Error('closed');
    },
    'aborts and throws': (c) => {
      c.abort();
      throw new Error('aborted');
    },
  };
  const places = ['connected', 'readable', 'writable', 'end'] as const;
  it.each(Object.keys(ends).flatMap((how) => places.map((where) => [how, where] as const)))(
    '%s in %s: the other end hears of it, and nothing stays',
    async (how, where) => {
      for (const stack of [net.client, net.server]) stack.host.onUserFault = () => {};
      let calls = 0;
      const client = new Noting({
        [where]: () => {
          calls++;
          ends[how]!(client.connection!);
        },
      });
      const server = new Noting({ end: () => server.connection!.close(), closed: () => {} });
      if (where === 'end') server.does.readable = () => server.connection!.shutdown();
      else server.does.readable = () => server.connection!.send(bytes('answer'));
      net.server.tcp.listen({ port: 1 }, (connection) => {
        server.connection = connection;
        return server;
      });
      client.connection = net.client.tcp.connect({ host: net.address, port: 1 }, client);
      client.connection.send(bytes('question'));
      await net.wait(10_000);
      expect(calls).toBe(1);
      // (A RST before the handshake's last ACK ends what was never accepted.)
      const heard = server.told.some((event) => event === 'end' || event.startsWith('closed'));
      expect(heard).toBe(server.connection !== null);
      for (const stack of [net.client, net.server]) expect([...stack.host.connections()]).toEqual([]);
      // What is called now says that it is over, or does nothing.
      const c = client.connection;
      expect(() => c.send(bytes('late'))).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/EPIPE|ENOTCONN/) }),
      );
      for (const call of ['close', 'abort', 'shutdown', 'detachSendQueue', 'read', 'skip', 'info'] as const) c[call]();
      expect([c.readInto(new Uint8Array(1)), c.readableLength, c.sendQueueLength]).toEqual([0, 0, 0]);
      await net.wait(1000);
      for (const stack of [net.client, net.server]) expect([...stack.host.connections()]).toEqual([]);
    },
  );

  it.each(['accept', 'connected', 'readable', 'writable', 'end', 'closed'])(
    'closes the stack in %s: all connections end, and the other end hears of it',
    async (where) => {
      let closing: Promise<void> | null = null;
      const close = (): void => {
        closing ??= where === 'connected' ? net.client.close() : net.server.close();
      };
      const server = new Noting(where === 'connected' ? {} : { [where]: close });
      const client = new Noting(where === 'connected' ? { connected: close } : {});
      const bystander = new Noting();
      net.server.tcp.listen({ port: 1 }, (connection) => {
        const user = connection.remotePort === 1001 ? bystander : server;
        user.connection = connection;
        if (where === 'accept' && user === server) close();
        return user;
      });
      const other = new Noting();
      other.connection = net.client.tcp.connect({ host: net.address, port: 1, localPort: 1001 }, other);
      other.connection.send(bytes('x'));
      await net.wait(100);
      client.connection = net.client.tcp.connect({ host: net.address, port: 1 }, client);
      server.does.readable ??= () => server.connection!.send(bytes('answer'));
      client.does.readable = () => client.connection!.shutdown();
      if (where === 'closed') client.does.readable = () => client.connection!.abort();
      client.connection.send(bytes('question'));
      await net.wait(10_000);
      expect(closing).not.toBe(null);
      await closing;
      const ended = (user: Noting): boolean => user.told.some((e) => e === 'end' || e.startsWith('closed'));
      if (where !== 'connected') expect(bystander.error?.code).toBe('ENETDOWN');
      else expect([client.error?.code, ended(bystander)]).toEqual(['ENETDOWN', true]);
    },
  );

  it('listens twice at one place, and again when the first has closed', async () => {
    const first = net.server.tcp.listen({ port: 1 }, () => new Noting());
    for (const host of [undefined, net.address])
      expect(() => net.server.tcp.listen({ port: 1, host }, () => null)).toThrow(
        expect.objectContaining({ code: 'EADDRINUSE' }),
      );
    first.close();
    first.ref();
    const second = net.server.tcp.listen({ port: 1 }, () => {
      second.close();
      net.server.tcp.listen({ port: 1 }, () => new Noting());
      return new Noting();
    });
    for (let i = 0; i < 3; i++) {
      const client = new Noting();
      client.connection = net.client.tcp.connect({ host: net.address, port: 1 }, client);
      await net.wait(100);
      expect(client.told).toEqual(['connected']);
    }
  });

  it('opens, sends and reads from within callbacks, of this and of other connections', async () => {
    const [client, server] = [new Noting(), new Noting()];
    net.server.tcp.listen({ port: 1 }, (connection) => {
      const user = server.connection === null ? server : new Noting();
      user.connection = connection;
      return user;
    });
    client.connection = net.client.tcp.connect({ host: net.address, port: 1 }, client);
    const others: Noting[] = [];
    server.does.readable = () => server.connection!.send(bytes('answer'));
    client.does.readable = () => {
      client.read();
      server.read();
      client.connection!.send(bytes('again'));
      const other = new Noting();
      other.connection = net.client.tcp.connect({ host: net.address, port: 1 }, other);
      others.push(other);
      client.connection!.shutdown();
    };
    client.connection!.send(bytes('question'));
    await net.wait(1000);
    expect([server.text, client.text]).toEqual(['questionagain', 'answer']);
    expect(others[0]!.told[0]).toBe('connected');
  });
});
