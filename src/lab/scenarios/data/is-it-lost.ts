import { gets, scenario, sends } from '../../story/index.ts';

const OCTETS = 1000;

export default scenario({
  name: 'is-it-lost',
  topic: 'data',
  kind: 'useful',
  title: { en: 'write succeeded, the ACK came, and nobody read it', zh: 'write 成功、ACK 已到，却没有人读到' },
  question: {
    en: 'send() has returned and the data is acknowledged: has the other application got it? Can TCP lose data?',
    zh: 'send() 返回了，数据也得到确认：对方应用程序收到了吗？TCP 的数据一定不会丢吗？',
  },
  asked: [
    '用了 TCP，数据一定不丢吗',
    'send 返回成功代表对方收到了吗',
    'ACK 之后对方应用崩溃，数据丢了吗',
    '如何确认对方应用程序收到了数据',
    'send() returned, did the peer get it',
    'is data lost when the receiver crashes after the ACK',
    'application-level acknowledgment',
  ],
  sources: ['RFC 9293, 3.8', 'RFC 9293, 3.10.2', 'RFC 2525, 2.17'],
  corrects: {
    en: "It is often read that TCP guarantees delivery. It guarantees order and wholeness of what arrives; an ACK means that the peer's kernel has the octets (RFC 9293, 3.8: not that they were delivered to the user).",
    zh: '常见的说法是：TCP 保证送达。它保证到达的数据有序、完整；ACK 只说明对方的内核收到了（RFC 9293，3.8：不表示已交给用户）。',
  },
  parameters: {
    crash: {
      default: true,
      text: { en: 'the server process ends before it reads', zh: 'server 进程在读之前退出' },
    },
  },
  play(lab, { crash }) {
    const { client, server } = lab;
    let read = 0;
    server.run(async () => {
      const socket = await server.listen(80).accept();
      await server.wait(500); // busy with something else
      if (crash) return server.exitProcess();
      read = await socket.readAll();
      socket.close();
    });
    let returnedAt = 0;
    let failed = '';
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      await socket.write(OCTETS);
      returnedAt = lab.now;
      await client.wait(1000);
      try {
        await socket.write(OCTETS);
      } catch (error) {
        failed = (error as { code?: string }).code ?? '';
      }
      socket.close();
    });

    let ackedAt = 0;
    lab.turn(sends(client, 'DATA'), ({ at }) => ({
      en: `write returns at once, ${Math.round(at)} ms after the beginning: the octets are in the client's own send buffer. Nothing has arrived anywhere.`,
      zh: `write 立即返回（开始后 ${Math.round(at)} ms）：数据在 client 自己的发送缓冲区里。还没有到达任何地方。`,
    }));
    lab.turn(
      gets(client, 'ACK', { ack: 1 + OCTETS }),
      ({ at }) => {
        ackedAt = Math.round(at - returnedAt);
        return {
          en: "The ACK: the server's kernel has all of it, in its receive buffer. The client forgets its copy. The server's application has not called read.",
          zh: 'ACK 到达：server 的内核全部收到，放在接收缓冲区。client 删除自己的副本。server 的应用程序还没有调用 read。',
        };
      },
      'RFC 9293, 3.8',
    );
    if (crash) {
      lab.turn(
        sends(server, 'RST'),
        {
          en: `The server's process ends. ${OCTETS} octets that nobody read are thrown away, and the kernel says so with a RST instead of a FIN: data was lost.`,
          zh: `server 的进程退出。没有人读的 ${OCTETS} 字节被丢弃，内核用 RST 而不是 FIN 说明：数据丢失了。`,
        },
        'RFC 2525, 2.17',
      );
    } else {
      lab.turn(sends(client, 'FIN'), {
        en: 'The server reads to the end in its own time.',
        zh: 'server 在自己方便时读完。',
      });
    }
    lab.check(
      { en: 'octets that the server application has read', zh: 'server 应用程序读到的字节数' },
      () => read,
      crash ? 0 : 2 * OCTETS,
    );
    lab.answer(() =>
      crash
        ? {
            en: `Not for certain: write returned before anything left, and the ACK ${ackedAt} ms later says only that the peer's kernel has the octets. Here its application read ${read} of ${OCTETS}, and the client learns that it went wrong by ${failed || 'an error'} at its next call, not what was lost: an answer of the application itself is the only proof.`,
            zh: `不一定：write 在数据离开之前就返回了，${ackedAt} ms 后的 ACK 只说明对方的内核收到了。这里对方应用程序在 ${OCTETS} 字节中读到 ${read} 字节，client 要到下一次调用才从${failed === '' ? '错误' : ` ${failed} `}知道出错，却不知道丢了什么：只有应用层自己的应答才是证明。`,
          }
        : {
            en: `This time yes: the server read all ${read} octets. But nothing in TCP told the client so: write returned at once, the ACK ${ackedAt} ms later came from the kernel. An answer of the application itself is the only proof.`,
            zh: `这一次是的：server 读到了全部 ${read} 字节。但 TCP 没有告诉 client：write 立即返回，${ackedAt} ms 后的 ACK 来自内核。只有应用层自己的应答才是证明。`,
          },
    );
  },
});
