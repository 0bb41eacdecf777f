import { enters, fails, gets, type Lab, scenario, sends, type Text } from '../../story/index.ts';

/** The client's port, and when the old SYN arrives: so late that no TIME_WAIT of the first connection remembers it. */
const PORT = 40_000;
const LATE = 90_000;

export default scenario({
  name: 'two-way-handshake',
  topic: 'opening',
  kind: 'tutorial',
  title: { en: 'What two segments would do', zh: '如果只有两次握手' },
  question: {
    en: 'Why are two segments not enough to open a connection? What would happen if an old SYN arrived?',
    zh: '为什么两次握手不行？如果一个滞留的旧 SYN 到达了会怎样？',
  },
  asked: [
    'why a three-way handshake and not two',
    'old duplicate SYN',
    'two-way handshake',
    '为什么是三次握手',
    '为什么不是两次握手',
    '两次握手会怎样',
    '失效的连接请求报文段',
    '旧的 SYN 滞留在网络中',
    '历史连接',
  ],
  sources: ['RFC 9293, 3.5, figure 8', 'RFC 9293, 3.10.7.2'],
  corrects: {
    en: 'It is often said that with two segments the server would send again for ever. It would not: there would be nothing to send again, and SYN-ACKs end after 63 s in any case. The damage is a connection that is made of an old SYN and waits without any timer.',
    zh: '常见的说法是：两次握手时 server 会一直重传。并不会：此时没有什么可重传的；而且 SYN-ACK 的重传无论如何 63 s 后就结束。真正的损害是：一个由旧 SYN 建立、没有任何定时器的连接一直等待下去。',
  },
  parameters: {
    ways: {
      default: '2',
      choices: ['2', '3'],
      text: { en: 'segments that the server wants', zh: 'server 要求的握手次数' },
    },
    off: {
      default: false,
      text: { en: 'the client has been switched off when the old SYN arrives', zh: '旧 SYN 到达时 client 已经关机' },
    },
  },
  positional: 'ways',
  play(lab, { ways, off }) {
    const { client, server } = lab;
    lab.path(`hold SYN 1 port ${PORT} ${LATE}ms`);
    let accepted = 0;
    server.run(async () => {
      const listener = server.listen(80);
      for (;;) {
        const socket = await listener.accept();
        accepted++;
        server.run(async () => {
          await socket.readAll();
          socket.close();
        });
      }
    });
    client.run(async () => {
      const socket = await client.connect(server, 80, { localPort: PORT }).connected;
      await socket.write(100);
      socket.close();
    });
    // The life of the connection that the second SYN opens: over long before the first one arrives.
    lab.at(500, () => lab.pause());
    lab.at(LATE - 1000, () => {
      lab.resume();
      if (off) client.powerOff();
    });
    if (ways === '2') doWithTwo(lab, LATE - 1000);

    let arrived = 0;
    lab.turn(
      sends(client, 'SYN'),
      {
        en: 'A router holds this SYN for 90 s. RFC 9293 lets a segment live for 2 min (MSL).',
        zh: '这个 SYN 在某个路由器里滞留 90 s。RFC 9293 允许报文段存活 2 分钟（MSL）。',
      },
      'RFC 9293, 3.4.1',
    );
    lab.turn(enters(server, 'SYN_RECEIVED'), ({ at }) => {
      arrived = at;
      return {
        en: 'Meanwhile (not shown) the client sent its SYN again, sent its data and closed; TIME_WAIT is over, too. For the server the old SYN is a SYN like any other: it answers.',
        zh: '其间（图中不显示）client 重传了 SYN，发完数据并关闭，TIME_WAIT 也已结束。对 server 来说，旧的 SYN 与别的 SYN 没有区别：它作出应答。',
      };
    });
    let ended = 0;
    if (ways === '2') {
      lab.turn(enters(server, 'ESTABLISHED'), {
        en: 'With two segments the connection is open now, and accept() returns it. (No TCP does with two: here the lab forges the third segment, in place of a server that would not wait for it.)',
        zh: '如果只有两次，连接此时就已建立，accept() 返回它。（没有哪个 TCP 只用两次：这里由实验室伪造第三个报文段，代替一个不等待它的 server。）',
      });
    }
    if (!off) {
      lab.turn(
        gets(server, 'RST'),
        {
          en: 'The client knows of no such connection: the ACK of an old SYN fits nothing, and a RST is the answer.',
          zh: 'client 没有这个连接：对旧 SYN 的 ACK 对不上任何东西，于是回 RST。',
        },
        'RFC 9293, 3.10.7.1',
      );
    }
    if (ways === '2' && !off) {
      lab.turn(fails(server, 'ECONNRESET'), {
        en: "The server's application has served a connection that its client did not ask for. This time it ends with an error; but a RST is sent once, and may be lost.",
        zh: 'server 的应用程序处理了一个 client 并没有请求的连接。这次以错误结束；但 RST 只发一次，可能丢失。',
      });
    }
    if (ways === '3') {
      lab.turn(enters(server, 'CLOSED'), ({ at }) => {
        ended = Math.round(off ? (at - arrived) / 1000 : at - arrived);
        return {
          en: `With three, that was all: the half-open entry is gone ${off ? `after ${ended} s, without any answer` : `after ${ended} ms`}, and the application was never told.`,
          zh: `三次握手时，事情到此为止：半连接${off ? `在 ${ended} s 后（没有任何应答）` : `在 ${ended} ms 后`}消失，应用程序从未得到通知。`,
        };
      });
    }

    lab.check(
      { en: 'connections of the old SYN that were accepted', zh: '由旧 SYN 建立并被 accept 的连接数' },
      () => accepted - 1,
      ways === '2' ? 1 : 0,
    );
    lab.answer(() => answerOf(ways, off, ended, 2 ** (server.host.sysctls.tcp_synack_retries + 1) - 1));
  },
});

