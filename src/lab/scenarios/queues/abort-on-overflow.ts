import { drops, enters, fails, gets, retransmits, scenario } from '../../story/index.ts';

export default scenario({
  name: 'abort-on-overflow',
  topic: 'queues',
  kind: 'useful',
  title: { en: 'tcp_abort_on_overflow: RST or silence', zh: 'tcp_abort_on_overflow：RST 还是沉默' },
  question: {
    en: 'What does tcp_abort_on_overflow change when the accept queue is full, and should it be 1?',
    zh: '全连接队列满时，tcp_abort_on_overflow 有什么作用？应该设为 1 吗？',
  },
  asked: [
    'tcp_abort_on_overflow 0 or 1',
    'connection reset by peer right after connect',
    'accept queue overflow RST',
    '全连接队列满 RST',
    'connection reset by peer 全连接队列',
    'tcp_abort_on_overflow 设为 0 还是 1',
  ],
  sources: ['ip-sysctl.rst, tcp_abort_on_overflow', 'net/ipv4/tcp_minisocks.c, tcp_check_req'],
  parameters: {
    abort: {
      default: '1',
      choices: ['0', '1'],
      text: { en: "the server's tcp_abort_on_overflow", zh: 'server 的 tcp_abort_on_overflow' },
    },
    busy: {
      default: 2000,
      min: 200,
      max: 60_000,
      text: { en: 'milliseconds until the server accepts', zh: 'server 多少毫秒后开始 accept' },
    },
  },
  positional: 'abort',
  play(lab, { abort, busy }) {
    const { client } = lab;
    const server = lab.host('server', { sysctls: { tcp_abort_on_overflow: Number(abort) } });
    const aborts = server.host.sysctls.tcp_abort_on_overflow !== 0;
    // Its 2 connections fill the queue of a backlog of 1; the second one at the same time as the client's.
    const other = lab.host('other', { address: '10.9.0.9' });
    lab.leaveOut((address) => address === '10.9.0.9');
    let answered = 0;
    server.run(async () => {
      const listener = server.listen(80, { backlog: 1 });
      await server.wait(busy);
      for (;;) {
        const socket = await listener.accept();
        server.run(async () => {
          await socket.read();
          await socket.write('OK');
        });
      }
    });
    for (const at of [0, 100]) {
      other.run(async () => {
        await other.wait(at);
        await other.connect(server, 80).connected;
      });
    }
    client.run(async () => {
      await client.wait(100);
      const socket = await client.connect(server, 80).connected;
      await socket.write('GET /');
      if ((await socket.read()) !== null) answered = lab.now - 100;
    });

    lab.turn(enters(client, 'ESTABLISHED'), {
      en: 'connect() has returned. Another connection (not shown) has just filled the accept queue.',
      zh: 'connect() 已返回。另一个连接（图中不显示）刚好占满了全连接队列。',
    });
    if (aborts) {
      lab.turn(
        drops(server, 'AcceptQueueFull'),
        {
          en: 'No place: with tcp_abort_on_overflow 1 the answer is a RST.',
          zh: '没有位置：tcp_abort_on_overflow 为 1 时回 RST。',
        },
        'net/ipv4/tcp_minisocks.c, tcp_check_req',
      );
      lab.turn(gets(client, 'RST'), {
        en: 'The client cannot tell this from a server that failed.',
        zh: 'client 无法区分这是队列满还是 server 出错。',
      });
      let failed = 0;
      lab.turn(fails(client, 'ECONNRESET'), ({ at }) => {
        failed = Math.round(at - 100);
        return {
          en: 'The application is told at once, and has to try again by itself.',
          zh: '应用程序立即得知，只能自己重试。',
        };
      });
      lab.answer(() => ({
        en: `1: the last ACK is answered with a RST, and the client has ECONNRESET after ${failed} ms, though the server has time after ${busy} ms. 0 (the default): the ACK is dropped, the data is sent again and a short overload passes unseen; so 1 is only for servers that will not catch up.`,
        zh: `设为 1：对最后的 ACK 回 RST，client 在 ${failed} ms 后得到 ECONNRESET，尽管 server 在 ${busy} ms 时就有空。设为 0（默认）：丢弃 ACK，数据会重传，短暂的过载不被察觉；所以只有确知无法恢复的 server 才设为 1。`,
      }));
      return;
    }
    lab.turn(drops(server, 'AcceptQueueFull'), {
      en: 'No place: with tcp_abort_on_overflow 0 the ACK is dropped, and nothing is said.',
      zh: '没有位置：tcp_abort_on_overflow 为 0 时丢弃 ACK，不作任何回应。',
    });
    lab.turn(retransmits(client), {
      en: 'The request is dropped, too, and sent again: each repetition carries the ACK that was dropped.',
      zh: '请求也被丢弃并重传：每次重传都带着那个被丢弃的 ACK。',
    });
    lab.turn(enters(server, 'ESTABLISHED'), ({ at }) => ({
      en: `The application has accepted, there is room: complete after ${Math.round(at - 100)} ms.`,
      zh: `应用程序已经 accept，有了位置：${Math.round(at - 100)} ms 后握手完成。`,
    }));
    lab.answer(() => ({
      en: `0 (the default): the last ACK is dropped, the request is sent again until there is room, and its answer came after ${Math.round(answered)} ms, without any error. 1: the client would have had ECONNRESET at once.`,
      zh: `设为 0（默认）：丢弃最后的 ACK，请求一直重传到有位置为止，${Math.round(answered)} ms 后得到应答，没有任何错误。设为 1：client 会立即得到 ECONNRESET。`,
    }));
  },
});
