import { drops, enters, type Lab, type LabHost, scenario, sends } from '../../story/index.ts';

/** Somebody who sends SYNs and never answers. */
const SILENT = '10.9.0.66';

export default scenario({
  name: 'syn-queue',
  topic: 'queues',
  kind: 'tutorial',
  title: { en: 'The SYN queue is full', zh: '半连接队列满' },
  question: {
    en: 'What lies in the SYN queue, how many half-open connections fit, and what happens to the next SYN?',
    zh: '半连接队列里是什么？能放多少个半连接？满了之后下一个 SYN 会怎样？',
  },
  asked: [
    'SYN queue full',
    'tcp_max_syn_backlog',
    'SYN cookies when the queue is full',
    'how long is the SYN queue',
    '半连接队列满了怎么办',
    '半连接队列的长度',
    'tcp_max_syn_backlog 和 backlog',
    'tcp_syncookies 的作用',
  ],
  sources: [
    'net/ipv4/tcp_input.c, tcp_conn_request',
    'RFC 4987, 3.6',
    'ip-sysctl.rst, tcp_max_syn_backlog, tcp_syncookies',
  ],
  corrects: {
    en: 'tcp_max_syn_backlog alone is not the length of the SYN queue: since Linux 4.4 it is full beyond the backlog of listen() (min with somaxconn). tcp_max_syn_backlog counts only with cookies off, when its last quarter is kept for known peers.',
    zh: '半连接队列的长度并不只由 tcp_max_syn_backlog 决定：Linux 4.4 起，超过 listen() 的 backlog（与 somaxconn 取小）就算满。tcp_max_syn_backlog 只在关闭 cookie 时起作用：最后四分之一留给已知的对端。',
  },
  parameters: {
    backlog: { default: 3, min: 0, max: 64, text: { en: 'what listen() is given', zh: 'listen() 的参数' } },
    cookies: {
      default: '0',
      choices: ['0', '1'],
      text: { en: "the server's tcp_syncookies", zh: 'server 的 tcp_syncookies' },
    },
  },
  positional: 'backlog',
  play(lab, { backlog, cookies }) {
    const { client } = lab;
    const server = lab.host('server', { sysctls: { tcp_syncookies: Number(cookies) } });
    const withCookies = server.host.sysctls.tcp_syncookies !== 0;
    const room = Math.min(backlog, server.host.sysctls.somaxconn) + 1;
    lab.leaveOut((address) => address === SILENT);
    server.run(async () => {
      const listener = server.listen(80, { backlog });
      for (;;) await listener.accept();
    });
    fill(lab, server, room);
    client.run(async () => {
      await client.wait(1000);
      await client.connect(server, 80).connected;
    });

    let took = 0;
    const half = (): number => {
      let count = 0;
      for (const { state } of server.host.tcp.connections) if (state === 'SYN_RECEIVED') count++;
      return count;
    };
    lab.turn(sends(client, 'SYN'), () => ({
      en: `${half()} SYNs whose senders never answer lie in the SYN queue: each an entry with a timer and SYN-ACKs to repeat.`,
      zh: `半连接队列里有 ${half()} 个从不应答的 SYN：每个条目都有定时器，还要重传 SYN-ACK。`,
    }));
    if (withCookies) {
      lab.turn(
        sends(server, 'SYN-ACK', { cause: 'cookie' }),
        {
          en: 'No room: the server stores nothing and puts what it must know into its sequence number, a cookie.',
          zh: '没有位置：server 什么也不保存，把必须记住的内容编码进自己的序号，即 cookie。',
        },
        'RFC 4987, 3.6',
      );
      lab.turn(enters(server, 'ESTABLISHED'), ({ at }) => {
        took = Math.round(at - 1000);
        return {
          en: 'The ACK brings the cookie back: the connection is made of it, and goes to the accept queue at once.',
          zh: 'ACK 带回 cookie：由它重建连接，直接进入全连接队列。',
        };
      });
      lab.answer(() => ({
        en: `The SYN queue holds handshakes under way: ${room} here, the backlog ${backlog} and 1 more. With tcp_syncookies 1 the next SYN is answered without an entry, and its connection was complete after ${took} ms.`,
        zh: `半连接队列保存进行中的握手：这里 ${room} 个，即 backlog ${backlog} 再加 1。tcp_syncookies 为 1 时，下一个 SYN 不占条目也能得到应答，连接在 ${took} ms 后建立。`,
      }));
      return;
    }
    lab.turn(drops(server, 'SynQueueFull'), {
      en: 'No room, and no cookies: the SYN is dropped (TCPReqQFullDrop), and nothing is said.',
      zh: '没有位置，也没有 cookie：丢弃 SYN（TCPReqQFullDrop），不作任何回应。',
    });
    lab.turn(enters(client, 'ESTABLISHED'), ({ at }) => {
      took = Math.round((at - 1000) / 1000);
      return {
        en: `One half-open entry has expired: after ${took} s a SYN finds room.`,
        zh: `有半连接过期了：${took} s 后的 SYN 才有位置。`,
      };
    });
    lab.answer(() => ({
      en: `The SYN queue holds handshakes under way: ${room} here, the backlog ${backlog} and 1 more. Without cookies the next SYNs are dropped until an entry expires: connect() took ${took} s (TCPReqQFullDrop ${server.host.tcp.counters.TCPReqQFullDrop}).`,
      zh: `半连接队列保存进行中的握手：这里 ${room} 个，即 backlog ${backlog} 再加 1。没有 cookie 时，后来的 SYN 都被丢弃，直到有条目过期：connect() 用了 ${took} s（TCPReqQFullDrop ${server.host.tcp.counters.TCPReqQFullDrop}）。`,
    }));
  },
});

/** As many SYNs as the queue has room for. */
function fill(lab: Lab, server: LabHost, count: number): void {
  const silent = lab.attacker('silent');
  for (let i = 0; i < count; i++) {
    lab.at(i, () =>
      silent.send({ from: [SILENT, 50_000 + i], to: [`${server.address}`, 80], flags: 'S', seq: 1000 * i, mss: 1460 }),
    );
  }
}
