import { drops, gets, type LabSocket, scenario, sends } from '../../story/index.ts';

const PORT = 50_000;
const FIRST = 'hello';
const SECOND = 'REAL';
const REAL = FIRST + SECOND;
const FORGED = 'EVIL';
/** Where in the client's text the forged octets lie. */
const AT = FIRST.length;

export default scenario({
  name: 'inject-data',
  topic: 'attacks',
  kind: 'weird',
  title: { en: 'Forged data, and what its ACK must be', zh: '伪造的数据，以及它的 ack 必须是多少' },
  question: {
    en: 'What must an attacker guess to put octets into a connection that he cannot see?',
    zh: '看不到连接的攻击者，要猜中什么才能往里面插入数据？',
  },
  asked: [
    'blind data injection RFC 5961',
    'acceptable ACK range MAX.SND.WND',
    'forged octets in the reassembly queue',
    '盲注入数据攻击',
    '伪造数据报文段 要猜中哪些序号',
    'AckTooOld 是什么',
  ],
  sources: ['RFC 5961, 5', 'RFC 9293, 3.10.7.4, fifth', 'net/ipv4/tcp_input.c, tcp_ack'],
  corrects: {
    en: 'By RFC 793 any ACK of the past was good, half of all 2^32 values. Since RFC 5961 (Linux 3.8) it must lie within the largest window before what is acknowledged.',
    zh: '按 RFC 793，过去的任何 ack 都算数，占 2^32 个值的一半。RFC 5961（Linux 3.8 起）之后，它必须落在已确认位置之前的一个最大窗口之内。',
  },
  parameters: {
    ack: {
      default: 'too-old',
      choices: ['too-old', 'unsent', 'good'],
      text: { en: 'what the forged segment acknowledges', zh: '伪造的报文段确认什么' },
    },
  },
  positional: 'ack',
  play(lab, { ack }) {
    const { client, server } = lab;
    const mallory = lab.attacker('mallory');
    let served: LabSocket | null = null;
    let text = '';
    let values = 1;

    server.run(async () => {
      served = await server.listen(80).accept();
      for (let octets = await served.read(); octets !== null; octets = await served.read()) {
        text += String.fromCharCode(...octets);
      }
      served.close();
    });
    client.run(async () => {
      const socket = await client.connect(server, 80, { localPort: PORT }).connected;
      socket.setNoDelay();
      await client.wait(2000);
      await socket.write(FIRST);
      await client.wait(100);
      await socket.write(SECOND);
      await client.wait(100);
      socket.close();
    });
    // Off the path. The scenario gives him a sequence number in the window, beyond what has come: of these there are as many as the window has octets.
    lab.at(1000, () => {
      if (served === null) return;
      const { rcv, snd } = served.connection;
      values = Math.round(2 ** 32 / snd.maxWnd);
      const guess = { good: snd.nxt, 'too-old': snd.nxt - 2 ** 30, unsent: snd.nxt + 2 ** 30 }[ack];
      mallory.send({
        from: ['10.9.0.1', PORT],
        to: ['10.9.0.2', 80],
        flags: 'P.',
        seq: rcv.nxt + AT,
        ack: guess,
        data: FORGED,
      });
    });

    if (ack === 'good') {
      lab.turn(gets(server, 'DATA', { length: FORGED.length }), {
        en: `Both guesses are good: the ${FORGED.length} octets lie in the window, beyond a hole of ${AT}, and are kept in the reassembly queue. The ACK with SACK that says so goes to the client.`,
        zh: `两个都猜中了：这 ${FORGED.length} 个字节在窗口之内、缺口（${AT} 字节）之后，被放进重组队列。告知此事的 SACK 发给了 client。`,
      });
      lab.turn(sends(client, 'DATA', { length: FIRST.length }), {
        en: `The client writes its first ${FIRST.length} octets: they fill the hole, and the forged ones are read right behind them.`,
        zh: `client 写出最初的 ${FIRST.length} 个字节：缺口填上，伪造的字节紧接着被读走。`,
      });
      lab.turn(sends(client, 'DATA', { length: SECOND.length }), {
        en: `Its next ${SECOND.length} octets have the same places: for the server they are there already, and it acknowledges them. From here on both ends are in step again, and neither will ever know.`,
        zh: `接下来的 ${SECOND.length} 个字节位置相同：server 认为早已收到，照样确认。从此两端又同步了，谁也不会知道。`,
      });
    } else {
      lab.turn(
        drops(server, ack === 'unsent' ? 'AckUnsent' : 'AckTooOld'),
        ack === 'unsent'
          ? {
              en: 'The sequence number is in the window, but the segment acknowledges what the server has never sent: dropped, and answered with an ACK to the client.',
              zh: '序号在窗口之内，但它确认了 server 从未发出的数据：丢弃，并向 client 回 ACK。',
            }
          : {
              en: 'The sequence number is in the window, but the ACK is older than any that can still be on its way: dropped, with a challenge ACK to the client.',
              zh: '序号在窗口之内，但 ack 比一切可能还在路上的都旧：丢弃，并向 client 回 challenge ACK。',
            },
        ack === 'unsent' ? 'RFC 9293, 3.10.7.4, fifth' : 'RFC 5961, 5.2',
      );
      lab.turn(sends(client, 'DATA'), {
        en: 'The client writes its text, and that is what is read.',
        zh: 'client 写出它的数据，读到的就是它。',
      });
    }

    const expected = ack === 'good' ? REAL.slice(0, AT) + FORGED : REAL;
    lab.check({ en: 'what the server has read', zh: 'server 读到的内容' }, () => text, expected);
    lab.answer(() => ({
      en: `Addresses, both ports, a sequence number in the window, and an ACK in the last window: 1 of ${values} values each here, so that 1 guess of ${values} × ${values} is good. ${
        ack === 'good'
          ? `This one hit, and the server read ${text} where the client wrote ${REAL}: without TLS no program can tell.`
          : `This one had a bad ACK, and the server read ${text}.`
      }`,
      zh: `地址、两个端口、窗口之内的序号，还有上一个窗口之内的 ack：这里各是 ${values} 个值里的 1 个，即 ${values} × ${values} 次猜测才中 1 次。${
        ack === 'good'
          ? `这一个猜中了，client 写的是 ${REAL}，server 读到的却是 ${text}：没有 TLS，程序无从分辨。`
          : `这一个的 ack 不对，server 读到 ${text}。`
      }`,
    }));
  },
});
