import { drops, enters, gets, type LabSocket, scenario, sends } from '../../story/index.ts';

const PORT = 50_000;
const COMMAND = 'rm -rf /\n';

export default scenario({
  name: 'hijack',
  topic: 'attacks',
  kind: 'weird',
  title: { en: 'Session hijacking, on the path and off it', zh: '会话劫持：在路径上与不在路径上' },
  question: {
    en: "Can an attacker put a command of his own into another's TCP connection?",
    zh: '攻击者能把自己的命令插进别人的 TCP 连接（会话劫持）吗？',
  },
  asked: [
    'TCP session hijacking',
    'inject a command into a TCP session',
    'forged data segment, ACK too old',
    'TCP 会话劫持',
    '伪造数据报文段注入命令',
    'SEED TCP 会话劫持实验',
  ],
  sources: ['RFC 5961, 5.2', 'RFC 9293, 3.10.7.4, fifth', 'RFC 4953'],
  parameters: {
    where: {
      default: 'on-path',
      choices: ['on-path', 'off-path'],
      text: { en: 'where mallory is', zh: 'mallory 的位置' },
    },
  },
  positional: 'where',
  play(lab, { where }) {
    const { client, server } = lab;
    const mallory = lab.attacker('mallory');
    let served: LabSocket | null = null;
    const lines: string[] = [];

    // A shell: one command a line.
    server.run(async () => {
      served = await server.listen(23).accept();
      for (let octets = await served.read(); octets !== null; octets = await served.read()) {
        lines.push(String.fromCharCode(...octets));
      }
    });
    client.run(async () => {
      const socket = await client.connect(server, 23, { localPort: PORT }).connected;
      await socket.write('ls\n');
      await client.wait(2000);
      await socket.write('pwd\n');
    });

    const forged = { from: ['10.9.0.1', PORT], to: ['10.9.0.2', 23], flags: 'P.', data: COMMAND } as const;
    if (where === 'on-path') {
      // What he needs he reads off the client's last segment: both numbers, and the timestamp's clock.
      let last: { seq: number; ack: number; timestamps?: readonly [number, number] } | null = null;
      mallory.onPath(({ from, seq, ack, length, timestamps }) => {
        if (from[0] === '10.9.0.1') last = { seq: seq + length, ack, ...(timestamps && { timestamps }) };
      });
      lab.at(1000, () => {
        if (last !== null) mallory.send({ ...forged, ...last });
      });
    } else {
      // The scenario gives him a sequence number in the window, which takes luck. The ACK he doesn't know: he tries one in each quarter of its space.
      for (let i = 1; i < 4; i++) {
        lab.at(1000 + 100 * i, () => {
          const connection = served?.connection;
          if (connection === undefined) return;
          mallory.send({ ...forged, seq: connection.rcv.nxt, ack: connection.snd.nxt + i * 2 ** 30 });
        });
      }
    }
    if (where === 'on-path') {
      lab.turn(gets(server, 'DATA', { length: COMMAND.length }), {
        en: "mallory has read the numbers off the segments that pass, and sends the next octets in the client's name: seq and ack are exactly right. The server cannot tell it from the client, and the shell runs the command.",
        zh: 'mallory 从经过的报文段里读到序号，以 client 的名义发出接下来的字节：seq 和 ack 完全正确。server 无法分辨，shell 执行了这条命令。',
      });
      lab.turn(
        drops(client, 'AckUnsent'),
        {
          en: "The ACK goes to the client, for octets that it has never sent. It drops it, and answers where it is: seq 4, which is behind the server's window. So each answers the other, until a rate limit (tcp_invalid_ratelimit) ends it: an ACK storm.",
          zh: 'ACK 到了 client，确认的却是它从未发过的字节。client 丢弃它，并报出自己的位置：seq 4，这又落在 server 的窗口之前。双方互相应答，直到限速（tcp_invalid_ratelimit）制止：这就是 ACK 风暴。',
        },
        'RFC 9293, 3.10.7.4, fifth',
      );
      lab.turn(drops(server, 'OutsideWindow'), {
        en: 'The two ends are out of step.',
        zh: '两端从此失去同步。',
      });
      lab.turn(sends(client, 'DATA', { length: 4 }), {
        en: "The client's next command has sequence numbers that for the server are used up: it is taken for an old duplicate, and dropped.",
        zh: 'client 的下一条命令所用的序号，在 server 看来已经用过：当作旧的重复，丢弃。',
      });
      // What follows is the same again and again, until the client gives up.
      lab.at(2035, () => lab.pause());
      lab.at(940_000, () => lab.resume());
      lab.whenever(enters(client, 'CLOSED'), ({ at }) => ({
        en: `The client has sent it again and again, in vain: ETIMEDOUT after ${Math.round(at / 60_000)} min. The server still believes the connection to be open.`,
        zh: `client 反复重传，全都无效：${Math.round(at / 60_000)} min 后 ETIMEDOUT。server 仍以为连接是好的。`,
      }));
    } else {
      lab.turn(drops(server, 'AckUnsent'), {
        en: 'The sequence number is right, for which luck is needed; the ACK is not. This one acknowledges what the server has never sent: dropped.',
        zh: '序号猜对了（这已经需要运气），ack 却不对。这一个确认了 server 从未发出的字节：丢弃。',
      });
      lab.turn(
        drops(server, 'AckTooOld'),
        {
          en: 'This ACK is older than all that can still be on its way: dropped, with a challenge ACK to the client.',
          zh: '这个 ack 比一切可能还在路上的都旧：丢弃，并向 client 发送 challenge ACK。',
        },
        'RFC 5961, 5.2',
      );
      lab.turn(sends(client, 'DATA', { length: 4 }), {
        en: 'The client goes on as if nothing had been.',
        zh: 'client 照常发送，若无其事。',
      });
    }

    const isHit = where === 'on-path';
    lab.check(
      { en: 'what the shell was given', zh: 'shell 收到的内容' },
      () => lines.join(''),
      isHit ? `ls\n${COMMAND}` : 'ls\npwd\n',
    );
    lab.answer(() =>
      isHit
        ? {
            en: `On the path, yes: he sees seq and ack, and his ${COMMAND.length} octets were read by the server as the client's. From then on the client's own octets are old duplicates for the server; only encryption and authentication (SSH, TLS) keep a forged command from being run.`,
            zh: `在路径上可以：seq 和 ack 都看得见，他的 ${COMMAND.length} 个字节被 server 当作 client 的数据读走。此后 client 自己的字节在 server 眼里成了旧的重复；只有加密和认证（SSH、TLS）能使伪造的命令不被执行。`,
          }
        : {
            en: `Off the path hardly: of ${mallory.sent} segments, with a sequence number that was right, ${mallory.sent} were dropped for their ACK. It must lie in the last window before what the server has sent, 1 in ${odds(served)} values here, and the sequence number in the server's window, too.`,
            zh: `不在路径上几乎不可能：${mallory.sent} 个报文段的序号是对的，仍有 ${mallory.sent} 个因为 ack 而被丢弃。ack 必须落在 server 已发数据之前的一个窗口内，这里是 ${odds(served)} 个值里的 1 个；而序号还得落在 server 的窗口之内。`,
          },
    );
  },
});

/** How many values of an ACK there are for each that is taken (RFC 5961, section 5.2: SND.UNA - MAX.SND.WND =< SEG.ACK =< SND.NXT). */
const odds = (socket: LabSocket | null): number =>
  Math.round(2 ** 32 / (socket === null ? 1 : socket.connection.snd.maxWnd));
