import { enters, gets, type LabHost, scenario } from '../../story/index.ts';

const ADDRESSES = ['10.9.0.1', '10.9.0.3', '10.9.0.4'];

export default scenario({
  name: 'one-port-many',
  topic: 'opening',
  kind: 'tutorial',
  title: { en: 'One port, many connections', zh: '一个端口，多个连接' },
  question: {
    en: 'How can one port of a server have many connections at the same time?',
    zh: '为什么服务端的一个端口可以同时有多个连接？',
  },
  asked: [
    'five-tuple, four-tuple, what names a connection',
    'two clients with the same port number',
    'do accepted sockets have a port of their own',
    '五元组 四元组 唯一标识一个 TCP 连接',
    '一个端口为什么能服务多个客户端',
    'accept 返回的 socket 用的是新端口吗',
  ],
  sources: ['RFC 9293, 3.3.1', 'RFC 9293, 3.10.7.1'],
  corrects: {
    en: 'accept(2) is sometimes said to take a new port for each connection. It does not: the local address and port of every accepted socket are those of the listener.',
    zh: '有人说 accept(2) 会为每个连接分配新端口。并非如此：每个已接受的 socket 的本地地址和端口都与监听 socket 相同。',
  },
  play(lab) {
    const { server } = lab;
    const clients = ADDRESSES.map((address, i) => lab.host(['alice', 'bob', 'carol'][i]!, { address }));
    const [alice, bob, carol] = clients as [LabHost, LabHost, LabHost];
    /** Whom the server's application has heard, and the port of its own that it was heard at. */
    const heard: string[] = [];
    const localPorts = new Set<number>();
    server.run(async () => {
      const listener = server.listen(80);
      for (;;) {
        const socket = await listener.accept();
        server.run(async () => {
          const octets = await socket.read();
          heard.push(octets === null ? '' : String.fromCharCode(...octets));
          localPorts.add(socket.localPort);
        });
      }
    });
    clients.forEach((client, i) => {
      client.run(async () => {
        await client.wait(100 * i);
        // Even the same port at the other end: the address differs.
        const socket = await client.connect(server, 80, { localPort: 40_000 }).connected;
        await socket.write(client.name);
      });
    });

    lab.turn(enters(alice, 'ESTABLISHED'), {
      en: 'Alice, from port 40000 to port 80 of the server.',
      zh: 'alice，从端口 40000 到 server 的端口 80。',
    });
    lab.turn(enters(bob, 'ESTABLISHED'), {
      en: 'Bob, also from port 40000 to port 80. His address is another, so this is another connection.',
      zh: 'bob，也是从端口 40000 到端口 80。地址不同，所以是另一个连接。',
    });
    lab.turn(
      gets(server, 'DATA'),
      {
        en: 'A segment belongs to the connection whose four values it has: both addresses and both ports. With the protocol, TCP, these are the five-tuple.',
        zh: '报文段按双方的地址和端口归属到连接。加上协议 TCP 就是五元组。',
      },
      'RFC 9293, 3.10.7.1',
    );
    lab.turn(enters(carol, 'ESTABLISHED'), {
      en: 'Carol, the third one. Only a SYN for no connection goes to the listener.',
      zh: 'carol，第三个连接。只有不属于任何连接的 SYN 才交给监听 socket。',
    });

    lab.check({ en: 'whom the server has heard', zh: 'server 收到了谁的数据' }, () => heard, ['alice', 'bob', 'carol']);
    lab.check(
      { en: "the server's ports of these connections", zh: '这些连接在 server 一端的端口' },
      () => [...localPorts],
      [80],
    );
    lab.answer(() => ({
      en: `A connection is named by both addresses and both ports, so port ${[...localPorts].join(', ')} of the server has ${heard.length} connections at once, told apart by the peer's address alone. The listener is a socket beside them, with no peer.`,
      zh: `连接由双方的地址和端口共同标识，所以 server 的端口 ${[...localPorts].join(', ')} 同时有 ${heard.length} 个连接，这里只靠对端地址区分。监听 socket 是另一个 socket，没有对端。`,
    }));
  },
});
