import { calls, enters, fails, gets, scenario, sends } from '../../story/index.ts';

/** When it crashes, in milliseconds. */
const CRASH = 1000;

export default scenario({
  name: 'process-crash',
  topic: 'closing',
  kind: 'tutorial',
  title: { en: 'A process crashes', zh: '进程崩溃' },
  question: {
    en: 'A process crashes or is killed (kill -9): what becomes of its connections, and what does the peer see?',
    zh: '进程崩溃或被 kill -9，它的 TCP 连接会怎样？对端看到什么？',
  },
  asked: [
    '一端进程崩溃和主机断电有什么区别',
    'kill -9 进程后 TCP 会四次挥手吗',
    '程序崩溃后连接还在吗',
    'process killed, does the kernel send FIN',
    'what happens to TCP connections when a process crashes',
  ],
  sources: ['close(2); exit(2)', 'RFC 9293, 3.10.4', 'RFC 2525, 2.17'],
  parameters: {
    unread: {
      default: false,
      text: {
        en: 'octets that the process has not read are there when it ends',
        zh: '进程结束时还有没读的数据',
      },
    },
  },
  play(lab, { unread }) {
    const { client, server } = lab;
    server.run(async () => {
      const socket = await server.listen(80).accept();
      if (unread) return; // it is busy with something else
      while ((await socket.read()) !== null);
    });
    let end = '';
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      await socket.write(100);
      try {
        await socket.readAll();
        end = '0';
        await client.wait(500);
        socket.close();
      } catch (error) {
        end = (error as { code: string }).code;
        throw error;
      }
    });
    lab.at(CRASH, () => server.exitProcess());

    lab.whenever(calls(server, 'close'), {
      en: "The server's process is gone: segmentation fault, exception, kill -9. Its kernel is not, and closes all that the process had open.",
      zh: 'server 的进程没了：段错误、异常、kill -9。内核还在，它关闭进程打开的所有东西。',
    });
    let after = 0;
    if (unread) {
      lab.turn(
        sends(server, 'RST'),
        ({ at }) => {
          after = Math.round(at - CRASH);
          return {
            en: `${after} ms after its end: 100 octets were not read, so the kernel sends RST.`,
            zh: `进程结束 ${after} ms 后：有 100 字节没读，所以内核发 RST。`,
          };
        },
        'RFC 2525, 2.17',
      );
      lab.turn(fails(client, 'ECONNRESET'), {
        en: 'The peer sees an error.',
        zh: '对端得到错误。',
      });
    } else {
      lab.turn(sends(server, 'FIN'), ({ at }) => {
        after = Math.round(at - CRASH);
        return {
          en: `${after} ms after its end the kernel sends FIN, as for a close() by the program. The peer can't tell the difference.`,
          zh: `进程结束 ${after} ms 后内核发 FIN，和程序调用 close() 一样。对端分不出区别。`,
        };
      });
      lab.turn(enters(client, 'CLOSE_WAIT'), {
        en: 'read() = 0 at the client. If its own close comes later than tcp_fin_timeout, that FIN gets a RST.',
        zh: 'client 的 read() 返回 0。如果它在 tcp_fin_timeout 之后才 close，它的 FIN 会得到 RST。',
      });
      lab.turn(enters(server, 'TIME_WAIT'), {
        en: 'Both kernels complete the close; the process is not needed for it.',
        zh: '四次挥手由内核完成，不需要进程。',
      });
    }
    lab.whenever(gets(client, 'RST'), { en: 'A RST.', zh: '一个 RST。' });
    lab.check(
      { en: "how the client's reading ended", zh: 'client 的 read 怎样结束' },
      () => end,
      unread ? 'ECONNRESET' : '0',
    );
    lab.answer(() =>
      unread
        ? {
            en: `The kernel closes the sockets of a process that ends, within ${after} ms: RST, as 100 octets were unread. The peer gets ${end} one way of the path later; only a machine that dies is silent (power-cut).`,
            zh: `进程结束时内核关闭它的套接字，在 ${after} ms 之内：有 100 字节未读，所以发 RST。对端过一个单程时延得到 ${end}；只有整机断电才没有声音（power-cut）。`,
          }
        : {
            en: `The kernel closes the sockets of a process that ends, within ${after} ms: FIN, and the usual four segments. The peer reads 0 one way of the path later; only a machine that dies is silent (power-cut).`,
            zh: `进程结束时内核关闭它的套接字，在 ${after} ms 之内：发 FIN，照常四次挥手。对端过一个单程时延 read() 返回 0；只有整机断电才没有声音（power-cut）。`,
          },
    );
  },
});
