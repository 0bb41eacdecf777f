import { drops, enters, fails, type LabHost, scenario, sends } from '../../story/index.ts';

const SHARED = '10.9.0.1';
const A_DAY = 86_400_000;
/** Alice connects again so many milliseconds after her last time. */
const AGAIN = 10_000;

export default scenario({
  name: 'tw-recycle-nat',
  topic: 'time-wait',
  kind: 'useful',
  title: { en: 'tcp_tw_recycle and clients behind NAT', zh: 'tcp_tw_recycle 与 NAT 后面的客户端' },
  question: {
    en: 'Why was tcp_tw_recycle removed from Linux, and why do some clients behind NAT fail to connect while others can?',
    zh: 'tcp_tw_recycle 为什么被删除？为什么 NAT 后面有的客户端连不上，有的却可以？',
  },
  asked: [
    'tcp_tw_recycle NAT SYN dropped',
    'should I set tcp_tw_recycle = 1',
    'SYN gets no answer, load balancer, passive connections rejected because of time stamp',
    'tcp_tw_recycle 为什么在 Linux 4.12 被删除',
    'tw_recycle NAT 丢 SYN',
    '同一个出口 IP 部分用户连不上',
  ],
  sources: [
    'ip-sysctl.txt of Linux 4.11, tcp_tw_recycle',
    'net/ipv4/tcp_ipv4.c of 4.11, tcp_conn_request',
    'RFC 7323, 5',
  ],
  corrects: {
    en: 'Many articles advise tcp_tw_recycle = 1 against TIME_WAITs. It never worked with clients behind NAT, and Linux 4.12 removed it: on a newer kernel sysctl says that there is no such file.',
    zh: '许多文章建议用 tcp_tw_recycle = 1 减少 TIME_WAIT。它对 NAT 后面的客户端从来就有问题，Linux 4.12 已将其删除：在更新的内核上 sysctl 会报告没有这个文件。',
  },
  parameters: {
    recycle: {
      default: '1',
      choices: ['0', '1'],
      text: { en: "the server's tcp_tw_recycle", zh: 'server 的 tcp_tw_recycle' },
    },
    again: {
      default: false,
      text: { en: 'alice connects again every 10 s', zh: 'alice 每 10 s 再连接一次' },
    },
  },
  play(lab, { recycle, again }) {
    // Behind one address translator: the server sees one address, and two clocks (milliseconds since each was switched on).
    const behindNat = (name: string, days: number, first: number): LabHost =>
      lab.host(name, {
        ...{ address: SHARED, timestampOffset: days * A_DAY },
        sysctls: { ip_local_port_range: [first, first + 4999], tcp_syn_retries: 6, tcp_syn_linear_timeouts: 0 },
      });
    const alice = behindNat('alice', 10, 40_000);
    const bob = behindNat('bob', 1, 50_000);
    const server = lab.host('server', { sysctls: { tcp_tw_recycle: Number(recycle) } });

    server.run(async () => {
      const listener = server.listen(80);
      for (;;) {
        const socket = await listener.accept();
        await socket.write('hello');
        socket.close();
      }
    });
    const visit = async (host: LabHost): Promise<number> => {
      const begin = lab.now;
      const socket = await host.connect(server, 80).connected;
      const took = lab.now - begin;
      await socket.readAll();
      socket.close();
      return took;
    };
    let took: number | null = null;
    let isOver = false;
    // Bob's SYN again and again, and alice's further visits, are not drawn.
    const [from, to] = [1500, again ? 200_000 : 60_000];
    lab.at(from, () => lab.pause());
    lab.at(to, () => lab.resume());
    alice.run(async () => {
      await visit(alice);
      for (let i = 1; again && !isOver && i < 20; i++) {
        await alice.wait(AGAIN);
        await visit(alice);
      }
    });
    bob.run(async () => {
      await bob.wait(1000);
      try {
        took = await visit(bob);
      } finally {
        isOver = true;
      }
    });

    const isRecycling = server.host.sysctls.tcp_tw_recycle === 1;
    const isMarked = [alice, bob, server].every(({ host }) => host.sysctls.tcp_timestamps !== 0);
    const isHarmful = isRecycling && isMarked;
    const { counters } = server.host.tcp;
    lab.turn(
      enters(server, 'TIME_WAIT'),
      isHarmful
        ? {
            en: `The server closed first. With tcp_tw_recycle its TIME_WAIT is over in 3.5 RTOs; in its place it remembers the last timestamp of the address ${SHARED}.`,
            zh: `server 先关闭。开启 tcp_tw_recycle 时，TIME_WAIT 只持续 3.5 个 RTO；代之以记住地址 ${SHARED} 最近的时间戳。`,
          }
        : {
            en: 'The server closed first: an ordinary TIME_WAIT.',
            zh: 'server 先关闭：普通的 TIME_WAIT。',
          },
      'ip-sysctl.txt of Linux 4.11, tcp_tw_recycle',
    );
    lab.turn(sends(bob, 'SYN'), {
      en: `Bob connects. His packets have the same address, since both are behind one translator; his clock is 9 days behind alice's.`,
      zh: `bob 发起连接。两人在同一个 NAT 后面，所以地址相同；他的时钟比 alice 的慢 9 天。`,
    });
    if (isHarmful) {
      lab.turn(
        drops(server, 'TimestampBeforeLast'),
        {
          en: 'To the server it looks like an old SYN of one host: older than the last timestamp of that address. It is dropped, without an answer (counter PAWSPassive). So are the next ones, which are not drawn.',
          zh: '在 server 看来这是同一台主机的旧 SYN：比该地址最近的时间戳更旧。于是丢弃，不作任何应答（计数器 PAWSPassive）。后面的也一样，不再画出。',
        },
        'net/ipv4/tcp_ipv4.c of 4.11, tcp_conn_request',
      );
    }
    if (isHarmful && again) {
      lab.turn(fails(bob, 'ETIMEDOUT'), ({ since }) => ({
        en: `Alice came again and again, and her timestamps with her: ${Math.round(since / 1000)} s later bob gives up.`,
        zh: `alice 不断连接，记住的时间戳也不断更新：${Math.round(since / 1000)} s 之后 bob 放弃。`,
      }));
    } else {
      lab.turn(enters(bob, 'ESTABLISHED'), ({ since }) =>
        isHarmful
          ? {
              en: `A timestamp is held against SYNs for 60 s. Bob's SYN after ${Math.round(since / 1000)} s is answered.`,
              zh: `时间戳在 60 s 内用来拒绝 SYN。${Math.round(since / 1000)} s 时 bob 重传的 SYN 得到应答。`,
            }
          : { en: 'Bob is connected at once.', zh: 'bob 马上连上。' },
      );
    }

    const SYNS = { never: 0, once: 6, always: 7 };
    lab.check(
      { en: "bob's SYNs that the server dropped (PAWSPassive)", zh: 'server 丢弃的 bob 的 SYN（PAWSPassive）' },
      () => counters.PAWSPassive,
      SYNS[isHarmful ? (again ? 'always' : 'once') : 'never'],
    );
    lab.answer(() => {
      const dropped = counters.PAWSPassive;
      if (dropped === 0) {
        return {
          en: `No SYN was dropped: without tcp_tw_recycle a timestamp counts within one connection's four-tuple only. Bob was connected after ${Math.round(took ?? 0)} ms.`,
          zh: `没有丢弃 SYN：不开 tcp_tw_recycle 时，时间戳只在同一个四元组内比较。bob 用了 ${Math.round(took ?? 0)} ms 就连上。`,
        };
      }
      const end =
        took === null
          ? { en: 'he got ETIMEDOUT', zh: '得到 ETIMEDOUT' }
          : {
              en: `he was connected after ${Math.round(took / 1000)} s`,
              zh: `${Math.round(took / 1000)} s 之后才连上`,
            };
      return {
        en: `tcp_tw_recycle takes one address for one clock. Behind NAT there are many: ${dropped} SYNs of bob, whose clock is behind alice's, were dropped in silence, and ${end.en}; Linux 4.12 removed the knob.`,
        zh: `tcp_tw_recycle 认为一个地址只有一个时钟。NAT 后面却有许多：bob 的时钟比 alice 慢，他的 ${dropped} 个 SYN 被悄悄丢弃，${end.zh}；Linux 4.12 删除了这个开关。`,
      };
    });
  },
});
