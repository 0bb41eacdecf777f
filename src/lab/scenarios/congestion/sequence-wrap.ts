import { drops, happens, type LabSocket, scenario, sends } from '../../story/index.ts';

const BEFORE = 3000;
const OCTETS = 6000;
const LATE = 100;
/** How long a round takes at 10 Gbit/s, in milliseconds: the age of a segment of the round before. */
const AGE = 3436;
const ROUND = 2 ** 32;

export default scenario({
  name: 'sequence-wrap',
  topic: 'congestion',
  kind: 'weird',
  title: { en: 'Sequence numbers wrap, and PAWS', zh: '序号回绕与 PAWS' },
  question: {
    en: 'What happens when sequence numbers reach 2^32, and how is a segment of the round before told apart?',
    zh: '序号到达 2^32 会怎样？怎样识别上一圈的旧报文段？',
  },
  asked: [
    '序列号回绕，序号用完了怎么办',
    'PAWS 是什么，防止序号回绕',
    '时间戳选项有什么用',
    '高速网络 4 GB 多久绕一圈',
    'sequence number wraparound',
    'PAWS: protection against wrapped sequence numbers',
    'what if more than 4 GB are sent on one connection',
  ],
  sources: ['RFC 9293, 3.4', 'RFC 7323, 5', 'RFC 6528'],
  corrects: {
    en: 'Sequence numbers do not limit a connection to 4 GiB: they go round, and are compared modulo 2^32. What limits is speed: at 10 Gbit/s a round takes 3.4 s, less than a segment may live on the path, and there timestamps (PAWS) are needed.',
    zh: '序号并不限制一个连接只能传 4 GiB：它循环使用，按模 2^32 比较。限制在于速度：10 Gbit/s 时一圈只要 3.4 s，短于报文段在路上的寿命，这时需要时间戳（PAWS）。',
  },
  parameters: {
    timestamps: {
      default: true,
      text: { en: 'with the Timestamps option', zh: '使用时间戳选项' },
    },
  },
  positional: 'timestamps',
  play(lab, { timestamps }) {
    const sysctls = { tcp_timestamps: timestamps ? 1 : 0 };
    const client = lab.host('client', { sysctls });
    const server = lab.host('server', { sysctls });
    const mallory = lab.attacker('path');
    const PORT = 50_000;

    let text = '';
    server.run(async () => {
      const listener = server.listen(80);
      for (let connection = 1; connection <= 2; connection++) {
        const socket = await listener.accept();
        for (let octets = await socket.read(); octets !== null; octets = await socket.read()) {
          if (connection === 2) text += String.fromCharCode(...octets);
        }
        socket.close();
      }
    });
    let iss = 0;
    let socket: LabSocket | null = null;
    client.run(async () => {
      lab.pause();
      const first = await client.connect(server, 80, { localPort: PORT }).connected;
      // The ISN follows a clock of 4 us: so long until it is just below 2^32 for these ends.
      const left = ROUND - BEFORE - (first.connection.snd.iss >>> 0) - lab.now * 250;
      first.close();
      await client.wait(((left + 2 * ROUND) % ROUND) / 250);
      lab.resume();
      socket = await client.connect(server, 80, { localPort: PORT }).connected;
      iss = socket.connection.snd.iss >>> 0;
      await socket.write('a'.repeat(OCTETS));
      await client.wait(100);
      replay(socket);
      await client.wait(100);
      await socket.write('b'.repeat(LATE));
      await client.wait(100);
      lab.pause();
      socket.close();
    });
    // A segment of the round before, 4 GiB of data ago: its number is just the one that the server expects.
    const replay = ({ connection: c }: LabSocket): void =>
      mallory.send({
        ...{ from: [`${client.address}`, PORT], to: [`${server.address}`, 80], flags: 'P.' },
        ...{ seq: c.snd.nxt, ack: c.rcv.nxt, window: 512, data: 'X'.repeat(LATE) },
        ...(timestamps && { timestamps: [(c.tsNow(lab.world.now) - AGE) | 0, c.tsRecent] as const }),
      });

    lab.turn(
      sends(client, 'SYN'),
      {
        en: `This connection's ISN is ${ROUND - BEFORE}, ${BEFORE} below 2^32: the client has waited for that with its connect. (An ISN follows a clock, 250,000 a second. The ladder shows relative numbers.)`,
        zh: `这个连接的 ISN 是 ${ROUND - BEFORE}，比 2^32 小 ${BEFORE}：client 等到这时才 connect。（ISN 随时钟增长，每秒 250,000。梯形图显示相对序号。）`,
      },
      'RFC 6528, 3',
    );
    lab.turn(
      sends(server, 'ACK', { ack: 1 + OCTETS }),
      () => ({
        en: `${OCTETS} octets have arrived: behind number ${ROUND - 1} came 0. The server expects ${ackOnWire()} now. Comparing is done modulo 2^32, so nothing special happens.`,
        zh: `${OCTETS} 字节到达：序号 ${ROUND - 1} 之后是 0。server 现在期待 ${ackOnWire()}。比较按模 2^32 进行，所以什么都没发生。`,
      }),
      'RFC 9293, 3.4',
    );
    lab.turn(
      happens(
        { en: 'an old segment arrives', zh: '旧报文段到达' },
        (entry) => entry.type === 'impairment' && entry.action === 'injected',
      ),
      {
        en: `A segment of the round before arrives, 4 GiB too late: at 10 Gbit/s it left ${AGE} ms ago. Its number is in the window.`,
        zh: `上一圈的一个报文段到达，晚了 4 GiB：在 10 Gbit/s 下，它是 ${AGE} ms 之前发出的。它的序号正好在窗口里。`,
      },
    );
    if (timestamps) {
      lab.turn(
        drops(server, 'Paws'),
        {
          en: 'Its timestamp is older than the last one that was taken (TS.Recent): dropped. That is PAWS.',
          zh: '它的时间戳比最近接受的（TS.Recent）更旧：丢弃。这就是 PAWS。',
        },
        'RFC 7323, 5.3',
      );
    } else {
      lab.turn(sends(server, 'ACK', { ack: 1 + OCTETS + LATE }), {
        en: `Without timestamps nothing tells it apart: ${LATE} wrong octets are acknowledged, and the application reads them. The true ones that follow then look like a repetition.`,
        zh: `没有时间戳就无法识别：${LATE} 个错误的字节得到确认，应用程序会读到。随后真正的数据反而像是重复。`,
      });
    }
    const ackOnWire = (): number => (iss + 1 + OCTETS) % ROUND;
    const wrong = (): number => text.split('X').length - 1;
    lab.check(
      { en: 'octets of the old segment that were read', zh: '读到的旧报文段字节数' },
      wrong,
      timestamps ? 0 : LATE,
    );
    lab.check({ en: 'the ISN is so far below 2^32', zh: 'ISN 比 2^32 小' }, () => ROUND - iss, BEFORE);
    lab.answer(() => ({
      en: `They go on at 0: here from ISN ${iss} to ${ackOnWire()} within ${OCTETS} octets, and no program notices. A segment of the round before is told apart by its older timestamp (PAWS): ${wrong()} of its ${LATE} octets were read ${timestamps ? 'with' : 'without'} timestamps; at 10 Gbit/s a round takes ${AGE / 1000} s.`,
      zh: `从 0 继续：这里在 ${OCTETS} 字节之内从 ISN ${iss} 走到 ${ackOnWire()}，没有任何影响。上一圈的报文段靠更旧的时间戳识别（PAWS）：${timestamps ? '有' : '没有'}时间戳时，它的 ${LATE} 字节中被读到 ${wrong()} 字节；10 Gbit/s 时一圈要 ${AGE / 1000} s。`,
    }));
  },
});
