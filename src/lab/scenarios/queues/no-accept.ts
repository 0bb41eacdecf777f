import { calls, enters, gets, scenario } from '../../story/index.ts';

export default scenario({
  name: 'no-accept',
  topic: 'queues',
  kind: 'weird',
  seconds: 4000,
  title: { en: 'A connection without accept()', zh: '没有 accept 的连接' },
  question: {
    en: 'Is a connection open, and can data be sent on it, although the server never calls accept()?',
    zh: 'server 一直不调用 accept()，连接能建立吗？能发送数据吗？',
  },
  asked: [
    'connection without accept',
    'in which step of the handshake is accept',
    'does the client know that it was accepted',
    '没有 accept 能建立连接吗',
    '不调用 accept 可以建立 TCP 连接吗',
    'accept 发生在三次握手的哪一步',
  ],
  sources: ['listen(2), accept(2)', 'RFC 9293, 3.10.7.4', 'RFC 9293, 3.8.6'],
  corrects: {
    en: 'accept() has no part in the handshake: SYN_RCVD does not come after it. The kernel completes the handshake, acknowledges data and stores it before the application asks for the connection.',
    zh: 'accept() 不参与握手，SYN_RCVD 也不在它之后。应用程序来取连接之前，内核已完成握手，并确认和保存数据。',
  },
  parameters: {
    accept: {
      default: 3,
      min: 0,
      max: 3600,
      text: { en: 'seconds until the server calls accept(); 0: never', zh: 'server 多少秒后调用 accept()；0：从不' },
    },
    octets: {
      default: 100_000,
      min: 1,
      max: 1_000_000,
      text: { en: 'octets that the client writes', zh: 'client 写入的字节数' },
    },
  },
  positional: 'accept',
  play(lab, { accept, octets }) {
    const { client, server } = lab;
    let taken = 0;
    server.run(async () => {
      const listener = server.listen(80);
      if (accept === 0) return;
      await server.wait(accept * 1000);
      const socket = await listener.accept();
      taken = await socket.readOctets(octets);
    });
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      await socket.write(octets);
    });
    /** What lies in the server's receive buffer before accept(). */
    let stored = 0;
    const look = (): void => {
      for (const connection of server.host.tcp.connections) stored = connection.readableLength;
    };
    lab.at(accept === 0 ? 5000 : Math.max(accept * 1000 - 1, 0), look);

    let open = 0;
    lab.turn(enters(client, 'ESTABLISHED'), ({ at }) => {
      open = at;
      return {
        en: `connect() returns after ${at} ms: the server's kernel has answered, its application does not know yet.`,
        zh: `${at} ms 后 connect() 返回：应答的是 server 的内核，应用程序还不知道。`,
      };
    });
    lab.turn(enters(server, 'ESTABLISHED'), {
      en: 'The connection waits in the accept queue.',
      zh: '连接在全连接队列中等待。',
    });
    lab.turn(gets(client, 'ACK'), {
      en: 'Data is acknowledged and stored, as far as the receive buffer goes. An ACK does not mean that an application has it.',
      zh: '数据被确认并保存，直到接收缓冲区放满为止。ACK 并不表示应用程序已经得到数据。',
    });
    if (accept > 0) {
      lab.turn(calls(server, 'accept'), () => ({
        en: `accept() after ${accept} s: ${stored} octets are there to be read.`,
        zh: `${accept} s 后 accept()：已有 ${stored} 字节可读。`,
      }));
      lab.check({ en: 'octets that the application then read', zh: '应用程序随后读到的字节数' }, () => taken, octets);
    }
    lab.answer(() => ({
      en: `Yes: the handshake took ${open} ms and ${stored} octets were acknowledged and stored without accept(). When the receive buffer is full the window closes; when the accept queue is full (backlog) later connections wait.`,
      zh: `能：握手用了 ${open} ms，没有 accept() 时已确认并保存了 ${stored} 字节。接收缓冲区满了窗口就关闭；全连接队列满了（backlog），后来的连接就要等待。`,
    }));
  },
});
