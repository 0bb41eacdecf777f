import { enters, fails, gets, scenario, sends } from '../../story/index.ts';

const LEFT_PORT = 5000;
const RIGHT_PORT = 6000;
/** What the path takes each way, in milliseconds. */
const DELAY = 10;

export default scenario({
  name: 'open-both',
  topic: 'opening',
  kind: 'weird',
  title: { en: 'Both open at the same time', zh: '同时打开' },
  question: {
    en: 'What happens if both ends call connect() towards each other at the same time, and no end listens?',
    zh: '双方同时向对方 connect()（没有人 listen），会发生什么？',
  },
  asked: [
    'simultaneous open',
    'two SYNs cross',
    'can a connection be opened without listen',
    '同时打开',
    '两个 SYN 在路上交叉',
    '没有 listen 能建立连接吗',
  ],
  sources: ['RFC 9293, 3.5, figure 7', 'RFC 9293, 3.10.7.3'],
  parameters: {
    apart: {
      default: 5,
      min: 0,
      max: 1000,
      text: { en: 'milliseconds by which the server is later', zh: 'server 晚多少毫秒' },
    },
  },
  play(lab, { apart }) {
    const { client, server } = lab;
    client.run(async () => {
      await client.connect(server, RIGHT_PORT, { localPort: LEFT_PORT }).connected;
    });
    server.run(async () => {
      await server.wait(apart);
      await server.connect(client, LEFT_PORT, { localPort: RIGHT_PORT }).connected;
    });
    let segments = 0;
    lab.attacker().onPath(() => segments++);

    lab.turn(sends(client, 'SYN'), {
      en: `From port ${LEFT_PORT} to port ${RIGHT_PORT}: both ends must use the port that the other one calls.`,
      zh: `从端口 ${LEFT_PORT} 到端口 ${RIGHT_PORT}：双方都必须使用对方要连接的端口。`,
    });
    if (apart >= DELAY) {
      lab.turn(gets(client, 'RST'), {
        en: `The server calls connect() ${apart} ms later. When the SYN came, there was no socket on that port yet: RST.`,
        zh: `server 晚 ${apart} ms 才 connect()。SYN 到达时该端口上还没有套接字：RST。`,
      });
      lab.turn(fails(client, 'ECONNREFUSED'), {
        en: 'They did not cross, so it is no simultaneous open.',
        zh: '两个 SYN 没有交叉，所以不是同时打开。',
      });
      lab.answer({
        en: `The SYNs have to cross on the path. Here the server was ${apart} ms later, the path takes ${DELAY} ms: RST, ECONNREFUSED.`,
        zh: `两个 SYN 必须在路上交叉。这里 server 晚了 ${apart} ms，而路上只需 ${DELAY} ms：RST，ECONNREFUSED。`,
      });
      return;
    }
    lab.turn(sends(server, 'SYN'), {
      en: 'The other SYN leaves before the first one is here: they cross.',
      zh: '第一个 SYN 到达之前，另一个 SYN 已经发出：两者在路上交叉。',
    });
    lab.turn(
      enters(server, 'SYN_RECEIVED'),
      {
        en: 'A SYN where a SYN-ACK was due: SYN_SENT becomes SYN_RECEIVED, and the answer is SYN and ACK with the same number as before.',
        zh: '等待 SYN-ACK 时来了 SYN：SYN_SENT 变为 SYN_RECEIVED，并以原来的序号回 SYN 和 ACK。',
      },
      'RFC 9293, 3.10.7.3',
    );
    lab.turn(enters(client, 'SYN_RECEIVED'), { en: 'The other end does the same.', zh: '另一端也一样。' });
    let open = 0;
    lab.turn(enters(client, 'ESTABLISHED'), ({ at }) => {
      open = at;
      return {
        en: `Its SYN is acknowledged: ESTABLISHED after ${at} ms. No end has listened, none has accepted.`,
        zh: `自己的 SYN 得到确认：${at} ms 后进入 ESTABLISHED。没有人 listen，也没有人 accept。`,
      };
    });
    const connections = (): number => [...client.host.tcp.connections].length + [...server.host.tcp.connections].length;
    lab.check({ en: 'sockets of both ends together', zh: '双方套接字总数' }, connections, 2);
    lab.answer(() => ({
      en: `SYN and SYN cross, SYN-ACK and SYN-ACK follow: ${segments} segments, and 1 connection, not 2, since both SYNs have the same four-tuple. Both pass SYN_SENT, SYN_RECEIVED and ESTABLISHED (after ${open} ms).`,
      zh: `SYN 与 SYN 交叉，随后是 SYN-ACK 与 SYN-ACK：共 ${segments} 个报文段，建立 1 个连接而不是 2 个，因为两个 SYN 的四元组相同。双方都经过 SYN_SENT、SYN_RECEIVED、ESTABLISHED（${open} ms 后）。`,
    }));
  },
});
