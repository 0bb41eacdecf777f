import { enters, gets, scenario, sends } from '../../story/index.ts';

const REQUEST = 100;

export default scenario({
  name: 'why-four',
  topic: 'closing',
  kind: 'tutorial',
  title: { en: 'Why a close takes four segments', zh: '为什么挥手需要四次' },
  question: {
    en: 'Why are there four segments in a close, when the handshake needs three: why does the ACK not wait for the FIN?',
    zh: '为什么挥手需要四次，而握手只要三次？ACK 和 FIN 为什么不能一起发？',
  },
  asked: [
    '为什么建立连接是三次握手，关闭连接是四次挥手',
    '四次挥手为什么要四次',
    '被动关闭方的 ACK 和 FIN 为什么分开发送',
    'why four segments to close a connection',
    'why are FIN and ACK sent separately',
  ],
  sources: ['RFC 9293, 3.6', 'RFC 9293, 3.10.7.4, eighth'],
  parameters: {
    work: {
      default: 3.2,
      min: 0.1,
      max: 3600,
      text: {
        en: "seconds that the server's application still works, once it has the whole request",
        zh: 'server 的应用程序收完请求后还要工作的秒数',
      },
    },
    bytes: {
      default: 40_000,
      min: 1,
      max: 1_000_000,
      text: { en: 'octets that it has to send then', zh: '之后它还要发送的字节数' },
    },
  },
  play(lab, { work, bytes }) {
    const { client, server } = lab;
    server.run(async () => {
      const socket = await server.listen(80).accept();
      await socket.readAll();
      await server.wait(work * 1000);
      await socket.write(bytes);
      socket.close();
    });
    let got = 0;
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      await socket.write(REQUEST);
      socket.shutdown();
      got = await socket.readAll();
      socket.close();
    });

    lab.turn(
      sends(client, 'FIN'),
      {
        en: `The client has sent its request of ${REQUEST} octets and closes its direction. This FIN says nothing about the other direction.`,
        zh: `client 发完 ${REQUEST} 字节的请求，关闭自己的方向。这个 FIN 与另一个方向无关。`,
      },
      'RFC 9293, 3.6',
    );
    let acknowledged = 0;
    lab.turn(sends(server, 'ACK', { ack: REQUEST + 2 }), ({ at, since }) => {
      acknowledged = at;
      const ms = Math.round(since);
      return {
        en: `The server's kernel acknowledges the FIN, ${ms} ms after it was sent, without asking the application. If it waited for that, the client's RTO would fire.`,
        zh: `server 的内核在 FIN 发出 ${ms} ms 后确认它，不需要应用程序参与。如果等应用程序，client 的 RTO 会先超时。`,
      };
    });
    lab.turn(sends(server, 'DATA'), ({ at }) => {
      const seconds = ((at - acknowledged) / 1000).toFixed(1);
      return {
        en: `Its application still had ${bytes} octets to send, and sends them ${seconds} s later, in CLOSE_WAIT.`,
        zh: `应用程序还有 ${bytes} 字节要发，在 CLOSE_WAIT 中，${seconds} s 后才发出。`,
      };
    });
    let after = '';
    lab.turn(sends(server, 'FIN'), ({ at }) => {
      after = ((at - acknowledged) / 1000).toFixed(1);
      return {
        en: `Only now the application closes: the second FIN, ${after} s after the ACK.`,
        zh: `应用程序现在才关闭：第二个 FIN，在 ACK 之后 ${after} s。`,
      };
    });
    lab.turn(enters(client, 'TIME_WAIT'), {
      en: 'Both directions are closed.',
      zh: '两个方向都关闭了。',
    });
    lab.turn(gets(server, 'ACK', { ack: bytes + 2 }), {
      en: 'The fourth segment.',
      zh: '第四次挥手。',
    });

    lab.check({ en: 'octets that came after the first FIN', zh: '第一个 FIN 之后收到的字节数' }, () => got, bytes);
    lab.answer(() => ({
      en: `The kernel acknowledges a FIN by itself; the other FIN leaves when the application closes, here ${after} s and ${bytes} octets later. In the handshake the kernel has both, SYN and ACK, at one time, so one segment carries them; where the second FIN is there in time, a close takes 3 segments, too (close-three).`,
      zh: `内核自己确认 FIN；另一个 FIN 要等应用程序关闭才发，这里晚了 ${after} s、${bytes} 字节。握手时 SYN 和 ACK 都由内核同时发出，一个报文段就够；如果第二个 FIN 来得及，挥手也只要 3 次（close-three）。`,
    }));
  },
});
