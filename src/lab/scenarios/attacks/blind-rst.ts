import { drops, enters, fails, type LabSocket, scenario, sends } from '../../story/index.ts';

const PORT = 50_000;

export default scenario({
  name: 'blind-rst',
  topic: 'attacks',
  kind: 'useful',
  title: { en: 'A forged RST: exact, in the window, outside', zh: '伪造的 RST：正好命中、窗口之内、窗口之外' },
  question: {
    en: 'Can somebody who is not on the path end my connection with a forged RST?',
    zh: '不在路径上的攻击者能用伪造的 RST 断开我的连接吗？收到 RST 时内核怎么判断真假？',
  },
  asked: [
    'blind RST attack, RFC 5961',
    'what is a challenge ACK',
    'connection reset by a forged RST',
    'RST 攻击 伪造 RST 报文断开连接',
    'challenge ACK 是什么',
    '收到 RST 一定会断开连接吗',
  ],
  sources: ['RFC 5961, 3.2', 'RFC 9293, 3.10.7.4, second', 'net/ipv4/tcp_input.c, tcp_validate_incoming'],
  corrects: {
    en: 'That any RST within the window ends a connection was the rule of RFC 793. Since RFC 5961 (Linux 3.6) only one at RCV.NXT does; another one within the window is answered with a challenge ACK.',
    zh: '“窗口之内的 RST 都会断开连接”是 RFC 793 的规则。RFC 5961（Linux 3.6 起）之后，只有序号正好等于 RCV.NXT 的 RST 才有效；窗口内的其他 RST 得到的是 challenge ACK。',
  },
  parameters: {
    guess: {
      default: 'in-window',
      choices: ['in-window', 'exact', 'outside'],
      text: { en: "where the forged RST's sequence number lies", zh: '伪造的 RST 的序号落在哪里' },
    },
  },
  positional: 'guess',
  play(lab, { guess }) {
    const { client, server } = lab;
    const mallory = lab.attacker('mallory');
    let served: LabSocket | null = null;
    let window = 0;

    server.run(async () => {
      served = await server.listen(80).accept();
      await served.readAll();
      served.close();
    });
    client.run(async () => {
      const socket = await client.connect(server, 80, { localPort: PORT }).connected;
      await socket.write(1000);
      await client.wait(2000);
      await socket.write(1000);
      await client.wait(200);
      await socket.write(1000);
    });
    // Off the path: he knows both addresses and ports. The sequence number he can only guess; the scenario says how good the guess is.
    lab.at(1000, () => {
      if (served === null) return;
      const { nxt, wnd } = served.connection.rcv;
      window = wnd;
      const seq = nxt + { exact: 0, 'in-window': 5000, outside: wnd + 5000 }[guess];
      mallory.send({ from: ['10.9.0.1', PORT], to: ['10.9.0.2', 80], flags: 'R', seq });
    });

    switch (guess) {
      case 'exact':
        lab.turn(
          enters(server, 'CLOSED'),
          {
            en: "The sequence number is exactly RCV.NXT: the server takes the RST for the client's, and its connection is gone. The client knows nothing of it.",
            zh: '序号正好等于 RCV.NXT：server 相信 RST 来自 client，连接就此消失。client 毫不知情。',
          },
          'RFC 5961, 3.2',
        );
        lab.turn(sends(server, 'RST'), {
          en: 'The client goes on sending. For the server there is no such connection any more: it answers with a RST of its own, a true one.',
          zh: 'client 继续发送。server 已没有这个连接，于是用自己的 RST 应答，这一个是真的。',
        });
        lab.turn(fails(client, 'ECONNRESET'), {
          en: "Only now the client's application learns of it.",
          zh: 'client 的应用程序这时才知道。',
        });
        break;
      case 'in-window':
        lab.turn(
          sends(server, 'ACK', { cause: 'challenge' }),
          {
            en: 'The RST is within the window, but not at its left edge: the server drops it and sends a challenge ACK to the client, the real one. Had the client reset the connection, it would answer with a RST that is exactly right.',
            zh: 'RST 在窗口之内，但不在左边缘：server 丢弃它，并向真正的 client 发送 challenge ACK。假如 client 真的重置过连接，就会回一个序号正好的 RST。',
          },
          'RFC 5961, 3.2',
        );
        lab.turn(sends(client, 'DATA'), {
          en: 'To the client the challenge is a duplicate ACK: it says nothing, and goes on.',
          zh: '对 client 来说，challenge ACK 只是一个重复 ACK：它不作声，照常发送。',
        });
        break;
      default:
        lab.turn(
          drops(server, 'OutsideWindow'),
          {
            en: 'Outside of the window: dropped, and not answered.',
            zh: '在窗口之外：丢弃，也不应答。',
          },
          'RFC 9293, 3.10.7.4, first',
        );
        lab.turn(sends(client, 'DATA'), {
          en: 'The client has noticed nothing.',
          zh: 'client 什么也没有察觉。',
        });
    }

    const isKilled = guess === 'exact';
    lab.check(
      { en: 'octets that the server has read', zh: 'server 读到的字节数' },
      () => served?.octetsRead,
      isKilled ? 1000 : 3000,
    );
    lab.check(
      { en: 'challenge ACKs', zh: 'challenge ACK 的个数' },
      () => server.host.tcp.counters.TCPChallengeACK,
      guess === 'in-window' ? 1 : 0,
    );
    lab.answer(() => {
      const before = Math.ceil(2 ** 32 / Math.max(1, window));
      const odds = {
        en: `Off the path the sequence number must be guessed: 1 value in 2^32 is right (RFC 5961), where any of the window's ${window} octets was before, that is 1 RST of ${before}.`,
        zh: `不在路径上就只能猜序号：2^32 个值里只有 1 个正确（RFC 5961）；以前窗口内 ${window} 个字节都算数，即每 ${before} 个 RST 就命中 1 个。`,
      };
      const outcome = {
        exact: {
          en: 'This one hit, and ended the connection: an attacker on the path needs no luck, and TLS is no help against that; TCP-AO, IPsec and QUIC are.',
          zh: '这一个正好命中，连接断开：路径上的攻击者不需要运气，TLS 防不住，TCP-AO、IPsec 和 QUIC 才行。',
        },
        'in-window': {
          en: 'This one was within the window and got a challenge ACK: the connection lives.',
          zh: '这一个落在窗口之内，只换来一个 challenge ACK：连接还在。',
        },
        outside: {
          en: 'This one was outside and was dropped: the connection lives.',
          zh: '这一个落在窗口之外，被丢弃：连接还在。',
        },
      }[guess];
      return { en: `${odds.en} ${outcome.en}`, zh: `${odds.zh}${outcome.zh}` };
    });
  },
});
