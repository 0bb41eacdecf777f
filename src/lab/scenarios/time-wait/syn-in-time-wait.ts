import { enters, gets, scenario, sends, timeWait } from '../../story/index.ts';

const PORT = 40_000;
const ISN = 5_000_000;

export default scenario({
  name: 'syn-in-time-wait',
  topic: 'time-wait',
  kind: 'weird',
  title: { en: 'A SYN arrives in TIME_WAIT', zh: 'TIME_WAIT 收到 SYN' },
  question: {
    en: 'What does a server do with a SYN for a four-tuple that is in TIME_WAIT?',
    zh: '处于 TIME_WAIT 的服务端收到相同四元组的 SYN 会怎样？',
  },
  asked: [
    'SYN in TIME_WAIT state',
    'client reconnects from the same port while the server is in TIME_WAIT',
    'TIME_WAIT 收到 SYN 会怎样',
    '在 TIME_WAIT 状态的 TCP 连接，收到 SYN 后会发生什么',
    '合法的 SYN 序号 时间戳 TIME_WAIT 复用',
  ],
  sources: ['RFC 9293, 3.10.7.4 (MAY-2)', 'RFC 6191, 2', 'net/ipv4/tcp_minisocks.c, tcp_timewait_state_process'],
  parameters: {
    syn: {
      default: 'newer',
      choices: ['newer', 'higher', 'older'],
      text: {
        en: 'its timestamp is newer; without timestamps its number is higher; or neither',
        zh: '时间戳更新；没有时间戳但序号更大；或两者都不是',
      },
    },
  },
  positional: 'syn',
  play(lab, { syn }) {
    const tcp_timestamps = syn === 'newer' ? 1 : 0;
    // Older: a client that begins each connection with the same number.
    const begins = syn === 'older' ? { initialSequence: ISN } : {};
    const client = lab.host('client', { ...begins, sysctls: { tcp_timestamps } });
    const server = lab.host('server', { sysctls: { tcp_timestamps } });

    let accepted = 0;
    server.run(async () => {
      const listener = server.listen(80);
      for (;;) {
        const socket = await listener.accept();
        accepted++;
        socket.close();
      }
    });
    let took = 0;
    client.run(async () => {
      for (let i = 0; i < 2; i++) {
        const begin = lab.now;
        const socket = await client.connect(server, 80, { localPort: PORT }).connected;
        took = lab.now - begin;
        await socket.readAll();
        socket.close();
        await client.wait(1000);
      }
    });

    const isMarked = client.host.sysctls.tcp_timestamps * server.host.sysctls.tcp_timestamps !== 0;
    const isEnding = server.host.sysctls.tcp_rfc1337 === 0;
    const isNext = isMarked || syn !== 'older';
    lab.turn(timeWait(server, 'enter'), {
      en: 'The server has closed first: TIME_WAIT. The client is done, and its port is free.',
      zh: 'server 先关闭：TIME_WAIT。client 已经结束，端口可用。',
    });
    lab.turn(sends(client, 'SYN'), {
      en: `1 s later the client connects again, from the same port ${PORT}.`,
      zh: `1 s 之后 client 用同一个端口 ${PORT} 再次连接。`,
    });
    if (isNext) {
      lab.turn(
        enters(server, 'SYN_RECEIVED'),
        isMarked
          ? {
              en: "Its timestamp is newer than the old connection's last one: it can't be an old SYN, so it begins a new connection at once.",
              zh: '它的时间戳比旧连接最后的更新：不可能是旧的 SYN，所以马上开始新连接。',
            }
          : {
              en: 'There are no timestamps, but its number lies above all that the old connection received: it begins a new connection at once.',
              zh: '没有时间戳，但它的序号大于旧连接收到的所有序号：马上开始新连接。',
            },
        isMarked ? 'RFC 6191, 2' : 'RFC 9293, 3.10.7.4 (MAY-2)',
      );
    } else {
      lab.turn(
        sends(server, 'ACK', { cause: 'TIME_WAIT' }),
        {
          en: 'Its number lies below: it may be an old one. The server answers with the ACK of the old connection.',
          zh: '它的序号更小：可能是旧的 SYN。server 用旧连接的 ACK 应答。',
        },
        'RFC 9293, 3.10.7.4',
      );
      lab.turn(
        gets(server, 'RST'),
        isEnding
          ? {
              en: 'This ACK is not what the client waits for in SYN_SENT: it answers RST, and that ends the TIME_WAIT (tcp_rfc1337 = 0).',
              zh: '这个 ACK 不是处于 SYN_SENT 的 client 所期待的：它回 RST，TIME_WAIT 因此结束（tcp_rfc1337 = 0）。',
            }
          : {
              en: 'This ACK is not what the client waits for in SYN_SENT: it answers RST, which TIME_WAIT ignores (tcp_rfc1337 = 1).',
              zh: '这个 ACK 不是处于 SYN_SENT 的 client 所期待的：它回 RST，但 TIME_WAIT 忽略它（tcp_rfc1337 = 1）。',
            },
        'RFC 9293, 3.10.7.3',
      );
      lab.turn(enters(server, 'SYN_RECEIVED'), ({ since }) => ({
        en: `${Math.round(since / 100) / 10} s later the SYN is repeated, and finds a listener.`,
        zh: `${Math.round(since / 100) / 10} s 之后 SYN 重传，由监听 socket 接受。`,
      }));
    }
    lab.turn(
      enters(client, 'ESTABLISHED'),
      isNext
        ? {
            en: 'The new connection is there. The TIME_WAIT ends when the handshake is done; in Linux already when the SYN comes.',
            zh: '新连接建立。握手完成时 TIME_WAIT 结束；在 Linux 中收到 SYN 时就已结束。',
          }
        : { en: 'The new connection is there.', zh: '新连接建立。' },
    );

    lab.check({ en: 'connections that were accepted', zh: '被接受的连接数' }, () => accepted, 2);
    lab.answer(() =>
      isNext
        ? {
            en: `It begins a new connection at once (${Math.round(took)} ms): ${isMarked ? 'its timestamp is newer than the last one of the old connection' : 'its number is above all that the old connection received'}. So it can't be a late copy of an old SYN.`,
            zh: `马上开始新连接（${Math.round(took)} ms）：${isMarked ? '它的时间戳比旧连接最后的更新' : '它的序号大于旧连接收到的所有序号'}，所以不可能是旧 SYN 的迟到副本。`,
          }
        : {
            en: `It may be an old SYN, so the server answers with an ACK; the client's RST ${isEnding ? 'ends the TIME_WAIT, and the next SYN' : 'is ignored, and the first SYN after TIME_WAIT'} succeeds, after ${Math.round(took)} ms in all.`,
            zh: `它可能是旧的 SYN，所以 server 回 ACK；client 的 RST ${isEnding ? '结束了 TIME_WAIT，下一个 SYN' : '被忽略，TIME_WAIT 结束后的第一个 SYN'} 成功，总共用了 ${Math.round(took)} ms。`,
          },
    );
  },
});
