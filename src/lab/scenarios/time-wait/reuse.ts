import { drops, fails, gets, scenario, timeWait } from '../../story/index.ts';
import { readEach } from './read-each.ts';

const PORT = 40_000;

export default scenario({
  name: 'reuse',
  topic: 'time-wait',
  kind: 'useful',
  title: { en: 'tcp_tw_reuse takes the same four-tuple', zh: 'tcp_tw_reuse 复用同一个四元组' },
  question: {
    en: 'What does tcp_tw_reuse do, when may a new connection take the place of one in TIME_WAIT, and why is that safe?',
    zh: 'tcp_tw_reuse 做了什么？什么时候新连接可以接管 TIME_WAIT 的四元组，为什么是安全的？',
  },
  asked: [
    'tcp_tw_reuse meaning, default 2, loopback',
    'does tcp_tw_reuse take the old port',
    'reuse needs timestamps',
    'tcp_tw_reuse 为什么默认关闭',
    'tcp_tw_reuse 是什么，需要时间戳吗',
    '快速复用 TIME_WAIT 的端口',
  ],
  sources: [
    'ip-sysctl.rst, tcp_tw_reuse',
    'net/ipv4/tcp_ipv4.c, tcp_twsk_unique',
    'RFC 6191, 2',
    'RFC 7323, 5',
    'RFC 9293, 3.10.7.4',
  ],
  corrects: {
    en: 'It is sometimes said that tcp_tw_reuse makes a new connection use another port. It lets it have the very same four-tuple, as the side that connects, with timestamps, when the TIME_WAIT is older than 1 s. Linux: 0 until 4.18, since 4.19 the default is 2: only within the host itself.',
    zh: '有人说 tcp_tw_reuse 是让新连接换一个端口。实际上它允许使用完全相同的四元组，条件是：自己是发起连接的一方、使用时间戳、TIME_WAIT 已超过 1 s。Linux 4.18 及以前默认 0，4.19 起默认 2：只用于本机内部。',
  },
  parameters: {
    reuse: {
      default: '1',
      choices: ['0', '1', '2'],
      text: {
        en: "the client's tcp_tw_reuse; 2: only within a host",
        zh: 'client 的 tcp_tw_reuse；2 表示仅限本机内部',
      },
    },
    after: {
      ...{ default: 1500, min: 0, max: 59_000 },
      text: { en: 'the client connects again so many milliseconds later', zh: 'client 在多少毫秒之后再次连接' },
    },
    timestamps: { default: true, text: { en: 'both have timestamps', zh: '双方使用时间戳' } },
  },
  play(lab, { reuse, after, timestamps }) {
    const tcp_timestamps = timestamps ? 1 : 0;
    // One ephemeral port: the next connection can have no other.
    const ip_local_port_range: [number, number] = [PORT, PORT];
    const client = lab.host('client', {
      sysctls: { tcp_tw_reuse: Number(reuse), tcp_timestamps, ip_local_port_range },
    });
    const server = lab.host('server', { sysctls: { tcp_timestamps } });
    // A late copy of the old connection's octet arrives in the new one.
    lab.path(`duplicate DATA 1 overall after ${Math.floor(after) + 500}ms from client`);

    const reads = readEach(server, 80);
    const use = async (octets: string, pause: number): Promise<void> => {
      const socket = await client.connect(server, 80).connected;
      await socket.write(octets);
      await client.wait(pause);
      socket.shutdown();
      await socket.readAll();
      socket.close();
    };
    client.run(async () => {
      await use('old', 50);
      await client.wait(after);
      await use('new', 700);
    });

    const { sysctls } = client.host;
    const isMarked = sysctls.tcp_timestamps !== 0 && server.host.sysctls.tcp_timestamps !== 0;
    const isTaken = isMarked && sysctls.tcp_tw_reuse === 1 && after > sysctls.tcp_tw_reuse_delay;
    lab.turn(timeWait(client, 'enter'), {
      en: `The client has closed first: port ${PORT}, the only one that it has here, is in TIME_WAIT for 60 s.`,
      zh: `client 先关闭：端口 ${PORT}（这里它只有这一个）进入 TIME_WAIT，持续 60 s。`,
    });
    let waited = 0;
    if (isTaken) {
      lab.turn(
        timeWait(client, 'leave'),
        ({ since }) => {
          waited = Math.round(since);
          return {
            en: `After ${waited} ms it is taken over: the client's clock has moved on, so all that is sent from now on has a newer timestamp.`,
            zh: `${waited} ms 之后被接管：client 的时钟已经前进，此后发出的报文段时间戳都更新。`,
          };
        },
        'ip-sysctl.rst, tcp_tw_reuse',
      );
      lab.turn(
        gets(server, 'SYN'),
        {
          en: `Same four-tuple, port ${PORT} again; its sequence numbers begin above all that the old connection sent.`,
          zh: `四元组相同，还是端口 ${PORT}；序号从旧连接发送过的所有序号之上开始。`,
        },
        'RFC 6191, 2',
      );
      lab.turn(
        drops(server, 'Paws'),
        {
          en: 'A late copy of the old connection arrives. Its timestamp is older than the last one: PAWS drops it.',
          zh: '旧连接的一个迟到副本到了。它的时间戳比最近的更旧：PAWS 将其丢弃。',
        },
        'RFC 7323, 5',
      );
    } else {
      lab.turn(fails(client, 'EADDRNOTAVAIL'), ({ since }) => {
        waited = Math.round(since);
        return {
          en: `${waited} ms later connect fails: the port may not be taken over.`,
          zh: `${waited} ms 之后 connect 失败：这个端口不能被接管。`,
        };
      });
    }

    lab.check(
      { en: 'what each connection delivered', zh: '每个连接交付的内容' },
      () => reads,
      isTaken ? ['old', 'new'] : ['old'],
    );
    lab.answer(() => {
      if (isTaken) {
        return {
          en: `With tcp_tw_reuse = 1 connect took the four-tuple over after ${waited} ms of 60 s. It is safe because of timestamps: what is left of the old connection on the path is older than all of the new one, and PAWS drops it.`,
          zh: `tcp_tw_reuse = 1 时，connect 在 60 s 的 TIME_WAIT 过了 ${waited} ms 后就接管了这个四元组。时间戳保证了安全：路上残留的旧报文段都比新连接的旧，由 PAWS 丢弃。`,
        };
      }
      const why = !isMarked
        ? { en: 'without timestamps old and new could not be told apart', zh: '没有时间戳就无法区分新旧' }
        : sysctls.tcp_tw_reuse !== 1
          ? {
              en: `tcp_tw_reuse = ${sysctls.tcp_tw_reuse} does not allow it towards another host`,
              zh: `tcp_tw_reuse = ${sysctls.tcp_tw_reuse} 不允许对其他主机这样做`,
            }
          : {
              en: `the TIME_WAIT must be older than ${sysctls.tcp_tw_reuse_delay} ms`,
              zh: `TIME_WAIT 必须超过 ${sysctls.tcp_tw_reuse_delay} ms`,
            };
      return {
        en: `The port was not taken over after ${waited} ms: ${why.en}. So connect fails with EADDRNOTAVAIL until TIME_WAIT ends.`,
        zh: `${waited} ms 之后端口没有被接管：${why.zh}。所以在 TIME_WAIT 结束之前 connect 因 EADDRNOTAVAIL 失败。`,
      };
    });
  },
});
