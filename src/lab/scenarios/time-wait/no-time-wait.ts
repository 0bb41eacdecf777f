import { enters, fails, gets, retransmits, scenario, sends, timeWait } from '../../story/index.ts';

const ANSWER = 1000;

export default scenario({
  name: 'no-time-wait',
  topic: 'time-wait',
  kind: 'tutorial',
  title: {
    en: 'What goes wrong without TIME_WAIT: a RST for the FIN',
    zh: '没有 TIME_WAIT 会怎样：重传的 FIN 遇到 RST',
  },
  question: {
    en: 'Why is there a TIME_WAIT? What if the side that closes first went to CLOSED at once and its last ACK were lost?',
    zh: '为什么要有 TIME_WAIT？如果主动关闭方直接进入 CLOSED，而最后一个 ACK 丢失了，会怎样？',
  },
  asked: [
    'why TIME_WAIT, the first reason',
    'what if there were no TIME_WAIT: CLOSED at once',
    '为什么要 TIME_WAIT',
    '为什么需要 TIME_WAIT 状态，第一个原因',
    'TIME_WAIT 的作用：保证被动关闭方正常关闭',
    '没有 TIME_WAIT 直接 CLOSED 会怎么样',
  ],
  sources: ['RFC 9293, 3.6', 'RFC 9293, 3.10.7.1', 'RFC 9293, 3.10.7.4', 'ip-sysctl.rst, tcp_max_tw_buckets'],
  corrects: {
    en: 'It is often said that without TIME_WAIT nothing is lost, since all data was acknowledged. The data has arrived, yes; but the ACK that said so is what was lost, so the other end fails with ECONNRESET and cannot know that its answer arrived. (On Linux only an application that keeps its socket, after shutdown(), sees that, in SO_ERROR; one that called close() is told nothing at all.)',
    zh: '常有人说没有 TIME_WAIT 也不会丢数据。数据确实都到了；但丢失的正是确认它们的 ACK，所以对端以 ECONNRESET 失败，无法知道自己的应答已经送达。（在 Linux 上，只有 shutdown() 之后仍持有套接字的应用程序才能在 SO_ERROR 里看到；调用了 close() 的应用程序什么都得不到。）',
  },
  parameters: {
    'lose-ack': {
      default: true,
      text: { en: "the client's last ACK is lost on the path", zh: 'client 的最后一个 ACK 在路上丢失' },
    },
    'time-wait': {
      default: false,
      text: { en: 'with TIME_WAIT, as it should be', zh: '保留 TIME_WAIT（正常情况）' },
    },
  },
  play(lab, { 'lose-ack': isLosing, 'time-wait': isWaiting }) {
    // tcp_max_tw_buckets 0 is how a Linux kernel, too, is made to have none.
    const client = lab.host('client', isWaiting ? {} : { sysctls: { tcp_max_tw_buckets: 0 } });
    const { server } = lab;
    // Its first ACK completes the handshake, its second one is the last of the connection.
    if (isLosing) lab.path('drop ACK 2 from client');

    let answered = 0;
    let told = 'nothing';
    server.run(async () => {
      const socket = await server.listen(80, { options: { cork: true } }).accept(); // the answer goes with the FIN
      await socket.readAll();
      await socket.write(ANSWER);
      socket.shutdown();
      try {
        await socket.finished();
      } catch (error) {
        told = (error as { code: string }).code;
        throw error;
      }
      socket.close();
    });
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      await socket.write(100);
      socket.shutdown();
      answered = await socket.readAll();
      socket.close();
    });

    let sentAt = 0;
    lab.turn(sends(server, 'FIN'), ({ at }) => {
      sentAt = at;
      return {
        en: `The client has closed first. The server's answer, ${ANSWER} octets, and its FIN go in one segment.`,
        zh: `client 先关闭。server 的应答（${ANSWER} 字节）和 FIN 在同一个报文段里发出。`,
      };
    });
    lab.turn(
      sends(client, 'ACK', { ack: ANSWER + 2 }),
      {
        en: 'The last ACK: for the answer and for the FIN. An ACK is never sent again of itself.',
        zh: '最后一个 ACK：确认应答和 FIN。纯 ACK 自己不会重传。',
      },
      'RFC 9293, 3.6',
    );
    if (isWaiting) {
      lab.turn(timeWait(client, 'enter'), {
        en: 'The client still knows the connection: TIME_WAIT.',
        zh: 'client 仍然记得这个连接：TIME_WAIT。',
      });
    } else {
      lab.turn(enters(client, 'CLOSED'), {
        en: 'Here the client has no TIME_WAIT (tcp_max_tw_buckets = 0): it forgets the connection at once.',
        zh: '这里 client 没有 TIME_WAIT（tcp_max_tw_buckets = 0）：它马上忘掉这个连接。',
      });
    }
    if (isLosing) {
      lab.turn(
        retransmits(server),
        ({ at }) => ({
          en: `That ACK was lost. After ${Math.round(at - sentAt)} ms without it the server sends answer and FIN again.`,
          zh: `这个 ACK 丢失了。server 等了 ${Math.round(at - sentAt)} ms 没有收到确认，重传应答和 FIN。`,
        }),
        'RFC 9293, 3.8.1',
      );
    }
    if (isLosing && isWaiting) {
      lab.turn(
        timeWait(client, 'restart'),
        {
          en: 'TIME_WAIT is there for this: the client acknowledges the FIN again, and its wait begins anew.',
          zh: 'TIME_WAIT 正是为此而设：client 再次确认 FIN，并重新计时。',
        },
        'RFC 9293, 3.10.7.4',
      );
    }
    if (isLosing && !isWaiting) {
      lab.turn(
        gets(server, 'RST'),
        {
          en: 'The client knew no such connection any more: it answered with a RST.',
          zh: 'client 已经不认识这个连接，用 RST 应答。',
        },
        'RFC 9293, 3.10.7.1',
      );
      lab.turn(fails(server, 'ECONNRESET'), {
        en: "The server's connection fails with ECONNRESET, for a close that was complete. Did its answer arrive? Its application cannot know. (It did.)",
        zh: 'server 的连接以 ECONNRESET 失败，而这次关闭本已完成。应答送到了吗？应用程序无从得知。（其实送到了。）',
      });
    } else {
      lab.turn(enters(server, 'CLOSED'), {
        en: 'The server has its ACK: closed in good order.',
        zh: 'server 收到了 ACK：正常关闭。',
      });
    }

    const expected = isLosing && !isWaiting ? 'ECONNRESET' : 'nothing';
    lab.check(
      { en: "octets that the client's application has read", zh: 'client 应用程序读到的字节数' },
      () => answered,
      ANSWER,
    );
    lab.check(
      { en: "the error that the server's connection ends with", zh: 'server 的连接结束时的错误' },
      () => told,
      expected,
    );
    lab.answer(() =>
      expected === 'nothing'
        ? {
            en: `The server ended in LAST_ACK without an error: the ACK of its FIN came${isLosing ? ' the second time, from TIME_WAIT' : ''}. The client read all ${answered} octets.`,
            zh: `server 从 LAST_ACK 正常结束：FIN 的 ACK ${isLosing ? '由 TIME_WAIT 再次发出后' : ''}到达。client 读到了全部 ${answered} 字节。`,
          }
        : {
            en: `The FIN that the server repeated met a host that knew nothing of it and answered RST: the server's connection failed with ${told}, though the client had read all ${answered} octets. TIME_WAIT keeps the client there to repeat its last ACK (--time-wait).`,
            zh: `server 重传的 FIN 遇到的主机已经不认识这个连接，回了 RST：client 明明读完了全部 ${answered} 字节，server 的连接却以 ${told} 失败。TIME_WAIT 让 client 留下来，能够重发最后的 ACK（--time-wait）。`,
          },
    );
  },
});
