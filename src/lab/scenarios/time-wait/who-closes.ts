import { enters, type LabSocket, scenario, timeWait } from '../../story/index.ts';

export default scenario({
  name: 'who-closes',
  topic: 'time-wait',
  kind: 'useful',
  title: { en: 'At which end the TIME_WAITs are', zh: 'TIME_WAIT 出现在哪一端' },
  question: {
    en: 'At which end of HTTP connections are the TIME_WAITs: at the client or at the server?',
    zh: 'HTTP 连接的 TIME_WAIT 出现在客户端还是服务端？',
  },
  asked: [
    'TIME_WAIT on the server or on the client',
    'Connection: close, who closes first',
    'HTTP keep-alive and TIME_WAIT',
    'TIME_WAIT 在客户端还是服务端',
    '服务端出现大量 TIME_WAIT 的原因，主动关闭方',
    'HTTP 服务器先关闭还是客户端先关闭',
  ],
  sources: ['RFC 9293, 3.6', 'RFC 9112, 9.6'],
  parameters: {
    by: {
      default: 'server',
      choices: ['server', 'client', 'keep-alive'],
      text: {
        en: 'the server closes first (Connection: close), the client does, or the connection is kept',
        zh: 'server 先关闭（Connection: close）、client 先关闭，或保持连接',
      },
    },
    n: { ...{ default: 3, min: 1, max: 1000 }, text: { en: 'how many requests', zh: '请求数' } },
  },
  positional: 'by',
  play(lab, { by, n: given }) {
    const n = Math.floor(given);
    const { client, server } = lab;
    const isKept = by === 'keep-alive';
    const first = by === 'client' ? client : server;

    server.run(async () => {
      const listener = server.listen(80);
      for (;;) {
        const socket = await listener.accept();
        server.run(async () => {
          while ((await socket.readOctets(1)) > 0) {
            await socket.write(100);
            if (by === 'server') break;
          }
          socket.close();
        });
      }
    });
    const request = async (socket: LabSocket): Promise<void> => {
      await socket.connected;
      await socket.write(1);
      await socket.readOctets(100);
      answers++;
    };
    let answers = 0;
    let counts = { client: 0, server: 0 };
    client.run(async () => {
      const kept = isKept ? client.connect(server, 80) : null;
      for (let i = 0; i < n; i++) {
        const socket = kept ?? client.connect(server, 80);
        await request(socket);
        if (by === 'server') await socket.readAll();
        if (!isKept) socket.close();
        await client.wait(100);
        // The others are as the first.
        if (i === 0) lab.pause();
      }
      counts = { client: client.host.tcp.timeWait.count, server: server.host.tcp.timeWait.count };
    });

    if (isKept) {
      lab.turn(enters(client, 'ESTABLISHED'), {
        en: `One connection for all ${n} requests (the first one is drawn). Neither side closes it.`,
        zh: `${n} 个请求共用一个连接（只画出第一个请求）。双方都不关闭它。`,
      });
    } else {
      lab.turn(enters(first, 'FIN_WAIT_1'), {
        en: `The ${first.name} closes first: it sends the first FIN.`,
        zh: `${first.name} 先关闭：它发出第一个 FIN。`,
      });
      lab.turn(
        timeWait(first, 'enter'),
        {
          en: `So the TIME_WAIT is at the ${first.name}. The other ${n - 1} connections go the same way (not drawn).`,
          zh: `所以 TIME_WAIT 在 ${first.name}。其余 ${n - 1} 个连接也一样（未画出）。`,
        },
        'RFC 9293, 3.6',
      );
    }

    lab.check({ en: 'requests that were answered', zh: '得到应答的请求数' }, () => answers, n);
    const expected = { client: by === 'client' ? n : 0, server: by === 'server' ? n : 0 };
    lab.check({ en: 'TIME_WAITs at both ends', zh: '两端的 TIME_WAIT 数' }, () => counts, expected);
    lab.answer(() => ({
      en: `After ${answers} requests there are ${counts.client} TIME_WAITs at the client and ${counts.server} at the server. TIME_WAIT is at the end that sends the first FIN${isKept ? ', and a kept connection has none' : `, here the ${first.name}`}.`,
      zh: `${answers} 个请求之后，client 有 ${counts.client} 个 TIME_WAIT，server 有 ${counts.server} 个。TIME_WAIT 在先发 FIN 的一端${isKept ? '，保持的连接没有 TIME_WAIT' : `，这里是 ${first.name}`}。`,
    }));
  },
});
