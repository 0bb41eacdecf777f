import { fails, isLost, retransmits, scenario, sends } from '../../story/index.ts';

export default scenario({
  name: 'refused',
  topic: 'opening',
  kind: 'useful',
  title: { en: 'ECONNREFUSED, or nothing at all', zh: 'ECONNREFUSED，还是毫无回应' },
  question: {
    en: 'What does connect() get where no one listens, where a firewall drops the SYN, and where one rejects it?',
    zh: '目标端口没有监听、SYN 被防火墙丢弃、被防火墙拒绝，connect() 分别得到什么？',
  },
  asked: [
    'connection refused',
    'ECONNREFUSED or ETIMEDOUT',
    'when is a RST sent',
    'can a connection be opened without listen',
    'iptables DROP and REJECT',
    '连接被拒绝',
    '没有 listen 能建立连接吗',
    '什么时候发送 RST',
    '防火墙 DROP 和 REJECT 的区别',
  ],
  sources: ['RFC 9293, 3.10.7.1', 'RFC 9293, 3.9.2.2', 'RFC 1122, 4.2.3.9'],
  parameters: {
    filter: {
      default: 'none',
      choices: ['none', 'drop', 'reject'],
      text: { en: 'what a firewall on the path does to the SYN', zh: '路上的防火墙如何处理 SYN' },
    },
    retries: {
      default: 6,
      min: 1,
      max: 20,
      text: { en: "the client's tcp_syn_retries", zh: 'client 的 tcp_syn_retries' },
    },
  },
  positional: 'filter',
  play(lab, { filter, retries }) {
    const client = lab.host('client', { sysctls: { tcp_syn_retries: retries, tcp_syn_linear_timeouts: 0 } });
    const { server } = lab;
    const { tcp_syn_retries: tries } = client.host.sysctls;
    if (filter === 'drop') lab.path('drop SYN');
    if (filter === 'reject') lab.world.router.refuse(`${server.address}`, 'port', 10);
    client.run(async () => {
      await client.connect(server, 81).connected;
    });
    let failed = 0;

    if (filter === 'none') {
      lab.turn(
        sends(server, 'RST'),
        {
          en: 'No listener on port 81: the kernel answers by itself. RST with ack = x+1, by which the client sees that it is about its SYN.',
          zh: '端口 81 没有监听：内核自己应答。RST 带 ack = x+1，client 由此知道它针对自己的 SYN。',
        },
        'RFC 9293, 3.10.7.1',
      );
      lab.turn(fails(client, 'ECONNREFUSED'), ({ at }) => {
        failed = at;
        return { en: 'connect() fails at once; nothing is tried again.', zh: 'connect() 立即失败，不再重试。' };
      });
      lab.answer(() => ({
        en: `ECONNREFUSED after 1 RTT, ${failed} ms: the host is there and says that nothing listens on that port. Silence instead (--filter drop) costs until ETIMEDOUT.`,
        zh: `1 个 RTT（${failed} ms）后 ECONNREFUSED：主机在，它说明该端口没有监听。若毫无回应（--filter drop），要一直等到 ETIMEDOUT。`,
      }));
      return;
    }
    if (filter === 'reject') {
      lab.turn(
        fails(client, 'ECONNREFUSED'),
        ({ at }) => {
          failed = at;
          return {
            en: 'ICMP port unreachable, as iptables has REJECT by default: for a SYN a hard error, as good as a RST.',
            zh: 'ICMP 端口不可达，即 iptables REJECT 的默认方式：对 SYN 来说是硬错误，与 RST 等效。',
          };
        },
        'RFC 9293, 3.9.2.2',
      );
      lab.answer(() => ({
        en: `ECONNREFUSED after ${failed} ms, as if the host itself had refused: an ICMP port unreachable ends a connect(). Only the packet shows that a firewall answered.`,
        zh: `${failed} ms 后 ECONNREFUSED，与主机自己拒绝时一样：ICMP 端口不可达会终止 connect()。只有看报文才知道应答的是防火墙。`,
      }));
      return;
    }
    lab.turn(isLost('SYN'), { en: 'The firewall drops it, and says nothing.', zh: '防火墙丢弃它，不作任何说明。' });
    lab.turn(retransmits(client), {
      en: 'For the client it is loss: it tries again, each time after twice as long.',
      zh: '在 client 看来就是丢包：重试，间隔每次加倍。',
    });
    lab.turn(fails(client, 'ETIMEDOUT'), ({ at }) => {
      failed = Math.round(at / 1000);
      return {
        en: `${tries} more SYNs (tcp_syn_retries) and ${failed} s later: ETIMEDOUT.`,
        zh: `又发了 ${tries} 个 SYN（tcp_syn_retries），${failed} s 后：ETIMEDOUT。`,
      };
    });
    lab.answer(() => ({
      en: `ETIMEDOUT after ${failed} s (tcp_syn_retries ${tries}): a firewall that drops looks like a host that is gone. A closed port answers within 1 RTT: ECONNREFUSED.`,
      zh: `${failed} s 后 ETIMEDOUT（tcp_syn_retries ${tries}）：防火墙丢弃 SYN，看起来就像主机不存在。端口关闭则在 1 个 RTT 内应答：ECONNREFUSED。`,
    }));
  },
});
