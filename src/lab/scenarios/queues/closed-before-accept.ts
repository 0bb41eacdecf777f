import { calls, enters, fails, gets, scenario } from '../../story/index.ts';

export default scenario({
  name: 'closed-before-accept',
  topic: 'queues',
  kind: 'weird',
  title: { en: 'The client is gone before accept()', zh: 'accept 之前 client 已关闭' },
  question: {
    en: 'What does accept() return if the client has already closed, or reset, the connection?',
    zh: 'accept() 之前 client 已经关闭（或重置）了连接，accept() 会返回什么？',
  },
  asked: [
    'connection closed before accept',
    'CLOSE_WAIT in the accept queue',
    'ECONNABORTED from accept',
    'accept 之前客户端关闭了连接',
    '全连接队列里的 CLOSE_WAIT',
    'accept 返回 ECONNABORTED',
  ],
  sources: ['accept(2)', 'RFC 9293, 3.10.7.4', 'net/ipv4/inet_connection_sock.c, inet_csk_accept'],
  parameters: {
    end: {
      default: 'close',
      choices: ['close', 'reset'],
      text: { en: 'how the client ends the connection', zh: 'client 如何结束连接' },
    },
  },
  positional: 'end',
  play(lab, { end }) {
    const { client, server } = lab;
    const results: string[] = [];
    server.run(async () => {
      const listener = server.listen(80);
      await server.wait(3000);
      const socket = await listener.accept();
      results.push('accept');
      const octets = await socket.read();
      results.push(`${octets?.length ?? 0}`);
      try {
        results.push((await socket.read()) === null ? '0' : 'more');
      } finally {
        socket.close();
      }
    });
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      await socket.write(100);
      await client.wait(1000);
      if (end === 'close') socket.close();
      else socket.reset();
    });

    lab.turn(enters(server, 'ESTABLISHED'), {
      en: 'Complete: it waits in the accept queue, and its data with it.',
      zh: '握手完成：它在全连接队列中等待，数据也在其中。',
    });
    if (end === 'close') {
      lab.turn(enters(server, 'CLOSE_WAIT'), {
        en: 'The client closes. The connection stays in the queue, in CLOSE_WAIT, and no program has it open: ss names none for it.',
        zh: 'client 关闭。连接留在队列中，状态为 CLOSE_WAIT，没有程序打开它：所以 ss 里看不到对应的进程。',
      });
    } else {
      lab.turn(gets(server, 'RST'), {
        en: 'The client resets. The connection is over, yet its place in the queue stays taken.',
        zh: 'client 重置。连接已经结束，但它在队列里的位置仍被占用。',
      });
    }
    lab.turn(calls(server, 'accept'), {
      en: 'accept() still returns it, without an error.',
      zh: 'accept() 仍然返回它，没有错误。',
    });
    if (end === 'close') {
      lab.check({ en: 'accept, then what each read returned', zh: 'accept 之后每次 read 的返回' }, () => results, [
        'accept',
        '100',
        '0',
      ]);
      lab.turn(enters(server, 'LAST_ACK'), {
        en: 'read() gave 100 octets, then 0; close() sends the FIN.',
        zh: 'read() 先返回 100 字节，再返回 0；close() 发出 FIN。',
      });
      lab.answer({
        en: 'accept() returns the connection: read() gives the 100 octets that came, then 0, end of file. Until then it is in CLOSE_WAIT in the accept queue, and takes one of its places.',
        zh: 'accept() 返回这个连接：read() 先得到已到达的 100 字节，再返回 0，即文件结束。此前它以 CLOSE_WAIT 状态留在全连接队列里，占用一个位置。',
      });
      return;
    }
    lab.turn(fails(server, 'ECONNRESET'), {
      en: 'read() gave 100 octets, then ECONNRESET. BSD systems let accept() itself fail: ECONNABORTED.',
      zh: 'read() 先返回 100 字节，再返回 ECONNRESET。BSD 系统则让 accept() 自己失败：ECONNABORTED。',
    });
    lab.check({ en: 'accept, then what read returned', zh: 'accept 之后 read 的返回' }, () => results, [
      'accept',
      '100',
    ]);
    lab.answer({
      en: 'accept() returns the connection, though it is over: read() gives the 100 octets that came, then ECONNRESET. So it is on Linux; on BSD systems accept() fails with ECONNABORTED.',
      zh: '连接虽已结束，accept() 仍返回它：read() 先得到已到达的 100 字节，再返回 ECONNRESET。Linux 也是这样；BSD 系统上 accept() 以 ECONNABORTED 失败。',
    });
  },
});
