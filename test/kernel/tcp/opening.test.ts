import type { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { describeKernel } from '../namespace.ts';
import { inScenario } from '../scenario.ts';

describeKernel.with('ss')('opening, with the kernel as the other side', () => {
  it("cookies keep the options of the kernel's client (tcp_syncookies 2)", async () => {
    const result = await inScenario(
      async ({ stack, net, http, sh, address, collect, hash, patternHash }) => {
        const response = await new Promise<EventEmitter>((resolve, reject) => {
          http.get(`http://${address}/bytes/3000000`, { agent: false }, resolve).on('error', reject);
        });
        const { data } = await collect(response);
        const client = net.connect(7, address);
        await new Promise((resolve) => client.once('connect', resolve));
        const seen = await sh(`ss -Htine dst ${address} dport = 7`);
        client.destroy();
        const { SyncookiesSent, SyncookiesRecv, SyncookiesFailed } = stack.host.tcp.counters;
        return {
          whole: hash(data) === patternHash(3_000_000),
          seen,
          counters: [SyncookiesSent, SyncookiesRecv, SyncookiesFailed],
        };
      },
      [],
      { stack: { sysctls: { tcp_syncookies: 2 } } },
    );
    expect(result.whole).toBe(true);
    expect(result.seen).toMatch(/\bts sack\b/);
    expect(result.seen).toMatch(/wscale:7,\d+/);
    expect(result.counters).toEqual([2, 2, 0]);
  });

  it('a backlog of 2 overflows when the kernel connects faster than we accept, and all get in in the end', async () => {
    const result = await inScenario(async ({ stack, net, address, until, collect }) => {
      const { tcp } = stack.host;
      const listener = tcp.listen({ port: 4000, backlog: 2, onAcceptable: () => {} });
      const clients = Array.from({ length: 8 }, () => {
        const client = net.connect(4000, address);
        client.on('connect', () => client.write('hello'));
        return { client, ended: collect(client) };
      });
      await until('the queue is full', () => listener.acceptQueueLength === 3);
      await until('it has overflowed', () => tcp.counters.ListenOverflows > 0);
      const full = { queue: listener.acceptQueueLength, drops: tcp.counters.ListenDrops > 0 };
      const silentUser = { onConnected() {}, onReadable() {}, onWritable() {}, onClosed() {} };
      let accepted = 0;
      await until('all are in', () => {
        for (let c = listener.accept(); c !== null; c = listener.accept()) {
          const here = c;
          here.user = { ...silentUser, onReadable: () => here.skip() && here.shutdown() };
          if (here.readableLength > 0) here.user.onReadable();
          accepted++;
        }
        return accepted === 8;
      });
      const errors = (await Promise.all(clients.map(({ ended }) => ended))).map(({ error }) => error);
      return { full, accepted, errors: errors.filter((error) => error !== null) };
    }, []);
    expect(result).toEqual({ full: { queue: 3, drops: true }, accepted: 8, errors: [] });
  });

  it('tcp_abort_on_overflow: the kernel is told by a RST', async () => {
    const result = await inScenario(
      async ({ stack, net, address, until, collect }) => {
        const { tcp } = stack.host;
        const listener = tcp.listen({ port: 4000, backlog: 4, onAcceptable: () => {} });
        const connect = () => collect(net.connect(4000, address));
        for (let i = 0; i < 3; i++) connect();
        await until('three wait', () => listener.acceptQueueLength === 3);
        // Two more fit. All four SYNs are answered before any of their last ACKs comes.
        const { error } = await Promise.race(Array.from({ length: 4 }, connect));
        return { error, queue: listener.acceptQueueLength, resets: tcp.counters.EmbryonicRsts };
      },
      [],
      { stack: { sysctls: { tcp_abort_on_overflow: 1 } } },
    );
    expect(result).toEqual({ error: 'ECONNRESET', queue: 5, resets: 2 });
  });
});
