import { type LabSocket, scenario, sends } from '../../story/index.ts';

const PORT = 40_000;
/** The clock of initial sequence numbers: one step in 4 microseconds. */
const PER_SECOND = 250_000;

export default scenario({
  name: 'isn',
  topic: 'opening',
  kind: 'tutorial',
  title: { en: 'Initial sequence numbers', zh: '初始序号 ISN' },
  question: {
    en: 'How is the initial sequence number chosen, and why is it neither 0 nor simply random?',
    zh: '初始序列号（ISN）怎么产生？为什么不从 0 开始，也不是单纯的随机数？',
  },
  asked: [
    'initial sequence number random',
    'ISN generation RFC 6528',
    'why does a connection not begin with sequence number 0',
    '初始序列号为什么随机',
    'ISN 怎么产生',
    '为什么每次建立连接的初始序列号都要不同',
  ],
  sources: ['RFC 6528, 3', 'RFC 9293, 3.4.1', 'net/core/secure_seq.c'],
  corrects: {
    en: 'The number is not random from call to call: it is a clock plus a secret hash of both ends. The clock steps every 4 microseconds in the RFCs and here (once around in 4.77 h), every 64 ns in Linux (274 s).',
    zh: '序号并非每次都随机：它是时钟加上两端地址端口与密钥的散列值。RFC 和这里的时钟每 4 微秒走一步（4.77 小时一圈），Linux 每 64 ns 一步（274 s 一圈）。',
  },
  parameters: {
    apart: {
      default: 10,
      min: 1,
      max: 3600,
      text: { en: 'seconds between the connections', zh: '两次连接间隔的秒数' },
    },
  },
  play(lab, { apart }) {
    const { client, server } = lab;
    const found: number[] = [];
    server.run(async () => {
      const listener = server.listen(80);
      for (;;) await listener.accept();
    });
    const opens = async (localPort: number): Promise<void> => {
      const socket: LabSocket = client.connect(server, 80, { localPort });
      found.push(socket.connection.snd.iss >>> 0);
      await socket.connected;
      // RST: so that no TIME_WAIT keeps the port.
      socket.reset();
    };
    client.run(async () => {
      await opens(PORT);
      await client.wait(apart * 1000 - lab.now);
      await opens(PORT);
      await client.wait(apart * 1000);
      await opens(PORT + 1);
    });
    const difference = (a: number, b: number): number => ((found[b] ?? 0) - (found[a] ?? 0)) >>> 0;
    const text = (n: number): string => n.toLocaleString('en-US');

    lab.turn(
      sends(client, 'SYN'),
      {
        en: 'ISN = clock + hash(both addresses, both ports, secret).',
        zh: 'ISN = 时钟 + hash(两端地址, 两端端口, 密钥)。',
      },
      'RFC 6528, 3',
    );
    lab.turn(sends(client, 'SYN'), {
      en: `The same four-tuple ${apart} s later: the same hash, so the number is larger by what the clock went. What the last connection sent lies below it, unless it was faster than the clock.`,
      zh: `${apart} s 之后，四元组相同：散列值不变，序号只增加时钟走过的量。只要上一个连接没有时钟快，它发送的序号都在此之下。`,
    });
    lab.turn(sends(client, 'SYN'), {
      en: 'Another port, another hash: whoever knows the numbers of his own connections learns nothing of this one.',
      zh: '换一个端口，散列值就不同：即使知道自己连接的序号，也推测不出这一个。',
    });
    lab.check(
      { en: 'growth of the same four-tuple', zh: '同一四元组的序号增量' },
      () => difference(0, 1),
      (apart * PER_SECOND) % 2 ** 32,
    );
    lab.answer(() => ({
      en: `A clock (${text(PER_SECOND)} a second) plus a keyed hash of the four-tuple. Port ${PORT}: ${found[0]}, ${apart} s later ${found[1] ?? '?'}, ${text(difference(0, 1))} more, so that old segments don't fit in; port ${PORT + 1}: ${found[2] ?? '?'}, which nobody outside can guess.`,
      zh: `时钟（每秒 ${text(PER_SECOND)} 步）加上带密钥的四元组散列。端口 ${PORT}：${found[0]}，${apart} s 后 ${found[1] ?? '?'}，增加 ${text(difference(0, 1))}，使旧报文段对不上；端口 ${PORT + 1}：${found[2] ?? '?'}，外人无法猜到。`,
    }));
  },
});
