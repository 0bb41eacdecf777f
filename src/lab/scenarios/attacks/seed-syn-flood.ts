import { drops, isLost, scenario } from '../../story/index.ts';

const FORGED = '203.0.113.';
const isForged = (address: string): boolean => address.startsWith(FORGED);
const spoofed = (i: number): [string, number] => [`${FORGED}${i + 1}`, 40_000 + i];

export default scenario({
  name: 'seed-syn-flood',
  topic: 'attacks',
  kind: 'weird',
  title: {
    en: 'SYN flood with cookies off: three quarters of a queue',
    zh: '关闭 cookie 的 SYN 洪泛：队列只有四分之三可用',
  },
  question: {
    en: 'In the SEED lab tcp_max_syn_backlog is 80 and cookies are off: why is the queue full with about 60 entries, and why can a host still connect that did so before?',
    zh: 'SEED 实验里 tcp_max_syn_backlog 为 80、关闭 SYN cookie：为什么约 60 个半连接队列就满了？为什么连过的主机还能连上？',
  },
  asked: [
    'SEED labs SYN flooding attack',
    'tcp_max_syn_backlog three quarters',
    'ip tcp_metrics flush SYN flood',
    'SEED SYN 洪泛实验 攻击不成功',
    'tcp_max_syn_backlog 四分之一 保留',
  ],
  sources: [
    'net/ipv4/tcp_input.c, tcp_conn_request',
    'net/ipv4/tcp_metrics.c, tcp_peer_is_proven',
    'SEED Labs, TCP/IP Attack Lab',
  ],
  corrects: {
    en: 'tcp_max_syn_backlog does not bound the queue in general: that does the backlog (min(backlog, somaxconn)). It counts only while tcp_syncookies is 0, and then less than a quarter free means that unknown peers are refused. Known ones are those with an entry in `ip tcp_metrics`, kept from a connection before; this stack keeps none, so that here all are unknown.',
    zh: '一般情况下限制队列的不是 tcp_max_syn_backlog，而是 backlog（min(backlog, somaxconn)）。只有 tcp_syncookies 为 0 时才看它：空位不足四分之一，陌生的对端就被拒绝。“熟悉的”对端是指在 `ip tcp_metrics` 里有以前连接留下的记录；本协议栈不保存这种记录，所以这里全是陌生的。',
  },
  parameters: {
    backlog: {
      default: 80,
      min: 8,
      max: 160,
      text: { en: 'tcp_max_syn_backlog of the server', zh: '服务器的 tcp_max_syn_backlog' },
    },
  },
  positional: 'backlog',
  play(lab, { backlog }) {
    const most = Math.round(backlog);
    const server = lab.host('server', { sysctls: { tcp_syncookies: 0, tcp_max_syn_backlog: most } });
    const { client } = lab;
    const mallory = lab.attacker('mallory');
    const { drops: reasons } = server.host.tcp;
    const listener = server.listen(80, { backlog: 4096 });

    for (let i = 0; i < most; i++) {
      lab.at(i, () => mallory.send({ from: spoofed(i), to: ['10.9.0.2', 80], flags: 'S', seq: 1000 * i, mss: 1460 }));
    }
    let halfOpen = 0;
    lab.at(most + 50, () => {
      halfOpen = listener.listener.synQueueLength;
    });
    client.run(async () => {
      await client.wait(most + 100);
      await client.connect(server, 80).connected;
    });

    // One of his SYNs shows what becomes of all; of the client's, its first two.
    lab.leaveOut((address) => isForged(address) && address !== spoofed(0)[0]);
    lab.at(most + 2000, () => lab.leaveOut(() => true));
    lab.turn(isLost('SYN-ACK'), () => {
      lab.leaveOut(isForged);
      return {
        en: `The first of ${most} SYNs with forged addresses. Its SYN-ACK reaches no host, and the entry stays.`,
        zh: `${most} 个伪造地址的 SYN 中的第一个。它的 SYN-ACK 到不了任何主机，半连接留在队列里。`,
      };
    });
    lab.turn(
      drops(server, 'SynBacklogLow'),
      () => ({
        en: `${halfOpen} entries, ${most - halfOpen} places free: that is less than a quarter of ${most}, and with cookies off the last quarter is for peers that the kernel knows from before. The client is none: its SYN is dropped.`,
        zh: `已有 ${halfOpen} 个半连接，空位 ${most - halfOpen} 个，不足 ${most} 的四分之一；cookie 关闭时，最后四分之一只留给内核以前认识的对端。client 不是：SYN 被丢弃。`,
      }),
      'tcp_conn_request',
    );

    // Refused once fewer than a quarter are free (the kernel's shift rounds it down).
    const expected = most - (most >> 2) + 1;
    lab.check({ en: 'half-open connections', zh: '半连接数' }, () => halfOpen, Math.min(expected, most));
    lab.answer(() => ({
      en: `With tcp_syncookies = 0 a SYN is refused when fewer than tcp_max_syn_backlog / 4 places are free: of ${most}, ${halfOpen} were used, and ${reasons.get('SynBacklogLow')} SYNs were dropped, the client's among them. On Linux a host with an entry in ip tcp_metrics may take the rest, which is why the attack seems to fail against a host that was connected before (ip tcp_metrics flush).`,
      zh: `tcp_syncookies = 0 时，空位少于 tcp_max_syn_backlog / 4 就拒绝 SYN：${most} 个位置用了 ${halfOpen} 个，丢弃 SYN ${reasons.get('SynBacklogLow')} 个，其中有 client 的。在 Linux 上，ip tcp_metrics 里有记录的主机可以用剩下的位置，所以对连过的主机攻击看似无效（可用 ip tcp_metrics flush 清除）。`,
    }));
  },
});
