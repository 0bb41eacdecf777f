import { fails, gets, type LabSocket, scenario, sends } from '../../story/index.ts';

const REQUEST = 'GET / HTTP/1.1\r\nHost: server\r\nConnection: keep-alive\r\n\r\n';
const RESPONSE = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

export default scenario({
  name: 'tcp-keepalive-vs-http-keep-alive',
  topic: 'node',
  kind: 'tutorial',
  title: { en: 'TCP keepalive and HTTP keep-alive', zh: 'TCP keepalive 与 HTTP keep-alive' },
  question: {
    en: 'Are TCP keepalive and HTTP keep-alive the same thing?',
    zh: 'TCP 的 keepalive 和 HTTP 的 keep-alive 是一回事吗？',
  },
  asked: [
    'TCP keepalive vs HTTP keep-alive',
    'socket.setKeepAlive and agent keepAlive',
    'tcp_keepalive_time 7200',
    'TCP keepalive 与 HTTP keep-alive 的区别',
    'TCP 保活机制 2 小时 11 分',
  ],
  sources: ['RFC 9293, 3.8.4', 'RFC 9112, 9.3', 'tcp(7), tcp_keepalive_time'],
  corrects: {
    en: 'TCP keepalive is off unless the application asks for it (SO_KEEPALIVE, in Node socket.setKeepAlive), and it does not keep a connection alive for HTTP: it finds out that the peer is gone.',
    zh: 'TCP keepalive 默认关闭，要应用程序打开（SO_KEEPALIVE，Node 的 socket.setKeepAlive）；它也不是为了让 HTTP 复用连接，而是用来发现对端已不在。',
  },
  parameters: {
    keepalive: {
      default: true,
      text: { en: 'the server asks for TCP keepalive', zh: 'server 打开 TCP keepalive' },
    },
    time: {
      default: 7200,
      min: 1,
      max: 32_767,
      text: { en: "the server's tcp_keepalive_time, in s", zh: 'server 的 tcp_keepalive_time，秒' },
    },
  },
  positional: 'keepalive',
  play(lab, { keepalive, time }) {
    const seconds = Math.round(time);
    const server = lab.host('server', { sysctls: { tcp_keepalive_time: seconds } });
    const { client } = lab;
    const { tcp_keepalive_intvl: interval, tcp_keepalive_probes: probes } = server.host.tcp.sysctls;
    let answered = 0;
    let served: LabSocket | null = null;
    let diedAt = 0;

    server.run(async () => {
      served = await server.listen(80).accept();
      if (keepalive) served.setKeepAlive();
      while ((await served.readOctets(REQUEST.length)) === REQUEST.length) await served.write(RESPONSE);
      served.close();
    });
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      for (let i = 0; i < 2; i++) {
        await socket.write(REQUEST);
        if ((await socket.readOctets(RESPONSE.length)) === RESPONSE.length) answered++;
        await client.wait(1000);
      }
    });
    // The first probe still finds the client; then its plug is pulled.
    const first = seconds * 1000;
    lab.at(first + 20_000, () => {
      client.powerOff();
      diedAt = lab.now;
    });

    lab.turn(
      sends(client, 'DATA', { seq: 1 + REQUEST.length }),
      {
        en: 'HTTP keep-alive: the second request goes over the same connection. That is all that it means; no handshake, no new port. Both programs agree on it in the headers.',
        zh: 'HTTP keep-alive：第二个请求走同一个连接，仅此而已，省去握手和新端口。两端程序用头部约定。',
      },
      'RFC 9112, 9.3',
    );
    if (keepalive) {
      lab.turn(
        sends(server, 'ACK', { cause: 'keep-alive' }),
        {
          en: `TCP keepalive: after ${seconds} s without a segment the kernel asks: an ACK whose seq is 1 too low, and no data. No program has a part in it.`,
          zh: `TCP keepalive：${seconds} s 没有任何报文段，内核发出探测：seq 少 1、不带数据的 ACK。应用程序不参与。`,
        },
        'RFC 9293, 3.8.4',
      );
      lab.turn(gets(server, 'ACK', { length: 0 }), {
        en: "The client's kernel answers: it is still there. The clock begins anew.",
        zh: 'client 的内核应答：还在。重新计时。',
      });
      lab.turn(sends(server, 'ACK', { cause: 'keep-alive' }), {
        en: `Meanwhile the client's plug was pulled. This probe has no answer, nor have the next, one every ${interval} s.`,
        zh: `其间 client 断了电。这次探测没有应答，此后每 ${interval} s 一次，也都没有。`,
      });
      lab.at(first * 2 + 10_000, () => lab.pause());
      lab.at(first * 2 + interval * probes * 1000 - 5000, () => lab.resume());
      lab.turn(fails(server, 'ETIMEDOUT'), ({ at }) => ({
        en: `${probes} probes without an answer: ETIMEDOUT, ${Math.round((at - diedAt) / 1000)} s after the plug was pulled.`,
        zh: `${probes} 次探测没有应答：ETIMEDOUT，距断电 ${Math.round((at - diedAt) / 1000)} s。`,
      }));
    }

    lab.check({ en: 'requests answered on one connection', zh: '同一连接上得到应答的请求' }, () => answered, 2);
    lab.check(
      { en: 'the server still believes to be connected', zh: 'server 仍以为连接还在' },
      () => served?.state === 'ESTABLISHED',
      !keepalive,
    );
    const total = seconds + interval * probes;
    lab.answer(() =>
      keepalive
        ? {
            en: `No: HTTP keep-alive is the programs' agreement to send more than 1 request over a connection (${answered} here); TCP keepalive is the kernel's question to a silent peer. With the knobs of this run a dead peer is found after ${seconds} s + ${probes} × ${interval} s = ${total} s of silence.`,
            zh: `不是：HTTP keep-alive 是程序之间的约定，一个连接上发不止 1 个请求（这里 ${answered} 个）；TCP keepalive 是内核向沉默的对端发问。按这次的参数，沉默 ${seconds} s + ${probes} × ${interval} s = ${total} s 之后才发现对端已死。`,
          }
        : {
            en: `No: HTTP keep-alive is the programs' agreement to send more than 1 request over a connection (${answered} here). TCP keepalive is off by default, and so the server still holds the connection of a client that has lost its power, and will for ever.`,
            zh: `不是：HTTP keep-alive 是程序之间的约定，一个连接上发不止 1 个请求（这里 ${answered} 个）。TCP keepalive 默认关闭，所以 client 断电后 server 仍保留着连接，而且会一直保留。`,
          },
    );
  },
});
