import { calls, enters, type LabSocket, scenario, sends } from '../../story/index.ts';

const REQUEST = 'GET /';
const ANSWER = 'Hello';
/** TCP_FASTOPEN: so many requests may be pending. */
const QUEUE = 5;
/** Another secret of the server, as after a change of its key. */
const OTHER_KEY = '1-2-3-4';

export default scenario({
  name: 'fast-open',
  topic: 'opening',
  kind: 'tutorial',
  title: { en: 'Data in the SYN', zh: 'SYN 携带数据（TFO）' },
  question: {
    en: 'How does TCP Fast Open save a round trip, and what is the cookie for?',
    zh: 'TCP Fast Open 怎样省掉一个 RTT？cookie 有什么用？',
  },
  asked: [
    'TFO',
    'how to save the round trip of the handshake',
    'what does a Fast Open cookie prove',
    'what if a Fast Open cookie is no longer good',
    'TFO 怎样工作',
    '快速打开怎样节省握手的一个 RTT',
    'Fast Open 的 cookie 失效会怎样',
    '用 cookie 快速打开连接',
    '第二次连接怎样省一个 RTT',
  ],
  sources: ['RFC 7413, 4.1', 'RFC 7413, 4.2', 'tcp(7), TCP_FASTOPEN_CONNECT'],
  kernel: {
    en: 'Linux serves TCP_FASTOPEN only with the bit 2 in net.ipv4.tcp_fastopen, which is 1 by default; then the second connection is an ordinary one, too.',
    zh: 'Linux 只有在 net.ipv4.tcp_fastopen 含有 2 这一位时才提供 TCP_FASTOPEN，而它默认是 1；否则第二个连接也只是普通连接。',
  },
  parameters: {
    cookie: {
      default: 'good',
      choices: ['good', 'old'],
      text: {
        en: 'the cookie of the second connection; old: the server has changed its key since',
        zh: '第二个连接的 cookie；old：服务器此后更换了密钥',
      },
    },
  },
  positional: 'cookie',
  play(lab, { cookie }) {
    const { client } = lab;
    const server = lab.host('server', { sysctls: { tcp_fastopen: 2 } });
    const isGood = cookie === 'good';
    const times: number[] = [];
    const readAt: number[] = [];
    const second: { at: number; socket: LabSocket | null } = { at: 0, socket: null };

    server.run(async () => {
      const listener = server.listen(80, { options: { fastOpenQueue: QUEUE } });
      for (let i = 0; i < 2; i++) {
        const socket = await listener.accept();
        await socket.read();
        readAt.push(lab.now);
        await socket.write(ANSWER);
        socket.close();
      }
    });
    client.run(async () => {
      for (let i = 0; i < 2; i++) {
        const begin = lab.now;
        if (i === 1) {
          second.at = begin;
          if (!isGood) server.host.sysctls.tcp_fastopen_key = OTHER_KEY;
        }
        const socket = client.connect(server, 80, { options: { fastOpenConnect: true } });
        if (i === 1) second.socket = socket;
        await socket.write(REQUEST);
        await socket.read();
        times.push(lab.now - begin);
        await socket.read();
        socket.close();
        await client.wait(1000);
      }
    });

    lab.turn(
      sends(client, 'SYN', { length: 0 }),
      {
        en: 'No cookie of this server is known yet: the SYN asks for one. The octets that write() gave wait for the handshake.',
        zh: '还没有这个服务器的 cookie：SYN 请求一个。write() 给出的字节等待握手完成。',
      },
      'RFC 7413, 4.2.1',
    );
    lab.turn(
      sends(server, 'SYN-ACK', { ack: 1 }),
      {
        en: 'The cookie: a keyed hash of both addresses. Only a host that gets what is sent to its address can know it, so it proves that a SYN is not forged; and the server stores nothing.',
        zh: 'cookie：两个地址带密钥的散列值。只有能收到发往自己地址的报文的主机才可能知道它，因此它证明 SYN 不是伪造的；而服务器什么也不保存。',
      },
      'RFC 7413, 4.1.2',
    );
    lab.turn(sends(client, 'DATA', { seq: 1, length: REQUEST.length }), {
      en: 'This once it is as always: data after the handshake.',
      zh: '这一次和平常一样：握手之后才有数据。',
    });
    lab.turn(
      sends(client, 'SYN', { length: REQUEST.length }),
      {
        en: `The second connection: the SYN has the cookie, and the ${REQUEST.length} octets.`,
        zh: `第二个连接：SYN 带上 cookie 和那 ${REQUEST.length} 字节。`,
      },
      'RFC 7413, 4.2.1',
    );
    if (isGood) {
      lab.turn(calls(server, 'accept'), {
        en: 'The cookie is good: the application gets the connection, and the octets, in SYN_RECEIVED, before the handshake is complete.',
        zh: 'cookie 有效：应用程序在 SYN_RECEIVED 状态、握手完成之前就得到连接和数据。',
      });
      lab.turn(sends(server, 'DATA', { length: ANSWER.length }), {
        en: 'The answer follows the SYN-ACK at once.',
        zh: '回答紧跟在 SYN-ACK 之后。',
      });
      lab.turn(enters(server, 'FIN_WAIT_1'), {
        en: 'It may even close already: its FIN leaves before any ACK has come.',
        zh: '它甚至可以已经关闭：FIN 在任何 ACK 到来之前发出。',
      });
      lab.turn(enters(server, 'FIN_WAIT_2'), {
        en: 'One ACK completes the handshake, and is of the answer and of the FIN, too.',
        zh: '一个 ACK 既完成握手，也确认了回答和 FIN。',
      });
    } else {
      lab.turn(sends(server, 'SYN-ACK', { ack: 1 }), {
        en: 'The cookie is not of the key that the server has now: the SYN alone is acknowledged, and a new cookie comes with it. Nothing is lost but the time.',
        zh: 'cookie 不是用服务器现在的密钥生成的：只确认 SYN，并附上新的 cookie。损失的只是时间。',
      });
      lab.turn(
        sends(client, 'DATA', { seq: 1, length: REQUEST.length, cause: 'did not take it with the SYN' }),
        {
          en: 'The octets go again at once, as in any handshake.',
          zh: '那些字节立即重发，与普通握手一样。',
        },
        'RFC 7413, 4.2.1',
      );
      lab.turn(enters(server, 'ESTABLISHED'), {
        en: 'Their ACK completes the handshake.',
        zh: '它们的 ACK 完成握手。',
      });
    }

    const { counters } = server.host.tcp;
    const taken = (): number => counters.TCPFastOpenPassive;
    lab.check({ en: 'SYNs whose data was taken at once', zh: '数据被立即接受的 SYN' }, taken, isGood ? 1 : 0);
    lab.answer(() => {
      const [first = 0, then = 0] = times;
      const read = (readAt[1] ?? 0) - second.at;
      return isGood
        ? {
            en: `The SYN carries the request: the server read it ${read} ms after connect(), and the answer came after ${then} ms, 1 RTT; the first connection took ${first} ms, 2 RTT. The cookie shows that the client gets what is sent to its address: without it anybody could have the server work by forged SYNs. A SYN may come twice, and the request with it: so only for what may be done twice.`,
            zh: `SYN 携带请求：server 在 connect() 之后 ${read} ms 就读到它，${then} ms（1 个 RTT）后回答到达；第一个连接用了 ${first} ms，即 2 个 RTT。cookie 表明客户端确实能收到发往其地址的报文：没有它，任何人都能用伪造的 SYN 让服务器做事。SYN 可能到达两次，请求也随之两次：因此只用于可以重复的请求。`,
          }
        : {
            en: `Nothing is saved this time: ${then} ms, as the ${first} ms of the first connection. But the new cookie is there for the next. With two keys (tcp_fastopen_key), the older one's cookies stay good while clients learn the new ones.`,
            zh: `这一次什么也没有节省：${then} ms，与第一个连接的 ${first} ms 相同。不过下一次有了新的 cookie。配置两个密钥（tcp_fastopen_key）时，旧密钥的 cookie 在客户端得到新 cookie 之前仍然有效。`,
          };
    });
  },
});
