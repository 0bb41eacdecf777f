import { enters, gets, scenario, sends, timeWait } from '../../story/index.ts';

export default scenario({
  name: 'close',
  topic: 'closing',
  kind: 'tutorial',
  title: { en: 'The four segments of a close', zh: '四次挥手' },
  question: {
    en: 'What is sent to close a connection, which states do both ends pass, and who waits in TIME_WAIT?',
    zh: '四次挥手每次发什么、状态怎么变？谁进入 TIME_WAIT？',
  },
  sources: ['RFC 9293, 3.6', 'RFC 9293, 3.10.4'],
  parameters: {
    by: {
      default: 'client',
      choices: ['client', 'server'],
      text: { en: 'who closes first', zh: '谁先关闭' },
    },
  },
  play(lab, { by }) {
    const { client, server } = lab;
    const [first, second] = by === 'client' ? [client, server] : [server, client];

    server.run(async () => {
      const socket = await server.listen(80).accept();
      if (by === 'server') await server.wait(1000);
      else await socket.read(); // null: the peer's FIN
      socket.close();
    });
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      if (by === 'client') await client.wait(1000);
      else await socket.read();
      socket.close();
    });

    lab.turn(
      sends(first, 'FIN'),
      {
        en: `The ${first.name} closes first. Its FIN takes 1 sequence number, as an octet would: so it can be acknowledged.`,
        zh: `${first.name} 先关闭。FIN 像一个字节一样占用 1 个序号，所以可以被确认。`,
      },
      'RFC 9293, 3.6',
    );
    lab.turn(enters(second, 'CLOSE_WAIT'), {
      en: `The ${second.name}'s application now reads 0: end of file. Its own direction is still open.`,
      zh: `${second.name} 的应用程序 read 返回 0：文件结束。它自己的方向仍然打开。`,
    });
    lab.turn(
      sends(second, 'FIN'),
      {
        en: `The ${second.name}'s application closes, too: the second FIN.`,
        zh: `${second.name} 的应用程序也关闭：第二个 FIN。`,
      },
      'RFC 9293, 3.10.4',
    );
    lab.turn(timeWait(first, 'enter'), {
      en: 'Who sent the first FIN waits: its last ACK may be lost, and the FIN come again.',
      zh: '先发 FIN 的一方等待：它最后的 ACK 可能丢失，FIN 会重来。',
    });
    lab.turn(gets(second, 'ACK'), {
      en: `The ${second.name} is done at once.`,
      zh: `${second.name} 立即结束。`,
    });
    let seconds = 0;
    lab.turn(timeWait(first, 'leave'), ({ since }) => {
      seconds = Math.round(since / 1000);
      return { en: `${seconds} s later nothing is left of the connection.`, zh: `${seconds} s 之后连接彻底消失。` };
    });

    lab.check({ en: 'seconds of TIME_WAIT', zh: 'TIME_WAIT 的秒数' }, () => seconds, 60);
    lab.answer(() => ({
      en: `FIN u, ACK u+1, FIN w, ACK w+1: each direction is closed on its own. The ${first.name}, who closed first, waits ${seconds} s in TIME_WAIT; the ${second.name} is gone at once.`,
      zh: `FIN u，ACK u+1，FIN w，ACK w+1：两个方向各自关闭。先关闭的 ${first.name} 在 TIME_WAIT 中等待 ${seconds} s；${second.name} 立即消失。`,
    }));
  },
});
