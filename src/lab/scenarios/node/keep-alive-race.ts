import { calls, gets, type LabSocket, scenario, sends } from '../../story/index.ts';

const REQUEST = 'GET / HTTP/1.1\r\nHost: server\r\n\r\n';
const BODY = 'hello';
const RESPONSE = `HTTP/1.1 200 OK\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;

export default scenario({
  name: 'keep-alive-race',
  topic: 'node',
  kind: 'useful',
  title: { en: 'ECONNRESET on a reused connection', zh: '复用连接时的 ECONNRESET' },
  question: {
    en: 'Why does a request on a kept-alive connection now and then fail with ECONNRESET, though the server is well?',
    zh: '服务器一切正常，为什么 keep-alive 连接上的请求偶尔会报 ECONNRESET？',
  },
  asked: [
    'read ECONNRESET keep-alive agent',
    'node fetch failed UND_ERR_SOCKET other side closed',
    'ECONNRESET with keepAlive agent after 5 seconds',
    'server.keepAliveTimeout 5 seconds load balancer 502',
    'keep-alive 连接 ECONNRESET socket hang up',
    'nginx 502 upstream prematurely closed keepalive',
    '长连接复用时偶发 ECONNRESET',
  ],
  sources: ['RFC 9112, 9.5', 'RFC 9112, 9.3.1', 'RFC 2525, 2.17', 'nodejs/node#52649', 'nodejs/undici#3141'],
  corrects: {
    en: 'ECONNRESET here is no fault of either side: RFC 9112 allows to close an idle connection at any time. What helps is a client that gives up an idle connection before the server does, and a retry of requests that may be repeated.',
    zh: '这里的 ECONNRESET 不是任何一方的错：RFC 9112 允许随时关闭空闲连接。有用的办法是让 client 先于 server 放弃空闲连接，并重试可以重复的请求。',
  },
  parameters: {
    idle: {
      default: 4985,
      min: 100,
      max: 60_000,
      text: {
        en: 'milliseconds that the client waits before its second request',
        zh: 'client 发第二个请求之前等待的毫秒数',
      },
    },
    timeout: {
      default: 5000,
      min: 100,
      max: 60_000,
      text: {
        en: "the server's keepAliveTimeout in milliseconds (Node's default: 5000)",
        zh: 'server 的 keepAliveTimeout，毫秒（Node 默认 5000）',
      },
    },
  },
  positional: 'idle',
  play(lab, { idle, timeout }) {
    const { client, server } = lab;
    let answered = 0;
    let connections = 0;
    let hungUp = 0;

    server.run(async () => {
      const listener = server.listen(80);
      for (;;) {
        const socket = await listener.accept();
        server.run(() => serve(socket));
      }
    });
    const serve = async (socket: LabSocket): Promise<void> => {
      let round = 0;
      while ((await socket.readOctets(REQUEST.length)) === REQUEST.length) {
        await socket.write(RESPONSE);
        // Each answer starts keepAliveTimeout anew.
        const mine = ++round;
        server.run(async () => {
          await server.wait(timeout);
          if (round === mine) socket.close();
        });
      }
      socket.close();
    };
    const opened = (): Promise<LabSocket> => {
      connections++;
      return client.connect(server, 80).connected;
    };
    const ask = async (socket: LabSocket): Promise<void> => {
      await socket.write(REQUEST);
      if ((await socket.readOctets(RESPONSE.length)) === RESPONSE.length) answered++;
      else hungUp++;
    };
    client.run(async () => {
      let socket = await opened();
      await ask(socket);
      await client.wait(idle);
      // A connection that the server has closed is not used again: an agent sees its end.
      if (socket.connection.atEnd) {
        socket.close();
        socket = await opened();
      }
      await ask(socket);
      await client.wait(100);
      socket.close();
    });

    lab.turn(gets(client, 'DATA'), {
      en: `The first answer. The connection is kept for the next request; the server's keepAliveTimeout of ${timeout} ms has begun.`,
      zh: `第一个应答。连接留给下一个请求；server 的 keepAliveTimeout ${timeout} ms 已开始计时。`,
    });
    // Times of a path of 10 ms: the second request leaves at 40 + idle; the server's wait ends at 30 + timeout.
    const early = 30 + timeout - (40 + idle);
    const course = early >= 10 ? 'in time' : early > -10 ? 'crossed' : 'too late';
    if (course === 'crossed') {
      lab.turn(sends(client, 'DATA'), {
        en: `After ${idle} ms the client sends its second request: for all that it knows, the connection is open.`,
        zh: `${idle} ms 之后 client 发出第二个请求：就它所知，连接是好的。`,
      });
      lab.turn(calls(server, 'close'), {
        en: 'The request is still on its way when the server has waited long enough, and closes.',
        zh: '请求还在路上，server 已等够时间，关闭连接。',
      });
      lab.turn(
        sends(server, 'RST'),
        {
          en: 'The request comes to a socket that is closed: the kernel answers with a RST, since its data will never be read.',
          zh: '请求到达时套接字已经关闭：数据再也不会被读取，内核用 RST 应答。',
        },
        'RFC 2525, 2.17',
      );
      lab.turn(gets(client, 'FIN'), {
        en: 'In place of an answer the client reads the end of file. Node says `socket hang up`, with code ECONNRESET; undici: `other side closed` (UND_ERR_SOCKET). Had the RST come before the FIN was read: `read ECONNRESET`.',
        zh: 'client 读到的不是应答，而是文件结束。Node 报 `socket hang up`，code 为 ECONNRESET；undici 报 `other side closed`（UND_ERR_SOCKET）。若在读到 FIN 之前 RST 先到，就是 `read ECONNRESET`。',
      });
    } else if (course === 'too late') {
      lab.turn(gets(client, 'FIN'), {
        en: 'The server has closed the idle connection, and the client knows it: it will not use it again.',
        zh: 'server 关闭了空闲连接，client 也知道了：不会再用它。',
      });
      lab.turn(sends(client, 'SYN'), {
        en: 'The second request goes to a new connection.',
        zh: '第二个请求用新的连接。',
      });
    } else {
      lab.turn(sends(client, 'DATA'), {
        en: `After ${idle} ms the client sends its second request, early enough.`,
        zh: `${idle} ms 之后 client 发出第二个请求，时间足够。`,
      });
    }

    lab.check(
      { en: 'requests that were answered', zh: '得到应答的请求数' },
      () => answered,
      course === 'crossed' ? 1 : 2,
    );
    lab.check(
      { en: 'requests that met the end of file', zh: '遇到文件结束的请求数' },
      () => hungUp,
      course === 'crossed' ? 1 : 0,
    );
    lab.answer(() =>
      course === 'crossed'
        ? {
            en: `The request and the server's FIN crossed on the path, ${Math.abs(early)} ms apart: both sides were right, and the request failed with ECONNRESET. Let the client drop idle connections before the server's ${timeout} ms are over (or the server wait longer than any client or load balancer); send a request again by itself only if it may be repeated and no octet of its answer was read.`,
            zh: `请求与 server 的 FIN 在路上交错，相差 ${Math.abs(early)} ms：双方都没有错，请求却以 ECONNRESET 失败。应让 client 在 server 的 ${timeout} ms 之前放弃空闲连接（或让 server 等得比所有 client 和负载均衡都久）；只有可以重复、并且一个应答字节都没读到的请求，才可自动重发。`,
          }
        : {
            en: `Not this time: the client's second request left ${Math.abs(early)} ms ${early > 0 ? 'before' : 'after'} the server's ${timeout} ms were over, and ${answered} requests were answered (connections: ${connections}). It fails only where request and FIN cross, within 10 ms of it here.`,
            zh: `这次没有：client 的第二个请求在 server 的 ${timeout} ms 到期${early > 0 ? '前' : '后'} ${Math.abs(early)} ms 发出，${answered} 个请求都得到应答（连接数：${connections}）。只有请求与 FIN 交错时才会失败，这里是前后 10 ms 之内。`,
          },
    );
  },
});
