import { fails, gets, happens, isLost, scenario } from '../../story/index.ts';

const ROUTER_MS = 6;
const NO_HOST = '10.9.0.9';
const FILTERED = '10.9.0.8';
const CLOSED_PORT = 81;
const SILENT_PORT = 82;

/** What became of one attempt to connect. */
interface Attempt {
  readonly code: string;
  readonly milliseconds: number;
}

const timeOf = (milliseconds: number): string =>
  milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${Number((milliseconds / 1000).toFixed(2))} s`;

export default scenario({
  name: 'etimedout-vs-econnrefused-vs-ehostunreach',
  topic: 'node',
  kind: 'useful',
  title: {
    en: 'ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH: who said no',
    zh: 'ECONNREFUSED、ETIMEDOUT、EHOSTUNREACH：是谁拒绝了',
  },
  question: {
    en: 'connect fails with ECONNREFUSED, ETIMEDOUT or EHOSTUNREACH: what has happened in each case, and how soon do I know?',
    zh: 'connect 报 ECONNREFUSED、ETIMEDOUT、EHOSTUNREACH，分别发生了什么？多久能知道？',
  },
  asked: [
    'Error: connect ECONNREFUSED 127.0.0.1:3000',
    'Error: connect ETIMEDOUT',
    'connect EHOSTUNREACH no route to host',
    'difference between ECONNREFUSED and ETIMEDOUT',
    'Connection refused 和 Connection timed out 的区别',
    '连接被拒绝 连接超时 没有到主机的路由',
    'No route to host 是什么原因',
  ],
  sources: ['RFC 9293, 3.9.2.2', 'RFC 1122, 4.2.3.9', 'net/ipv4/tcp_ipv4.c, tcp_v4_err', 'connect(2)'],
  corrects: {
    en: "EHOSTUNREACH doesn't come after some tries everywhere: RFC 1122 calls the ICMP message a soft error that must not end the attempt, and this stack keeps trying; Linux ends connect at the first one (tcp_v4_err). On a link of its own the kernel also says EHOSTUNREACH when ARP has no answer, after about 3 s.",
    zh: 'EHOSTUNREACH 何时出现因实现而异：RFC 1122 把这种 ICMP 看作软错误，不得因此放弃，本协议栈就一直重试；Linux 收到第一个就结束 connect（tcp_v4_err）。在本地链路上，ARP 无人应答约 3 s 后内核也报 EHOSTUNREACH。',
  },
  parameters: {
    retries: {
      default: 2,
      min: 1,
      max: 8,
      text: {
        en: "the client's tcp_syn_retries (Linux: 6, which makes 127 s, since 6.5 131 s)",
        zh: 'client 的 tcp_syn_retries（Linux 默认 6，共 127 s，6.5 起 131 s）',
      },
    },
  },
  positional: 'retries',
  play(lab, { retries }) {
    const client = lab.host('client', {
      sysctls: { tcp_syn_retries: Math.round(retries), tcp_syn_linear_timeouts: 0 },
    });
    const { server } = lab;
    const attempts: Attempt[] = [];
    let begun = 0;

    lab.path(`drop any port ${SILENT_PORT}`);
    const { router } = lab.world;
    router.refuse(FILTERED, 'prohibited', ROUTER_MS);
    router.refuse(NO_HOST, 'host', ROUTER_MS);
    server.listen(80);
    client.run(async () => {
      for (const [to, port] of [
        ['10.9.0.2', CLOSED_PORT],
        [FILTERED, 80],
        [NO_HOST, 80],
        ['10.9.0.2', SILENT_PORT],
      ] as const) {
        begun = lab.now;
        const code = await client.connect(to, port).connected.then(
          () => 'connected',
          (error: { code: string }) => error.code,
        );
        attempts.push({ code, milliseconds: lab.now - begun });
      }
    });

    const took = (i: number): string => timeOf(attempts[i]?.milliseconds ?? 0);
    lab.turn(
      gets(client, 'RST'),
      {
        en: `Port ${CLOSED_PORT}: the host is there, and nothing listens. Its kernel says so with a RST: ECONNREFUSED, after 1 RTT.`,
        zh: `端口 ${CLOSED_PORT}：主机在，但没有程序监听。它的内核用 RST 告知：ECONNREFUSED，只需 1 个 RTT。`,
      },
      'RFC 9293, 3.10.7.1',
    );
    lab.turn(
      fails(client, 'EHOSTUNREACH'),
      {
        en: 'A firewall that rejects (`--reject-with icmp-admin-prohibited`) answers with ICMP, type 3 code 13: EHOSTUNREACH at once.',
        zh: '设为拒绝的防火墙（`--reject-with icmp-admin-prohibited`）用 ICMP（类型 3，代码 13）应答：立即 EHOSTUNREACH。',
      },
      'RFC 1812, 5.2.7.1',
    );
    lab.turn(
      happens(
        { en: 'the client gets ICMP host unreachable', zh: 'client 收到 ICMP 主机不可达' },
        (entry) => entry.type === 'icmp' && entry.message.includes('host unreachable'),
      ),
      {
        en: 'No host has that address, and the router before it says so: ICMP type 3 code 1, a soft error. The client notes it and tries on (Linux would give up here).',
        zh: '没有主机使用这个地址，它前面的路由器告知：ICMP 类型 3，代码 1，软错误。client 记下来继续尝试（Linux 在这里就放弃）。',
      },
      'RFC 1122, 4.2.3.9',
    );
    lab.turn(fails(client, 'EHOSTUNREACH'), ({ at }) => ({
      en: `All ${1 + retries} SYNs were in vain. What was noted is now the error: EHOSTUNREACH, after ${timeOf(at - begun)}.`,
      zh: `${1 + retries} 个 SYN 全部落空，先前记下的就成了错误：EHOSTUNREACH，用了 ${timeOf(at - begun)}。`,
    }));
    lab.turn(isLost('SYN'), {
      en: `Port ${SILENT_PORT}: a firewall that drops says nothing, nor would a host that is switched off, or a broken path.`,
      zh: `端口 ${SILENT_PORT}：设为丢弃的防火墙什么也不说；主机关机、线路中断也是一样。`,
    });
    lab.turn(fails(client, 'ETIMEDOUT'), ({ at }) => ({
      en: `Silence is known only by waiting: ${1 + retries} SYNs, then ETIMEDOUT after ${timeOf(at - begun)}.`,
      zh: `没有回音只能靠等：${1 + retries} 个 SYN 之后 ETIMEDOUT，用了 ${timeOf(at - begun)}。`,
    }));

    lab.check({ en: 'the codes', zh: '错误码' }, () => attempts.map(({ code }) => code), [
      'ECONNREFUSED',
      'EHOSTUNREACH',
      'EHOSTUNREACH',
      'ETIMEDOUT',
    ]);
    lab.answer(() => ({
      en: `ECONNREFUSED is a RST of the host itself (${took(0)}); EHOSTUNREACH is ICMP from a router or firewall on the way (${took(1)} for a reject, ${took(2)} for a host that is not there); ETIMEDOUT is no answer at all (${took(3)} with tcp_syn_retries ${retries}). So a refused port is a program that isn't running, and a timeout is a filter, a dead host or a broken path.`,
      zh: `ECONNREFUSED 是对方主机自己的 RST（${took(0)}）；EHOSTUNREACH 是途中路由器或防火墙的 ICMP（拒绝时 ${took(1)}，主机不存在时 ${took(2)}）；ETIMEDOUT 是毫无应答（tcp_syn_retries 为 ${retries} 时 ${took(3)}）。因此拒绝说明程序没有运行，超时说明有过滤、主机已死或线路中断。`,
    }));
  },
});
