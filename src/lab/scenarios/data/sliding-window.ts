import { gets, type LabEntry, scenario, sends } from '../../story/index.ts';

const SEGMENT = 1448;
const OCTETS = 40 * SEGMENT;
const BUFFER = 8 * SEGMENT;

export default scenario({
  name: 'sliding-window',
  topic: 'data',
  kind: 'tutorial',
  title: { en: 'The window slides as the receiver reads', zh: '滑动窗口与流量控制' },
  question: {
    en: 'How does the sliding window work, and how does a slow receiver slow the sender down?',
    zh: '滑动窗口怎样工作？流量控制怎么实现？',
  },
  asked: [
    '滑动窗口、流量控制怎么实现',
    '发送窗口和接收窗口，左沿右沿',
    '流量控制和拥塞控制的区别',
    '接收方处理不过来怎么办',
    'sliding window and flow control',
    'receive window, advertised window, right edge',
    'flow control versus congestion control',
  ],
  sources: ['RFC 9293, 3.8.6', 'RFC 9293, 3.3.1', 'RFC 9293, 3.10.7.4'],
  corrects: {
    en: 'The window is not the number of segments that may be sent next: ack + window is an edge, up to which octets may be sent. What is on its way counts. And the sender obeys the smaller of two: this window (for the receiver) and cwnd (for the path).',
    zh: '窗口不是接下来可以发送的数量：ack + 窗口是右沿，可以发送到那里，在途数据也算在内。发送方服从两者中较小的：这个窗口（为接收方）和 cwnd（为路径）。',
  },
  parameters: {
    reads: {
      default: 2,
      min: 1,
      max: 8,
      text: { en: 'how many segments the server reads every 100 ms', zh: 'server 每 100 ms 读几个报文段' },
    },
  },
  positional: 'reads',
  play(lab, { reads }) {
    const { client, server } = lab;
    let received = 0;
    let doneAt = 0;
    let beganAt = 0;
    server.run(async () => {
      const socket = await server.listen(80, { options: { receiveBuffer: BUFFER } }).accept();
      for (;;) {
        await server.wait(100);
        const got = await socket.readOctets(reads * SEGMENT);
        if (got === 0) break;
        received += got;
        doneAt = lab.now;
      }
      socket.close();
    });
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      beganAt = lab.now;
      await socket.write(OCTETS);
      socket.shutdown();
      await socket.read(); // null: the server is done
      socket.close();
    });
    let edge = 0;
    let told = 0;
    const windowOf = (entry: LabEntry): number => (entry.type === 'segment' ? entry.window : 0);
    const ackOf = (entry: LabEntry): number => (entry.type === 'segment' ? (entry.ack ?? 0) : 0);
    lab.turn(
      gets(client, 'SYN-ACK'),
      ({ entry }) => {
        edge = 1 + windowOf(entry);
        return {
          en: `The server offers a window of ${windowOf(entry)} octets. The client may send up to ack + window = ${edge}, the right edge, before it hears more.`,
          zh: `server 通告窗口 ${windowOf(entry)} 字节。在收到新消息之前，client 可以发送到 ack + 窗口 = ${edge}，即右沿。`,
        };
      },
      'RFC 9293, 3.8.6',
    );
    lab.turn(gets(client, 'ACK', { ack: 1 + 3 * SEGMENT }), ({ entry }) => {
      edge = ackOf(entry) + windowOf(entry);
      return {
        en: `The octets are acknowledged, but not read: the left edge moves to ${ackOf(entry)}, the right one stays at ${edge}, and only ${windowOf(entry)} octets are left between them. The window closes.`,
        zh: `字节得到确认，但没有被读走：左沿移到 ${ackOf(entry)}，右沿仍在 ${edge}，中间只剩 ${windowOf(entry)} 字节。窗口收缩（合拢）。`,
      };
    });
    lab.turn(
      gets(client, 'ACK'),
      ({ entry }) => {
        told = windowOf(entry);
        edge = ackOf(entry) + told;
        return {
          en: `The application has read ${reads === 1 ? '1 segment' : `${reads} segments`}: the right edge moves to ${edge}. That is the sliding: room is given only for what was read.`,
          zh: `应用程序读了 ${reads} 个报文段：右沿移到 ${edge}。这就是滑动：读走多少，才给多少空间。`,
        };
      },
      'RFC 9293, 3.8.6.2.2',
    );
    lab.turn(sends(client, 'DATA'), ({ at }) => {
      lab.at(at + 215, () => lab.pause());
      return {
        en: "From here on the client goes at the pace of the server's application.",
        zh: '从此 client 按 server 应用程序的速度发送。',
      };
    });
    const rate = (): number => Math.round(received / Math.max(1, doneAt - beganAt));
    lab.check({ en: 'octets that were read', zh: '读到的字节数' }, () => received, OCTETS);
    lab.answer(() => ({
      en: `Each ACK says two things: what has arrived (ack, the left edge) and how much more fits (window, up to the right edge); reading moves the right edge. So the sender goes as fast as the application reads: ${reads} × ${SEGMENT} octets in 100 ms, and the transfer had ${rate()} kB/s.`,
      zh: `每个 ACK 说两件事：收到了哪里（ack，左沿）和还能放多少（窗口，到右沿）；读数据使右沿前移。所以发送方的速度就是应用程序读的速度：每 100 ms 读 ${reads} × ${SEGMENT} 字节，实际传输 ${rate()} kB/s。`,
    }));
  },
});
