import { drops, type Lab, type LabHost, scenario, type Text } from '../../story/index.ts';

/** Somebody whose SYNs and connections fill the queues; not shown. */
const FILLER = '10.9.0.66';
/** Somebody behind the same address translator as the client, who sends SYNs of his own making. */
const FORGER = 'forger';

type Reason = Parameters<typeof drops>[1];

/** What happens to a SYN, in the order in which it is played, 1 s apart. */
const CASES: readonly { readonly port: number; readonly reason: Reason; readonly text: Text }[] = [
  {
    port: 83,
    reason: 'SynQueueFull',
    text: {
      en: '1. The SYN queue is full and tcp_syncookies is 0 (TCPReqQFullDrop). With 1 it is answered with a cookie.',
      zh: '1. 半连接队列满，且 tcp_syncookies 为 0（TCPReqQFullDrop）。为 1 时用 cookie 应答。',
    },
  },
  {
    port: 84,
    reason: 'AcceptQueueFull',
    text: {
      en: '2. The accept queue is full (ListenOverflows): the application does not accept fast enough. Cookies do not help.',
      zh: '2. 全连接队列满（ListenOverflows）：应用程序 accept 得不够快。cookie 无济于事。',
    },
  },
  {
    port: 85,
    reason: 'SynBacklogLow',
    text: {
      en: '3. Without cookies the last quarter of tcp_max_syn_backlog is kept for known peers (ListenDrops).',
      zh: '3. 没有 cookie 时，tcp_max_syn_backlog 的最后四分之一留给已知的对端（ListenDrops）。',
    },
  },
  {
    port: 86,
    reason: 'TimestampBeforeLast',
    text: {
      en: "4. tcp_tw_recycle 1 and a timestamp older than that address's last one (PAWSPassive): a second client behind one NAT. Gone since Linux 4.12.",
      zh: '4. tcp_tw_recycle 为 1，且时间戳早于该地址上一次的（PAWSPassive）：同一 NAT 后的第二个客户端。Linux 4.12 起已删除。',
    },
  },
  {
    port: 82,
    reason: 'NotASyn',
    text: {
      en: '5. SYN and FIN in one: a scanner sends that, no TCP of today does. Linux drops it in LISTEN, too.',
      zh: '5. SYN 和 FIN 同时置位：如今只有扫描器这样发。Linux 在 LISTEN 状态同样丢弃。',
    },
  },
  {
    port: 81,
    reason: 'TcpChecksum',
    text: {
      en: '6. The checksum is wrong: no socket ever sees it (InCsumErrors).',
      zh: '6. 校验和错误：任何套接字都看不到它（InCsumErrors）。',
    },
  },
];

