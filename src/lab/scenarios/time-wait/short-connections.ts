import { fails, type LabSocket, scenario, sends, timeWait } from '../../story/index.ts';

/** Linux's default range: 32768 to 60999. */
const USUAL_PORTS = 28_232;
const FEW = 1000;
/** An ephemeral port comes around after so many milliseconds: more than tcp_tw_reuse_delay. */
const ROUND = 2000;

export default scenario({
  name: 'short-connections',
  topic: 'time-wait',
  kind: 'useful',
  title: { en: 'Thousands of short connections: all ports in TIME_WAIT', zh: '大量短连接：端口都在 TIME_WAIT' },
  question: {
    en: 'Why do many short connections leave so many TIME_WAITs, what harm do they do, and what helps?',
    zh: '大量短连接为什么产生大量 TIME_WAIT，有什么危害，如何优化？',
  },
  asked: [
    'too many TIME_WAIT, EADDRNOTAVAIL, cannot assign requested address',
    'thousands of TIME_WAIT, more than ESTABLISHED',
    'how many connections per second can a client open to one server',
    'keep-alive connections and TIME_WAIT',
    '大量 TIME_WAIT 的原因、危害、优化',
    'TIME_WAIT 过多怎么办',
    '端口用光了怎么办',
    '端口耗尽 Cannot assign requested address',
    '短连接 长连接 keep-alive TIME_WAIT',
  ],
  sources: ['RFC 9293, 3.6', 'ip-sysctl.rst, ip_local_port_range, tcp_tw_reuse', 'include/net/tcp.h, TCP_TIMEWAIT_LEN'],
  corrects: {
    en: 'Articles advise a smaller tcp_fin_timeout and tcp_tw_recycle = 1. The first does not shorten TIME_WAIT (60 s in Linux, a constant), and the second is gone since Linux 4.12. What helps: connections that are kept open; tcp_tw_reuse = 1 at the host that connects; more ports, or more addresses of either side.',
    zh: '有文章建议减小 tcp_fin_timeout、设 tcp_tw_recycle = 1。前者不会缩短 TIME_WAIT（在 Linux 中是常量 60 s），后者从 Linux 4.12 起已删除。有用的是：保持长连接；在发起连接的主机上设 tcp_tw_reuse = 1；更多端口，或任一方使用更多地址。',
  },
  parameters: {
    n: {
      ...{ default: 12, min: 1, max: 60_000 },
      text: {
        en: 'how many connections; 30000 (some 20 s to play) is more than the 28,232 ports that Linux has by default',
        zh: '连接数；30000（运行约 20 s）已超过 Linux 默认的 28,232 个端口',
      },
    },
    ports: {
      ...{ default: 0, min: 0, max: USUAL_PORTS },
      text: {
        en: "the client's ephemeral ports; 0: 10 for up to 1000 connections, else 28,232",
        zh: 'client 的临时端口数；0 表示：不超过 1000 个连接时为 10，否则为 28,232',
      },
    },
    'keep-alive': {
      default: false,
      text: { en: 'one connection for all requests', zh: '所有请求共用一个连接' },
    },
  },
  play(lab, { n: given, ports: asked, 'keep-alive': isKept }) {
    const n = Math.floor(given);
    const wanted = Math.floor(asked) || (n > FEW ? USUAL_PORTS : 10);
    const client = lab.host('client', { sysctls: { ip_local_port_range: [32_768, 32_768 + wanted - 1] } });
    const [firstPort, lastPort] = client.host.sysctls.ip_local_port_range;
    const ports = lastPort! - firstPort! + 1;
    const { server } = lab;
    /** A request is made so often, in milliseconds. */
    const every = Math.max(1, Math.ceil(ROUND / ports));

    server.run(async () => {
      const listener = server.listen(80, { backlog: 4096 });
      for (;;) {
        const socket = await listener.accept();
        server.run(async () => {
          while ((await socket.readOctets(1)) > 0) await socket.write(1);
          socket.close();
        });
      }
    });

    const request = async (socket: LabSocket): Promise<void> => {
      await socket.connected;
      await socket.write(1);
      await socket.readOctets(1);
    };
    const use = async (socket: LabSocket): Promise<void> => {
      await request(socket);
      socket.close();
    };
    let done = 0;
    let refusals = 0;
    let refusedAt = 0;
    let most = 0;
    const count = (): void => {
      most = Math.max(most, client.host.tcp.timeWait.count);
    };
    client.run(async () => {
      const first = client.connect(server, 80);
      await request(first);
      done++;
      if (isKept) {
        lab.pause();
        for (; done < n; done++) {
          await client.wait(every);
          await request(first);
        }
        lab.resume();
      }
      first.close();
      await client.wait(100);
      count();
      lab.pause();
      while (done < n) {
        await client.wait(every);
        // What comes when each port has had its turn is shown.
        const isShown = done === ports;
        if (isShown) lab.resume();
        count();
        try {
          const socket = client.connect(server, 80);
          done++;
          if (isShown) await use(socket);
          else client.run(() => use(socket));
        } catch (error) {
          if ((error as { code: string }).code !== 'EADDRNOTAVAIL') throw error;
          if (refusals++ === 0) refusedAt = lab.now;
          lab.pause();
          await client.wait(60_000);
        }
        if (isShown) {
          await client.wait(100);
          lab.pause();
        }
      }
      await client.wait(1000);
      count();
    });

    const { tcp_tw_reuse, tcp_tw_recycle, tcp_timestamps } = client.host.sysctls;
    const isMarked = tcp_timestamps !== 0 && server.host.sysctls.tcp_timestamps !== 0;
    const isReusing = tcp_tw_reuse === 1 && isMarked;
    const isRecycling = tcp_tw_recycle === 1 && isMarked;
    const isRefused = !isKept && !isReusing && !isRecycling && n > ports;
    lab.turn(timeWait(client, 'enter'), () =>
      isKept
        ? {
            en: `${done} requests went over this one connection (not drawn). It ends now: 1 TIME_WAIT.`,
            zh: `${done} 个请求都用这一个连接（未画出）。现在它结束：1 个 TIME_WAIT。`,
          }
        : {
            en: `The first of ${n} connections, 1 every ${every} ms: one request, one answer. The client closes first: its port is held by TIME_WAIT. The next ones are not drawn.`,
            zh: `${n} 个连接中的第一个，每 ${every} ms 建立 1 个：一个请求，一个应答。client 先关闭：它的端口被 TIME_WAIT 占住。后面的不再画出。`,
          },
    );
    if (isRefused) {
      lab.turn(
        fails(client, 'EADDRNOTAVAIL'),
        ({ at }) => ({
          en: `After ${Math.round(at)} ms all ${ports} ports of ip_local_port_range are taken towards this server, ${most} of them by TIME_WAIT: connect fails. In Linux: "Cannot assign requested address".`,
          zh: `${Math.round(at)} ms 之后，ip_local_port_range 的 ${ports} 个端口对这个 server 都已占用，其中 ${most} 个处于 TIME_WAIT：connect 失败。Linux 的报错：“Cannot assign requested address”。`,
        }),
        'ip-sysctl.rst, ip_local_port_range',
      );
      lab.turn(sends(client, 'SYN'), ({ since }) => ({
        en: `${Math.round(since / 1000)} s later the first TIME_WAITs are over, and their ports are free.`,
        zh: `${Math.round(since / 1000)} s 之后最早的 TIME_WAIT 结束，端口又可用了。`,
      }));
    }
    if (isReusing && !isRecycling && !isKept && n > ports) {
      lab.turn(
        timeWait(client, 'leave'),
        {
          en: `All ${ports} ports are in TIME_WAIT. With tcp_tw_reuse = 1 connect takes over one that is older than 1 s: same four-tuple, newer timestamps.`,
          zh: `${ports} 个端口都在 TIME_WAIT。tcp_tw_reuse = 1 时，connect 接管一个超过 1 s 的：四元组相同，时间戳更新。`,
        },
        'ip-sysctl.rst, tcp_tw_reuse',
      );
    }

    lab.check({ en: 'requests that were answered', zh: '得到应答的请求数' }, () => done, n);
    lab.check(
      { en: 'calls of connect that failed with EADDRNOTAVAIL', zh: '因 EADDRNOTAVAIL 失败的 connect 次数' },
      () => refusals,
      isRefused ? Math.ceil(n / ports) - 1 : 0,
    );
    lab.answer(() => {
      const rate = ports >= 60 ? Math.floor(ports / 60) : Number((ports / 60).toFixed(2));
      if (isKept) {
        return {
          en: `${done} requests over one kept connection leave ${most} TIME_WAIT. Short connections would leave one each, for 60 s.`,
          zh: `${done} 个请求共用一个长连接，只留下 ${most} 个 TIME_WAIT。短连接则每个都留下一个，持续 60 s。`,
        };
      }
      if (refusals === 0) {
        const why = isRecycling
          ? {
              en: ': tcp_tw_recycle = 1 makes TIME_WAIT as short as 3.5 RTOs, but clients behind NAT suffer from it (see tw-recycle-nat), and Linux 4.12 removed it',
              zh: '：tcp_tw_recycle = 1 把 TIME_WAIT 缩短到 3.5 个 RTO，但会影响 NAT 后面的客户端（见 tw-recycle-nat），Linux 4.12 已将其删除',
            }
          : isReusing && n > ports
            ? {
                en: ': tcp_tw_reuse = 1 takes over the port of a TIME_WAIT that is older than 1 s',
                zh: '：tcp_tw_reuse = 1 接管超过 1 s 的 TIME_WAIT 的端口',
              }
            : { en: `: there are ${ports} ports`, zh: `：共有 ${ports} 个端口` };
        return {
          en: `${done} connections left up to ${most} TIME_WAITs, and connect never failed${why.en}.`,
          zh: `${done} 个连接最多留下 ${most} 个 TIME_WAIT，connect 没有失败${why.zh}。`,
        };
      }
      return {
        en: `Who closes first keeps the port for 60 s: with ${most} ports in TIME_WAIT towards one server (${Math.round(refusedAt)} ms) connect fails with EADDRNOTAVAIL. ${ports} ports / 60 s = ${rate} connections per second; with Linux's 28,232 ports it is 470. Keep connections open (--keep-alive), or set tcp_tw_reuse = 1.`,
        zh: `主动关闭方的端口被占 60 s：对同一个 server 有 ${most} 个端口处于 TIME_WAIT 时（${Math.round(refusedAt)} ms），connect 因 EADDRNOTAVAIL 失败。${ports} 个端口 / 60 s = 每秒 ${rate} 个连接；Linux 默认 28,232 个端口，即每秒 470 个。应保持长连接（--keep-alive），或设 tcp_tw_reuse = 1。`,
      };
    });
  },
});
