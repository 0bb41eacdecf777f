import { calls, gets, happens, type LabHost, type LabSocket, scenario, sends } from '../../story/index.ts';

const OCTETS = 600_000;
/** The step, where packets are marked by the length of the queue alone. */
const STEP = 20;
/** The sender hears of the first marks; the cause is of RFC 3168, section 6.1.2. */
const TOLD = 'the peer tells of marks';

/** What is seen of one upload. */
interface Seen {
  seconds: number;
  again: number;
  /** The worst round trip, as the sender has measured and smoothed it, in milliseconds. */
  worst: number;
  marked: number;
  /** cwnd before and after the first marks, in segments. */
  before: number;
  after: number;
}

export default scenario({
  name: 'bufferbloat-ecn',
  topic: 'congestion',
  kind: 'useful',
  title: { en: 'A long queue that marks instead of dropping', zh: '用标记代替丢弃的长队列' },
  question: {
    en: 'What does a queue that marks packets (ECN) change about bufferbloat?',
    zh: '队列用 ECN 标记报文，缓冲区膨胀会有什么变化？',
  },
  asked: [
    'ECN 有什么用，显式拥塞通知',
    'ECE 和 CWR 标志位是做什么的',
    '不丢包怎么通知发送方减速',
    'tcp_ecn 要不要打开',
    'AQM 加 ECN，标记代替丢包',
    '路由器给报文打标记，而不丢包',
    'what is ECN good for',
    'congestion signal without packet loss',
    'should I enable tcp_ecn',
    'ECE and CWR flags explained',
  ],
  sources: ['RFC 3168, 6.1', 'RFC 8289', 'RFC 8087', 'RFC 9768'],
  corrects: {
    en: 'It is often read that ECN makes the queue shorter. The queue is as long as its router lets it be: CoDel holds it short with drops, too. What ECN saves is the loss: nothing is sent again, and nobody waits for what was lost. Where the router neither drops early nor marks, ECN changes nothing.',
    zh: '常见的说法是 ECN 让队列变短。队列多长由路由器决定：CoDel 靠丢包也能让它保持很短。ECN 省掉的是丢包：什么都不用重传，也不用等待丢失的数据。如果路由器既不提早丢包也不标记，ECN 就不起作用。',
  },
  parameters: {
    queue: {
      default: 1000,
      min: 100,
      max: 5000,
      text: {
        en: 'how long the queue may become, in milliseconds at 2 Mbit/s',
        zh: '队列的最大长度，按 2 Mbit/s 折算的毫秒数',
      },
    },
    step: {
      default: false,
      text: {
        en: `no CoDel: what finds ${STEP} ms of queue is marked if it has ECN, and the rest is dropped only when the queue is full`,
        zh: `不用 CoDel：队列达到 ${STEP} ms 时，支持 ECN 的包被标记，其余的只在队列装满时才丢弃`,
      },
    },
    accecn: {
      default: false,
      text: {
        en: 'the sender asks for AccECN (tcp_ecn 3), which counts the marks, and the server grants it',
        zh: '发送方请求 AccECN（tcp_ecn 3），它会统计标记的个数；server 同意',
      },
    },
  },
  positional: 'queue',
  play(lab, { queue, step, accecn }) {
    const { server } = lab;
    const plain = lab.host('plain', { address: '10.9.0.1', sysctls: { tcp_congestion_control: 'reno', tcp_ecn: 0 } });
    const ecn = lab.host('ecn', {
      address: '10.9.0.3',
      sysctls: { tcp_congestion_control: 'reno', tcp_ecn: accecn ? 3 : 1 },
    });
    server.host.sysctls.tcp_ecn = accecn ? 3 : 2;
    const aqm = step ? `mark ${STEP}ms` : 'codel ecn';
    lab.path(`delay 10ms; out: rate 2mbit queue ${queue}ms ${aqm}`);
    const nothing = (): Seen => ({ seconds: 0, again: 0, worst: 0, marked: 0, before: 0, after: 0 });
    const seen = { plain: nothing(), ecn: nothing() };

    server.run(async () => {
      const listener = server.listen(80, { options: { receiveBuffer: 4_000_000 } });
      for (let i = 0; i < 2; i++) {
        const socket = await listener.accept();
        await socket.readAll();
        socket.close();
      }
    });

    /** Looks at an upload every 20 ms. */
    const look = (socket: LabSocket, of: Seen): void => {
      const { rtt, state } = socket.connection;
      of.worst = Math.max(of.worst, Math.round(rtt.srtt / 1000));
      if (of.seconds === 0 && state === 'ESTABLISHED') lab.at(lab.now + 20, () => look(socket, of));
    };
    const upload = async (host: LabHost, of: Seen): Promise<void> => {
      lab.resume();
      const socket = await host.connect(server, 80).connected;
      await socket.write(1000);
      await host.wait(100);
      lab.pause();
      const began = lab.now;
      look(socket, of);
      await socket.write(OCTETS);
      while (!socket.connection.sent.isEmpty && socket.error === null) await host.wait(20);
      of.seconds = (lab.now - began) / 1000;
      of.again = host.host.tcp.counters.RetransSegs;
      of.marked = server.host.ip.counters.InCEPkts;
      lab.resume();
      socket.close();
      await host.wait(100);
      lab.pause();
    };
    // What is sent because of the first marks is shown, and the next answers.
    ecn.host.observe((event) => {
      if (event.type === 'ecn' && event.cause.text === TOLD && seen.ecn.before === 0) {
        seen.ecn.before = event.connection.cc.cwnd;
        lab.resume();
        lab.at(lab.now + 13, () => lab.pause());
      }
      if (event.type === 'cwnd' && seen.ecn.before > 0 && seen.ecn.after === 0) seen.ecn.after = event.ssthresh;
    });
    plain.run(async () => {
      await upload(plain, seen.plain);
      ecn.run(() => upload(ecn, seen.ecn));
    });

    const mbit = ({ seconds }: Seen): number => (seconds > 0 ? Math.round((OCTETS * 8) / seconds / 1e5) / 10 : 0);
    lab.turn(sends(plain, 'DATA'), {
      en: `An upload into a line of 2 Mbit/s whose queue may become ${queue} ms long; the path itself takes 10 ms each way. First without ECN: ${step ? 'only a full queue drops.' : 'CoDel drops what tells the sender to slow down.'}`,
      zh: `上传到 2 Mbit/s 的线路，队列最长 ${queue} ms；路径本身每个方向 10 ms。先不用 ECN：${step ? '只有队列装满才丢包。' : 'CoDel 用丢包告诉发送方减速。'}`,
    });
    lab.turn(
      calls(plain, 'close'),
      () => ({
        en: `${seen.plain.again} segments had to be sent again; the worst round trip was ${seen.plain.worst} ms. Now the same queue and a sender with ECN.`,
        zh: `重传了 ${seen.plain.again} 个报文段；最长的往返时间是 ${seen.plain.worst} ms。现在同样的队列，发送方使用 ECN。`,
      }),
      step ? 'RFC 5681, 3.1' : 'RFC 8289, 4',
    );
    lab.turn(
      gets(ecn, 'SYN-ACK'),
      accecn
        ? {
            en: 'The SYN asked with AE, CWR and ECE, the SYN-ACK grants it: from now on data carry ECT(0) in the IP header, which lets a router mark them CE.',
            zh: 'SYN 用 AE、CWR、ECE 三个标志提出请求，SYN-ACK 同意：此后数据报文的 IP 首部带有 ECT(0)，路由器可以把它标记为 CE。',
          }
        : {
            en: 'The SYN asked with ECE and CWR, the SYN-ACK grants it with ECE: from now on data carry ECT(0) in the IP header, which lets a router mark them CE.',
            zh: 'SYN 用 ECE 和 CWR 提出请求，SYN-ACK 用 ECE 同意：此后数据报文的 IP 首部带有 ECT(0)，路由器可以把它标记为 CE。',
          },
      accecn ? 'RFC 9768, 3.1.1' : 'RFC 3168, 6.1.1',
    );
    lab.turn(
      happens(
        { en: 'the window falls because of a mark', zh: '窗口因标记而减小' },
        (entry) => entry.host === ecn.index && entry.type === 'cwnd' && entry.ssthresh < entry.cwnd,
      ),
      () => ({
        en: `A packet was marked, not dropped, and an ACK says so: cwnd has to fall from ${seen.ecn.before} segments to ${seen.ecn.after}, as after a loss, but nothing is missing.`,
        zh: `有一个包被标记而不是丢弃，ACK 告知了这一点：cwnd 要从 ${seen.ecn.before} 个报文段降到 ${seen.ecn.after}，与丢包时一样，但数据一点没少。`,
      }),
      accecn ? 'RFC 9768, 3.2.2' : 'RFC 3168, 6.1.2',
    );
    lab.turn(
      calls(ecn, 'close'),
      () => ({
        en: `${seen.ecn.marked} segments came marked, ${seen.ecn.again} were sent again. The worst round trip was ${seen.ecn.worst} ms.`,
        zh: `${seen.ecn.marked} 个报文段到达时带有标记，重传 ${seen.ecn.again} 个。最长的往返时间是 ${seen.ecn.worst} ms。`,
      }),
      'RFC 8087, 2',
    );
    lab.check({ en: 'segments sent again with ECN', zh: '使用 ECN 时重传的报文段' }, () => seen.ecn.again, 0);
    lab.check({ en: 'without ECN some were', zh: '不用 ECN 时有重传' }, () => seen.plain.again > 0, true);
    lab.check(
      { en: 'the worst round trip with ECN is below 200 ms', zh: '使用 ECN 时最长的往返时间低于 200 ms' },
      () => seen.ecn.worst < 200,
      true,
    );
    lab.answer(() => ({
      en: `The router marks packets where it would drop them, and the sender slows down as after a loss. With ${step ? `a step at ${STEP} ms` : 'CoDel'}: without ECN ${seen.plain.again} segments sent again, round trips up to ${seen.plain.worst} ms, ${mbit(seen.plain)} Mbit/s; with ECN ${seen.ecn.again} sent again, ${seen.ecn.marked} marked, up to ${seen.ecn.worst} ms, ${mbit(seen.ecn)} Mbit/s.`,
      zh: `路由器在该丢包的时候改为标记，发送方像丢包一样减速。用${step ? ` ${STEP} ms 的阈值` : ' CoDel'}：没有 ECN 时重传 ${seen.plain.again} 个报文段，往返时间最长 ${seen.plain.worst} ms，${mbit(seen.plain)} Mbit/s；有 ECN 时重传 ${seen.ecn.again} 个，标记 ${seen.ecn.marked} 个，最长 ${seen.ecn.worst} ms，${mbit(seen.ecn)} Mbit/s。`,
    }));
  },
});
