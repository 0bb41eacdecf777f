import { calls, type LabHost, type LabSocket, scenario, sends } from '../../story/index.ts';

const OCTETS = 1_500_000;
/** The first octets of each upload are shown, the rest is only counted. */
const SHOWN = 1000;
/** Segments that have left before the first loss. */
const FIRST_LOST = 60;
const RATE = 20;
const ROUND = 80;

/** What is seen of one upload. */
interface Seen {
  seconds: number;
  again: number;
  /** cwnd when the first loss was found, and what it had to fall to, in segments. */
  before: number;
  after: number;
  /** What BBR has measured. */
  bandwidth: number;
  least: number;
}

export default scenario({
  name: 'cubic-vs-reno-vs-bbr',
  topic: 'congestion',
  kind: 'useful',
  title: { en: 'CUBIC, Reno and BBR on one path', zh: '同一路径上的 CUBIC、Reno 与 BBR' },
  question: {
    en: 'What do CUBIC and BBR do otherwise than Reno, and on which path does it matter?',
    zh: 'CUBIC、BBR 与 Reno 有什么不同？在什么路径上差别明显？',
  },
  asked: [
    'CUBIC 和 BBR 的区别',
    'BBR 为什么在丢包的线路上快',
    'Linux 默认的拥塞控制算法',
    '拥塞控制算法怎么选',
    'CUBIC versus BBR on a lossy line',
    'which congestion control algorithm should I use',
    'why is BBR faster with packet loss',
  ],
  sources: ['RFC 9438, 4.6', 'RFC 5681, 3.2', 'draft-ietf-ccwg-bbr'],
  corrects: {
    en: 'It is often read that BBR is faster than CUBIC. That holds where packets are lost without congestion; on a path that loses only what its queue has no place for, all of them fill it. And CUBIC is not always faster than Reno: with short round trips and small windows it grows as Reno does, by rule (RFC 9438, 4.3).',
    zh: '常见的说法是 BBR 比 CUBIC 快。这只在没有拥塞也丢包的路径上成立；只在队列装满时才丢包的路径上，它们都能用满带宽。CUBIC 也不总比 Reno 快：往返时间短、窗口小的时候，按规定它与 Reno 增长得一样（RFC 9438, 4.3）。',
  },
  parameters: {
    loss: {
      default: 1,
      min: 0,
      max: 5,
      text: { en: 'segments lost on the way, in percent', zh: '路上丢失的报文段，百分比' },
    },
  },
  positional: 'loss',
  play(lab, { loss }) {
    const sender = (name: string, address: string): LabHost =>
      lab.host(name, { address, sysctls: { tcp_congestion_control: name, tcp_wmem: [4096, 16_384, 4_194_304] } });
    const reno = sender('reno', '10.9.0.1');
    const { server } = lab;
    const cubic = sender('cubic', '10.9.0.3');
    const bbr = sender('bbr', '10.9.0.4');
    // The same segments are lost of each: one of so many, the first when slow start is well under way.
    const every = loss > 0 ? Math.round(100 / loss) : Number.POSITIVE_INFINITY;
    const drops: string[] = [];
    for (let n = FIRST_LOST; n < OCTETS / 1448 && loss > 0; n += every) {
      for (const { name } of [reno, cubic, bbr]) drops.push(`drop DATA ${n} from ${name}`);
    }
    lab.path([`delay ${ROUND / 2}ms; out: rate ${RATE}mbit queue 100ms`, ...drops].join('; '));

    server.run(async () => {
      const listener = server.listen(80, { options: { receiveBuffer: 4_000_000 } });
      for (let i = 0; i < 3; i++) {
        const socket = await listener.accept();
        await socket.readAll();
        socket.close();
      }
    });
    const nothing = (): Seen => ({ seconds: 0, again: 0, before: 0, after: 0, bandwidth: 0, least: 0 });
    const seen = { reno: nothing(), cubic: nothing(), bbr: nothing() };

    /** Looks at an upload every 10 ms. */
    const look = (socket: LabSocket, of: Seen): void => {
      const { cc, loss: recovery, rtt, state } = socket.connection;
      if (of.before === 0 && recovery.congestionState === 'Recovery') {
        of.before = cc.priorCwnd;
        of.after = cc.ssthresh;
      }
      of.bandwidth = Number(cc.algorithm.watch?.(cc).bandwidth_bps ?? 0) / 1e6;
      of.least = Math.round(rtt.minRtt / 1000);
      if (state === 'ESTABLISHED') lab.at(lab.now + 10, () => look(socket, of));
    };
    const upload = async (host: LabHost, of: Seen): Promise<void> => {
      lab.resume();
      const socket = await host.connect(server, 80).connected;
      await socket.write(SHOWN);
      await host.wait(1.5 * ROUND);
      lab.pause();
      const began = lab.now;
      look(socket, of);
      await socket.write(OCTETS - SHOWN);
      while (!socket.connection.sent.isEmpty && socket.error === null) await host.wait(10);
      of.seconds = (lab.now - began) / 1000;
      of.again = host.host.tcp.counters.RetransSegs;
      lab.resume();
      socket.close();
      await host.wait(2 * ROUND);
      lab.pause();
    };
    // One after the other: each has the path for itself.
    reno.run(async () => {
      await upload(reno, seen.reno);
      cubic.run(async () => {
        await upload(cubic, seen.cubic);
        bbr.run(() => upload(bbr, seen.bbr));
      });
    });

    const size = OCTETS / 1e6;
    const time = ({ seconds }: Seen): number => Math.round(seconds * 10) / 10;
    const rate = ({ seconds }: Seen): number => Math.round((OCTETS * 8) / Math.max(seconds, 0.001) / 1e5) / 10;
    lab.turn(sends(reno, 'DATA'), {
      en: `${size} MB into a line of ${RATE} Mbit/s with a round trip of ${ROUND} ms, which loses ${loss}% of the segments, the same ones of each sender. First with Reno.`,
      zh: `向 ${RATE} Mbit/s、往返时间 ${ROUND} ms 的线路上传 ${size} MB，丢失 ${loss}% 的报文段，对每个发送方都是同样的那些。先用 Reno。`,
    });
    lab.turn(
      calls(reno, 'close'),
      () => ({
        en: `Reno took ${time(seen.reno)} s. The first loss came at cwnd ${seen.reno.before}: it fell to ${seen.reno.after}, and then grew by 1 segment each round trip.`,
        zh: `Reno 用了 ${time(seen.reno)} s。第一次丢失时 cwnd 为 ${seen.reno.before}：降到 ${seen.reno.after}，之后每个往返时间增加 1 个报文段。`,
      }),
      'RFC 5681, 3.2',
    );
    lab.turn(
      calls(cubic, 'close'),
      () => ({
        en: `CUBIC took ${time(seen.cubic)} s. From cwnd ${seen.cubic.before} it fell to ${seen.cubic.after} only, 0.7 of it, and went back up by the time, not by round trips.`,
        zh: `CUBIC 用了 ${time(seen.cubic)} s。cwnd 从 ${seen.cubic.before} 只降到 ${seen.cubic.after}，即 0.7 倍，之后按时间而不按往返次数回升。`,
      }),
      'RFC 9438, 4.6',
    );
    lab.turn(
      calls(bbr, 'close'),
      () => ({
        en: `BBR took ${time(seen.bbr)} s. It goes by what it measures, ${rounded(seen.bbr.bandwidth)} Mbit/s and a least round trip of ${seen.bbr.least} ms, and paces by that: a loss alone is no reason to slow down.`,
        zh: `BBR 用了 ${time(seen.bbr)} s。它依据测得的带宽 ${rounded(seen.bbr.bandwidth)} Mbit/s 和最短往返时间 ${seen.bbr.least} ms 定速发送：仅仅丢包不是减速的理由。`,
      }),
      'draft-ietf-ccwg-bbr',
    );
    if (loss >= 0.5) {
      lab.check(
        { en: 'BBR is at least twice as fast as both', zh: 'BBR 至少比另外两个快一倍' },
        () => 2 * seen.bbr.seconds < Math.min(seen.reno.seconds, seen.cubic.seconds),
        true,
      );
    }
    lab.check(
      { en: 'all have uploaded everything', zh: '全部上传完成' },
      () => [seen.reno, seen.cubic, seen.bbr].every(({ seconds }) => seconds > 0),
      true,
    );
    const all = (): Seen[] => [seen.reno, seen.cubic, seen.bbr];
    lab.answer(() => ({
      en: `A loss leaves half of Reno's window and 0.7 of CUBIC's, which comes back by the time since then; BBR sends as fast as the path has delivered. With ${loss}% lost on a round trip of ${ROUND} ms that makes ${all().map(rate).join(', ')} Mbit/s (${all()
        .map(({ again }) => again)
        .join(', ')} segments sent again): the longer the path and the more it loses, the more it matters.`,
      zh: `丢包使 Reno 的窗口减半，使 CUBIC 的降到 0.7 倍，再按距丢包的时间回升；BBR 按路径实际送达的速率发送。往返时间 ${ROUND} ms、丢失 ${loss}% 时，分别为 ${all().map(rate).join('、')} Mbit/s（重传 ${all()
        .map(({ again }) => again)
        .join('、')} 个报文段）：路径越长、丢包越多，差别越大。`,
    }));
  },
});

const rounded = (mbit: number): number => Math.round(mbit * 10) / 10;
