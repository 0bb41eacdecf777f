import { happens, type LabEntry, type LabHost, retransmits, scenario, sends } from '../../story/index.ts';

const SEGMENT = 1448;
const SEGMENTS = 31;
/** Of the second flight, which has the segments 11 to 30. */
const LOST = [18, 20, 22, 24, 26];
const HOLES = LOST.length;

export default scenario({
  name: 'sack',
  topic: 'congestion',
  kind: 'tutorial',
  title: { en: '5 holes with SACK and without', zh: '5 个空洞：有 SACK 与没有 SACK' },
  question: {
    en: 'What does SACK gain when several segments of a window are lost, and what is D-SACK?',
    zh: '一个窗口里丢了几个报文段时，SACK 有什么好处？什么是 D-SACK？',
  },
  asked: [
    'SACK、D-SACK',
    '选择确认是什么，解决什么问题',
    'D-SACK 有什么用',
    '没有 SACK 时丢多个包怎么重传，NewReno',
    'selective acknowledgment: what is it good for',
    'how does a sender know which segments are missing',
    'SACK versus NewReno, several losses in a window',
  ],
  sources: ['RFC 2018', 'RFC 2883', 'RFC 6675', 'RFC 6582'],
  parameters: {
    round: {
      default: 100,
      min: 2,
      max: 2000,
      text: { en: 'the round-trip time, in milliseconds', zh: '往返时间，毫秒' },
    },
  },
  play(lab, { round }) {
    const { server } = lab;
    const withSack = lab.host('client');
    const without = lab.host('plain', { address: '10.9.0.3', sysctls: { tcp_sack: 0 } });
    // One of the third flight comes twice.
    lab.path(
      [
        `delay ${round / 2}ms`,
        ...LOST.map((n) => `drop DATA ${n} from server`),
        'duplicate DATA 36 port 80 from server',
      ].join('; '),
    );

    for (const port of [80, 81]) {
      server.run(async () => {
        const socket = await server.listen(port).accept();
        // On the second connection the log begins with what is new: the repair.
        if (port === 81) lab.at(lab.now + 1.9 * round, () => lab.resume());
        await socket.write(SEGMENTS * SEGMENT);
        await socket.read(); // null: the client has closed
        socket.close();
      });
    }
    const download = async (host: LabHost, port: number): Promise<void> => {
      const socket = await host.connect(server, port).connected;
      await socket.readOctets(SEGMENTS * SEGMENT);
      await host.wait(round);
      lab.pause();
      socket.close();
      await host.wait(2 * round);
    };
    withSack.run(async () => {
      await download(withSack, 80);
      without.run(() => download(without, 81));
    });

    // From the first retransmission until all that was out is acknowledged.
    const began = [0, 0];
    const took = [0, 0];
    const inRounds = (which: 0 | 1): number => Math.round(took[which]! / round);
    const isRecovered = (entry: LabEntry): boolean =>
      entry.host === server.index && entry.type === 'cwnd' && entry.cause.text === 'loss recovery complete';

    lab.turn(
      sends(withSack, 'ACK', { sack: true }),
      {
        en: '5 segments of a flight of 20 are lost. The ack stays where the first hole is; the SACK option says what has arrived beyond it, the newest block first, 3 blocks beside timestamps (4 without).',
        zh: '一次发出的 20 个报文段丢了 5 个。ack 停在第一个空洞；SACK 选项说明后面收到了什么，最新的块在前，有时间戳时最多 3 块（否则 4 块）。',
      },
      'RFC 2018, 3',
    );
    lab.turn(
      retransmits(server, 'fast retransmit'),
      ({ at }) => {
        began[0] = at;
        return {
          en: 'From all blocks together the server knows each hole, and sends again just these.',
          zh: 'server 把所有块合起来，知道每个空洞，只重传这些。',
        };
      },
      'RFC 6675, 5; RFC 8985, 6.2',
    );
    lab.turn(
      sends(withSack, 'ACK', { cause: 'was here already' }),
      {
        en: 'A segment comes twice (the path has doubled it). The first block of this ACK is a D-SACK: it lies below the ack, and tells the sender what came once too often. Had that been a retransmission, it was needless, and the sender takes its smaller window back.',
        zh: '一个报文段到达两次（路径复制了它）。这个 ACK 的第一块是 D-SACK：它在 ack 以下，告诉发送方什么多到了一次。如果那是重传，就是多余的重传，发送方会恢复原来的窗口。',
      },
      'RFC 2883',
    );
    lab.turn(happens({ en: 'all holes are filled with SACK', zh: '有 SACK 时所有空洞填满' }, isRecovered), ({ at }) => {
      took[0] = at - began[0]!;
      return {
        en: `The last hole is filled, ${Math.round(took[0])} ms after the first retransmission: ${inRounds(0)} RTT.`,
        zh: `最后一个空洞填满，距第一次重传 ${Math.round(took[0])} ms：${inRounds(0)} 个 RTT。`,
      };
    });
    lab.turn(retransmits(server, 'fast retransmit'), ({ at }) => {
      began[1] = at;
      return {
        en: 'The same losses, and a client without SACK (tcp_sack 0): 3 duplicate ACKs say that something is missing at their ack, and nothing more.',
        zh: '同样的丢失，client 没有 SACK（tcp_sack 0）：3 个重复 ACK 只说明 ack 处缺了东西，别的都不知道。',
      };
    });
    lab.turn(
      retransmits(server, 'partial ACK'),
      ({ at }) => {
        lab.at(at + 0.1 * round, () => lab.pause());
        lab.at(at + 2.9 * round, () => lab.resume());
        return {
          en: 'Only when the first hole is filled does the ack move on, and show the next one: NewReno repairs one hole in each RTT. (Two are left out here.)',
          zh: '第一个空洞填上后 ack 才前进，露出下一个：NewReno 每个 RTT 修复一个空洞。（这里略去两个。）',
        };
      },
      'RFC 6582, 3.2',
    );
    lab.turn(
      happens({ en: 'all holes are filled without SACK', zh: '没有 SACK 时所有空洞填满' }, isRecovered),
      ({ at }) => {
        took[1] = at - began[1]!;
        return {
          en: `The last hole is filled after ${Math.round(took[1])} ms: ${inRounds(1)} RTT.`,
          zh: `最后一个空洞在 ${Math.round(took[1])} ms 后填满：${inRounds(1)} 个 RTT。`,
        };
      },
    );

    lab.check({ en: 'RTTs of the repair with SACK', zh: '有 SACK 时修复用的 RTT 数' }, () => inRounds(0), 1);
    lab.check({ en: 'RTTs of the repair without SACK', zh: '没有 SACK 时修复用的 RTT 数' }, () => inRounds(1), HOLES);
    lab.answer(() => ({
      en: `SACK names all ${HOLES} holes at once: repaired in ${inRounds(0)} RTT (${Math.round(took[0]!)} ms). Without it only the first hole is known, and each RTT repairs one: ${inRounds(1)} RTT (${Math.round(took[1]!)} ms). D-SACK is a block below the ack that says what came twice: so a sender learns that a retransmission was needless.`,
      zh: `SACK 一次说出全部 ${HOLES} 个空洞：${inRounds(0)} 个 RTT 修复（${Math.round(took[0]!)} ms）。没有它就只知道第一个空洞，每个 RTT 修复一个：${inRounds(1)} 个 RTT（${Math.round(took[1]!)} ms）。D-SACK 是 ack 以下的块，说明什么到了两次：发送方由此知道重传是多余的。`,
    }));
  },
});
