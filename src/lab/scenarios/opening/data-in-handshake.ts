import { enters, gets, type Lab, type LabHost, scenario, sends } from '../../story/index.ts';

/** Somebody whose SYN carries data. */
const EAGER = '10.9.0.7';
const PORT = 40_000;
const REQUEST = 'GET /';

export default scenario({
  name: 'data-in-handshake',
  topic: 'opening',
  kind: 'weird',
  title: { en: 'Data in the handshake', zh: '握手时携带数据' },
  question: {
    en: 'Can the segments of the handshake carry data: the first, the second, the third?',
    zh: '三次握手的报文段能携带数据吗？第一次、第二次、第三次分别如何？',
  },
  asked: [
    'data on a SYN',
    'can the third segment of the handshake carry data',
    'TCP Fast Open, what it changes',
    '第三次握手可以携带数据吗',
    '第一次握手能带数据吗',
    'SYN 携带数据',
  ],
  sources: ['RFC 9293, 3.4', 'RFC 9293, 3.10.7.2', 'RFC 7413'],
  corrects: {
    en: 'It is often said that a SYN must not carry data. RFC 9293 allows it, but the data must not be given to the application before the handshake is complete; Linux and this stack drop it, and it is sent again. TCP Fast Open (RFC 7413) lifts that with a cookie.',
    zh: '常说 SYN 不能携带数据。RFC 9293 允许，但握手完成之前不得把数据交给应用程序；Linux 和本协议栈会丢弃它，由对方重发。TCP Fast Open（RFC 7413）用 cookie 解除这一限制。',
  },
  parameters: {
    segment: {
      default: '3',
      choices: ['1', '3'],
      text: { en: 'which segment carries the data', zh: '第几个报文段携带数据' },
    },
  },
  positional: 'segment',
  play(lab, { segment }) {
    const { client, server } = lab;
    let read = 0;
    let readAt = 0;
    server.run(async () => {
      const socket = await server.listen(80).accept();
      read = (await socket.read())?.length ?? 0;
      readAt = lab.now;
    });
    if (segment === '3') {
      client.run(async () => {
        // Queued while the handshake is under way.
        await client.connect(server, 80).write(REQUEST);
      });
      lab.turn(sends(client, 'SYN'), {
        en: 'connect(), and write() at once: the octets wait.',
        zh: 'connect() 之后立即 write()：数据先排队等待。',
      });
      lab.turn(
        sends(client, 'DATA', { seq: 1, ack: 1 }),
        {
          en: 'The third segment is ACK y+1 and data in one. Linux does so where a write already waits (or with TCP_DEFER_ACCEPT, or TCP_QUICKACK off); otherwise a pure ACK goes first.',
          zh: '第三个报文段同时是 ACK y+1 和数据。Linux 在已有 write 等待时（或设置了 TCP_DEFER_ACCEPT，或关闭 TCP_QUICKACK）这样做；否则先发纯 ACK。',
        },
        'net/ipv4/tcp_input.c, tcp_rcv_synsent_state_process',
      );
      lab.turn(enters(server, 'ESTABLISHED'), {
        en: 'Its ACK completes the handshake, its data is read by the application that accepts.',
        zh: '它的 ACK 完成握手，数据由 accept 的应用程序读取。',
      });
    } else sendOnSyn(lab, server);

    lab.check({ en: 'octets that the server read', zh: 'server 读到的字节数' }, () => read, REQUEST.length);
    lab.answer(() =>
      segment === '3'
        ? {
            en: `The third may: the server read the ${read} octets after ${readAt} ms, 1.5 RTT. On the first they would have to wait for the handshake anyway (Linux and this stack drop them there); only Fast Open gives them to the application at once.`,
            zh: `第三次可以：server 在 ${readAt} ms（1.5 个 RTT）后读到 ${read} 字节。放在第一次里也要等握手完成（Linux 和本协议栈会丢弃）；只有 Fast Open 能立即交给应用程序。`,
          }
        : {
            en: `The first may, yet it is of no use: the SYN-ACK acknowledged x+1 alone, so the ${read} octets were sent again and read after ${readAt} ms. Only Fast Open, with a cookie, gives them to the application at once.`,
            zh: `第一次允许携带，但没有用：SYN-ACK 只确认了 x+1，${read} 字节必须重发，${readAt} ms 后才被读到。只有 Fast Open（带 cookie）能立即交给应用程序。`,
          },
    );
  },
});

/** The hosts here put no data on a SYN, so the lab does, in the name of one that isn't there. */
function sendOnSyn(lab: Lab, server: LabHost): void {
  const eager = lab.attacker('eager');
  const [from, to] = [
    [EAGER, PORT],
    [`${server.address}`, 80],
  ] as const;
  lab.at(0, () => eager.send({ from, to, flags: 'S', seq: 1000, mss: 1460, data: REQUEST }));
  eager.onPath(({ flags, seq, ack }) => {
    if (flags === 'S.') eager.send({ from, to, flags: 'P.', seq: ack, ack: seq + 1, data: REQUEST });
  });
  lab.turn(gets(server, 'SYN'), {
    en: `A SYN with ${REQUEST.length} octets. It may be old or forged: no application may have them before the handshake is complete.`,
    zh: `带有 ${REQUEST.length} 字节的 SYN。它可能是旧的或伪造的：握手完成之前不得交给应用程序。`,
  });
  lab.turn(
    sends(server, 'SYN-ACK', { ack: 1 }),
    {
      en: `ack = x+1: the SYN, and none of the ${REQUEST.length} octets. It need not store anything of a stranger.`,
      zh: `ack = x+1：只确认 SYN，不确认那 ${REQUEST.length} 字节。这样不必为陌生人保存任何数据。`,
    },
    'RFC 9293, 3.10.7.2',
  );
  lab.turn(enters(server, 'ESTABLISHED'), {
    en: 'The octets come again with the third segment: now they are taken.',
    zh: '数据随第三个报文段再次到来：这时才被接收。',
  });
}
