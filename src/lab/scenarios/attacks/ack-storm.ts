import { drops, gets, scenario } from '../../story/index.ts';

const PORT = 50_000;
const INJECTED_AT = 1000;
const LOSS_AT = 6000;

export default scenario({
  name: 'ack-storm',
  topic: 'attacks',
  kind: 'weird',
  title: { en: 'An ACK storm', zh: 'ACK 风暴' },
  question: {
    en: 'What is an ACK storm, and what ends it?',
    zh: '什么是 ACK 风暴？怎样才会停下来？',
  },
  asked: [
    'ACK storm',
    'endless duplicate ACKs between two hosts',
    'tcp_invalid_ratelimit',
    'ACK 风暴是什么',
    '两端互相发 ACK 停不下来',
  ],
  sources: ['RFC 9293, 3.10.7.4, first', 'RFC 9293, 3.10.7.4, fifth', 'ip-sysctl.rst, tcp_invalid_ratelimit'],
  corrects: {
    en: 'Such storms ended only with a lost ACK when they were described (Joncheray, 1995). Since Linux 4.0 each end answers a segment out of place at most once in tcp_invalid_ratelimit (500 ms), and a storm dies at once.',
    zh: '最初描述这种风暴时（Joncheray，1995），只有丢了一个 ACK 才会停。Linux 4.0 起，每一端对不合适的报文段，每 tcp_invalid_ratelimit（500 ms）最多应答一次，风暴随即熄灭。',
  },
  parameters: {
    limit: {
      default: 0,
      min: 0,
      max: 10_000,
      text: {
        en: 'tcp_invalid_ratelimit of both ends, in ms; 0: no limit',
        zh: '两端的 tcp_invalid_ratelimit，毫秒；0 为不限',
      },
    },
  },
  positional: 'limit',
  play(lab, { limit }) {
    const sysctls = { tcp_invalid_ratelimit: Math.round(limit) };
    const client = lab.host('client', { sysctls });
    const server = lab.host('server', { sysctls });
    const mallory = lab.attacker('mallory');

    server.run(async () => {
      const socket = await server.listen(23).accept();
      await socket.readAll();
    });
    client.run(async () => {
      const socket = await client.connect(server, 23, { localPort: PORT }).connected;
      await socket.write('ls\n');
    });
    // On the path, so that he knows the numbers: 2 octets are enough.
    let last: { seq: number; ack: number; timestamps?: readonly [number, number] } | null = null;
    let acks = 0;
    mallory.onPath(({ from, seq, ack, length, flags, timestamps }) => {
      if (lab.now > INJECTED_AT && flags === '.' && length === 0) acks++;
      if (from[0] === '10.9.0.1') last = { seq: seq + length, ack, ...(timestamps && { timestamps }) };
    });
    lab.at(INJECTED_AT, () => {
      if (last !== null)
        mallory.send({ ...last, from: ['10.9.0.1', PORT], to: ['10.9.0.2', 23], flags: 'P.', data: 'xx' });
    });
    let before = 0;
    lab.at(LOSS_AT - 1, () => {
      before = acks;
    });
    const isStorm = sysctls.tcp_invalid_ratelimit < 20;
    if (isStorm) {
      // What follows is the same again and again, until one ACK is lost.
      lab.at(INJECTED_AT + 55, () => lab.pause());
      lab.at(LOSS_AT, () => lab.path('drop ACK 1'));
    }

    lab.turn(gets(server, 'DATA', { length: 2 }), {
      en: "mallory puts 2 octets into the client's stream. The server takes them, and acknowledges them to the client.",
      zh: 'mallory 向 client 的数据流插入 2 个字节。server 收下，并向 client 确认。',
    });
    lab.turn(
      drops(client, 'AckUnsent'),
      {
        en: 'The client has never sent these octets: an ACK of what was never sent is answered with an ACK.',
        zh: 'client 从未发过这些字节：确认了从未发送的数据，要用 ACK 应答。',
      },
      'RFC 9293, 3.10.7.4, fifth',
    );
    lab.turn(
      drops(server, 'OutsideWindow'),
      {
        en: "That ACK's seq lies before the server's window: it is answered with an ACK, too, the same as before. Neither can ever satisfy the other.",
        zh: '这个 ACK 的 seq 在 server 的窗口之前：同样要用 ACK 应答，内容与先前相同。谁也满足不了谁。',
      },
      'RFC 9293, 3.10.7.4, first',
    );
    lab.turn(
      drops(client, 'AckUnsent'),
      isStorm
        ? {
            en: 'And so on: no timer, no counter, and no state of a connection is in this that could end it.',
            zh: '如此往复：其中没有任何定时器、计数器或连接状态可以让它停下。',
          }
        : {
            en: `The client has answered one less than ${limit} ms ago: it says nothing, and it is over.`,
            zh: `client 在不到 ${limit} ms 之前刚答过一次：不再作声，到此为止。`,
          },
    );

    lab.check({ en: 'a storm', zh: '出现风暴' }, () => acks > 20, isStorm);
    lab.answer(() =>
      isStorm
        ? {
            en: `After 2 octets from elsewhere each end answers the other's ACK with an ACK: ${before} ACKs in ${(LOSS_AT - INJECTED_AT) / 1000} s here, 2 per RTT, with no data at all. Here the path lost one at last, and since an ACK is never sent again, it was over; a rate limit ends it sooner: with tcp_invalid_ratelimit = 500, Linux's default, there are 3.`,
            zh: `插入 2 个外来字节之后，两端对彼此的 ACK 都回以 ACK：这里 ${(LOSS_AT - INJECTED_AT) / 1000} s 内有 ${before} 个，每个 RTT 2 个，没有任何数据。最后路上丢了一个，而 ACK 从不重传，这才停下；限速能更早制止：tcp_invalid_ratelimit = 500（Linux 默认）时只有 3 个。`,
          }
        : {
            en: `After 2 octets from elsewhere each end answers the other's ACK with an ACK. With tcp_invalid_ratelimit = ${limit} it was over after ${acks}; without the limit it goes on at 2 ACKs per RTT until one is lost.`,
            zh: `插入 2 个外来字节之后，两端对彼此的 ACK 都回以 ACK。tcp_invalid_ratelimit = ${limit} 时 ${acks} 个之后就停了；不限速则以每个 RTT 2 个 ACK 继续，直到丢掉一个。`,
          },
    );
  },
});
