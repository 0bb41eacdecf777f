import { enters, fails, gets, happens, scenario, sends } from '../../story/index.ts';

export default scenario({
  name: 'fin-wait-2',
  topic: 'closing',
  kind: 'useful',
  title: { en: 'FIN_WAIT_2 and tcp_fin_timeout', zh: 'FIN_WAIT_2 与 tcp_fin_timeout' },
  question: {
    en: 'What does tcp_fin_timeout bound: FIN_WAIT_2 or TIME_WAIT, and what becomes of a FIN that comes after it?',
    zh: 'tcp_fin_timeout 限制的是 FIN_WAIT_2 还是 TIME_WAIT？之后才到的 FIN 会怎样？',
  },
  asked: [
    'tcp_fin_timeout 的作用',
    '大量 FIN_WAIT_2 怎么办',
    'FIN_WAIT_2 会持续多久',
    '对端一直不关闭，FIN_WAIT_2 会怎样',
    'tcp_fin_timeout and TIME_WAIT',
    'how long does FIN_WAIT_2 last',
  ],
  sources: ['Linux: Documentation/networking/ip-sysctl.rst, tcp_fin_timeout', 'tcp(7), TCP_LINGER2', 'RFC 9293, 3.6'],
  corrects: {
    en: 'It is often read that tcp_fin_timeout shortens TIME_WAIT. In Linux it is the time in FIN_WAIT_2 of a socket that is closed; TIME_WAIT is 60 s whatever it says (TCP_TIMEWAIT_LEN).',
    zh: '常见的说法是：tcp_fin_timeout 能缩短 TIME_WAIT。在 Linux 上它是已 close 的套接字停留在 FIN_WAIT_2 的时间；TIME_WAIT 固定 60 s（TCP_TIMEWAIT_LEN），与它无关。',
  },
  parameters: {
    timeout: {
      default: 60,
      min: 1,
      max: 300,
      text: { en: "the client's tcp_fin_timeout, in seconds", zh: 'client 的 tcp_fin_timeout，秒' },
    },
    work: {
      default: 90,
      min: 1,
      max: 3600,
      text: { en: 'seconds after which the server closes', zh: 'server 过多少秒才关闭' },
    },
    shutdown: {
      default: false,
      text: {
        en: 'the client calls shutdown(SHUT_WR) instead of close',
        zh: 'client 调用 shutdown(SHUT_WR) 而不是 close',
      },
    },
  },
  positional: 'timeout',
  play(lab, { timeout, work, shutdown }) {
    const client = lab.host('client', { sysctls: { tcp_fin_timeout: timeout } });
    const { server } = lab;
    server.run(async () => {
      const socket = await server.listen(80).accept();
      await socket.readAll();
      await server.wait(work * 1000);
      socket.close();
    });
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      if (!shutdown) return socket.close();
      socket.shutdown();
      await socket.readAll();
      socket.close();
    });

    const limit = client.host.sysctls.tcp_fin_timeout;
    const isLate = !shutdown && work > limit;
    lab.turn(
      enters(client, 'FIN_WAIT_2'),
      shutdown
        ? {
            en: 'The client has only shut its direction down: its application waits for the FIN, and FIN_WAIT_2 has no limit.',
            zh: 'client 只是 shutdown：应用程序在等 FIN，FIN_WAIT_2 没有时限。',
          }
        : {
            en: `No application has this socket any more: FIN_WAIT_2 is limited to tcp_fin_timeout, ${limit} s.`,
            zh: `已没有应用程序持有这个套接字：FIN_WAIT_2 限制为 tcp_fin_timeout，${limit} s。`,
          },
    );
    let waited = 0;
    if (isLate) {
      lab.turn(
        happens(
          { en: 'client leaves FIN_WAIT_2', zh: 'client 离开 FIN_WAIT_2' },
          (entry) => entry.host === client.index && entry.type === 'timeWait' && entry.action === 'leave',
        ),
        ({ since }) => {
          waited = Math.round(since / 1000);
          return {
            en: `${waited} s later the client forgets the connection. The server is in CLOSE_WAIT, and isn't told.`,
            zh: `${waited} s 后 client 忘掉连接。server 处于 CLOSE_WAIT，没有得到通知。`,
          };
        },
      );
      lab.turn(sends(server, 'FIN'), {
        en: 'Now the server closes.',
        zh: 'server 现在才关闭。',
      });
      lab.turn(
        gets(server, 'RST'),
        {
          en: 'The FIN is for no connection any more: RST. The server has closed already, so no application is told.',
          zh: '这个 FIN 已没有对应的连接：得到 RST。server 已经 close，没有应用程序会收到错误。',
        },
        'RFC 9293, 3.10.7.1',
      );
    } else {
      lab.turn(enters(client, 'TIME_WAIT'), ({ since }) => {
        waited = Math.round(since / 1000);
        return {
          en: `After ${waited} s the FIN comes in time: TIME_WAIT.`,
          zh: `${waited} s 后 FIN 及时到达：进入 TIME_WAIT。`,
        };
      });
      lab.turn(enters(client, 'CLOSED'), ({ since }) => ({
        en: `TIME_WAIT took ${Math.round(since / 1000)} s; tcp_fin_timeout has no part in it.`,
        zh: `TIME_WAIT 持续 ${Math.round(since / 1000)} s；与 tcp_fin_timeout 无关。`,
      }));
    }
    lab.whenever(fails(server, 'ECONNRESET'), { en: 'An application is told.', zh: '应用程序得到错误。' });
    lab.answer(() =>
      isLate
        ? {
            en: `FIN_WAIT_2 of a closed socket: left after ${waited} s (tcp_fin_timeout), without TIME_WAIT. The FIN that came after that got a RST.`,
            zh: `已 close 的套接字的 FIN_WAIT_2：${waited} s（tcp_fin_timeout）后离开，没有 TIME_WAIT。之后才到的 FIN 得到 RST。`,
          }
        : {
            en: `FIN_WAIT_2 lasted ${waited} s, until the FIN came; TIME_WAIT after it 60 s whatever tcp_fin_timeout (${limit} s) is.${shutdown ? ' A socket that is only shut down has no limit in FIN_WAIT_2.' : ''}`,
            zh: `FIN_WAIT_2 持续 ${waited} s，直到 FIN 到达；之后 TIME_WAIT 仍是 60 s，与 tcp_fin_timeout（${limit} s）无关。${shutdown ? '只 shutdown 的套接字在 FIN_WAIT_2 中没有时限。' : ''}`,
          },
    );
  },
});
