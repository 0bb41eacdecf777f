import { drops, enters, isLost, type LabSocket, scenario, sends } from '../../story/index.ts';

const FLOOD = 100;
/** TEST-NET-3 (RFC 5737): no host has these addresses. */
const FORGED = '203.0.113.';
const isForged = (address: string): boolean => address.startsWith(FORGED);
const spoofed = (i: number): [string, number] => [`${FORGED}${i + 1}`, 40_000 + i];

const seconds = (milliseconds: number): number => Number((milliseconds / 1000).toFixed(2));

/** What the server knows of the client's options. */
function kept(socket: LabSocket | null): { mss: number; hasScale: boolean } {
  const info = socket?.connection.info();
  const options = info?.tcpi_options ?? 0;
  // The MSS option doesn't count the 12 octets of timestamps, which segments have.
  return { mss: (info?.tcpi_snd_mss ?? 0) + (options & 1 ? 12 : 0), hasScale: (options & 4) !== 0 };
}

export default scenario({
  name: 'syn-flood',
  topic: 'attacks',
  kind: 'useful',
  title: { en: 'SYN flood, and SYN cookies', zh: 'SYN 洪泛攻击与 SYN cookie' },
  question: {
    en: 'What does a SYN flood do to a server, and what do SYN cookies change?',
    zh: 'SYN 攻击是什么？怎么防？SYN cookie 有什么代价？',
  },
  asked: [
    'SYN 攻击是什么，怎么防',
    'SYN 洪水 SYN flood 半连接队列满了怎么办',
    '如何避免 SYN 攻击',
    'tcp_syncookies 是什么',
    'what is a SYN flood and how is it stopped',
    'how do SYN cookies work, what do they cost',
  ],
  sources: ['RFC 4987', 'net/ipv4/tcp_input.c, tcp_conn_request', 'net/ipv4/syncookies.c'],
  corrects: {
    en: 'On Linux tcp_max_syn_backlog is not the size of the SYN queue when cookies are on: since 4.4 that is min(backlog, somaxconn), and tcp_max_syn_backlog counts only with tcp_syncookies = 0.',
    zh: '在 Linux 上，打开 cookie 时 tcp_max_syn_backlog 并不是半连接队列的长度：4.4 起队列长度由 min(backlog, somaxconn) 决定，只有 tcp_syncookies = 0 时才看 tcp_max_syn_backlog。',
  },
  parameters: {
    cookies: {
      default: '0',
      choices: ['0', '1'],
      text: { en: 'tcp_syncookies of the server', zh: '服务器的 tcp_syncookies' },
    },
    backlog: {
      default: 64,
      min: 1,
      max: 80,
      text: { en: 'the backlog that the server listens with', zh: '服务器 listen 时的 backlog' },
    },
    timestamps: {
      default: true,
      text: { en: 'the client offers timestamps', zh: '客户端使用时间戳选项' },
    },
  },
  positional: 'cookies',
  play(lab, { cookies, backlog, timestamps }) {
    const server = lab.host('server', { sysctls: { tcp_syncookies: Number(cookies) } });
    const client = lab.host('client', { mtu: 1450, sysctls: { tcp_timestamps: timestamps ? 1 : 0 } });
    const mallory = lab.attacker('mallory');
    const { counters, sysctls } = server.host.tcp;
    let accepted: LabSocket | null = null;
    let wait = 0;

    const listener = server.listen(80, { backlog });
    server.run(async () => {
      accepted = await listener.accept();
    });
    // He needs none of the answers: each SYN bears another address, at which there is no host.
    for (let i = 0; i < FLOOD; i++) {
      lab.at(i, () => {
        mallory.send({ from: spoofed(i), to: ['10.9.0.2', 80], flags: 'S', seq: 1000 * i, mss: 1460 });
      });
    }
    let halfOpen = 0;
    lab.at(150, () => {
      halfOpen = listener.listener.synQueueLength;
    });
    client.run(async () => {
      await client.wait(200);
      const begun = lab.now;
      await client.connect(server, 80).connected;
      wait = lab.now - begun;
    });

    // One of his SYNs shows what becomes of all.
    lab.leaveOut((address) => isForged(address) && address !== spoofed(0)[0]);
    lab.turn(
      isLost('SYN-ACK'),
      () => {
        lab.leaveOut(isForged);
        return {
          en: `mallory sends ${FLOOD} SYNs in ${FLOOD} ms, each from another address; this is the first. The SYN-ACK goes to an address where no host is: neither an ACK nor a RST will come, and the half-open connection stays in the SYN queue.`,
          zh: `mallory 在 ${FLOOD} ms 内发出 ${FLOOD} 个 SYN，源地址各不相同，这是第一个。SYN-ACK 发往没有主机的地址：既不会有 ACK，也不会有 RST，半连接留在半连接队列里。`,
        };
      },
      'RFC 4987, 2',
    );
    if (sysctls.tcp_syncookies === 0) {
      lab.turn(drops(server, 'SynQueueFull'), () => ({
        en: `${halfOpen} half-open connections: with a backlog of ${backlog} the SYN queue is full. The client's SYN is dropped, and nothing tells the client so: it takes it for lost.`,
        zh: `半连接已有 ${halfOpen} 个：backlog 为 ${backlog}，半连接队列已满。client 的 SYN 被丢弃，也没有任何通知：client 只能当作丢包。`,
      }));
      lab.turn(sends(server, 'SYN-ACK', { peer: client }), {
        en: 'Entries have been given up at last, since their SYN-ACKs had no answer: there is room for the client.',
        zh: '一些半连接的 SYN-ACK 始终没有应答，终于被放弃：队列里有了空位。',
      });
    } else {
      lab.turn(
        sends(server, 'SYN-ACK', { cause: 'cookie' }),
        () => ({
          en: `The SYN queue is full (${halfOpen}), and the server answers all the same: the sequence number of its SYN-ACK is a keyed hash of addresses, ports, minute and MSS class. It stores nothing.`,
          zh: `半连接队列已满（${halfOpen} 个），server 照样应答：SYN-ACK 的序号是用密钥对地址、端口、分钟和 MSS 档位算出的散列值。它什么都不保存。`,
        }),
        'RFC 4987, 3.6',
      );
      lab.turn(enters(server, 'ESTABLISHED'), () => ({
        en: `The ACK brings the cookie back, plus 1; of it the connection is made. ${
          timestamps
            ? 'Window scale and SACK had been put into the lowest bits of the timestamp, which the ACK echoes.'
            : 'Without timestamps there is no place for window scale and SACK: the SYN-ACK could not offer them, and no window is larger than 65535.'
        }`,
        zh: `ACK 带回 cookie 加 1，连接由此建立。${
          timestamps
            ? '窗口扩大和 SACK 选项藏在时间戳的最低几位里，由 ACK 原样带回。'
            : '没有时间戳，窗口扩大和 SACK 就无处可放：SYN-ACK 不能提供它们，窗口最大 65535。'
        }`,
      }));
    }

    lab.check({ en: 'half-open connections after the flood', zh: '洪泛之后的半连接数' }, () => halfOpen, backlog + 1);
    lab.check({ en: 'the client could connect', zh: 'client 建立了连接' }, () => accepted !== null && wait > 0, true);
    if (sysctls.tcp_syncookies !== 0)
      lab.check({ en: 'window scale was kept', zh: '窗口扩大选项得以保留' }, () => kept(accepted).hasScale, timestamps);
    lab.answer(() =>
      sysctls.tcp_syncookies === 0
        ? {
            en: `${FLOOD} SYNs with forged addresses, ${FLOOD * 44} octets in all, filled the SYN queue (${halfOpen} half-open connections, ${counters.TCPReqQFullDrop} SYNs dropped), and the client could connect only after ${seconds(wait)} s, with its SYN number ${client.host.tcp.counters.RetransSegs + 1}. With tcp_syncookies = 1, the default, it takes 1 RTT.`,
            zh: `${FLOOD} 个伪造源地址的 SYN（共 ${FLOOD * 44} 字节）占满了半连接队列（半连接 ${halfOpen} 个，丢弃 SYN ${counters.TCPReqQFullDrop} 个），client 等了 ${seconds(wait)} s、第 ${client.host.tcp.counters.RetransSegs + 1} 个 SYN 才连上。默认的 tcp_syncookies = 1 下只需 1 个 RTT。`,
          }
        : {
            en: `${FLOOD} SYNs with forged addresses filled the SYN queue (${halfOpen} half-open connections), and still the client was connected after ${wait} ms, 1 RTT: ${counters.SyncookiesSent} SYNs were answered with cookies, and nothing was stored of them. The price: of the client's MSS of 1410 the class below it is known, ${kept(accepted).mss} (Linux, with 4 classes: 1300)${timestamps ? '' : ', and window scaling is off'}.`,
            zh: `${FLOOD} 个伪造源地址的 SYN 占满了半连接队列（半连接 ${halfOpen} 个），client 仍在 ${wait} ms（1 个 RTT）后连上：有 ${counters.SyncookiesSent} 个 SYN 用 cookie 应答，不保存任何状态。代价：client 的 MSS 1410 只记得下面的档位 ${kept(accepted).mss}（Linux 只有 4 档：1300）${timestamps ? '' : '，窗口扩大选项失效'}。`,
          },
    );
  },
});
