import { enters, gets, scenario, sends } from '../../story/index.ts';

const REQUEST = 100;

export default scenario({
  name: 'half-close',
  topic: 'closing',
  kind: 'tutorial',
  title: { en: 'close and shutdown: half of a connection', zh: 'close 与 shutdown：半关闭' },
  question: {
    en: 'What is the difference of close and shutdown, and what does read() = 0 mean?',
    zh: 'close 和 shutdown 有什么区别？read() 返回 0 是什么意思？',
  },
  asked: [
    'close 与 shutdown 的区别',
    '半关闭是什么，和半连接的区别',
    'shutdown 之后还能读数据吗',
    'read 返回 0 表示什么',
    'half-close: can I still read after shutdown(SHUT_WR)',
    'what happens to data that arrives after close()',
  ],
  sources: ['RFC 9293, 3.6; 3.10.4', 'RFC 2525, 2.17', 'shutdown(2)'],
  corrects: {
    en: 'Some Chinese texts call this a half connection (ban lianjie). That word is for a connection whose handshake is not complete (the SYN queue); this is a half-close.',
    zh: '有些文章把它叫作“半连接”。那个词指握手尚未完成的连接（半连接队列）；这里是半关闭（half-close）。',
  },
  parameters: {
    call: {
      default: 'shutdown',
      choices: ['shutdown', 'close'],
      text: { en: 'what the client calls behind its request', zh: 'client 发完请求后的调用' },
    },
    bytes: {
      default: 100_000,
      min: 1,
      max: 10_000_000,
      text: { en: 'octets of the answer', zh: '应答的字节数' },
    },
  },
  positional: 'call',
  play(lab, { call, bytes }) {
    const { client, server } = lab;
    const isClosed = call === 'close';
    server.run(async () => {
      const socket = await server.listen(80).accept();
      await socket.readAll();
      await socket.write(bytes);
      socket.close();
    });
    let got = 0;
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      await socket.write(REQUEST);
      if (isClosed) return socket.close();
      socket.shutdown();
      got = await socket.readAll();
      socket.close();
    });

    lab.turn(
      sends(client, 'FIN'),
      isClosed
        ? {
            en: 'close(): the client will neither send nor read. TCP has a flag for the first only: FIN.',
            zh: 'close()：client 不再发送，也不再读。TCP 只有表示前者的标志：FIN。',
          }
        : {
            en: 'shutdown(SHUT_WR): the client has no more to send, and reads on. On the wire it is the same FIN as that of close().',
            zh: 'shutdown(SHUT_WR)：client 不再发送，但继续读。线路上和 close() 的 FIN 一样。',
          },
      'RFC 9293, 3.10.4',
    );
    lab.turn(enters(server, 'CLOSE_WAIT'), {
      en: "Its read() = 0 says: the peer will send no more. The server's own direction is open.",
      zh: 'server 的 read() 返回 0：对端不再发送。server 自己的方向仍然打开。',
    });
    if (isClosed) {
      lab.turn(
        sends(client, 'RST'),
        {
          en: 'The answer comes, and there is no application that could read it: RST, and it is thrown away.',
          zh: '应答到了，但已没有应用程序来读：回 RST，数据被丢弃。',
        },
        'RFC 2525, 2.17',
      );
      lab.turn(gets(server, 'RST'), {
        en: "The server's next call fails.",
        zh: 'server 的下一个调用会失败。',
      });
      lab.answer({
        en: `After close() the client read 0 of ${bytes} octets: the answer was met by a RST. close() ends both directions for the application, shutdown(SHUT_WR) only the sending one.`,
        zh: `close() 之后 client 读到 0 字节（共 ${bytes} 字节）：应答得到 RST。close() 对应用程序关闭两个方向，shutdown(SHUT_WR) 只关闭发送方向。`,
      });
      return;
    }
    lab.turn(gets(client, 'DATA'), {
      en: 'In FIN_WAIT_2 the client still receives, and acknowledges.',
      zh: '在 FIN_WAIT_2 中 client 仍然接收并确认数据。',
    });
    lab.turn(enters(client, 'TIME_WAIT'), {
      en: `Behind ${bytes} octets the client's read() = 0, too: it is the server's FIN that says so.`,
      zh: `读完 ${bytes} 字节之后，client 的 read() 也返回 0：这是 server 的 FIN。`,
    });
    lab.check({ en: 'octets read after shutdown', zh: 'shutdown 之后读到的字节数' }, () => got, bytes);
    lab.answer(() => ({
      en: `After shutdown(SHUT_WR) the client still read ${got} octets; close() would have met them with a RST. read() = 0 means that the other end has sent its FIN, and says nothing about the own direction.`,
      zh: `shutdown(SHUT_WR) 之后 client 仍读到 ${got} 字节；如果是 close()，它们会得到 RST。read() 返回 0 表示对端发了 FIN，与自己的发送方向无关。`,
    }));
  },
});
