import { happens, type LabSocket, scenario, sends } from '../../story/index.ts';

const CHUNK = 16_384;
const STALL_UNTIL = 3000;

const kib = (octets: number): number => Math.round(octets / 1024);

export default scenario({
  name: 'backpressure',
  topic: 'node',
  kind: 'useful',
  title: { en: 'Backpressure: a slow reader stops a fast writer', zh: '背压：慢读者让快写者停下' },
  question: {
    en: 'My program writes faster than the other one reads: what stops it, and what if it ignores that write returned false?',
    zh: '对方读得慢，我写得快：是什么让我停下来？不理会 write 返回 false 会怎样？',
  },
  asked: [
    'node stream backpressure drain event',
    'socket.write returns false',
    'node memory grows when the client reads slowly',
    'slow consumer',
    'write 返回 false 要等 drain 事件吗',
    'Node.js 背压 内存暴涨',
    '消费者太慢怎么办',
  ],
  sources: ['RFC 9293, 3.8.6', 'RFC 9293, 3.8.6.1', 'tcp(7), SO_SNDBUF', 'Node.js, stream: writable.write() and drain'],
  corrects: {
    en: 'That write was called does not mean that the other side has the data, nor that it ever will: it is first in the memory of the process, then in the send buffer of the kernel, then in the receive buffer of the other kernel.',
    zh: '调用了 write，并不等于对方拿到了数据，甚至不等于将会拿到：数据先在进程的内存里，再到内核的发送缓冲区，然后是对方内核的接收缓冲区。',
  },
  parameters: {
    ignore: {
      default: false,
      text: { en: 'the writer goes on writing though write returned false', zh: 'write 返回 false 仍继续写' },
    },
    total: {
      default: 2048,
      min: 512,
      max: 16_384,
      text: { en: 'KiB that are sent', zh: '发送的数据量，KiB' },
    },
  },
  positional: 'ignore',
  play(lab, { ignore, total }) {
    const { client, server } = lab;
    const whole = Math.round(total) * 1024;
    let inMemory = 0;
    let most = 0;
    let atStall = 0;
    let read = 0;
    let sender: LabSocket | null = null;
    let receiver: LabSocket | null = null;

    // As Node's Socket has it: what the send buffer doesn't take stays in the process, and write returns false.
    server.run(async () => {
      const socket = await server.listen(80).accept();
      sender = socket;
      for (let written = 0; written < whole; ) {
        const now = ignore ? whole : Math.min(CHUNK, whole - written);
        inMemory = now;
        most = Math.max(most, inMemory);
        while (inMemory > 0) {
          const part = Math.min(CHUNK, inMemory);
          await socket.write(part);
          inMemory -= part;
        }
        written += now;
      }
      socket.close();
    });
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      receiver = socket;
      await client.wait(STALL_UNTIL);
      read = await socket.readAll();
      socket.close();
    });
    let inSendBuffer = 0;
    let inReceiveBuffer = 0;
    lab.at(STALL_UNTIL - 500, () => {
      atStall = inMemory;
      inSendBuffer = sender?.connection.info().tcpi_notsent_bytes ?? 0;
      inReceiveBuffer = receiver?.connection.info().tcpi_bytes_received ?? 0;
    });

    lab.turn(
      happens(
        { en: "the client's window is shut", zh: 'client 的窗口关闭' },
        (entry) => entry.type === 'window' && entry.side === 'own' && entry.window === 0,
      ),
      {
        en: "The client's application doesn't read. Its receive buffer is full, and its ACK says so: win 0.",
        zh: 'client 的应用程序不读。接收缓冲区满了，ACK 如实告知：win 0。',
      },
      'RFC 9293, 3.8.6',
    );
    lab.turn(
      sends(server, 'ACK', { cause: 'window probe' }),
      () => ({
        en: `The server may send nothing; now and then it asks with a window probe. Its send buffer fills up, and then write returns false. ${ignore ? 'The application ignores it and goes on.' : 'The application waits for drain.'}`,
        zh: `server 一个字节也不能发，只能不时发窗口探测。它的发送缓冲区随后填满，write 返回 false。${ignore ? '应用程序不予理会，继续写。' : '应用程序等待 drain。'}`,
      }),
      'RFC 9293, 3.8.6.1',
    );
    lab.at(600, () => lab.pause());
    lab.at(STALL_UNTIL - 1, () => lab.resume());
    lab.turn(
      happens(
        { en: "the client's window is open again", zh: 'client 的窗口重新打开' },
        (entry) => entry.type === 'window' && entry.side === 'own' && entry.window > 0,
      ),
      {
        en: 'The application reads: the window opens, the send buffer empties, drain, and the writer goes on.',
        zh: '应用程序开始读：窗口打开，发送缓冲区腾空，触发 drain，写者继续。',
      },
    );
    lab.at(STALL_UNTIL + 25, () => lab.pause());

    lab.check({ en: 'octets that the client has read', zh: 'client 读到的字节数' }, () => read, whole);
    lab.check(
      { en: 'the process held all of it in its memory', zh: '进程把全部数据放在内存里' },
      () => most === whole,
      ignore,
    );
    lab.answer(() =>
      ignore
        ? {
            en: `Nothing stops it: while the reader stood still, ${kib(inReceiveBuffer)} KiB were in the client's receive buffer, ${kib(inSendBuffer)} KiB in the server's send buffer, and of ${kib(whole)} KiB ${kib(atStall)} KiB lay in the memory of the writing process, up to ${kib(most)} KiB. With a thousand slow readers that is a process that is killed for want of memory: stop at false, go on at drain (pipeline does so).`,
            zh: `没有什么能让它停下：读者不动时，client 的接收缓冲区里有 ${kib(inReceiveBuffer)} KiB，server 的发送缓冲区里有 ${kib(inSendBuffer)} KiB，而 ${kib(whole)} KiB 中有 ${kib(atStall)} KiB 堆在写进程的内存里，最多时 ${kib(most)} KiB。有上千个慢读者，进程就会因内存耗尽被杀：返回 false 就停，drain 再写（pipeline 就是这样做的）。`,
          }
        : {
            en: `Full buffers stop it, one after the other: the client's receive buffer (${kib(inReceiveBuffer)} KiB, win 0), the server's send buffer (${kib(inSendBuffer)} KiB), and then write returns false. A writer that waits for drain never had more than ${kib(most)} KiB of ${kib(whole)} KiB in its memory.`,
            zh: `缓冲区一个接一个填满，让它停下：client 的接收缓冲区（${kib(inReceiveBuffer)} KiB，win 0），server 的发送缓冲区（${kib(inSendBuffer)} KiB），然后 write 返回 false。等待 drain 的写者，${kib(whole)} KiB 中最多只有 ${kib(most)} KiB 在内存里。`,
          },
    );
  },
});
