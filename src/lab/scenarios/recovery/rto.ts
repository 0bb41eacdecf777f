import { gets, happens, type LabEntry, type LabSocket, retransmits, scenario } from '../../story/index.ts';

const ROUNDS = 12;

export default scenario({
  name: 'rto',
  topic: 'congestion',
  kind: 'tutorial',
  title: { en: 'How long until a retransmission', zh: '超时重传时间怎么定' },
  question: {
    en: 'How is the retransmission time-out computed, and why is it 300 ms here and 1 s in the RFC?',
    zh: '超时重传时间 RTO 怎么计算？为什么这里是 300 ms，而 RFC 是 1 s？',
  },
  asked: [
    '超时重传时间怎么定',
    'RTO 怎么计算，SRTT 和 RTTVAR',
    'Karn 算法是什么',
    '重传的报文段为什么不采样 RTT',
    'how is RTO computed from SRTT and RTTVAR',
    "Karn's algorithm, exponential backoff",
    'TCP_RTO_MIN 200 ms versus RFC 6298 1 second',
  ],
  sources: ['RFC 6298', 'RFC 7323, 4', 'net/ipv4/tcp_input.c, tcp_rtt_estimator'],
  corrects: {
    en: "RFC 6298 rounds the RTO up to 1 s; Linux does not: there its part from the variance is at least 200 ms (tcp_rto_min_us since 6.11, TCP_RTO_MIN before), so RTO = SRTT + 200 ms on a smooth path. The first copy of the last segment is a tail loss probe today (RFC 8985); it is off here (tcp_early_retrans 0), for the time-outs are the subject. And with timestamps Karn's rule is not needed: the echo says which copy is acknowledged.",
    zh: 'RFC 6298 把 RTO 提高到至少 1 s；Linux 不这样：它规定方差部分至少 200 ms（6.11 起是 tcp_rto_min_us，以前是 TCP_RTO_MIN），所以平稳路径上 RTO = SRTT + 200 ms。如今最后一个报文段的第一次重发是尾部丢失探测（RFC 8985）；这里的主题是超时，所以关掉了它（tcp_early_retrans 0）。有时间戳时不需要 Karn 规则：回显说明确认的是哪一份。',
  },
  parameters: {
    timestamps: {
      default: false,
      text: { en: 'with the Timestamps option (tcp_timestamps 1)', zh: '使用时间戳选项（tcp_timestamps 1）' },
    },
    round: {
      default: 100,
      min: 2,
      max: 2000,
      text: { en: 'the round-trip time, in milliseconds', zh: '往返时间，毫秒' },
    },
  },
  play(lab, { timestamps, round }) {
    // Tail loss probes would send the first copy in place of the first time-out (`tail-loss`).
    const sysctls = { tcp_timestamps: timestamps ? 1 : 0, tcp_early_retrans: 0 };
    const client = lab.host('client', { sysctls });
    const server = lab.host('server', { sysctls });
    lab.path(`delay ${round / 2}ms`);

    server.run(async () => {
      const socket = await server.listen(80).accept();
      while ((await socket.readOctets(100)) === 100) await socket.write(100);
      socket.close();
    });
    let socket: LabSocket | null = null;
    let sentAt = 0;
    client.run(async () => {
      socket = await client.connect(server, 80).connected;
      for (let request = 1; request <= ROUNDS; request++) {
        if (request === 2) lab.pause();
        await client.wait(200);
        if (request === ROUNDS) {
          // The same two segments of the next request are lost.
          lab.resume();
          lab.path(`delay ${round / 2}ms; drop DATA 1-2 from client`);
        }
        sentAt = lab.now;
        await socket.write(100);
        await socket.readOctets(100);
      }
      await client.wait(round);
      lab.pause();
      socket.close();
    });

    const samples: number[] = [];
    const isSample = (entry: LabEntry): boolean => {
      if (entry.host !== client.index || entry.type !== 'rtt') return false;
      samples.push(entry.sample);
      return true;
    };
    const millis = (micros: number): number => Math.round(micros / 100) / 10;
    let first = 0;
    let second = 0;
    let rfc = 0;
    let taken = 0;
    lab.turn(
      happens({ en: 'the first RTT sample', zh: '第一个 RTT 样本' }, isSample),
      ({ entry }) => {
        const { srtt = 0, rttvar = 0, rto = 0 } = entry as { srtt?: number; rttvar?: number; rto?: number };
        return {
          en: `The first sample (of the SYN): SRTT = ${millis(srtt)} ms, RTTVAR = half of it, ${millis(rttvar)} ms. RTO = SRTT + max(200 ms, 4 × RTTVAR) = ${millis(rto)} ms.`,
          zh: `第一个样本（SYN 的）：SRTT = ${millis(srtt)} ms，RTTVAR = 它的一半，${millis(rttvar)} ms。RTO = SRTT + max(200 ms, 4 × RTTVAR) = ${millis(rto)} ms。`,
        };
      },
      'RFC 6298, 2.2',
    );
    lab.turn(
      retransmits(client, 'RTO'),
      ({ at }) => {
        first = Math.round(at - sentAt);
        const { srtt = 0, rttvar = 0 } = socket?.connection.rtt ?? {};
        rfc = Math.max(1000, millis(srtt + 4 * rttvar));
        return {
          en: `After ${ROUNDS - 1} requests of the same RTT, RTTVAR is down to ${millis(rttvar)} ms. SRTT + 4 × RTTVAR would be ${millis(srtt + 4 * rttvar)} ms, less than a delayed ACK needs: so the RFC says at least 1 s, Linux and this stack SRTT + 200 ms. The timer fired after ${first} ms.`,
          zh: `${ROUNDS - 1} 个 RTT 相同的请求之后，RTTVAR 降到 ${millis(rttvar)} ms。SRTT + 4 × RTTVAR 只有 ${millis(srtt + 4 * rttvar)} ms，还不够等一个延迟确认：所以 RFC 规定至少 1 s，Linux 和本协议栈是 SRTT + 200 ms。定时器在 ${first} ms 后到期。`,
        };
      },
      'RFC 6298, 2.4',
    );
    lab.turn(
      retransmits(client, 'RTO'),
      ({ since }) => {
        second = Math.round(since);
        taken = samples.length;
        return {
          en: `Lost again. The time-out doubles each time (exponential backoff): ${second} ms.`,
          zh: `又丢了。每次超时加倍（指数退避）：${second} ms。`,
        };
      },
      'RFC 6298, 5.5',
    );
    if (timestamps) {
      lab.turn(
        happens({ en: 'an RTT sample from the echo', zh: '由时间戳回显得到的 RTT 样本' }, isSample),
        ({ entry }) => ({
          en: `The ACK echoes the timestamp of the copy that arrived: a true sample, ${millis((entry as { sample?: number }).sample ?? 0)} ms, also of a retransmission.`,
          zh: `ACK 回显了到达的那一份的时间戳：即使是重传，也得到真实的样本，${millis((entry as { sample?: number }).sample ?? 0)} ms。`,
        }),
        'RFC 7323, 4.1',
      );
    } else {
      lab.turn(
        gets(client, 'DATA'),
        {
          en: 'It is acknowledged; but which copy? That cannot be told, so it gives no sample: Karn. SRTT stays as it was.',
          zh: '得到了确认；但确认的是哪一份？无法区分，所以不作为样本：Karn 算法。SRTT 不变。',
        },
        'RFC 6298, 3',
      );
    }
    lab.check({ en: 'the first time-out, milliseconds', zh: '第一次超时，毫秒' }, () => first, round + 200);
    lab.check({ en: 'the second, milliseconds', zh: '第二次超时，毫秒' }, () => second, 2 * (round + 200));
    lab.check(
      { en: 'RTT samples from what was sent again', zh: '由重传得到的 RTT 样本数' },
      () => samples.length - taken,
      timestamps ? 1 : 0,
    );
    lab.answer(() => ({
      en: `RTO = SRTT + 4 × RTTVAR, and no less than a floor: Linux's gives ${first} ms here (SRTT + 200 ms), RFC 6298's ${rfc} ms; each time-out doubles it (${second} ms). ${timestamps ? 'With timestamps also a retransmission gives a sample.' : 'A segment that was sent again gives no sample (Karn): its ACK may be for either copy.'}`,
      zh: `RTO = SRTT + 4 × RTTVAR，但不低于下限：按 Linux 的下限这里是 ${first} ms（SRTT + 200 ms），按 RFC 6298 是 ${rfc} ms；每次超时加倍（${second} ms）。${timestamps ? '有时间戳时，重传也能得到样本。' : '重传过的报文段不采样（Karn）：它的 ACK 可能是任何一份的。'}`,
    }));
  },
});
