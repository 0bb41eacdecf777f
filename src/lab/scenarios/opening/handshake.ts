import { calls, enters, type LabSocket, listed, scenario, sends } from '../../story/index.ts';

export default scenario({
  name: 'handshake',
  topic: 'opening',
  kind: 'tutorial',
  title: { en: 'The three segments of a handshake', zh: '三次握手' },
  question: {
    en: 'What is sent to open a connection, which states do both ends pass, and why are three segments needed, not two or four?',
    zh: '三次握手每次发什么、双方状态怎么变？为什么是三次，不是两次或四次？',
  },
  asked: [
    'three-way handshake',
    'a handshake step by step',
    'why not four segments in a handshake',
    'which octets does each segment of the handshake have',
    'when is the client ESTABLISHED, when is the server',
    '三次握手过程',
    '三次握手的状态变化',
    '为什么不是四次握手',
    '三次握手每次发送哪些字节',
    'accept 发生在三次握手的哪一步',
  ],
  sources: ['RFC 9293, 3.5, figure 6', 'RFC 9293, 3.10.7.2', 'RFC 9293, 3.10.7.3'],
  corrects: {
    en: 'SYN_RCVD does not come after accept(): accept() has no part in the handshake. The kernel does it alone; accept() takes a connection that is complete out of a queue, and may come minutes later.',
    zh: 'SYN_RCVD 并不在 accept() 之后：accept() 不参与握手。握手由内核独自完成；accept() 只是从队列里取出已建立的连接，可以晚几分钟才调用。',
  },
  parameters: {
    accept: {
      default: 1000,
      min: 0,
      max: 600_000,
      text: { en: 'milliseconds until the server calls accept()', zh: 'server 多少毫秒后调用 accept()' },
    },
  },
  play(lab, { accept }) {
    const { client, server } = lab;
    const lengths: number[] = [];
    lab.watch((octets) => lengths.push(octets.length));

    server.run(async () => {
      const listener = server.listen(80);
      await server.wait(accept);
      await listener.accept();
    });
    let socket: LabSocket | null = null;
    client.run(async () => {
      socket = client.connect(server, 80);
      await socket.connected;
    });
    const x = (): number => (socket?.connection.snd.iss ?? 0) >>> 0;
    const y = (): number => (socket?.connection.rcv.irs ?? 0) >>> 0;

    lab.turn(
      sends(client, 'SYN'),
      {
        en: '1: SYN with x, a number that the client chooses. It carries no data, but takes 1 sequence number, as an octet would: so it can be acknowledged.',
        zh: '1：SYN，带上 client 选定的序号 x。它不带数据，但像一个字节一样占用 1 个序号，因此可以被确认。',
      },
      'RFC 9293, 3.5',
    );
    lab.turn(
      enters(server, 'SYN_RECEIVED'),
      {
        en: "The server's kernel alone: the new connection is in the SYN queue, and no application has been told.",
        zh: '只有 server 的内核在工作：新连接放进半连接队列，还没有通知任何应用程序。',
      },
      'RFC 9293, 3.10.7.2',
    );
    lab.turn(sends(server, 'SYN-ACK'), () => ({
      en: '2: SYN and ACK in one segment: its own number y, and ack = x+1. Sent apart they would be 4 segments, with no more information.',
      zh: '2：SYN 和 ACK 在同一个报文段里：自己的序号 y，以及 ack = x+1。分开发就是 4 次，信息却没有增加。',
    }));
    let established = 0;
    lab.turn(enters(client, 'ESTABLISHED'), ({ at }) => {
      established = at;
      return {
        en: `3: ack = y+1. connect() returns after ${at} ms, 1 RTT if nothing is lost, and the client may send. Here x = ${x()} and y = ${y()}; the ladder counts from both, so they are 0 in it.`,
        zh: `3：ack = y+1。connect() 在 ${at} ms 后返回（不丢包时即 1 个 RTT），client 可以发送数据。这里 x = ${x()}，y = ${y()}；图中序号都相对于它们，所以显示为 0。`,
      };
    });
    let later = 0;
    lab.turn(enters(server, 'ESTABLISHED'), ({ at }) => {
      later = at - established;
      return {
        en: `The server follows ${later} ms later. Only now does it know that the client has its y: that is what the third segment is for.`,
        zh: `server 晚 ${later} ms。直到此时它才知道 client 收到了 y：这就是第三个报文段的作用。`,
      };
    });
    lab.turn(calls(server, 'accept'), ({ since }) => ({
      en: `accept(), ${Math.round(since)} ms later: nothing is sent; it takes the connection, long complete, out of the accept queue.`,
      zh: `${Math.round(since)} ms 之后才 accept()：什么也不发送，只是把早已建立的连接从全连接队列里取走。`,
    }));

    const open = (): number => [client, server].flatMap(listed).filter(({ state }) => state === 'ESTABLISHED').length;
    lab.check({ en: 'ends that are ESTABLISHED', zh: '处于 ESTABLISHED 的端点数' }, open, 2);
    lab.answer(() => ({
      en: `SYN x; SYN y with ack x+1; ack y+1: ${lengths.length} segments (${lengths.join(', ')} octets with their 20 of IP and 20 of TCP, the rest being options) and 1 RTT, so each end has told its number and knows that the other has it. The client is ESTABLISHED after ${established} ms, the server ${later} ms after it.`,
      zh: `SYN x；SYN y、ack x+1；ack y+1：${lengths.length} 个报文段（${lengths.join('、')} 字节，含 IP 首部 20 和 TCP 首部 20，其余是选项），1 个 RTT，双方都告知了自己的初始序号，也都知道对方收到了。client 在 ${established} ms 后进入 ESTABLISHED，server 再晚 ${later} ms。`,
    }));
  },
});
