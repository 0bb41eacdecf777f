import { happens, isLost, type LabEntry, type LabSocket, scenario, type Text } from '../../story/index.ts';

const OCTETS = 170 * 1448;
const BARS = ' ▁▂▃▄▅▆▇█';

export default scenario({
  name: 'congestion',
  topic: 'congestion',
  kind: 'tutorial',
  title: { en: 'Slow start, congestion avoidance, fast recovery', zh: '慢启动、拥塞避免、快恢复' },
  question: {
    en: 'How does the congestion window grow, and what does a loss do to it?',
    zh: '拥塞窗口怎样增长？丢失之后怎样变化？慢启动、拥塞避免、快重传、快恢复各是什么？',
  },
  asked: [
    '拥塞控制：慢启动、拥塞避免、快重传、快恢复',
    '拥塞避免是加 1/cwnd 还是 1/ssthresh',
    'cwnd 和 ssthresh 是什么',
    '慢启动为什么叫慢，指数增长',
    'congestion control: slow start, congestion avoidance, fast recovery',
    'is it 1/cwnd or 1/ssthresh in congestion avoidance',
    'cwnd after a timeout and after three duplicate ACKs',
  ],
  sources: ['RFC 5681, 3.1', 'RFC 5681, 3.2', 'RFC 6928', 'RFC 9438', 'RFC 9937'],
  corrects: {
    en: 'It is 1/cwnd: each ACK adds 1/cwnd segment, so that a full window of ACKs adds 1. 1/ssthresh is right only at the moment when cwnd equals ssthresh. And the first window is 10 segments (RFC 6928, Linux since 2.6.39), not 1, as textbooks draw it; Reno is chosen here (tcp_congestion_control reno): by default Linux and this stack have CUBIC, which falls to 70% and grows by time, not by ACKs.',
    zh: '是 1/cwnd：每个 ACK 加 1/cwnd 个报文段，整个窗口确认完正好加 1。只有 cwnd 等于 ssthresh 的那一刻，1/ssthresh 才对。另外初始窗口是 10 个报文段（RFC 6928，Linux 2.6.39 起），不是教科书画的 1；这里选用了 Reno（tcp_congestion_control reno）：Linux 和本协议栈默认是 CUBIC，它降到 70%，并且按时间而不是按 ACK 增长。',
  },
  parameters: {
    by: {
      default: 'duplicates',
      choices: ['duplicates', 'timeout'],
      text: {
        en: 'how the loss is noticed: one segment is lost (3 duplicate ACKs), or all for a while (time-out)',
        zh: '怎样发现丢失：只丢一个报文段（3 个重复 ACK），或者一段时间全部丢失（超时）',
      },
    },
  },
  positional: 'by',
  play(lab, { by }) {
    const { client } = lab;
    // The algorithm of RFC 5681; losses are found by duplicate ACKs and by the timer alone.
    const server = lab.host('server', {
      sysctls: { tcp_congestion_control: 'reno', tcp_recovery: 0, tcp_early_retrans: 0 },
    });
    const round = 100;
    lab.path('delay 50ms');

    let sender: LabSocket | null = null;
    server.run(async () => {
      const socket = await server.listen(80).accept();
      sender = socket;
      await socket.write(OCTETS);
      await socket.read();
      socket.close();
    });
    let received = 0;
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      received = await socket.readOctets(OCTETS);
      lab.pause();
      socket.close();
    });
    // The third flight, of 40 segments, loses the first one; or the second, of 20, is lost.
    const [hit, out] = by === 'duplicates' ? [3.5 * round, 40] : [2.5 * round, 20];
    if (by === 'duplicates') lab.at(hit - 10, () => lab.path('delay 50ms; drop DATA 1 from server'));
    else {
      lab.at(hit - 10, () => lab.path('delay 50ms; drop DATA from server'));
      lab.at(hit + 10, () => lab.path('delay 50ms'));
    }

    // The congestion window in the middle of each round trip.
    const windows: number[] = [];
    const look = (): void => {
      const { connection } = sender ?? {};
      if (connection?.state === 'ESTABLISHED' && windows.length < 20) {
        windows.push(connection.cc.cwnd);
        lab.at(lab.now + round, look);
      }
    };
    lab.at(1.75 * round, look);

    const cwnd = (text: Text, matches: (entry: Extract<LabEntry, { type: 'cwnd' }>) => boolean) =>
      happens(text, (entry) => entry.host === server.index && entry.type === 'cwnd' && matches(entry));
    let before = 0;
    let after = 0;
    let threshold = 0;
    lab.turn(
      cwnd({ en: 'cwnd has doubled', zh: 'cwnd 加倍' }, ({ cwnd }) => cwnd >= 20),
      {
        en: 'Slow start: each segment acknowledged lets cwnd grow by 1, so each RTT doubles it. Slow is only its beginning.',
        zh: '慢启动：每确认一个报文段，cwnd 加 1，所以每个 RTT 加倍。慢的只是开头。',
      },
      'RFC 5681, 3.1',
    );
    lab.turn(
      isLost('DATA'),
      by === 'duplicates'
        ? { en: `With ${out} segments out, one is lost.`, zh: `发出 ${out} 个报文段时，丢失一个。` }
        : { en: `With ${out} segments out, all of them are lost.`, zh: `发出 ${out} 个报文段，全部丢失。` },
    );
    lab.turn(
      cwnd({ en: 'cwnd falls', zh: 'cwnd 减小' }, (entry) => {
        if (!/fast retransmit|PRR|timeout/.test(entry.cause.text)) return false;
        before = windows.at(-1) ?? 0;
        ({ cwnd: after, ssthresh: threshold } = entry);
        return true;
      }),
      ({ at }) => {
        if (by === 'timeout') {
          lab.at(at + 1.55 * round, () => lab.pause());
          lab.at(at + 4.1 * round, () => lab.resume());
        }
        return by === 'duplicates'
          ? {
              en: `3 duplicate ACKs: segments still arrive, so the path is only a little too full. ssthresh is half of what was out, ${threshold}; cwnd falls to it and no lower, while ACKs come in (PRR): fast recovery, after the fast retransmit.`,
              zh: `3 个重复 ACK：报文段仍在到达，所以路径只是稍满。ssthresh 取在途数据的一半，${threshold}；cwnd 随着到来的 ACK 逐步降到它为止（PRR）：快重传之后的快恢复。`,
            }
          : {
              en: `The timer fired: nothing arrives any more. ssthresh is half of what was out, ${threshold}, and cwnd falls to ${after}: slow start again, up to ssthresh.`,
              zh: `定时器到期：什么都不再到达。ssthresh 取在途数据的一半，${threshold}，cwnd 降到 ${after}：重新慢启动，直到 ssthresh。`,
            };
      },
      by === 'duplicates' ? 'RFC 5681, 3.2; RFC 9937' : 'RFC 5681, 3.1',
    );
    lab.turn(
      cwnd({ en: 'cwnd grows by 1', zh: 'cwnd 加 1' }, ({ cause }) => cause.text === 'congestion avoidance'),
      {
        en: 'Congestion avoidance, from ssthresh on: each ACK adds 1/cwnd, so a whole window of them adds 1 segment: 1 for each RTT.',
        zh: '到达 ssthresh 之后是拥塞避免：每个 ACK 加 1/cwnd，整个窗口确认完加 1 个报文段：每个 RTT 加 1。',
      },
      'RFC 5681, 3.1',
    );

    lab.check({ en: 'octets that arrived', zh: '到达的字节数' }, () => received, OCTETS);
    lab.check({ en: 'cwnd in the first 2 RTTs', zh: '前 2 个 RTT 的 cwnd' }, () => windows.slice(0, 2), [10, 20]);
    lab.answer(() => {
      const plot = windows.map((window) => BARS[Math.ceil((window / Math.max(...windows)) * 8)]).join('');
      const list = windows.join(' ');
      return {
        en: `cwnd in each RTT: ${list}  ${plot}. It doubles in slow start; at ${before} ${
          by === 'duplicates'
            ? `3 duplicate ACKs halve it to ${threshold}`
            : `the time-out takes it to 1, with ssthresh ${threshold}`
        }; from there on congestion avoidance adds 1 for each RTT.`,
        zh: `每个 RTT 的 cwnd：${list}  ${plot}。慢启动时加倍；到 ${before} 时，${
          by === 'duplicates' ? `3 个重复 ACK 使它减半到 ${threshold}` : `超时使它变为 1，ssthresh 为 ${threshold}`
        }；此后是拥塞避免，每个 RTT 加 1。`,
      };
    });
  },
});
