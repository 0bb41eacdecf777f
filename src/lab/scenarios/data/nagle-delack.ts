import { gets, happens, type LabSocket, scenario, sends } from '../../story/index.ts';

const HEAD = 20;
const BODY = 80;
const ANSWER = 200;
const REQUESTS = 4;

export default scenario({
  name: 'nagle-delack',
  topic: 'data',
  kind: 'useful',
  title: { en: "Nagle's algorithm meets the delayed ACK", zh: 'Nagle 算法遇上延迟确认' },
  question: {
    en: 'Why does each small request take 40 ms, and what helps?',
    zh: '为什么每个小请求都慢 40 ms？怎么解决？',
  },
  asked: [
    'Nagle 与延迟确认，为什么慢 40 ms',
    'Nagle 算法和延迟确认一起使用会怎样',
    'TCP_NODELAY 有什么用，什么时候关闭 Nagle',
    '延迟 ACK 是什么，等多久',
    'why is there a 40 ms delay in TCP',
    'write-write-read is slow on a fast network',
    'what does TCP_NODELAY do, TCP_CORK, TCP_QUICKACK',
  ],
  sources: ['RFC 896', 'RFC 9293, 3.7.4', 'RFC 9293, 3.8.6.3', 'RFC 1122, 4.2.3.2', 'tcp(7)'],
  corrects: {
    en: "It is often read that Nagle's algorithm delays every small segment. It delays one only while an earlier one is unacknowledged (on Linux: an earlier small one); and a peer that acknowledges at once makes it cost 1 RTT, not 40 ms.",
    zh: '常见的说法是：Nagle 算法会推迟每一个小报文段。其实只有在前面还有未确认的报文段时（Linux：未确认的小报文段）才推迟；如果对方立即确认，代价是 1 个 RTT，而不是 40 ms。',
  },
  parameters: {
    fix: {
      default: 'nodelay',
      choices: ['nodelay', 'one-write', 'quickack', 'none'],
      text: {
        en: 'what the second connection does about it: TCP_NODELAY at the client, one write instead of two, TCP_QUICKACK at the server, or nothing',
        zh: '第二个连接的对策：client 设 TCP_NODELAY，两次 write 合成一次，server 设 TCP_QUICKACK，或者什么都不做',
      },
    },
  },
  positional: 'fix',
  play(lab, { fix }) {
    lab.path('delay 500us'); // a local network: 1 ms there and back
    const { client, server } = lab;

    for (const port of [80, 81]) {
      server.run(async () => {
        const socket = await server.listen(port).accept();
        if (port === 81 && fix === 'quickack') socket.connection.ownOptions().quickAck = true;
        while ((await socket.readOctets(HEAD + BODY)) === HEAD + BODY) await socket.write(ANSWER);
        socket.close();
      });
    }

    const times = { 80: [] as number[], 81: [] as number[] };
    let began = 0;
    const ask = async (socket: LabSocket, writes: number[]): Promise<number> => {
      began = lab.now;
      for (const octets of writes) await socket.write(octets);
      await socket.readOctets(ANSWER);
      return lab.now - began;
    };
    const talk = async (port: 80 | 81): Promise<void> => {
      const isMended = port === 81;
      const options = { noDelay: isMended && fix === 'nodelay' };
      const socket = await client.connect(server, port, { options }).connected;
      const writes = isMended && fix === 'one-write' ? [HEAD + BODY] : [HEAD, BODY];
      for (let request = 1; request <= REQUESTS; request++) {
        await client.wait(100);
        // One in full of the slow ones, and of the others the last.
        if (request === (isMended ? REQUESTS : 2)) lab.resume();
        times[port].push(await ask(socket, writes));
        await client.wait(100);
        if (request > 1) lab.pause();
      }
      socket.close();
    };
    client.run(async () => {
      await talk(80);
      await talk(81);
    });

    const millis = (port: 80 | 81): number => Math.round((times[port].at(-1) ?? 0) * 10) / 10;
    lab.whenever(gets(client, 'ACK', { ack: 1 + HEAD }), {
      en: 'A young connection is acknowledged at once (quick ACK mode, as on Linux): the first request costs only 1 RTT more.',
      zh: '新建立的连接会被立即确认（quick ACK 模式，Linux 也是如此）：头一个请求只多花 1 个 RTT。',
    });
    lab.turn(
      sends(client, 'DATA', { seq: 1 + HEAD + BODY, length: HEAD }),
      {
        en: `The second request: a write of ${HEAD} octets leaves at once. The write of ${BODY} octets behind it is short of a full segment, so it waits for the ACK (Nagle).`,
        zh: `第二个请求：${HEAD} 字节的 write 立即发出。后面 ${BODY} 字节的 write 不满一个报文段，所以等待 ACK（Nagle）。`,
      },
      'RFC 9293, 3.7.4',
    );
    lab.turn(
      sends(server, 'ACK', { cause: 'delayed-ACK timer' }),
      ({ since }) => {
        const wait = Math.round(since);
        return {
          en: `The server has half a request, so its application answers nothing, and its kernel holds the ACK back for data to ride on, until its timer fires ${wait} ms after the head left. (Linux: 40 ms at least, 200 ms at most.)`,
          zh: `server 只收到半个请求，应用程序没有可回答的；内核推迟 ACK，想让它搭上数据，直到头发出 ${wait} ms 后定时器到期。（Linux：最少 40 ms，最多 200 ms。）`,
        };
      },
      'RFC 9293, 3.8.6.3',
    );
    lab.turn(sends(client, 'DATA', { length: BODY }), {
      en: 'Now the body may leave. Both sides have saved a segment, and waited for each other.',
      zh: '现在体才能发出。双方各省了一个报文段，却在互相等待。',
    });
    lab.turn(gets(client, 'DATA', { length: ANSWER }), {
      en: 'The answer. The next request of this connection takes as long.',
      zh: '应答到达。这个连接的下一个请求同样慢。',
    });
    const FIXED = {
      nodelay: { en: 'Both writes leave at once', zh: '两次 write 都立即发出' },
      'one-write': { en: 'Head and body in one write are one segment', zh: '头和体一次 write，就是一个报文段' },
      quickack: { en: 'The server acknowledges the head at once', zh: 'server 立即确认头' },
      none: { en: 'Nothing was changed', zh: '什么都没改' },
    }[fix];
    lab.turn(
      happens(
        { en: 'client gets an answer on the second connection', zh: 'client 在第二个连接上收到应答' },
        ({ host, ...entry }) =>
          host === client.index && entry.type === 'segment' && entry.remotePort === 81 && entry.length === ANSWER,
      ),
      () => {
        const took = Math.round((lab.now - began) * 10) / 10;
        return {
          en: `${FIXED.en}: a request in ${took} ms (${fix}).`,
          zh: `${FIXED.zh}：一个请求 ${took} ms（${fix}）。`,
        };
      },
    );

    const mended = { nodelay: 1, 'one-write': 1, quickack: 2, none: 42 }[fix];
    lab.check(
      {
        en: 'milliseconds of a request whose head and body are written apart',
        zh: '头和体分两次 write 的请求的毫秒数',
      },
      () => millis(80),
      42,
    );
    lab.check(
      { en: `and on the second connection (${fix})`, zh: `第二个连接（${fix}）的毫秒数` },
      () => millis(81),
      mended,
    );
    lab.answer(() => ({
      en: `The second small write waits for the ACK of the first (Nagle), and the server holds that ACK back for data to ride on: ${millis(80)} ms for a request on a path of 1 ms there and back. On the second connection (${fix}) it takes ${millis(81)} ms; write a request at once, or set TCP_NODELAY, as Node's http does.`,
      zh: `第二个小 write 要等第一个的 ACK（Nagle），而 server 推迟这个 ACK，想让它搭上数据：在往返 1 ms 的路径上一个请求要 ${millis(80)} ms。第二个连接（${fix}）是 ${millis(81)} ms；应当一次写完整个请求，或者设置 TCP_NODELAY（Node 的 http 就是这样）。`,
    }));
  },
});
