import { enters, fails, gets, happens, scenario, sends } from '../../story/index.ts';
import { goOn } from './go-on.ts';

export default scenario({
  name: 'half-open',
  topic: 'closing',
  kind: 'tutorial',
  title: { en: 'A half-open connection: the peer has rebooted', zh: '半打开的连接：对端重启了' },
  question: {
    en: 'The server crashes and boots again: what becomes of the connections that its clients still have?',
    zh: 'server 宕机后重启，client 上原来的连接会怎样？',
  },
  asked: [
    '服务器宕机重启后，客户端继续发数据会怎样',
    '半打开连接是什么，和半关闭的区别',
    '什么是 half-open，收到 RST',
    'half-open connection after reboot',
    'server rebooted, client gets connection reset by peer',
  ],
  sources: ['RFC 9293, 3.5.1, figures 9 and 10', 'RFC 9293, 3.10.7.1; 3.10.7.2'],
  parameters: {
    sends: {
      default: 'data',
      choices: ['data', 'keep-alive', 'nothing'],
      text: { en: 'what the client sends after the reboot', zh: '重启之后 client 发送什么' },
    },
    down: {
      default: 30,
      min: 1,
      max: 3600,
      text: { en: 'seconds until the server is there again', zh: 'server 多少秒之后恢复' },
    },
  },
  positional: 'sends',
  play(lab, { sends: what, down }) {
    const { client, server } = lab;
    const serve = async (): Promise<void> => {
      const socket = await server.listen(80).accept();
      await socket.readAll();
      socket.close();
    };
    server.run(serve);
    let failed = '';
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      await goOn(client, socket, what, (down + 10) * 1000, (code) => {
        failed = code;
      });
    });
    lab.at(1000, () => server.powerOff());
    lab.at(1000 + down * 1000, () => {
      server.powerOn();
      server.run(serve);
    });

    lab.turn(enters(client, 'ESTABLISHED'), {
      en: `After 1 s the server crashes; ${down} s later it is there again, listens on the same port, and knows of no connection. The client's one is half-open.`,
      zh: `1 s 后 server 宕机；${down} s 后恢复，监听同一端口，但不知道任何连接。client 的这个连接是“半打开”的。`,
    });
    if (what === 'nothing') {
      lab.check(
        { en: 'connections of the client at the end', zh: 'client 最后的连接' },
        () => [...client.host.tcp.connections].map(({ state }) => state),
        ['ESTABLISHED'],
      );
      lab.answer({
        en: 'Nothing becomes of it: without a segment the client never notices, and it stays ESTABLISHED for ever.',
        zh: '什么都不会发生：不发报文段，client 永远不会发现，一直是 ESTABLISHED。',
      });
      return;
    }
    lab.turn(
      what === 'data'
        ? sends(client, 'DATA')
        : happens(
            { en: 'client sends a keep-alive', zh: 'client 发出 keep-alive 探测' },
            (entry) =>
              entry.host === client.index &&
              entry.type === 'segment' &&
              entry.cause?.text.startsWith('keep-alive') === true,
          ),
      ({ since }) => ({
        en: `${Math.round(since / 1000)} s later the client sends its next segment (${what}), of a connection that only it knows.`,
        zh: `${Math.round(since / 1000)} s 后 client 发出下一个报文段（${what === 'data' ? '数据' : 'keep-alive 探测'}），这个连接只有它自己知道。`,
      }),
    );
    lab.turn(
      gets(client, 'RST'),
      ({ since }) => ({
        en: `An ACK for no connection is answered with RST; ${Math.round(since)} ms later, 1 RTT, the client knows.`,
        zh: `不属于任何连接的 ACK 得到 RST；${Math.round(since)} ms（1 个 RTT）后 client 就知道了。`,
      }),
      'RFC 9293, 3.10.7.2',
    );
    lab.turn(fails(client, 'ECONNRESET'), {
      en: 'The application has to connect again.',
      zh: '应用程序必须重新连接。',
    });
    lab.check({ en: 'the call failed with', zh: '调用失败，错误是' }, () => failed, 'ECONNRESET');
    lab.answer(() => ({
      en: `The next segment of the client (${what}) is answered with RST, and its application gets ${failed}. Until there is a next segment, the client doesn't notice.`,
      zh: `client 的下一个报文段（${what === 'data' ? '数据' : 'keep-alive 探测'}）得到 RST，应用程序得到 ${failed}。在此之前 client 毫无察觉。`,
    }));
  },
});
