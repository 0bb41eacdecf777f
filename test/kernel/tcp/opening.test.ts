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
    expect(result.seen).toMatch(/wscale:10,\d+/);
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

describeKernel.with('python3', 'nstat')('Fast Open, with the kernel as the other side', () => {
  it("takes the data of the kernel's second SYN at once (MSG_FASTOPEN)", async () => {
    const result = await inScenario(
      async ({ stack, sh, address }) => {
        await sh('sysctl -qw net.ipv4.tcp_fastopen=3');
        const early: number[] = [];
        stack
          .createServer({ fastOpen: { queue: 8 } }, (socket) => {
            early.push(socket.info().tcpi_options & 32);
            socket.once('data', (request) => socket.end(`said ${request}`));
          })
          .listen(4000);
        const client = `
import socket
for request in (b"one", b"two", b"three"):
    s = socket.socket()
    s.sendto(request, 0x20000000, ("${address}", 4000))
    answer = b""
    while part := s.recv(1000): answer += part
    print(answer.decode())
    s.close()
`;
        const answers = await sh(`python3 -c '${client}'`);
        const kernel = await sh('nstat -az TcpExtTCPFastOpenActive | tail -n +2');
        const { TCPFastOpenCookieReqd, TCPFastOpenPassive, TCPFastOpenPassiveFail } = stack.host.tcp.counters;
        return {
          answers: answers.trim().split('\n'),
          early,
          kernel: Number(kernel.trim().split(/\s+/)[1]),
          counters: [TCPFastOpenCookieReqd, TCPFastOpenPassive, TCPFastOpenPassiveFail],
        };
      },
      [],
      { stack: { sysctls: { tcp_fastopen: 3 } } },
    );
    expect(result).toEqual({
      answers: ['said one', 'said two', 'said three'],
      early: [0, 32, 32],
      kernel: 2,
      counters: [1, 2, 0],
    });
  });

  it("has its data taken by the kernel's listener with our second SYN (TCP_FASTOPEN)", async () => {
    const result = await inScenario(
      async ({ stack, sh, start, kernelAddress, until, collect }) => {
        await sh('sysctl -qw net.ipv4.tcp_fastopen=3');
        const server = start(
          'python3',
          '-uc',
          `
import socket
l = socket.socket()
l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
l.bind(("${kernelAddress}", 4000))
l.setsockopt(6, 23, 8)
l.listen(8)
print("listens")
while True:
    c, peer = l.accept()
    c.sendall(b"said " + c.recv(5000))
    c.close()
`,
        );
        let said = '';
        server.stdout.on('data', (text) => {
          said += text;
        });
        await until('it listens', () => said.includes('listens'));
        const answers: string[] = [];
        const options: number[] = [];
        for (const request of ['one', 'two', 'x'.repeat(3000)]) {
          const socket = stack.connect({ host: kernelAddress, port: 4000, fastOpen: true });
          socket.write(request);
          const { data } = await collect(socket);
          answers.push(`${data}`.slice(0, 10));
          options.push(socket.info().tcpi_options & 32);
        }
        const kernel = await sh('nstat -az TcpExtTCPFastOpenPassive | tail -n +2');
        const { TCPFastOpenActive, TCPFastOpenActiveFail } = stack.host.tcp.counters;
        return {
          answers,
          options,
          kernel: Number(kernel.trim().split(/\s+/)[1]),
          counters: [TCPFastOpenActive, TCPFastOpenActiveFail],
        };
      },
      [],
      {},
    );
    expect(result).toEqual({
      answers: ['said one', 'said two', 'said xxxxx'],
      options: [0, 32, 32],
      kernel: 2,
      counters: [2, 0],
    });
  });
});
