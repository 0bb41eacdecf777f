import { enters, gets, scenario } from '../../story/index.ts';

const MINUTE = 60_000;

export default scenario({
  name: 'close-wait-leak',
  topic: 'closing',
  kind: 'useful',
  title: { en: 'A heap of CLOSE_WAIT', zh: '大量 CLOSE_WAIT' },
  question: {
    en: 'There are many connections in CLOSE_WAIT: why, and which timer ends them?',
    zh: '服务器上出现大量 CLOSE_WAIT，是什么原因？会自动超时吗？',
  },
  asked: [
    '大量 CLOSE_WAIT 怎么排查和解决',
    'CLOSE_WAIT 过多的原因',
    'CLOSE_WAIT 会自动消失吗',
    '没有调用 close 会怎样',
    'too many CLOSE_WAIT connections',
    'CLOSE_WAIT leak: does a timeout end it',
    'netstat shows hundreds of CLOSE_WAIT',
  ],
  sources: ['RFC 9293, 3.6; 3.10.7.4, eighth', 'close(2)', 'tcp(7), SO_KEEPALIVE'],
  corrects: {
    en: 'It is often advised to lower tcp_keepalive_time (or tcp_fin_timeout) against CLOSE_WAIT. tcp_fin_timeout has no part in it; keep-alive ends some of them, late and with an error. The cause is a program that does not call close().',
    zh: '常见的建议是：调小 tcp_keepalive_time（或 tcp_fin_timeout）来解决 CLOSE_WAIT。tcp_fin_timeout 与它无关；keep-alive 只能很晚地以错误结束其中一些。根本原因是程序没有调用 close()。',
  },
  parameters: {
    n: {
      default: 5,
      min: 1,
      max: 1024,
      text: { en: 'how many connections', zh: '连接的个数' },
    },
    minutes: {
      default: 9,
      min: 5,
      max: 1000,
      text: { en: 'when they are counted', zh: '过多少分钟后统计' },
    },
    'keep-alive': {
      default: false,
      text: { en: 'the server sets SO_KEEPALIVE on its sockets', zh: 'server 在套接字上设置 SO_KEEPALIVE' },
    },
  },
  positional: 'n',
  play(lab, { n, minutes, 'keep-alive': keepsAlive }) {
    const { client, server } = lab;
    const afterFinWait = (client.host.sysctls.tcp_fin_timeout + 1) * 1000;
    let since = 0;
    let fin = 0;

    // The mistake: what has been read to its end is forgotten, not closed.
    const serve = async (socket: Awaited<ReturnType<ReturnType<typeof server.listen>['accept']>>): Promise<void> => {
      if (keepsAlive) socket.setKeepAlive();
      while ((await socket.read()) !== null);
      if (fin++ === 0) since = lab.now;
    };
    server.run(async () => {
      const listener = server.listen(80, { backlog: n });
      for (;;) {
        const socket = await listener.accept();
        server.run(() => serve(socket));
      }
    });
    client.run(async () => {
      for (let i = 0; i < n; i++) {
        const socket = await client.connect(server, 80).connected;
        await socket.write(100);
        socket.close();
        if (i > 0) continue;
        // The first one shows, to its end, what happens to each.
        await client.wait(afterFinWait);
        lab.pause();
      }
      await client.wait(afterFinWait);
      lab.resume();
    });

    lab.turn(enters(server, 'CLOSE_WAIT'), {
      en: "The client has closed. The server's kernel acknowledges the FIN and tells the application: read() = 0. More it can't do.",
      zh: 'client 已关闭。server 的内核确认 FIN，并告诉应用程序：read() 返回 0。内核只能做这么多。',
    });
    lab.turn(
      enters(client, 'CLOSED'),
      {
        en: `The client, whose user is gone, waits ${client.host.sysctls.tcp_fin_timeout} s in FIN_WAIT_2 for a FIN that doesn't come (tcp_fin_timeout), and forgets the connection.`,
        zh: `client 的用户已经离开，在 FIN_WAIT_2 中等一个不来的 FIN，${client.host.sysctls.tcp_fin_timeout} s 后（tcp_fin_timeout）忘掉连接。`,
      },
      'ip-sysctl.rst, tcp_fin_timeout',
    );
    let count = 0;
    let oldest = 0;
    let probed = 0;
    lab.at(minutes * MINUTE, () => {
      count = [...server.host.tcp.connections].filter(({ state }) => state === 'CLOSE_WAIT').length;
      oldest = Math.round((lab.now - since) / MINUTE);
    });
    if (keepsAlive && minutes < 100) {
      const hours = server.host.sysctls.tcp_keepalive_time / 3600;
      lab.turn(gets(server, 'RST'), {
        en: `After ${hours} h of silence the server probes, and the client, which knows nothing of it any more, answers with RST.`,
        zh: `沉默 ${hours} h 后 server 发探测；client 早已忘记这个连接，回 RST。`,
      });
      lab.turn(enters(server, 'CLOSED'), ({ at }) => {
        lab.pause(); // the others go the same way
        probed = Math.round(at / MINUTE);
        return {
          en: 'The connection is gone; the socket still is not closed, and its file descriptor is still taken.',
          zh: '连接没有了；但套接字仍未 close，文件描述符仍被占用。',
        };
      });
    }
    lab.check({ en: 'connections in CLOSE_WAIT', zh: 'CLOSE_WAIT 的连接数' }, () => count, n);
    lab.answer(() => ({
      en: `${count} connections in CLOSE_WAIT, the oldest for ${oldest} min: the peer has closed, and the program here has not called close(). ${probed > 0 ? `Keep-alive ended the first one after ${probed} min, and its socket is still open` : 'No timer of TCP ends that state'}; find the path in the program on which read() = 0 or an error isn't followed by close().`,
      zh: `${count} 个连接处于 CLOSE_WAIT，最老的已经 ${oldest} min：对端已关闭，而这里的程序没有调用 close()。${probed > 0 ? `keep-alive 在 ${probed} min 后结束了第一个，但套接字仍未关闭` : 'TCP 没有定时器能结束这个状态'}；要在程序里找 read() 返回 0 或出错后没有 close() 的路径。`,
    }));
  },
});
