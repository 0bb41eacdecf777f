import { gets, scenario, sends } from '../../story/index.ts';

const BUFFER = 16_384;
const OCTETS = 20_000;

export default scenario({
  name: 'silly-window',
  topic: 'data',
  kind: 'weird',
  title: { en: 'A window of a few octets is not worth telling', zh: '糊涂窗口综合征' },
  question: {
    en: 'What is the silly window syndrome, and what do both sides do against it?',
    zh: '什么是糊涂窗口综合征？两端各怎样避免？',
  },
  asked: [
    '糊涂窗口综合征',
    '接收方每次只读一个字节会怎样',
    '小窗口，小报文段，效率低',
    'silly window syndrome',
    'window updates of a few bytes, tinygrams',
    'the application reads one byte at a time',
  ],
  sources: ['RFC 9293, 3.8.6.2', 'RFC 813', 'RFC 1122, 4.2.3.3', 'RFC 1122, 4.2.3.4'],
  parameters: {
    step: {
      default: 100,
      min: 1,
      max: 4000,
      text: { en: 'how many octets the server reads at a time', zh: 'server 每次读多少字节' },
    },
  },
  positional: 'step',
  play(lab, { step }) {
    const { client, server } = lab;
    let reads = 0;
    let received = 0;
    server.run(async () => {
      const socket = await server.listen(80, { options: { receiveBuffer: BUFFER } }).accept();
      await server.wait(1000);
      for (;;) {
        const octets = await socket.read(step);
        if (octets === null) break;
        reads++;
        received += octets.length;
        await server.wait(2);
      }
      socket.close();
    });
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      await socket.write(OCTETS);
      await client.wait(1200);
      lab.pause();
      socket.close();
    });
    const windows: number[] = [];
    server.host.observe((event) => {
      if (event.type === 'segment' && event.cause?.text.includes('window update')) windows.push(event.segment.wnd);
    });
    lab.turn(
      gets(client, 'ACK', { window: 0 }),
      { en: 'The buffer is full: window 0.', zh: '缓冲区已满：窗口 0。' },
      'RFC 9293, 3.8.6.2.2',
    );
    lab.turn(
      sends(server, 'ACK', { cause: 'window update' }),
      ({ at, entry }) => {
        const reads = Math.round((at - 1000) / 2) + 1;
        return {
          en: `The application reads ${step} octets at a time, and has done so ${reads} times. Only now is the room worth telling: ${entry.type === 'segment' ? entry.window : 0} octets, at least a full segment or half of the buffer. Until then the window stayed 0.`,
          zh: `应用程序每次读 ${step} 字节，已经读了 ${reads} 次。空间到现在才值得通告：${entry.type === 'segment' ? entry.window : 0} 字节，至少一个满长报文段或者缓冲区的一半。在此之前窗口一直是 0。`,
        };
      },
      'RFC 9293, 3.8.6.2.2',
    );
    lab.turn(
      sends(client, 'DATA'),
      {
        en: 'The sender does its part, too: it sends full segments, or half of the largest window ever offered, not what just fits.',
        zh: '发送方也有自己的规则：发送满长的报文段，或者曾通告过的最大窗口的一半，而不是放得下多少发多少。',
      },
      'RFC 9293, 3.8.6.2.1',
    );
    lab.check({ en: 'octets that were read', zh: '读到的字节数' }, () => received, OCTETS);
    const smallest = (): number => windows.reduce((least, window) => Math.min(least, window), windows[0] ?? 0);
    lab.answer(() => ({
      en: `If each small read opened the window by as little, segments of ${step} octets with 52 of headers would follow: ${reads} reads here, as many segments. So the receiver keeps the window shut until a full segment fits (${windows.length} updates, of ${smallest()} octets or more), and the sender waits for that, too.`,
      zh: `如果每次小的 read 都把窗口打开一点，就会出现 ${step} 字节数据、52 字节首部的报文段：这里 ${reads} 次 read，就有同样多的报文段。所以接收方等到放得下满长报文段才打开窗口（${windows.length} 次更新，每次至少 ${smallest()} 字节），发送方也等待。`,
    }));
  },
});