/** @param ended when the half-open connection was gone; @param forgets when an unanswered one is, in seconds */
function answerOf(ways: '2' | '3', off: boolean, ended: number, forgets: number): Text {
  if (ways === '3') {
    return off
      ? {
          en: `The old SYN makes a half-open entry; as no ACK of the server's number comes, it is dropped after ${ended} s. The third segment is what proves that the SYN was meant.`,
          zh: `旧的 SYN 只造成一个半连接；因为没有人确认 server 的序号，${ended} s 后它被丢弃。第三次握手正是用来证明 SYN 是当前的请求。`,
        }
      : {
          en: `The old SYN makes a half-open entry; the client answers its SYN-ACK with a RST, and it is gone ${ended} ms later. The application is never told, since no ACK of the server's number came.`,
          zh: `旧的 SYN 只造成一个半连接；client 对 SYN-ACK 回 RST，${ended} ms 后它就消失了。应用程序从未得到通知，因为没有人确认 server 的序号。`,
        };
  }
  return off
    ? {
        en: `With 2 segments the old SYN opens a connection at the server, and accept() returns it: it is ESTABLISHED for ever, since no timer runs and nothing more will come. With 3 (--ways 3) it is half-open, and forgotten after ${forgets} s.`,
        zh: `只有 2 次握手时，旧的 SYN 在 server 上建立了连接，accept() 返回它：它永远停在 ESTABLISHED，因为没有定时器，也不会再有报文段到来。3 次握手时（--ways 3）它只是半连接，${forgets} s 后被丢弃。`,
      }
    : {
        en: 'With 2 segments the old SYN opens a connection at the server, and accept() returns it, though the client did not ask for it; only a RST ends it, and where that is lost (--off) nothing does. With 3 (--ways 3) the application never hears of it.',
        zh: '只有 2 次握手时，旧的 SYN 在 server 上建立了连接，accept() 返回它，而 client 并没有请求；只有 RST 能结束它，RST 丢了（--off）就没有什么能结束它。3 次握手时（--ways 3）应用程序根本不会知道。',
      };
}

/** No TCP does with two. So the lab sends the third segment in the client's name: the server does not wait for the client's. */
function doWithTwo(lab: Lab, from: number): void {
  const helper = lab.attacker('the lab');
  helper.onPath(({ from: server, to: client, flags, seq, ack }) => {
    if (lab.now >= from && flags === 'S.')
      helper.send({ from: client, to: server, flags: '.', seq: ack, ack: seq + 1 });
  });
}
