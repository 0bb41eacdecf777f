import { enters, gets, type LabSocket, scenario, sends } from '../../story/index.ts';

const PORT = 50_000;

export default scenario({
  name: 'syn-on-established',
  topic: 'attacks',
  kind: 'weird',
  title: { en: 'A SYN on an established connection', zh: '已建立的连接收到 SYN' },
  question: {
    en: 'What does an established connection do when a SYN arrives for it?',
    zh: '已建立的连接收到 SYN 会怎样？客户端断电重启后用同一端口再连呢？',
  },
  asked: [
    'SYN received in ESTABLISHED state',
    'challenge ACK for a SYN',
    'client reboots and connects from the same port',
    '已建立连接的 TCP，收到 SYN 会发生什么',
    '客户端重启后用相同端口发 SYN',
    '连接还在 ESTABLISHED 时又来了一个 SYN',
  ],
  sources: ['RFC 5961, 4.2', 'RFC 9293, 3.10.7.4, fourth', 'RFC 9293, 3.5.1, figure 10', 'RFC 9293, 3.10.7.3'],
  corrects: {
    en: 'RFC 793 answered a SYN within the window with a RST and ended the connection: 1 forged segment in the window was enough. Since RFC 5961 (Linux 3.6) the answer to any SYN is a challenge ACK.',
    zh: 'RFC 793 规定窗口内的 SYN 会引来 RST，连接断开：窗口里的 1 个伪造报文段就够了。RFC 5961（Linux 3.6 起）之后，对任何 SYN 都只回 challenge ACK。',
  },
  parameters: {
    from: {
      default: 'restarted',
      choices: ['restarted', 'mallory'],
      text: {
        en: 'who sends the SYN: the client, restarted, or an attacker',
        zh: '谁发的 SYN：重启后的 client，还是攻击者',
      },
    },
  },
  positional: 'from',
  play(lab, { from }) {
    const { client, server } = lab;
    const mallory = lab.attacker('mallory');
    const isRestarted = from === 'restarted';
    const errors: string[] = [];
    const served: LabSocket[] = [];
    let reconnected = 0;

    server.run(async () => {
      const listener = server.listen(80);
      for (;;) {
        const socket = await listener.accept();
        served.push(socket);
        server.run(async () => {
          try {
            await socket.readAll();
          } catch (error) {
            errors.push((error as { code: string }).code);
            throw error;
          }
          socket.close();
        });
      }
    });
    client.run(async () => {
      const socket = await client.connect(server, 80, { localPort: PORT }).connected;
      await socket.write(1000);
      if (isRestarted) return;
      await client.wait(2000);
      await socket.write(1000);
    });
    if (isRestarted) {
      lab.at(1000, () => client.powerOff());
      lab.at(5000, () => {
        client.powerOn();
        client.run(async () => {
          const begun = lab.now;
          await client.connect(server, 80, { localPort: PORT }).connected;
          reconnected = lab.now - begun;
        });
      });
    } else {
      // Off the path: addresses and ports are all that he needs.
      lab.at(1000, () =>
        mallory.send({ from: ['10.9.0.1', PORT], to: ['10.9.0.2', 80], flags: 'S', seq: 12_345, mss: 1460 }),
      );
    }

    lab.turn(
      sends(server, 'ACK', { cause: 'challenge' }),
      isRestarted
        ? {
            en: 'The client has lost its power and is back, from the same port. For the server the old connection still lives; whatever number the SYN has, it drops it, and answers with an ACK of the old connection: a challenge ACK.',
            zh: 'client 断电后回来，端口相同。对 server 来说旧连接还在；无论 SYN 的序号是多少，都丢弃它，并用旧连接的 ACK 应答：challenge ACK。',
          }
        : {
            en: "A SYN in the client's name: the server drops it, whatever number it has, and asks the client with a challenge ACK.",
            zh: '以 client 名义的 SYN：无论序号是多少，server 都丢弃它，并用 challenge ACK 询问 client。',
          },
      'RFC 5961, 4.2',
    );
    if (isRestarted) {
      lab.turn(
        sends(client, 'RST'),
        {
          en: 'The client, in SYN_SENT, has never sent what is acknowledged there: RST, with exactly that number.',
          zh: 'client 处于 SYN_SENT，从未发过被确认的数据：回 RST，序号正是那个确认号。',
        },
        'RFC 9293, 3.10.7.3, first',
      );
      lab.turn(enters(server, 'CLOSED'), {
        en: "The RST fits, and ends the server's old connection: read fails with ECONNRESET.",
        zh: 'RST 序号吻合，server 的旧连接结束：read 报 ECONNRESET。',
      });
      lab.turn(sends(client, 'SYN'), {
        en: 'The client sends its SYN again when its RTO of 1 s is over; now nothing is in its way.',
        zh: 'client 等 1 s 的 RTO 到期后重发 SYN，这时已没有障碍。',
      });
      lab.turn(enters(client, 'ESTABLISHED'), {
        en: 'The new connection, on the same addresses and ports.',
        zh: '新的连接，地址和端口都与旧的相同。',
      });
    } else {
      lab.turn(gets(client, 'ACK', { length: 0 }), {
        en: 'The client is well: to it this is a duplicate ACK, and it does nothing.',
        zh: 'client 一切正常：这只是一个重复 ACK，什么也不做。',
      });
      lab.turn(sends(client, 'DATA'), { en: 'The connection goes on.', zh: '连接照常使用。' });
    }

    lab.check({ en: 'challenge ACKs', zh: 'challenge ACK 的个数' }, () => server.host.tcp.counters.TCPChallengeACK, 1);
    lab.check({ en: 'errors of the server', zh: 'server 的错误' }, () => errors, isRestarted ? ['ECONNRESET'] : []);
    lab.check(
      { en: 'octets that were read of the first connection', zh: '第一个连接上读到的字节数' },
      () => served[0]?.octetsRead,
      isRestarted ? 1000 : 2000,
    );
    lab.answer(() =>
      isRestarted
        ? {
            en: `It drops the SYN and sends a challenge ACK. The restarted client answers that with a RST, which ends the server's old connection, and is connected anew after ${reconnected} ms: 1 RTO and 1 RTT.`,
            zh: `丢弃 SYN，回一个 challenge ACK。重启的 client 对此回 RST，server 的旧连接结束；${reconnected} ms 之后（1 个 RTO 加 1 个 RTT）新连接建立。`,
          }
        : {
            en: 'It drops the SYN and sends a challenge ACK to the real client, which ignores it: a forged SYN costs 1 segment and changes nothing. So that such answers can not be used up or counted, Linux limits them (tcp_challenge_ack_limit, tcp_invalid_ratelimit).',
            zh: '丢弃 SYN，向真正的 client 发 challenge ACK，client 不予理会：伪造的 SYN 只换来 1 个报文段，什么都不改变。为防止这类应答被滥用或被计数，Linux 对它限速（tcp_challenge_ack_limit、tcp_invalid_ratelimit）。',
          },
    );
  },
});
