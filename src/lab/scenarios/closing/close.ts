import type { LabHost, LabSocket } from '../../story/index.ts';
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
  asked: [
    '四次挥手的过程，每一步的状态',
    'TCP 断开连接的过程',
    '主动关闭方和被动关闭方各经过哪些状态',
    'TIME_WAIT 在哪一方',
    '第三次挥手里的 ACK 确认了什么',
    'how is a TCP connection closed',
    'which side gets TIME_WAIT',
    'what do seq and ack in FIN segments mean',
  ],
  sources: ['RFC 9293, 3.6; 3.10.4; figure 12', 'RFC 9293, 3.4'],
  corrects: {
    en: 'It is often read that the ACK in the third segment acknowledges nothing, so it might be left out. It repeats ack = u+1, as each segment after the SYN carries an ACK; where the second segment was lost, it does its work (close-lost 2).',
    zh: '常见的说法是：第三次挥手里的 ACK 什么都没有确认，可以省略。它重复 ack = u+1，因为 SYN 之后的每个报文段都带 ACK；如果第二次挥手丢了，就由它来完成确认（close-lost 2）。',
  },
  parameters: {
    by: {
      default: 'client',
      choices: ['client', 'server'],
      text: {
        en: 'who closes first: an HTTP server with Connection: close does, an FTP client does',
        zh: '谁先关闭：HTTP 的 Connection: close 是 server，FTP 是 client',
      },
    },
  },
  positional: 'by',
  play(lab, { by }) {
    const { client, server } = lab;
    const [first, second] = by === 'client' ? [client, server] : [server, client];

    // A request of 100 octets, an answer of 500; then one of them closes, and the other one 100 ms after it has seen that.
    const end = async (host: LabHost, socket: LabSocket): Promise<void> => {
      if (host === first) await host.wait(1000);
      else {
        await socket.readAll();
        await host.wait(100);
      }
      socket.close();
    };
    server.run(async () => {
      const socket = await server.listen(80).accept();
      await socket.readOctets(100);
      await socket.write(500);
      await end(server, socket);
    });
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      await socket.write(100);
      await socket.readOctets(500);
      await end(client, socket);
    });

    const numbers = { u: 0, v: 0, w: 0 };
    lab.turn(
      sends(first, 'FIN'),
      ({ entry }) => {
        if (entry.type === 'segment') [numbers.u, numbers.v] = [entry.seq, entry.ack ?? 0];
        const { u, v } = numbers;
        return {
          en: `The ${first.name} closes first: FIN, seq u = ${u}, ack v = ${v}. It takes 1 sequence number, as an octet would: so it can be acknowledged, and repeated.`,
          zh: `${first.name} 先关闭：FIN，seq u = ${u}，ack v = ${v}。FIN 像一个字节一样占用 1 个序号，所以可以被确认、重传。`,
        };
      },
      'RFC 9293, 3.4; 3.6',
    );
    lab.turn(enters(second, 'CLOSE_WAIT'), {
      en: `The ${second.name}'s application now reads 0: end of file. Its own direction is still open.`,
      zh: `${second.name} 的应用程序 read 返回 0：文件结束。它自己的方向仍然打开。`,
    });
    lab.turn(sends(second, 'ACK'), ({ entry }) => {
      const [seq, ack] = entry.type === 'segment' ? [entry.seq, entry.ack ?? 0] : [0, 0];
      return {
        en: `Second segment: ACK, seq v = ${seq}, ack u+1 = ${ack}.`,
        zh: `第二次挥手：ACK，seq v = ${seq}，ack u+1 = ${ack}。`,
      };
    });
    lab.turn(
      sends(second, 'FIN'),
      ({ entry }) => {
        const [seq, ack] = entry.type === 'segment' ? [entry.seq, entry.ack ?? 0] : [0, 0];
        numbers.w = seq;
        return {
          en: `The ${second.name}'s application closes, too: FIN, seq w = ${seq}, and ack u+1 = ${ack} again. ${seq === numbers.v ? 'w = v, as it sent nothing between' : 'v has become w by the octets that it sent between'}.`,
          zh: `${second.name} 的应用程序也关闭：FIN，seq w = ${seq}，再次带上 ack u+1 = ${ack}。${seq === numbers.v ? '中间没有发数据，所以 w = v' : '中间发送的数据使 v 变成了 w'}。`,
        };
      },
      'RFC 9293, 3.10.4',
    );
    lab.turn(timeWait(first, 'enter'), () => ({
      en: `ACK, ack w+1 = ${numbers.w + 1}. Who sent the first FIN waits: this ACK may be lost, and the FIN come again.`,
      zh: `ACK，ack w+1 = ${numbers.w + 1}。先发 FIN 的一方等待：这个 ACK 可能丢失，FIN 会重来。`,
    }));
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
