import { scenario, sends } from '../../story/index.ts';

const MESSAGES = ['one', 'two', 'three'];

export default scenario({
  name: 'sticky-packets',
  topic: 'data',
  kind: 'useful',
  title: { en: 'Sticky packets: a stream has no messages', zh: '粘包与拆包：字节流没有消息边界' },
  question: {
    en: 'Why do messages stick together or come in pieces, and how does a receiver tell them apart?',
    zh: '为什么会粘包、拆包？接收方怎样分出一条条消息？',
  },
  asked: [
    '粘包、拆包',
    '如何解决 TCP 粘包问题',
    '一次 send 对应一次 recv 吗',
    'TCP 是面向字节流的，什么意思',
    'message framing over TCP: length prefix or delimiter',
    'does one write match one read',
    'TCP packets are merged, sticky packets',
  ],
  sources: ['RFC 9293, 2.2', 'RFC 9293, 3.7.4', 'RFC 9293, 3.9.1.2'],
  corrects: {
    en: 'TCP does not stick anything together by mistake: it is a stream of octets and never had messages (UDP has). TCP_NODELAY only makes it rarer: a retransmission, a slow reader or a full window joins and cuts anew.',
    zh: 'TCP 并没有“粘错”：它是字节流，从来没有消息（UDP 才有）。TCP_NODELAY 只是让它少见一些：重传、读得慢、窗口满，都会重新合并和切分。',
  },
  parameters: {
    nodelay: {
      default: false,
      text: { en: 'the client sets TCP_NODELAY', zh: 'client 设置 TCP_NODELAY' },
    },
    busy: {
      default: 5,
      min: 0,
      max: 10_000,
      text: {
        en: "how long the server's application is busy before each read, in milliseconds",
        zh: 'server 的应用程序每次 read 之前忙多久，毫秒',
      },
    },
  },
  play(lab, { nodelay, busy }) {
    const { client, server } = lab;
    const reads: string[] = [];
    const framed: string[] = [];
    server.run(async () => {
      const socket = await server.listen(80).accept();
      let rest = '';
      for (;;) {
        await server.wait(busy);
        const octets = await socket.read(6);
        if (octets === null) break;
        reads.push(String.fromCharCode(...octets));
        // Framing: each message ends with a semicolon.
        const pieces = (rest + reads.at(-1)).split(';');
        rest = pieces.pop() ?? '';
        framed.push(...pieces);
      }
      socket.close();
    });
    client.run(async () => {
      const socket = await client.connect(server, 80, { options: { noDelay: nodelay } }).connected;
      for (const message of MESSAGES) await socket.write(`${message};`);
      await client.wait(500);
      lab.pause();
      socket.close();
    });

    let segments = 0;
    const said = (texts: string[]): string => texts.map((text) => `"${text}"`).join(' ');
    lab.turn(sends(client, 'DATA'), () => {
      segments++;
      return {
        en: `The client writes 3 times: ${said(MESSAGES.map((message) => `${message};`))}. The first leaves at once.`,
        zh: `client 连续 3 次 write：${said(MESSAGES.map((message) => `${message};`))}。第一个立即发出。`,
      };
    });
    lab.turn(
      sends(client, 'DATA'),
      () => {
        segments++;
        return nodelay
          ? { en: 'With TCP_NODELAY the second leaves by itself, too.', zh: '设置 TCP_NODELAY 后，第二个也单独发出。' }
          : {
              en: 'The other two waited for an ACK (Nagle), and leave in one segment: their boundary is nowhere on the path.',
              zh: '另外两个等 ACK（Nagle），合在一个报文段里发出：路上已经没有它们的边界。',
            };
      },
      'RFC 9293, 3.7.4',
    );
    if (nodelay) {
      lab.turn(sends(client, 'DATA'), () => {
        segments++;
        return { en: 'And so does the third.', zh: '第三个也是。' };
      });
    }
    lab.check(
      { en: 'what the reads have together is what was written', zh: '各次 read 合起来就是写入的内容' },
      () => reads.join(''),
      MESSAGES.map((message) => `${message};`).join(''),
    );
    lab.check({ en: 'messages found by their ends', zh: '按结束符分出的消息' }, () => framed, MESSAGES);
    lab.answer(() => ({
      en: `3 writes made ${segments} segments, and ${reads.length} reads of at most 6 octets got ${said(reads)}: neither fits the messages. The application must frame them, by a length before or a mark behind each one: so it found ${said(framed)}.`,
      zh: `3 次 write 变成 ${segments} 个报文段，${reads.length} 次 read（每次最多 6 字节）得到 ${said(reads)}：都与消息不对应。应用程序必须自己划分边界，在每条前面加长度或后面加结束符：这样分出 ${said(framed)}。`,
    }));
  },
});
