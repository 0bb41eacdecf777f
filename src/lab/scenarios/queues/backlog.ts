import { drops, enters, retransmits, scenario, sends } from '../../story/index.ts';

export default scenario({
  name: 'backlog',
  topic: 'queues',
  kind: 'tutorial',
  title: { en: 'listen(backlog): the accept queue is full', zh: 'listen(backlog)：全连接队列满' },
  question: {
    en: 'What does the backlog of listen() bound, and what happens to clients when the accept queue is full?',
    zh: 'listen() 的 backlog 限制的是什么？全连接队列满了，客户端会怎样？',
  },
  asked: [
    'accept queue full',
    'SYN queue and accept queue',
    'somaxconn and backlog',
    'if the accept queue is full, is the half-open entry thrown away',
    'ListenOverflows',
    '半连接队列和全连接队列',
    '全连接队列溢出',
    '全连接队列满了会怎样',
    'backlog 参数的含义',
    'somaxconn 是什么',
  ],
  sources: [
    'listen(2)',
    'net/core/sock.c and include/net/sock.h, sk_acceptq_is_full',
    'ip-sysctl.rst, tcp_abort_on_overflow',
  ],
  corrects: {
    en: 'Since Linux 2.2 the backlog bounds the accept queue, of complete connections; before, it bounded complete and half-open ones together. And what the SYN queue holds, handshakes that are not complete, is often called half-open. In RFC 9293 (3.5.1) that word is for a connection that only one end still knows; shutdown() makes a half-closed one. These are three things.',
    zh: 'Linux 2.2 起，backlog 限制的是全连接队列（已完成握手的连接）；此前它限制的是已完成与未完成之和。另外，半连接队列里的“半连接”指握手尚未完成，英文也常称 half-open；RFC 9293（3.5.1）里的“半打开”是只有一端还记得的连接；shutdown() 造成的是“半关闭”。三者不同。',
  },
  parameters: {
    backlog: { default: 3, min: 0, max: 64, text: { en: 'what listen() is given', zh: 'listen() 的参数' } },
    somaxconn: {
      default: 4096,
      min: 0,
      max: 65_535,
      text: { en: "the server's somaxconn", zh: 'server 的 somaxconn' },
    },
  },
  positional: 'backlog',
  play(lab, { backlog, somaxconn }) {
    const { client } = lab;
    const server = lab.host('server', { sysctls: { somaxconn } });
    const limit = Math.min(backlog, server.host.sysctls.somaxconn);
    const room = limit + 1;
    // They only fill the queue.
    const others = lab.host('others', { address: '10.9.0.9' });
    lab.leaveOut((address) => address === '10.9.0.9');

    server.run(async () => {
      const listener = server.listen(80, { backlog });
      await server.wait(2500);
      await listener.accept();
      await server.wait(4500);
      for (;;) await listener.accept();
    });
    for (let i = 0; i < room; i++) {
      others.run(async () => {
        await others.wait(i === limit ? 1000 : 0);
        await others.connect(server, 80).connected;
      });
    }
    for (const at of [1000, 5000]) {
      client.run(async () => {
        await client.wait(at);
        const socket = await client.connect(server, 80).connected;
        await socket.write(100);
        await socket.read();
      });
    }

    lab.turn(sends(client, 'SYN'), {
      en: `${limit} connections are complete and not accepted yet. Another one (not shown) and this one begin at the same time.`,
      zh: `已有 ${limit} 个连接完成握手、还没有被 accept。又有一个（图中不显示）和这一个同时开始。`,
    });
    lab.turn(
      drops(server, 'AcceptQueueFull'),
      {
        en: `The other one was first: ${room} are in the accept queue, the backlog and 1 more, and it is full. This handshake's last ACK is thrown away (ListenOverflows); the half-open entry stays in the SYN queue.`,
        zh: `另一个先到：全连接队列里有 ${room} 个，即 backlog 再加 1，满了。这次握手的最后一个 ACK 被丢弃（ListenOverflows）；半连接队列里的条目保留。`,
      },
      'include/net/sock.h, sk_acceptq_is_full',
    );
    lab.turn(retransmits(client), {
      en: 'The client is ESTABLISHED and has sent data. The server drops that, too; the client sends it again.',
      zh: 'client 已是 ESTABLISHED 并发出了数据。server 同样丢弃；client 重传。',
    });
    let waited = 0;
    lab.turn(enters(server, 'ESTABLISHED'), ({ at }) => {
      waited = Math.round(at - 1000);
      return {
        en: `The application has accepted 1 connection: one place is free. The next repetition completes the handshake, ${waited} ms after the SYN.`,
        zh: `应用程序 accept 了 1 个连接，空出一个位置。下一次重传完成了握手，距 SYN 已有 ${waited} ms。`,
      };
    });
    lab.turn(
      drops(server, 'AcceptQueueFull'),
      {
        en: 'The queue is full again. A SYN that comes now is dropped at once: this client stays in SYN_SENT, and connect() hangs.',
        zh: '队列又满了。此时到来的 SYN 直接被丢弃：这个 client 停在 SYN_SENT，connect() 一直阻塞。',
      },
      'net/ipv4/tcp_input.c, tcp_conn_request',
    );
    let hung = 0;
    lab.turn(enters(client, 'ESTABLISHED'), ({ at }) => {
      hung = Math.round(at - 5000);
      return {
        en: `Once the application accepts again, the next SYN gets through: connect() took ${hung} ms.`,
        zh: `应用程序再次 accept 之后，下一个 SYN 才成功：connect() 用了 ${hung} ms。`,
      };
    });

    const counters = (): number => server.host.tcp.counters.ListenOverflows;
    lab.answer(() => ({
      en: `min(backlog ${backlog}, somaxconn ${server.host.sysctls.somaxconn}) bounds the accept queue; Linux admits 1 more, which makes room for ${room}. Beyond it the server drops last ACKs (that client believes it is connected, and its data waited ${waited} ms here) and SYNs (connect() took ${hung} ms): ListenOverflows ${counters()}.`,
      zh: `全连接队列的上限是 min(backlog ${backlog}, somaxconn ${server.host.sysctls.somaxconn})；Linux 多放 1 个，所以能放 ${room} 个。超出时 server 丢弃最后的 ACK（那个 client 以为已连上，这里数据等了 ${waited} ms），也丢弃 SYN（connect() 用了 ${hung} ms）：ListenOverflows ${counters()}。`,
    }));
  },
});
