import { drops, gets, scenario, sends, timeWait } from '../../story/index.ts';

export default scenario({
  name: 'rst-in-time-wait',
  topic: 'time-wait',
  kind: 'weird',
  title: { en: 'A RST ends TIME_WAIT early', zh: 'RST 提前终止 TIME_WAIT' },
  question: {
    en: 'What happens when a RST arrives in TIME_WAIT, and what is tcp_rfc1337?',
    zh: '在 TIME_WAIT 状态收到 RST 会怎样？tcp_rfc1337 是什么？',
  },
  asked: [
    'TIME_WAIT assassination, RFC 1337',
    'RST in TIME_WAIT',
    'tcp_rfc1337 meaning',
    'TIME_WAIT 收到 RST 会断开吗',
    '在 TIME_WAIT 状态的 TCP 连接，收到 RST 后会怎样',
  ],
  sources: ['RFC 1337, 1 and 3', 'ip-sysctl.rst, tcp_rfc1337', 'net/ipv4/tcp_minisocks.c, tcp_timewait_state_process'],
  corrects: {
    en: 'ip-sysctl.rst calls tcp_rfc1337 a fix for TIME_WAIT assassination and is easily read as if 1 were the default. It is 0: a RST that is exactly in sequence ends the wait.',
    zh: 'ip-sysctl.rst 说 tcp_rfc1337 用于防止 TIME_WAIT 被提前终止，容易误以为默认是 1。默认是 0：序号正好的 RST 会终止 TIME_WAIT。',
  },
  parameters: {
    rfc1337: {
      default: '0',
      choices: ['0', '1'],
      text: { en: "the client's tcp_rfc1337", zh: 'client 的 tcp_rfc1337' },
    },
  },
  positional: 'rfc1337',
  play(lab, { rfc1337 }) {
    const client = lab.host('client', { sysctls: { tcp_rfc1337: Number(rfc1337) } });
    const { server } = lab;
    // A late copy of the server's data is enough: the rest follows from the rules.
    lab.path('duplicate DATA 1 after 5s from server');

    server.run(async () => {
      const socket = await server.listen(80).accept();
      await socket.write(100);
      await socket.readAll();
      socket.close();
    });
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      await socket.readOctets(100);
      socket.shutdown();
      await socket.readAll();
      socket.close();
    });

    const isProtected = client.host.sysctls.tcp_rfc1337 !== 0;
    let began = 0;
    let lasted = 0;
    lab.turn(timeWait(client, 'enter'), ({ at }) => {
      began = at;
      return {
        en: 'The client has closed first: TIME_WAIT. The server has no connection any more.',
        zh: 'client 先关闭：TIME_WAIT。server 上已经没有这个连接。',
      };
    });
    lab.turn(
      sends(client, 'ACK', { cause: 'TIME_WAIT' }),
      {
        en: "A late copy of the server's data arrives in TIME_WAIT. It is out of place, so an ACK answers it, as the rules say.",
        zh: 'server 数据的一个迟到副本到达处于 TIME_WAIT 的 client。它的序号不合适，按规则用 ACK 应答。',
      },
      'RFC 9293, 3.10.7.4',
    );
    lab.turn(
      gets(client, 'RST'),
      {
        en: 'The server knows no such connection, so it answers this ACK with a RST, whose number is that of the ACK: exactly what the client expects next.',
        zh: 'server 不认识这个连接，用 RST 应答这个 ACK；RST 的序号取自 ACK 的确认号，正好是 client 期待的下一个序号。',
      },
      'RFC 1337, 1',
    );
    if (isProtected) {
      lab.turn(
        drops(client, 'TimeWait'),
        {
          en: 'tcp_rfc1337 = 1: the RST is dropped, and TIME_WAIT goes on.',
          zh: 'tcp_rfc1337 = 1：RST 被丢弃，TIME_WAIT 继续。',
        },
        'RFC 1337, 3',
      );
    }
    lab.turn(timeWait(client, 'leave'), ({ at }) => {
      lasted = Math.round((at - began) / 1000);
      return isProtected
        ? { en: `It ends after ${lasted} s, as it should.`, zh: `它在 ${lasted} s 后正常结束。` }
        : {
            en: `tcp_rfc1337 = 0 (the default): TIME_WAIT is over after ${lasted} s. What it protects against could happen now.`,
            zh: `tcp_rfc1337 = 0（默认）：TIME_WAIT 在 ${lasted} s 后就结束了。它所防止的事情现在可能发生。`,
          };
    });

    lab.check(
      { en: 'seconds of TIME_WAIT', zh: 'TIME_WAIT 的秒数' },
      () => lasted,
      isProtected ? Math.round(client.host.sysctls.tcp_timewait_len / 1000) : 5,
    );
    lab.answer(() =>
      isProtected
        ? {
            en: `With tcp_rfc1337 = 1 a RST is ignored in TIME_WAIT, which lasted its ${lasted} s. The default is 0.`,
            zh: `tcp_rfc1337 = 1 时，TIME_WAIT 忽略 RST，持续了完整的 ${lasted} s。默认值是 0。`,
          }
        : {
            en: `A RST with exactly the expected number ended TIME_WAIT after ${lasted} s of 60 s. Nobody need send it on purpose: one late copy of old data is enough, and tcp_rfc1337 = 1 ignores it.`,
            zh: `序号正好的 RST 让 TIME_WAIT 在 60 s 中的第 ${lasted} s 就结束。不需要有人故意发送：一个迟到的旧数据副本就够了；tcp_rfc1337 = 1 会忽略它。`,
          },
    );
  },
});
