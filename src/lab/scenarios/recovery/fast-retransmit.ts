import { happens, isLost, retransmits, scenario, sends } from '../../story/index.ts';

const SEGMENT = 1448;
const SEGMENTS = 7;

export default scenario({
  name: 'fast-retransmit',
  topic: 'congestion',
  kind: 'tutorial',
  title: { en: 'Fast retransmit and 3 duplicate ACKs', zh: '快重传与 3 个重复 ACK' },
  question: {
    en: 'How does a sender repair a loss before its timer fires, and why does it wait for 3 duplicate ACKs, not for 1 or 2?',
    zh: '发送方怎样不等超时就修复丢失？快重传为什么是 3 个重复 ACK，而不是 1 个或 2 个？',
  },
  asked: [
    '快重传为什么是 3 个重复 ACK',
    '快速重传，冗余 ACK，重复确认',
    '乱序和丢包怎么区分',
    'fast retransmit, three duplicate acknowledgments, dup ACK threshold',
    'why 3 duplicate ACKs',
    'TCP Dup ACK and TCP Fast Retransmission in Wireshark',
  ],
  sources: ['RFC 5681, 3.2', 'RFC 6675, 4', 'RFC 2883', 'RFC 8985'],
  corrects: {
    en: 'Where SACK is there, Linux since 4.18, and this stack, judge by time: RACK (RFC 8985) allows for a quarter of the least RTT. 3 segments beyond a hole (tcp_reordering) still count at once, but only until reordering has been seen on the connection (the scenario reordering). The number 3 alone is the rule of RFC 5681 and RFC 6675 (tcp_recovery 0).',
    zh: '有 SACK 时，Linux 4.18 起和本协议栈都按时间判断：RACK（RFC 8985）容许最小 RTT 的四分之一的乱序。空缺之后的 3 个报文段（tcp_reordering）仍会立即算作丢失，但只在该连接还没有出现过乱序时如此（见场景 reordering）。只数到 3 是 RFC 5681 和 RFC 6675 的规则（tcp_recovery 0）。',
  },
  parameters: {
    threshold: {
      default: 3,
      min: 1,
      max: 8,
      text: {
        en: 'how many duplicates mean loss (tcp_reordering of the server)',
        zh: '多少个重复 ACK 算丢失（server 的 tcp_reordering）',
      },
    },
    behind: {
      default: 2,
      min: 1,
      max: 8,
      text: {
        en: 'on the second connection: behind how many others the held segment arrives',
        zh: '第二个连接上：被耽搁的报文段晚于几个后发的报文段到达',
      },
    },
  },
  positional: 'threshold',
  play(lab, { threshold, behind }) {
    const { client } = lab;
    const server = lab.host('server', { sysctls: { tcp_reordering: threshold } });
    // The second segment of one connection is lost; that of the other comes late.
    lab.path(`rate 10mbit; drop DATA 2 port 80 from server; hold DATA 2 port 81 behind ${behind} from server`);

    let rto = 0;
    for (const port of [80, 81]) {
      server.run(async () => {
        const socket = await server.listen(port).accept();
        await socket.write(SEGMENT);
        await server.wait(100);
        if (port === 80) rto = Math.round(socket.connection.rtt.rto / 1000);
        await socket.write((SEGMENTS - 1) * SEGMENT);
        await socket.read(); // null: the client has closed
        socket.close();
      });
    }
    const got: Record<number, number> = {};
    client.run(async () => {
      for (const port of [80, 81]) {
        const socket = await client.connect(server, port).connected;
        got[port] = await socket.readOctets(SEGMENTS * SEGMENT);
        await client.wait(30);
        lab.pause();
        socket.close();
        await client.wait(100);
        if (port === 80) lab.resume();
      }
    });

    let lostAt = 0;
    let needless = 0;
    let repaired: number | null = null;
    lab.turn(isLost('DATA'), ({ at }) => {
      lostAt = at;
      return {
        en: 'A segment is lost. The 5 behind it arrive.',
        zh: '一个报文段丢失。它后面的 5 个都到达。',
      };
    });
    lab.turn(
      sends(client, 'ACK', { ack: 1 + SEGMENT, sack: true }),
      {
        en: 'A segment came out of order: the client acknowledges at once what it expects. The same ack again and again: duplicate ACKs. Its SACK blocks tell what it has beyond the hole.',
        zh: '报文段乱序到达：client 立即确认它期待的序号。同一个 ack 一再出现：重复 ACK。SACK 块说明空洞后面已经收到什么。',
      },
      'RFC 5681, 4.2',
    );
    lab.turn(
      retransmits(server, 'fast retransmit'),
      ({ at }) => {
        repaired = Math.round(at - lostAt);
        const which =
          threshold === 1 ? 'A single duplicate ACK counts' : `The duplicate ACK number ${threshold} counts`;
        return {
          en: `${which} as a loss: the server sends the segment again, ${repaired} ms after it was sent first. Its timer would have fired after ${rto} ms.`,
          zh: `第 ${threshold} 个重复 ACK 到达，算作丢失：server 重传，距第一次发送 ${repaired} ms。定时器要 ${rto} ms 才到期。`,
        };
      },
      'RFC 5681, 3.2',
    );
    const second = happens(
      { en: 'the path lets others pass a segment', zh: '路径让其他报文段超过一个报文段' },
      (entry) => entry.type === 'impairment' && entry.action === 'reordered',
    );
    lab.turn(second, {
      en: `A second connection: here the segment is not lost, it arrives behind ${behind} later ones: reordering, which looks the same at first.`,
      zh: `第二个连接：这里报文段没有丢失，只是晚于 ${behind} 个后发的报文段到达：乱序，开头看起来一样。`,
    });
    const isMistaken = threshold <= behind;
    if (isMistaken) {
      lab.turn(retransmits(server), () => {
        needless++;
        return {
          en: `With a threshold of ${threshold} that counts as a loss: the segment is sent again for nothing. (Its original's ACK then shows by its timestamp that it was needless: cwnd is what it was.)`,
          zh: `阈值为 ${threshold} 时这就算丢失：白白重传。（随后原报文段的 ACK 用时间戳说明重传是多余的：cwnd 恢复原值。）`,
        };
      });
    }
    lab.check(
      { en: 'octets that arrived on the first connection', zh: '第一个连接到达的字节数' },
      () => got[80],
      SEGMENTS * SEGMENT,
    );
    lab.check(
      { en: 'octets that arrived on the second connection', zh: '第二个连接到达的字节数' },
      () => got[81],
      SEGMENTS * SEGMENT,
    );
    lab.answer(() => {
      const again = isMistaken
        ? {
            en: `With ${threshold} a segment that only arrived behind ${behind} others was sent again needlessly (${needless}): so the RFC has 3.`,
            zh: `阈值为 ${threshold} 时，一个只是晚于 ${behind} 个报文段到达的报文段被白白重传（${needless} 次）：所以 RFC 规定 3。`,
          }
        : {
            en: `A segment that arrived behind ${behind} others made only ${behind} duplicate ACKs, and nothing was sent again: with a threshold of ${behind} or less, reordering would be mistaken for loss.`,
            zh: `晚于 ${behind} 个报文段到达的报文段只引起 ${behind} 个重复 ACK，没有重传：如果阈值不超过 ${behind}，乱序就会被误认为丢失。`,
          };
      return {
        en: `Each segment behind the hole makes a duplicate ACK; number ${threshold} has the hole filled after ${repaired} ms, instead of ${rto} ms (RTO). ${again.en}`,
        zh: `空洞后面每到一个报文段就产生一个重复 ACK；第 ${threshold} 个使空洞在 ${repaired} ms 后得到修复，而不是 ${rto} ms（RTO）。${again.zh}`,
      };
    });
  },
});
