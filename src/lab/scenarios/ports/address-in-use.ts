import { calls, fails, scenario, timeWait } from '../../story/index.ts';

/** The server's application tries again so often, in milliseconds. */
const AGAIN = 10_000;

export default scenario({
  name: 'address-in-use',
  topic: 'time-wait',
  kind: 'useful',
  title: { en: 'A server is started again: address already in use', zh: '重启服务器：Address already in use' },
  question: {
    en: 'Why does a server that is started again get EADDRINUSE, and what does SO_REUSEADDR change?',
    zh: '服务器重启时为什么会报 EADDRINUSE？SO_REUSEADDR 改变了什么？',
  },
  asked: [
    'bind: Address already in use after restart',
    'EADDRINUSE TIME_WAIT SO_REUSEADDR',
    'does Node set SO_REUSEADDR',
    '服务重启 Address already in use 怎么办',
    'SO_REUSEADDR 的作用，端口复用',
    '重启 TCP 服务进程时，为什么会有 Address in use 的报错',
  ],
  sources: ['socket(7), SO_REUSEADDR', 'net/ipv4/inet_connection_sock.c, inet_csk_get_port', 'RFC 9293, 3.6'],
  corrects: {
    en: 'It is often said that the process which gets EADDRINUSE should set SO_REUSEADDR. In Linux that is not enough: the sockets that the TIME_WAITs are left from must have had it, too. So it is set always, from the first run on.',
    zh: '常有人说，遇到 EADDRINUSE 的进程设置 SO_REUSEADDR 就行。在 Linux 中这还不够：留下 TIME_WAIT 的那些 socket 也必须设置过。所以从第一次运行起就应始终设置。',
  },
  parameters: {
    'reuse-address': {
      default: false,
      text: {
        en: 'the application sets SO_REUSEADDR before it listens, as Node does',
        zh: '应用程序在 listen 之前设置 SO_REUSEADDR，Node 就是这样',
      },
    },
  },
  play(lab, { 'reuse-address': reuseAddress }) {
    const { client, server } = lab;
    let tries = 0;
    let stoppedAt = 0;
    let took: number | null = null;
    server.run(async () => {
      const listener = server.listen(80, { reuseAddress });
      const socket = await listener.accept();
      await server.wait(1000);
      // The process ends: its kernel closes the listener and the connection, and so sends the first FIN.
      listener.close();
      socket.close();
      await server.wait(1000);
      stoppedAt = lab.now;
      while (took === null && tries < 20) {
        if (tries++ > 0) await server.wait(AGAIN);
        try {
          server.listen(80, { reuseAddress });
          took = lab.now - stoppedAt;
        } catch (error) {
          if ((error as { code: string }).code !== 'EADDRINUSE') throw error;
        }
      }
    });
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      await socket.readAll();
      socket.close();
    });

    lab.turn(
      timeWait(server, 'enter'),
      {
        en: 'The server process has ended, and so the server has closed first: a TIME_WAIT with local port 80 remains in its kernel.',
        zh: 'server 进程退出，所以是 server 先关闭：内核中留下一个本地端口为 80 的 TIME_WAIT。',
      },
      'RFC 9293, 3.6',
    );
    if (!reuseAddress) {
      lab.turn(
        fails(server, 'EADDRINUSE'),
        {
          en: "It is started again. Without SO_REUSEADDR the port can't be had while a TIME_WAIT holds it.",
          zh: '重新启动。没有 SO_REUSEADDR 时，只要还有 TIME_WAIT 占着端口就不能用。',
        },
        'socket(7), SO_REUSEADDR',
      );
    }
    lab.turn(calls(server, 'listen'), () =>
      reuseAddress
        ? {
            en: 'It is started again. With SO_REUSEADDR a TIME_WAIT does not stop listen: new connections have other four-tuples.',
            zh: '重新启动。设置了 SO_REUSEADDR，TIME_WAIT 不妨碍 listen：新连接的四元组不同。',
          }
        : {
            en: `Tried again every ${AGAIN / 1000} s, it succeeds when TIME_WAIT is over.`,
            zh: `每 ${AGAIN / 1000} s 重试一次，TIME_WAIT 结束后才成功。`,
          },
    );

    lab.check({ en: 'listen fails at first', zh: 'listen 起初失败' }, () => tries > 1, !reuseAddress);
    lab.check({ en: 'listen succeeds in the end', zh: 'listen 最终成功' }, () => took !== null, true);
    lab.answer(() =>
      reuseAddress
        ? {
            en: `With SO_REUSEADDR listen succeeded at once, beside the TIME_WAIT that the first process left. It is safe, since a SYN for the old four-tuple must still prove itself new.`,
            zh: `设置 SO_REUSEADDR 后，虽然还有上一个进程留下的 TIME_WAIT，listen 马上成功。这是安全的：旧四元组的 SYN 仍须证明自己是新的。`,
          }
        : {
            en: `The server had closed first, so a TIME_WAIT held port 80, and listen failed with EADDRINUSE for ${Math.round((took ?? 0) / 1000)} s. Set SO_REUSEADDR before bind, in every run of the server (--reuse-address); Node does it always.`,
            zh: `server 先关闭，所以 TIME_WAIT 占着端口 80，listen 在 ${Math.round((took ?? 0) / 1000)} s 内因 EADDRINUSE 失败。server 每次运行都应在 bind 之前设置 SO_REUSEADDR（--reuse-address）；Node 总是这样做。`,
          },
    );
  },
});
