import { gets, happens, scenario, sends } from '../../story/index.ts';

const OCTETS = 40_000;
const BUFFER = 16_384;

export default scenario({
  name: 'zero-window',
  topic: 'data',
  kind: 'tutorial',
  title: { en: 'The window is shut, and its opening is lost', zh: '零窗口，以及丢失的窗口更新' },
  question: {
    en: 'What happens when the receiver does not read? And if the segment that opens the window again is lost, do both wait for ever?',
    zh: '接收方一直不读会怎样？如果打开窗口的那个报文段丢失，双方会一直互相等待吗？',
  },
  asked: [
    '零窗口，窗口关闭，窗口探测',
    '窗口更新报文丢失怎么办，会死锁吗',
    '接收窗口为 0 时发送方怎么办，持续计时器',
    '零窗口探测会放弃吗，多久一次',
    '接收缓冲区满了会怎样',
    'zero window probe, persist timer',
    'TCP ZeroWindow and Window Update lost: deadlock?',
    'what if the application does not read',
  ],
  sources: ['RFC 9293, 3.8.6.1', 'RFC 9293, 3.8.6.2.2', 'RFC 1122, 4.2.2.17'],
  corrects: {
    en: 'It is often read that the sender gives up after 3 probes, or sends a RST. It does neither while its probes are acknowledged (RFC 9293: must not): a window may stay shut for days. Only probes without any answer count, tcp_retries2 of them.',
    zh: '常见的说法是：探测 3 次后发送方放弃，或者发 RST。只要探测得到确认，就不会这样（RFC 9293 禁止）：窗口可以关闭几天。只有得不到任何回答的探测才计数，上限是 tcp_retries2。',
  },
  parameters: {
    lose: {
      default: true,
      text: { en: 'the window update is lost on its way', zh: '窗口更新在路上丢失' },
    },
    reads: {
      default: 2000,
      min: 100,
      max: 600_000,
      text: { en: 'when the server begins to read, in milliseconds', zh: 'server 从第几毫秒开始读' },
    },
  },
  play(lab, { lose, reads }) {
    const { client, server } = lab;
    let received = 0;
    let doneAt = 0;

    server.run(async () => {
      const options = { receiveBuffer: BUFFER };
      const socket = await server.listen(80, { options }).accept();
      await server.wait(reads - lab.now);
      received = await socket.readAll();
      doneAt = lab.now;
      socket.close();
    });
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      await socket.write(OCTETS);
      socket.close();
    });
    // Rules count from here: the next ACK of the server is that of its read.
    if (lose) lab.at(reads - 0.001, () => lab.path('drop ACK 1 from server'));

    let shutAt = 0;
    let probes = 0;
    let openedBy: 'update' | 'probe' = 'update';
    lab.whenever(sends(client, 'DATA', { cause: 'window stays small' }), {
      en: 'What is left of the window is too small for a good segment, so the client has waited an RTO for more before it sends what fits.',
      zh: '窗口剩下的部分太小，不够一个像样的报文段；client 等了一个 RTO，没有变大，才发送放得下的部分。',
    });
    lab.turn(
      gets(client, 'ACK', { window: 0 }),
      ({ at }) => {
        shutAt = at;
        return {
          en: "The server's kernel has taken as much as its buffer holds, and says: window 0. Its application has not read yet.",
          zh: 'server 的内核已经收满缓冲区，于是通告：窗口 0。它的应用程序还没有读。',
        };
      },
      'RFC 9293, 3.8.6.2.2',
    );
    lab.turn(
      sends(client, 'any', { cause: 'window probe' }),
      ({ since }) => {
        probes++;
        return {
          en: `After ${Math.round(since)} ms (the RTO) the client asks: a segment without data, numbered 1 below what the server expects. That is out of place, so the server must answer with an ACK, which has its window.`,
          zh: `${Math.round(since)} ms（即 RTO）之后 client 询问：一个不带数据的报文段，序号比 server 期待的小 1。序号不对，所以 server 必须回 ACK，其中带着窗口。`,
        };
      },
      'RFC 9293, 3.8.6.1',
    );
    lab.turn(gets(client, 'ACK', { window: 0 }), {
      en: 'Still 0. Each further probe comes after twice the time. An answered one is no failure: the peer lives. (As on Linux, an answer within 500 ms of the last one is left out: tcp_invalid_ratelimit.)',
      zh: '仍然是 0。以后每次探测的间隔加倍。得到回答的探测不算失败：对方活着。（与 Linux 一样，距上一次回答不到 500 ms 的不回答：tcp_invalid_ratelimit。）',
    });
    const isProbe = sends(client, 'any', { cause: 'window probe' });
    lab.turn(
      happens({ en: 'server opens its window', zh: 'server 打开窗口' }, (entry) => {
        if (isProbe.matches(entry)) probes++;
        return entry.host === server.index && entry.type === 'window' && entry.side === 'own' && entry.window > 0;
      }),
      {
        en: `The application reads, so the window opens, and the server says so at once: a window update.${lose ? ' It is lost, and nothing would send it again: an ACK without data is never repeated.' : ''}`,
        zh: `应用程序开始读，窗口打开，server 立即通告：窗口更新。${lose ? '它丢失了，而且不会重发：不带数据的 ACK 从不重传。' : ''}`,
      },
    );
    if (lose) {
      lab.turn(isProbe, () => {
        probes++;
        openedBy = 'probe';
        return {
          en: "The client's next probe comes anyway. The answer to it has the window.",
          zh: 'client 的下一次探测照样到来。对它的回答带着窗口。',
        };
      });
    }
    lab.turn(sends(client, 'DATA'), ({ at }) => {
      const late = Math.round(at - reads);
      lab.at(at + 12, () => lab.pause());
      return {
        en: `The window is open: data flows again, ${late} ms after the server began to read.`,
        zh: `窗口打开：server 开始读之后 ${late} ms，数据重新流动。`,
      };
    });

    lab.check({ en: 'octets that the server has read', zh: 'server 读到的字节数' }, () => received, OCTETS);
    lab.answer(() => {
      const probesText = `${probes} ${probes === 1 ? 'probe' : 'probes'}`;
      const shut = Math.round(shutAt);
      const done = Math.round(doneAt - reads);
      return openedBy === 'probe'
        ? {
            en: `No: from ${shut} ms on the sender probes the window after each RTO, which doubles (${probesText}), and does so for as long as it is answered. A lost window update costs the time to the next probe: all ${OCTETS} octets were there ${done} ms after the server began to read.`,
            zh: `不会：从 ${shut} ms 起发送方每隔一个 RTO（逐次加倍）探测一次窗口（共 ${probes} 次），只要有回答就一直探测下去。丢失的窗口更新只损失到下一次探测的时间：server 开始读之后 ${done} ms，${OCTETS} 字节全部到达。`,
          }
        : {
            en: `From ${shut} ms on the sender probes the window after each RTO, which doubles (${probesText}), and does so for as long as it is answered. The window update arrives: all ${OCTETS} octets were there ${done} ms after the server began to read.`,
            zh: `从 ${shut} ms 起发送方每隔一个 RTO（逐次加倍）探测一次窗口（共 ${probes} 次），只要有回答就一直探测下去。窗口更新到达了：server 开始读之后 ${done} ms，${OCTETS} 字节全部到达。`,
          };
    });
  },
});