export default scenario({
  name: 'syn-drops',
  topic: 'queues',
  kind: 'useful',
  title: { en: 'Six ways in which a SYN vanishes', zh: 'SYN 被丢弃的六种情况' },
  question: {
    en: 'In which cases does a server drop a SYN without any answer, and which counter shows which?',
    zh: 'server 在哪些情况下会不作应答地丢弃 SYN？分别看哪个计数器？',
  },
  asked: [
    'when is a SYN dropped',
    'SYN arrives, no SYN-ACK leaves',
    'SYNs to LISTEN sockets dropped',
    'ListenDrops ListenOverflows TCPReqQFullDrop',
    'SYN 报文什么时候会被丢弃',
    '服务器收到 SYN 不回应 SYN-ACK',
    'SYN 被丢弃的原因',
  ],
  sources: ['net/ipv4/tcp_input.c, tcp_conn_request', 'RFC 9293, 3.1, 3.10.7.2', 'ip-sysctl.rst'],
  play(lab) {
    // Timestamps without a random offset, so that "older" can be shown.
    const client = lab.host('client', { sysctls: { tcp_timestamps: 2 } });
    const server = lab.host('server', {
      sysctls: { tcp_syncookies: 0, tcp_max_syn_backlog: 8, tcp_tw_recycle: 1 },
    });
    lab.leaveOut((address) => address === FILLER);
    lab.path('corrupt checksum of SYN port 81');
    server.run(async () => {
      for (const { port, reason } of CASES) server.listen(port, { backlog: reason === 'SynBacklogLow' ? 64 : 0 });
    });
    fill(lab, server);
    knowLast(lab, client, server);

    const forger = lab.attacker(FORGER);
    const to = (port: number) => [`${server.address}`, port] as const;
    const from = [`${client.address}`, 50_000] as const;
    for (const [i, { port, reason }] of CASES.entries()) {
      const at = 1000 * (i + 2);
      if (reason === 'NotASyn') lab.at(at, () => forger.send({ from, to: to(port), flags: 'FS', seq: 1 }));
      else if (reason === 'TimestampBeforeLast')
        lab.at(at, () => forger.send({ from, to: to(port), flags: 'S', seq: 1, mss: 1460, timestamps: [1, 0] }));
      else
        client.run(async () => {
          await client.wait(at);
          const socket = client.connect(server, port);
          // Before it sends its SYN again: that would be dropped, too.
          await client.wait(500);
          socket.close();
        });
      lab.turn(drops(server, reason), text(i));
    }

    const { counters } = server.host.tcp;
    lab.check({ en: 'SYNs that ListenDrops counts', zh: 'ListenDrops 统计的 SYN 数' }, () => counters.ListenDrops, 4);
    lab.answer(() => ({
      en: `In ${CASES.length} cases, all but SYN+FIN with a counter: InCsumErrors ${counters.InCsumErrors}, TCPReqQFullDrop ${counters.TCPReqQFullDrop}, ListenOverflows ${counters.ListenOverflows}, PAWSPassive ${counters.PAWSPassive}, and ListenDrops ${counters.ListenDrops}, which counts what a listener drops for want of room or for its timestamp. For the client all of them look like loss: it sends its SYN again, until ETIMEDOUT.`,
      zh: `有 ${CASES.length} 种情况，除 SYN+FIN 外都有计数器：InCsumErrors ${counters.InCsumErrors}，TCPReqQFullDrop ${counters.TCPReqQFullDrop}，ListenOverflows ${counters.ListenOverflows}，PAWSPassive ${counters.PAWSPassive}，以及 ListenDrops ${counters.ListenDrops}，它统计监听套接字因没有位置或时间戳而丢弃的。在 client 看来都像丢包：重传 SYN，直到 ETIMEDOUT。`,
    }));
  },
});

const text = (i: number): Text => CASES[i]!.text;

/** Fills the SYN queues of ports 83 and 85, and the accept queue of port 84. */
function fill(lab: Lab, server: LabHost): void {
  const filler = lab.host('filler', { address: FILLER });
  // Its SYN-ACKs find nobody: the handshakes stay half open.
  const silent = lab.attacker('silent');
  const syn = (port: number, i: number): void =>
    silent.send({ from: ['10.9.0.67', 50_000 + i], to: [`${server.address}`, port], flags: 'S', seq: i, mss: 1460 });
  lab.leaveOut((address) => address === FILLER || address === '10.9.0.67');
  filler.run(async () => {
    await filler.connect(server, 84).connected;
  });
  lab.at(0, () => syn(83, 0));
  for (let i = 0; i < 7; i++) lab.at(i, () => syn(85, i));
}

/** A connection that the server closes first: it knows the newest timestamp of the client's address from then on. */
function knowLast(lab: Lab, client: LabHost, server: LabHost): void {
  lab.pause();
  lab.at(1500, () => lab.resume());
  server.run(async () => {
    const socket = await server.listen(80).accept();
    socket.close();
  });
  client.run(async () => {
    const socket = await client.connect(server, 80).connected;
    await socket.read();
    socket.close();
  });
}
