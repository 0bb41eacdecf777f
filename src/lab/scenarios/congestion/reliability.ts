import { happens, isLost, type LabEntry, type LabSocket, retransmits, scenario } from '../../story/index.ts';

const SEGMENT = 1448;
const FLIGHT = 5;
/** What happens to the second segment of each flight. */
const FAULTS = ['drop DATA 2', 'hold DATA 2 behind 2', 'duplicate DATA 2', 'corrupt payload of DATA 2'];
const FIRST = FAULTS.length * FLIGHT;
const BULK = 150_000;

export default scenario({
  name: 'reliability',
  topic: 'congestion',
  kind: 'tutorial',
  title: { en: 'Lost, late, doubled, damaged: all arrives once', zh: '丢失、乱序、重复、损坏：数据仍然完整' },
  question: {
    en: 'How does TCP make a reliable stream out of packets that are lost, reordered, doubled and damaged?',
    zh: 'TCP 如何保证可靠？丢包、乱序、重复、损坏分别怎样解决？',
  },
  asked: [
    'TCP 如何保证可靠传输',
    'TCP 的可靠性体现在哪里',
    '校验和、序号、确认、重传各有什么用',
    '重复的报文段怎么处理，乱序怎么处理',
    'how is TCP reliable',
    'checksum, sequence numbers, acknowledgments, retransmission: what for',
    'does TCP deliver duplicates or out of order data',
  ],
  sources: ['RFC 9293, 3.4', 'RFC 9293, 3.1', 'RFC 9293, 3.10.7.4', 'RFC 1122, 4.2.2.7'],
  corrects: {
    en: "It is often read that TCP delivers all data for certain. It delivers in order and undamaged, or tells an error; what was acknowledged is in the peer's kernel, not yet with its application. And its checksum of 16 bits lets about 1 damaged packet in 65,536 pass that the link did not catch: what must be right has a checksum of its own.",
    zh: '常见的说法是：TCP 保证数据一定送达。它保证的是按序、无损，或者报错；得到确认只说明数据在对方内核里，还没有到应用程序。它的校验和只有 16 位，链路没有发现的损坏大约每 65,536 个会漏过 1 个：重要的数据应当自带校验。',
  },
  parameters: {
    loss: {
      default: 10,
      min: 0,
      max: 40,
      text: { en: 'of the second part: how many percent are lost', zh: '第二部分：丢失的百分比' },
    },
  },
  positional: 'loss',
  play(lab, { loss }) {
    const { client, server } = lab;
    /** A sum that a swapped or missing octet changes: Adler's, as in zlib. */
    const sum = { sent: [1, 0] as [number, number], read: [1, 0] as [number, number] };
    const add = (to: [number, number], octets: Uint8Array): void => {
      for (const octet of octets) {
        to[0] = (to[0] + octet) % 65_521;
        to[1] = (to[1] + to[0]) % 65_521;
      }
    };
    const hex = ([a, b]: [number, number]): string => (b * 65_536 + a).toString(16);
    const send = async (socket: LabSocket, count: number): Promise<void> => {
      const octets = Uint8Array.from({ length: count }, (_, i) => (i * 7 + count) % 251);
      add(sum.sent, octets);
      await socket.write(octets);
    };
    const loader = async (socket: LabSocket, count: number): Promise<number> => {
      let got = 0;
      while (got < count) {
        const octets = await socket.read(count - got);
        if (octets === null) break;
        add(sum.read, octets);
        got += octets.length;
      }
      return got;
    };

    server.run(async () => {
      const socket = await server.listen(80).accept();
      for (const _ of FAULTS) {
        await socket.readOctets(1); // a request
        await send(socket, FLIGHT * SEGMENT);
      }
      await socket.readOctets(1);
      await send(socket, BULK);
      await socket.read(); // null: the client has closed
      socket.close();
    });
    let received = 0;
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      for (const fault of FAULTS) {
        lab.path(`${fault} from server`);
        await socket.write('.');
        received += await loader(socket, FLIGHT * SEGMENT);
        await client.wait(100);
      }
      lab.pause();
      lab.path(`delay 10ms, loss ${loss}%, reorder 3%, duplicate 3%, corrupt 2%`);
      await socket.write('.');
      received += await loader(socket, BULK);
      await client.wait(100);
      socket.close();
    });

    const does = (action: string, en: string, zh: string) =>
      happens({ en, zh }, (entry: LabEntry) => entry.type === 'impairment' && entry.action === action);
    lab.turn(isLost('DATA'), {
      en: 'Lost. No ACK comes for it: what is sent is kept until it is acknowledged.',
      zh: '丢失。没有它的 ACK：发出的数据在得到确认之前一直保留。',
    });
    lab.turn(
      retransmits(server),
      {
        en: 'The hole shows in the duplicate ACKs, and is filled: retransmission. If no ACK came, the timer would do it.',
        zh: '重复 ACK 暴露了空洞，于是重传填补。如果没有 ACK，则由定时器发现。',
      },
      'RFC 5681, 3.2',
    );
    lab.turn(
      does('reordered', 'the path reorders', '路径打乱顺序'),
      {
        en: 'Late: others pass it. Sequence numbers say where each octet belongs; what is beyond a hole waits in the reassembly queue.',
        zh: '乱序：被后面的超过。序号说明每个字节的位置；空洞后面的数据在重组队列里等待。',
      },
      'RFC 9293, 3.10.7.4',
    );
    lab.turn(
      does('duplicated', 'the path doubles a segment', '路径复制报文段'),
      {
        en: 'Doubled. The second copy lies below RCV.NXT: it is dropped, and acknowledged once more.',
        zh: '重复。第二份在 RCV.NXT 以下：丢弃，并再确认一次。',
      },
      'RFC 9293, 3.10.7.4',
    );
    lab.turn(
      does('corrupted', 'the path damages a segment', '路径损坏报文段'),
      {
        en: 'Damaged: one bit has changed. The checksum does not fit, so it is dropped without a word: from here on it is as if it were lost.',
        zh: '损坏：变了一位。校验和不对，于是悄悄丢弃：此后与丢失相同。',
      },
      'RFC 9293, 3.1',
    );
    lab.check({ en: 'octets that arrived', zh: '到达的字节数' }, () => received, FIRST * SEGMENT + BULK);
    lab.check(
      { en: 'the sum of what was read is that of what was written', zh: '读到的校验和与写入的相同' },
      () => hex(sum.read) === hex(sum.sent),
      true,
    );
    lab.answer(() => {
      const { TCPOFOQueue, InCsumErrors, TCPDSACKOldSent, TCPDSACKOfoSent } = client.host.tcp.counters;
      const { RetransSegs } = server.host.tcp.counters;
      const twice = TCPDSACKOldSent + TCPDSACKOfoSent;
      return {
        en: `Loss is repaired by ACKs and retransmission (${RetransSegs} segments), disorder by sequence numbers (${TCPOFOQueue} waited in the reassembly queue), duplicates by them, too (${twice} dropped), damage by the checksum (${InCsumErrors} dropped, sent again). With ${loss}% loss and all the rest, ${received} octets were read, and both sums are ${hex(sum.read)}.`,
        zh: `丢失靠确认和重传（${RetransSegs} 个报文段），乱序靠序号（${TCPOFOQueue} 个在重组队列里等待），重复也靠序号（丢弃 ${twice} 个），损坏靠校验和（丢弃 ${InCsumErrors} 个，重传）。在 ${loss}% 丢包等情况下读到 ${received} 字节，两边的校验和都是 ${hex(sum.read)}。`,
      };
    });
  },
});
