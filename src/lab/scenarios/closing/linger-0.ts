import { enters, fails, gets, scenario, sends } from '../../story/index.ts';

const REQUEST = 100;

export default scenario({
  name: 'linger-0',
  topic: 'closing',
  kind: 'useful',
  title: { en: 'SO_LINGER 0: a close by RST', zh: 'SO_LINGER 为 0：用 RST 关闭' },
  question: {
    en: 'What does SO_LINGER with 0 seconds do, and is it a way to avoid TIME_WAIT?',
    zh: 'SO_LINGER 设为 0 会怎样？能用它来避免 TIME_WAIT 吗？',
  },
  asked: [
    '用 SO_LINGER 消除 TIME_WAIT 好不好',
    'close 时直接发 RST',
    'SO_LINGER 的作用',
    'SO_LINGER zero to get rid of TIME_WAIT',
    'when is a RST sent on close',
  ],
  kernel: {
    en: "With the kernel as the client, its application may read the end of the stream in place of ECONNRESET: libuv, by which the kernel's socket is read, takes a hang-up behind the last octets for that.",
    zh: '内核作为 client 时，其应用程序可能读到流的结束而不是 ECONNRESET：读取内核套接字的 libuv 把最后字节之后的挂断当作结束。',
  },
  sources: ['RFC 9293, 3.10.5', 'socket(7), SO_LINGER', 'RFC 1337'],
  corrects: {
    en: 'Often recommended against TIME_WAIT. It has no TIME_WAIT because it is no close but an abort: what is not sent or not acknowledged is lost, and the peer gets an error instead of the end of the file.',
    zh: '常被推荐用来消除 TIME_WAIT。没有 TIME_WAIT 是因为它不是关闭而是中止：未发送或未确认的数据丢失，对端得到错误而不是文件结束。',
  },
  parameters: {
    linger: {
      default: true,
      text: {
        en: 'SO_LINGER with 0 seconds; otherwise an ordinary close',
        zh: '设 SO_LINGER 为 0 秒；否则是普通的 close',
      },
    },
    bytes: {
      default: 17_480,
      min: 1,
      max: 10_000_000,
      text: { en: 'octets that the server writes before it closes', zh: 'server 关闭之前写入的字节数' },
    },
  },
  play(lab, { linger, bytes }) {
    const { client, server } = lab;
    server.run(async () => {
      const socket = await server.listen(80).accept();
      await socket.readOctets(REQUEST);
      await socket.write(bytes);
      // The first segments have left; the others wait for their ACKs.
      await server.wait(5);
      if (linger) socket.reset();
      else socket.close();
    });
    let got = 0;
    let error = '';
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      await socket.write(REQUEST);
      await client.wait(200);
      try {
        got = await socket.readAll();
        socket.close();
      } catch (caught) {
        got = socket.octetsRead;
        error = (caught as { code: string }).code;
        throw caught;
      }
    });

    lab.turn(sends(server, 'DATA'), {
      en: `The server writes ${bytes} octets: as many leave as the congestion window lets.`,
      zh: `server 写入 ${bytes} 字节：拥塞窗口允许的部分先发出。`,
    });
    if (linger) {
      lab.turn(
        sends(server, 'RST'),
        {
          en: 'close() with SO_LINGER 0: RST instead of FIN. Octets that were not sent yet are thrown away; there is no TIME_WAIT.',
          zh: 'SO_LINGER 为 0 的 close()：发 RST 而不是 FIN。尚未发送的字节被丢弃；没有 TIME_WAIT。',
        },
        'RFC 9293, 3.10.5',
      );
      lab.turn(gets(client, 'RST'), { en: 'The connection is over at once.', zh: '连接立即结束。' });
      lab.turn(fails(client, 'ECONNRESET'), {
        en: 'The application reads what came before it, then ECONNRESET instead of 0: it knows that something is missing, not how much.',
        zh: '应用程序读完之前到达的数据，然后得到 ECONNRESET 而不是 0：它知道缺了数据，不知道缺多少。',
      });
    } else {
      lab.turn(enters(server, 'TIME_WAIT'), {
        en: 'An ordinary close sends all that is queued, then FIN; and it is in TIME_WAIT for that.',
        zh: '普通的 close 先发完所有数据，再发 FIN；代价是 TIME_WAIT。',
      });
      lab.check({ en: 'octets that were read', zh: '读到的字节数' }, () => got, bytes);
    }
    lab.check(
      { en: 'entries in TIME_WAIT right after it', zh: '随后 TIME_WAIT 的个数' },
      () => server.host.tcp.counters.TW,
      linger ? 0 : 1,
    );
    lab.answer(() =>
      linger
        ? {
            en: `RST instead of FIN: no TIME_WAIT, but the client read ${got} of ${bytes} octets, then ${error}: ${bytes - got} unsent octets were lost. It avoids TIME_WAIT by giving up what close() promises: use it for connections that are to be thrown away.`,
            zh: `发 RST 而不是 FIN：没有 TIME_WAIT，但 client 只读到 ${got} 字节（共 ${bytes} 字节），然后是 ${error}：${bytes - got} 字节未发送就丢了。它用放弃 close() 的保证来避免 TIME_WAIT：只适合要丢弃的连接。`,
          }
        : {
            en: `An ordinary close: the client read all ${bytes} octets, and the server waits in TIME_WAIT.`,
            zh: `普通的 close：client 读到全部 ${bytes} 字节，server 在 TIME_WAIT 中等待。`,
          },
    );
  },
});
