import { enters, fails, gets, scenario, sends } from '../../story/index.ts';

export default scenario({
  name: 'write-after-close',
  topic: 'closing',
  kind: 'useful',
  title: { en: 'Writing to a peer that has closed', zh: '对端已关闭，还往里写' },
  question: {
    en: 'The peer has closed its socket: why does the first write succeed, and only the second one fail with EPIPE?',
    zh: '对端已经 close，为什么第一次 write 成功，第二次才得到 EPIPE？',
  },
  asked: [
    '向一个已关闭的连接写数据会怎样',
    'Broken pipe 的原因',
    'SIGPIPE 是什么时候产生的',
    'ECONNRESET 和 EPIPE 的区别',
    'EPIPE broken pipe after peer closed',
    'first write succeeds, second write fails',
  ],
  sources: ['RFC 9293, 3.10.7.1; 3.10.7.4', 'write(2), EPIPE', 'Linux: net/ipv4/tcp_input.c (tcp_reset)'],
  parameters: {
    read: {
      default: false,
      text: {
        en: 'the client reads, before it writes again, and so sees the end of the file',
        zh: 'client 再写之前先 read，于是看到文件结束',
      },
    },
  },
  play(lab, { read }) {
    const { client, server } = lab;
    server.run(async () => {
      const socket = await server.listen(80).accept();
      await socket.readOctets(100);
      socket.close();
    });
    let isToldByRead = false;
    let failed = '';
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      await socket.write(100);
      await client.wait(1000);
      if (read && (await socket.read()) === null) {
        isToldByRead = true;
        return socket.close();
      }
      await socket.write(100);
      await client.wait(1000);
      try {
        await socket.write(100);
      } catch (error) {
        failed = (error as { code: string }).code;
        throw error;
      }
    });

    lab.turn(enters(client, 'CLOSE_WAIT'), {
      en: 'The server has closed. Its FIN says that it will send no more; whether it still reads, a FIN can not say.',
      zh: 'server 已 close。FIN 只表示它不再发送；它是否还会读，FIN 说明不了。',
    });
    if (read) {
      lab.turn(sends(client, 'FIN'), {
        en: 'read() = 0 told the application, and it closes: nothing goes wrong.',
        zh: 'read() 返回 0，应用程序得知后关闭：一切正常。',
      });
      lab.check({ en: 'read() told it', zh: 'read() 已告知' }, () => isToldByRead, true);
      lab.answer({
        en: 'Who reads learns by read() = 0 that the peer has closed, before any write fails. Wait for both, reading and writing.',
        zh: '去读的一方从 read() 返回 0 得知对端已关闭，不必等 write 失败。应同时关注可读和可写。',
      });
      return;
    }
    lab.turn(
      sends(client, 'DATA', { seq: 101 }),
      {
        en: 'The write succeeds: to take octets into the send buffer is all that it does. In CLOSE_WAIT that is allowed.',
        zh: 'write 成功：它只是把字节放进发送缓冲区。在 CLOSE_WAIT 中这是允许的。',
      },
      'RFC 9293, 3.10.2',
    );
    lab.turn(
      gets(client, 'RST'),
      {
        en: 'At the server no application could read it: RST.',
        zh: 'server 上已没有应用程序来读：回 RST。',
      },
      'RFC 9293, 3.10.7.1',
    );
    lab.turn(fails(client, 'EPIPE'), {
      en: 'The next call learns of it. After a FIN that is EPIPE (and SIGPIPE, unless it is ignored), without one ECONNRESET.',
      zh: '下一个调用才得知。之前收到过 FIN，是 EPIPE（以及 SIGPIPE，除非忽略）；没有收到过，是 ECONNRESET。',
    });
    lab.check({ en: 'the second write', zh: '第二次 write' }, () => failed, 'EPIPE');
    lab.answer(() => ({
      en: `write() only fills the send buffer, so the first one succeeded; the server's kernel answered its octets with RST, and the second one failed with ${failed}. That a write succeeded never means that the peer has read it.`,
      zh: `write() 只是填入发送缓冲区，所以第一次成功；server 的内核对这些字节回 RST，第二次就得到 ${failed}。write 成功从不表示对端已读到。`,
    }));
  },
});
