import { fails, gets, scenario, sends } from '../../story/index.ts';

export default scenario({
  name: 'unread-data',
  topic: 'closing',
  kind: 'weird',
  title: { en: 'A close over data that was not read', zh: '还有数据没读就 close' },
  question: {
    en: 'Why does close() send a RST instead of a FIN, though nothing is wrong and SO_LINGER is not set?',
    zh: '没有设置 SO_LINGER，为什么 close() 发的是 RST 而不是 FIN？',
  },
  asked: [
    '接收缓冲区还有数据时 close 会发送什么',
    'Connection reset by peer 的原因',
    'HTTP 上传时服务端提前返回错误，客户端收到 connection reset',
    'close with unread data sends RST',
    'ECONNRESET although the server sent its answer',
  ],
  kernel: {
    en: "With the kernel, its application's process reads all that has come at once, so there may be nothing unread; and libuv, by which it reads, takes a hang-up behind the last octets for the end of the stream.",
    zh: '使用内核时，应用程序所在的进程会一次读完到达的全部数据，因此可能没有未读数据；它用来读取的 libuv 把最后字节之后的挂断当作流的结束。',
  },
  sources: ['RFC 2525, 2.17', 'RFC 9293, 3.10.4', 'Linux: net/ipv4/tcp.c (tcp_close)'],
  parameters: {
    read: {
      default: false,
      text: {
        en: 'the server reads all that has come before it closes',
        zh: 'server 关闭之前把收到的数据读完',
      },
    },
    bytes: {
      default: 1000,
      min: 1,
      max: 50_000,
      text: { en: 'octets of the request', zh: '请求的字节数' },
    },
  },
  play(lab, { read, bytes }) {
    const { client, server } = lab;
    server.run(async () => {
      const socket = await server.listen(80).accept();
      if (read) await socket.readOctets(bytes);
      await server.wait(1000);
      // 413: it doesn't want the rest.
      await socket.write(100);
      socket.close();
    });
    let got = 0;
    let end = '0';
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      await socket.write(bytes);
      await client.wait(1500);
      try {
        got = await socket.readAll();
        socket.close();
      } catch (error) {
        got = socket.octetsRead;
        end = (error as { code: string }).code;
        throw error;
      }
    });

    lab.turn(sends(client, 'DATA'), {
      en: `A request of ${bytes} octets.`,
      zh: `${bytes} 字节的请求。`,
    });
    lab.turn(sends(server, 'DATA'), {
      en: read
        ? 'The server has read the whole request, and answers.'
        : 'The server answers before it has read the request to its end.',
      zh: read ? 'server 读完整个请求后应答。' : 'server 没有读完请求就应答。',
    });
    if (read) {
      lab.turn(sends(server, 'FIN'), {
        en: 'Nothing is unread: FIN.',
        zh: '没有未读的数据：发 FIN。',
      });
    } else {
      lab.turn(
        sends(server, 'RST'),
        {
          en: `close() with ${bytes} octets unread: RST. A FIN would tell the client that all it sent was read.`,
          zh: `close() 时还有 ${bytes} 字节未读：发 RST。发 FIN 等于告诉 client 数据都读到了。`,
        },
        'RFC 2525, 2.17',
      );
      lab.turn(gets(client, 'RST'), {
        en: 'The answer has come before it. On Linux it can still be read; other systems throw it away.',
        zh: '应答在 RST 之前到达。Linux 上仍可读到；有的系统会丢弃。',
      });
      lab.turn(fails(client, 'ECONNRESET'), {
        en: 'Behind the answer the client gets ECONNRESET instead of the end of the file.',
        zh: '读完应答后，client 得到 ECONNRESET 而不是文件结束。',
      });
    }
    lab.check(
      { en: "how the client's reading ended", zh: 'client 的 read 怎样结束' },
      () => end,
      read ? '0' : 'ECONNRESET',
    );
    lab.check(
      { en: 'TCPAbortOnClose at the server', zh: 'server 的 TCPAbortOnClose' },
      () => server.host.tcp.counters.TCPAbortOnClose,
      read ? 0 : 1,
    );
    lab.answer(() =>
      read
        ? {
            en: `Where all is read, close() sends FIN: the client read ${got} octets, then 0.`,
            zh: `数据都读完后，close() 发 FIN：client 读到 ${got} 字节，然后是 0。`,
          }
        : {
            en: `${bytes} octets lay unread in the server's socket, so close() sent RST (counter TCPAbortOnClose): no TIME_WAIT, and the client read ${got} octets of answer, then ${end}. Read to the end before close(), or shutdown(SHUT_WR) and read on.`,
            zh: `server 的套接字里有 ${bytes} 字节未读，所以 close() 发 RST（计数器 TCPAbortOnClose）：没有 TIME_WAIT，client 读到 ${got} 字节应答后得到 ${end}。应先读完再 close()，或先 shutdown(SHUT_WR) 再继续读。`,
          },
    );
  },
});
