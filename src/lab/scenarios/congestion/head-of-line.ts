import { isLost, scenario, sends } from '../../story/index.ts';

const SEGMENT = 1448;
const SEGMENTS = 100;

export default scenario({
  name: 'head-of-line',
  topic: 'congestion',
  kind: 'useful',
  title: { en: 'Head-of-line blocking: one is lost, all wait', zh: '队头阻塞：丢一个，后面全等' },
  question: {
    en: 'What is head-of-line blocking in TCP, and how long does what has arrived wait?',
    zh: '什么是 TCP 的队头阻塞？已经到达的数据要等多久？',
  },
  asked: [
    '队头阻塞',
    'HTTP/2 为什么还有队头阻塞，HTTP/3 为什么用 UDP',
    '丢一个包，后面的数据应用层能读到吗',
    'head-of-line blocking',
    'why does HTTP/3 use QUIC, one lost packet stalls all streams',
    'received data but read blocks, out-of-order queue',
  ],
  sources: ['RFC 9293, 3.10.7.4', 'RFC 9000, 13', 'RFC 9114, 2'],
  corrects: {
    en: 'HTTP/2 ended the blocking among requests that HTTP/1.1 has; that of TCP stays, and with all streams on one connection one loss stops all of them. QUIC orders each stream for itself.',
    zh: 'HTTP/2 消除了 HTTP/1.1 请求之间的阻塞；TCP 的队头阻塞仍在，而且所有流共用一个连接，一次丢失会让它们全部停下。QUIC 只在每个流内部排序。',
  },
  parameters: {
    round: {
      default: 100,
      min: 2,
      max: 2000,
      text: { en: 'the round-trip time, in milliseconds', zh: '往返时间，毫秒' },
    },
  },
  positional: 'round',
  play(lab, { round }) {
    const { client, server } = lab;
    lab.path(`delay ${round / 2}ms`);
    // The windows grow first, so that all 100 segments leave at once.
    const warmUp = 300 * SEGMENT;

    server.run(async () => {
      const socket = await server.listen(80).accept();
      await socket.write(warmUp);
      await socket.readOctets(1); // the client is ready
      await server.wait(1);
      lab.resume();
      lab.path(`delay ${round / 2}ms; drop DATA 1 from server`);
      await socket.write(SEGMENTS * SEGMENT);
      await socket.read();
      socket.close();
    });
    const reads: { at: number; octets: number }[] = [];
    const readBefore = (time: number): number =>
      reads.filter(({ at }) => at < time).reduce((sum, { octets }) => sum + octets, 0);
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      lab.pause();
      await socket.readOctets(warmUp);
      await client.wait(round);
      await socket.write('.');
      for (let got = 0; got < SEGMENTS * SEGMENT; ) {
        const octets = await socket.read();
        if (octets === null) break;
        got += octets.length;
        reads.push({ at: lab.now, octets: octets.length });
      }
      lab.pause();
      socket.close();
    });
    let arrivedAt = 0;
    let waited = 0;
    lab.turn(isLost('DATA'), {
      en: `Of ${SEGMENTS} segments the first one is lost. The ${SEGMENTS - 1} behind it are on their way.`,
      zh: `${SEGMENTS} 个报文段中，最前面的丢失。后面 ${SEGMENTS - 1} 个还在路上。`,
    });
    lab.turn(
      sends(client, 'ACK', { sack: true }),
      ({ at }) => {
        arrivedAt = at;
        return {
          en: `The ${SEGMENTS - 1} have arrived, and wait in the kernel's reassembly queue. The application's read gets none of them: a stream has no gaps.`,
          zh: `那 ${SEGMENTS - 1} 个都到了，在内核的重组队列里等待。应用程序的 read 一个也得不到：字节流没有缺口。`,
        };
      },
      'RFC 9293, 3.10.7.4',
    );
    lab.turn(sends(client, 'ACK', { cause: 'a hole is filled' }), ({ at }) => {
      waited = Math.round(at - arrivedAt);
      return {
        en: `The hole is filled, and all ${SEGMENTS} are handed over at once, ${waited} ms later: the time of 1 RTT, for the ACK to the server and the retransmission back.`,
        zh: `空洞填上，${SEGMENTS} 个一起交给应用程序，晚了 ${waited} ms：正好 1 个 RTT，ACK 去 server，重传回来。`,
      };
    });
    lab.check(
      { en: 'octets read before the hole was filled', zh: '空洞填上之前读到的字节数' },
      () => readBefore(arrivedAt + waited),
      0,
    );
    lab.check({ en: 'milliseconds that what had arrived waited', zh: '已到达的数据等待的毫秒数' }, () => waited, round);
    lab.answer(() => ({
      en: `1 segment of ${SEGMENTS} was lost, and the other ${SEGMENTS - 1} waited in the kernel for ${waited} ms, 1 RTT, before read gave the first octet. HTTP/2 over one connection waits with all its streams; QUIC (HTTP/3) orders each stream by itself, so the others go on.`,
      zh: `${SEGMENTS} 个报文段丢了 1 个，其余 ${SEGMENTS - 1} 个在内核里等了 ${waited} ms，即 1 个 RTT，read 才得到第一个字节。HTTP/2 只有一个连接，所有流一起等；QUIC（HTTP/3）各流独立排序，其他流不受影响。`,
    }));
  },
});
