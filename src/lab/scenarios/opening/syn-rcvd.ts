import { enters, type LabHost, listed, retransmits, scenario } from '../../story/index.ts';

export default scenario({
  name: 'syn-rcvd',
  topic: 'opening',
  kind: 'useful',
  title: { en: 'SYN_RECEIVED, made visible', zh: '看到 SYN_RECEIVED' },
  question: {
    en: 'Why is SYN_RECEIVED hardly ever seen in ss or netstat, and how can it be made to stay?',
    zh: '为什么用 ss 或 netstat 很难看到 SYN_RECEIVED（SYN_RCVD）？怎样才能看到它？',
  },
  asked: [
    'SYN_RCVD hard to see',
    'client that withholds the last ACK',
    'many SYN_RECV in netstat',
    'SYN_RCVD 状态很难看到',
    'SYN_RECV 很多是什么原因',
    '不发送最后一个 ACK 的客户端',
    'tcp_synack_retries',
  ],
  sources: ['RFC 9293, 3.3.2', 'ip-sysctl.rst, tcp_synack_retries'],
  parameters: {
    hold: { default: false, text: { en: "the client's ACKs never arrive", zh: 'client 的 ACK 始终不到达' } },
    retries: {
      default: 5,
      min: 0,
      max: 20,
      text: { en: "the server's tcp_synack_retries", zh: 'server 的 tcp_synack_retries' },
    },
  },
  play(lab, { hold, retries }) {
    const { client } = lab;
    const server = lab.host('server', { sysctls: { tcp_synack_retries: retries } });
    const { tcp_synack_retries: most } = server.host.sysctls;
    if (hold) lab.path('drop ACK of SYN-ACK');
    server.run(async () => {
      await server.listen(80).accept();
    });
    client.run(async () => {
      await client.connect(server, 80).connected;
    });
    let row: string | null = null;
    lab.at(hold ? 5000 : 15, () => {
      row = rowOf(server);
    });

    let lasted = 0;
    let began = 0;
    let sent = 0;
    lab.turn(enters(server, 'SYN_RECEIVED'), ({ at }) => {
      began = at;
      return {
        en: 'The SYN-ACK leaves in the same moment. From now on it is the client that the server waits for.',
        zh: 'SYN-ACK 同时发出。此后 server 等待的只是 client。',
      };
    });
    lab.turn(enters(client, 'ESTABLISHED'), {
      en: 'A client whose kernel answers does so at once, without its application.',
      zh: 'client 的内核会立即应答，不需要应用程序参与。',
    });
    if (!hold) {
      lab.turn(enters(server, 'ESTABLISHED'), ({ at }) => {
        lasted = at - began;
        return {
          en: `SYN_RECEIVED has lasted ${lasted} ms: 1 RTT. Who looks once a second sees it by luck alone.`,
          zh: `SYN_RECEIVED 只持续了 ${lasted} ms：1 个 RTT。每秒看一次，只能碰运气。`,
        };
      });
      lab.answer(() => ({
        en: `SYN_RECEIVED lasts 1 RTT, ${lasted} ms here, since the client's kernel sends the last ACK at once; ss showed: ${row}. With --hold that ACK is lost, and the state stays until the SYN-ACKs are used up.`,
        zh: `SYN_RECEIVED 只持续 1 个 RTT，这里是 ${lasted} ms，因为 client 的内核会立即发送最后的 ACK；ss 显示：${row}。加上 --hold，这个 ACK 丢失，该状态会一直保持到 SYN-ACK 重传用尽。`,
      }));
      return;
    }
    if (most > 0) {
      lab.turn(retransmits(server), () => ({
        en: `No ACK: the SYN-ACK again, ${most} times at most. All the time ss shows the connection, accept() does not.`,
        zh: `没有 ACK：重传 SYN-ACK，最多 ${most} 次。这期间 ss 一直能看到这个连接，accept() 看不到。`,
      }));
    }
    lab.turn(enters(server, 'CLOSED'), ({ at }) => {
      lasted = Math.round((at - began) / 1000);
      sent = server.host.tcp.counters.RetransSegs;
      return {
        en: `${lasted} s: forgotten. No RST, no error: no application ever knew of it.`,
        zh: `${lasted} s：丢弃。没有 RST，也没有错误：任何应用程序都不知道它存在过。`,
      };
    });
    lab.check({ en: 'seconds in SYN_RECEIVED', zh: 'SYN_RECEIVED 的秒数' }, () => lasted, 2 ** (most + 1) - 1);
    lab.check({ en: 'SYN-ACKs sent again', zh: '重传的 SYN-ACK 数' }, () => sent, most);
    lab.answer(() => ({
      en: `SYN_RECEIVED lasts 1 RTT only where the client answers; with its ACKs held back it stays ${lasted} s, for ${sent} more SYN-ACKs (tcp_synack_retries). After 5 s ss showed: ${row}. Many of them mean lost ACKs or a SYN flood.`,
      zh: `只要 client 应答，SYN_RECEIVED 只持续 1 个 RTT；扣住它的 ACK，就会保持 ${lasted} s，重传 ${sent} 次 SYN-ACK（tcp_synack_retries）。5 s 时 ss 显示：${row}。大量出现说明 ACK 丢失，或有 SYN flood。`,
    }));
  },
});

/** As `tcpglass ss` has it: the half-open connection and its timer. */
function rowOf(host: LabHost): string | null {
  for (const { state, local, localPort, remote, remotePort, timers } of listed(host)) {
    if (state !== 'SYN_RECEIVED') continue;
    const [timer] = timers;
    const runs =
      timer === undefined ? '' : ` timer:(${timer.name},${Math.round(timer.left / 1000)}ms,${timer.retries})`;
    return `${state} ${local}:${localPort} ${remote}:${remotePort}${runs}`;
  }
  return null;
}
