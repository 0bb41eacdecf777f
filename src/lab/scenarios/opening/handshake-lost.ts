import {
  enters,
  fails,
  gets,
  isLost,
  type Lab,
  type LabHost,
  retransmits,
  scenario,
  sends,
} from '../../story/index.ts';

/** The three segments of a handshake, as the path's language names them. */
const SEGMENTS = { '1': 'SYN', '2': 'SYN-ACK', '3': 'ACK of SYN-ACK' } as const;

interface Scene {
  readonly client: LabHost;
  readonly server: LabHost;
  /** How many of these segments are lost; infinity: all. */
  readonly lost: number;
  /** Retransmissions of the SYN, how many of these only come after 1 s, and of the SYN-ACK, as the knobs allow. */
  readonly synRetries: number;
  readonly linear: number;
  readonly synAckRetries: number;
  /** Seconds after connect() when the client writes; 0: never. */
  readonly write: number;
}

/** tcp_syn_retries since Linux 3.7; until 6.5 there was no tcp_syn_linear_timeouts. */
const USUAL = 6;

/** Seconds until one gives up that sends n times again, the first time after 1 s, then after twice as long each time. */
const givesUpAfter = (retries: number): number => 2 ** (retries + 1) - 1;

const seconds = (milliseconds: number): number => Math.round(milliseconds / 1000);

export default scenario({
  name: 'handshake-lost',
  topic: 'opening',
  kind: 'tutorial',
  title: { en: 'A segment of the handshake is lost', zh: '握手报文段丢失' },
  question: {
    en: 'What happens if the first, the second or the third segment of the handshake is lost, and how long does it last?',
    zh: '第一次、第二次、第三次握手丢失了，分别会发生什么？要多久才放弃？',
  },
  asked: [
    { text: 'the SYN is lost', parameters: { segment: 1 } },
    { text: 'the SYN-ACK is lost', parameters: { segment: 2 } },
    { text: "the handshake's last ACK is lost", parameters: { segment: 3 } },
    { text: '服务器的 SYN-ACK 丢失', parameters: { segment: 2 } },
    { text: '握手的最后一个 ACK 丢失', parameters: { segment: 3 } },
    'how long does connect() take until ETIMEDOUT; tcp_syn_retries, tcp_synack_retries',
    '第一次握手丢失',
    '第二次握手丢失',
    '第三次握手丢失',
    'SYN 丢失重传几次',
    'connect 超时 127 秒',
    'tcp_syn_retries tcp_synack_retries',
  ],
  sources: ['RFC 9293, 3.8.3', 'RFC 6298, 2.1, 5.5', 'ip-sysctl.rst, tcp_syn_retries, tcp_synack_retries'],
  corrects: {
    en: 'How long connect() tries depends on the kernel. Linux before 3.1: 5 retries, the first after 3 s, 189 s together. 3.1 to 3.6: 5 retries, the first after 1 s, 63 s. Since 3.7: 6, 127 s. Since 6.5: 10, the first 5 of them 1 s apart (tcp_syn_linear_timeouts 4), 131 s. The default of this stack is 7 and 4, 251 s, since RFC 9293 asks for at least 3 minutes (MUST-23); this scenario sets 6 and 0.',
    zh: 'connect() 尝试多久取决于内核。Linux 3.1 之前：重传 5 次，第一次在 3 s 后，共 189 s。3.1 到 3.6：5 次，第一次在 1 s 后，共 63 s。3.7 起：6 次，127 s。6.5 起：10 次，前 5 次都间隔 1 s（tcp_syn_linear_timeouts 4），131 s。本协议栈默认 7 和 4，251 s，因为 RFC 9293 要求至少 3 分钟（MUST-23）；本场景设为 6 和 0。',
  },
  parameters: {
    segment: {
      default: '1',
      choices: ['1', '2', '3'],
      text: { en: 'which of the three is lost', zh: '丢失第几个报文段' },
    },
    times: {
      default: 0,
      min: 0,
      max: 100,
      text: {
        en: 'how many of these are lost, its repetitions among them; 0: all',
        zh: '丢失几次（重传的也算）；0：全部',
      },
    },
    retries: {
      default: USUAL,
      min: 1,
      max: 20,
      text: { en: "the client's tcp_syn_retries", zh: 'client 的 tcp_syn_retries' },
    },
    write: {
      default: 10,
      min: 0,
      max: 3600,
      text: {
        en: 'seconds after connect() when the client writes; 0: never',
        zh: 'connect() 之后多少秒 client 写数据；0：从不',
      },
    },
  },
  positional: 'segment',
  play(lab, { segment, times, retries, write }) {
    // The default is that of most kernels, unless the reader asks for one of them by name.
    const knobs = { tcp_syn_retries: retries, tcp_syn_linear_timeouts: 0 };
    const client = lab.host('client', retries === USUAL ? { usual: knobs } : { sysctls: knobs });
    const { server } = lab;
    const linear = client.host.sysctls.tcp_syn_linear_timeouts;
    const synRetries = client.host.sysctls.tcp_syn_retries + linear;
    const { tcp_synack_retries: synAckRetries } = server.host.sysctls;
    const lost = times === 0 ? Number.POSITIVE_INFINITY : times;
    lab.path(`drop ${SEGMENTS[segment]}${times === 0 ? '' : ` 1-${times}`}`);

    server.run(async () => {
      const socket = await server.listen(80).accept();
      await socket.readAll();
    });
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      if (write === 0) return;
      await client.wait(write * 1000);
      await socket.write(100);
      await socket.read();
    });

    const scene = { client, server, lost, synRetries, linear, synAckRetries, write };
    if (segment === '1') synLost(lab, scene);
    else if (segment === '2') synAckLost(lab, scene);
    else lastAckLost(lab, scene);
  },
});

function synLost(lab: Lab, { client, lost, synRetries, linear }: Scene): void {
  const knobs =
    linear === 0 ? 'tcp_syn_retries' : `tcp_syn_retries ${synRetries - linear}, tcp_syn_linear_timeouts ${linear}`;
  const left: number[] = [];
  lab.watch((octets) => {
    if (octets[33] === 0x02) left.push(Math.round(lab.now / 1000));
  });
  lab.turn(isLost('SYN'), {
    en: 'The server knows of nothing. The client has nothing but its timer.',
    zh: 'server 一无所知。client 只能靠自己的重传定时器。',
  });
  lab.turn(
    retransmits(client),
    ({ since }) => ({
      en: `The same SYN again, after ${seconds(since)} s: no RTT is known yet. ${linear === 0 ? 'From now on' : `${linear} more come 1 s apart; then`} each time-out is twice the last one.`,
      zh: `${seconds(since)} s 后重传同一个 SYN：此时还没有测得 RTT。${linear === 0 ? '之后' : `接着 ${linear} 次都间隔 1 s；再往后`}每次超时时间加倍。`,
    }),
    'RFC 6298, 2.1',
  );
  const times = (): string => left.slice(1).join(', ');
  if (lost > synRetries) {
    let end = 0;
    lab.turn(fails(client, 'ETIMEDOUT'), ({ at }) => {
      end = seconds(at);
      return {
        en: `${synRetries} retransmissions (${knobs}) and the last wait are over: connect() fails with ETIMEDOUT.`,
        zh: `${synRetries} 次重传（${knobs}）和最后一次等待都已用完：connect() 失败，ETIMEDOUT。`,
      };
    });
    lab.check({ en: 'seconds until ETIMEDOUT', zh: '到 ETIMEDOUT 的秒数' }, () => end, limited(synRetries, linear));
    lab.answer(() => ({
      en: `The client sends its SYN again after ${times()} s, and after ${end} s connect() fails with ETIMEDOUT (${linear === 0 ? `tcp_syn_retries ${synRetries}` : knobs}). The server never hears of it.`,
      zh: `client 在 ${times()} s 重传 SYN，${end} s 后 connect() 以 ETIMEDOUT 失败（${linear === 0 ? `tcp_syn_retries ${synRetries}` : knobs}）。server 自始至终不知情。`,
    }));
    return;
  }
  let open = 0;
  lab.turn(enters(client, 'ESTABLISHED'), ({ at }) => {
    open = at / 1000;
    return {
      en: `One has arrived: connect() returns after ${open} s.`,
      zh: `有一个到达了：connect() 在 ${open} s 后返回。`,
    };
  });
  lab.answer(() => ({
    en: `The client sends its SYN again after ${times()} s; the first that arrives opens the connection, after ${open} s. Nothing else is lost but time.`,
    zh: `client 在 ${times()} s 重传 SYN；第一个到达的就建立连接，共用 ${open} s。除了时间没有别的损失。`,
  }));
}

/** No wait is longer than tcp_rto_max_ms, 120 s. */
function limited(retries: number, linear: number): number {
  let end = 0;
  for (let i = 0; i <= retries; i++) end += Math.min(2 ** Math.max(0, i - linear), 120);
  return end;
}

function synAckLost(lab: Lab, { client, server, lost, synRetries, synAckRetries }: Scene): void {
  let answers = 0;
  lab.watch((octets) => {
    if (octets[33] === 0x12) answers++;
  });
  lab.turn(isLost('SYN-ACK'), {
    en: 'The server is in SYN_RECEIVED; the client does not know that, and is still in SYN_SENT.',
    zh: 'server 在 SYN_RECEIVED；client 不知道，仍在 SYN_SENT。',
  });
  lab.turn(retransmits(client), {
    en: 'For the client this looks as if its SYN had been lost: it sends it again.',
    zh: '在 client 看来与 SYN 丢失没有区别：重传 SYN。',
  });
  lab.turn(sends(server, 'SYN-ACK', { cause: 'sent its SYN again' }), {
    en: 'A SYN that comes again is answered at once, with the same y, and the timer of the SYN-ACK begins anew.',
    zh: '重复到来的 SYN 立即得到应答，y 不变，SYN-ACK 的定时器重新开始。',
  });
  if (lost > 2) {
    lab.turn(retransmits(server), {
      en: `The server's own timer: it sends the SYN-ACK again, too, ${synAckRetries} times at most (tcp_synack_retries).`,
      zh: `server 自己的定时器：它也重传 SYN-ACK，最多 ${synAckRetries} 次（tcp_synack_retries）。`,
    });
  }
  let forgotten = 0;
  lab.whenever(enters(server, 'CLOSED'), ({ at }) => {
    forgotten = seconds(at);
    return {
      en: `After ${forgotten} s the server forgets the half-open connection. Nothing is sent, and no application is told.`,
      zh: `${forgotten} s 后 server 丢弃这个半连接。不发送任何报文段，也不通知任何应用程序。`,
    };
  });
  if (lost > synRetries + synAckRetries) {
    let end = 0;
    lab.turn(fails(client, 'ETIMEDOUT'), ({ at }) => {
      end = seconds(at);
      return { en: `connect() fails with ETIMEDOUT after ${end} s.`, zh: `${end} s 后 connect() 失败，ETIMEDOUT。` };
    });
    lab.answer(() => ({
      en: `Both send again: the client its SYN, ${synRetries} times, ETIMEDOUT after ${end} s; the server its SYN-ACK, ${answers} in all, as answers and by its own timer, ${synAckRetries} times. The server forgets the half-open connection ${forgotten === 0 ? 'later than that' : `after ${forgotten} s`}; without the client's SYNs it would be after ${givesUpAfter(synAckRetries)} s.`,
      zh: `双方都会重传：client 重传 SYN ${synRetries} 次，${end} s 后 ETIMEDOUT；server 共发出 ${answers} 个 SYN-ACK，一部分是应答，另有 ${synAckRetries} 个由自己的定时器重传。server ${forgotten === 0 ? '更晚' : `在 ${forgotten} s 后`}丢弃这个半连接；若 client 不再发 SYN，则是 ${givesUpAfter(synAckRetries)} s 后。`,
    }));
    return;
  }
  let open = 0;
  lab.turn(enters(client, 'ESTABLISHED'), ({ at }) => {
    open = at / 1000;
    return { en: `A SYN-ACK has arrived, after ${open} s.`, zh: `一个 SYN-ACK 到达了，在 ${open} s 后。` };
  });
  lab.answer(() => ({
    en: `Both send again: the client its SYN, since it can't tell which of the two was lost, and the server its SYN-ACK, by its own timer and for each SYN. SYN-ACK number ${answers} opened the connection after ${open} s.`,
    zh: `双方都会重传：client 重传 SYN，因为它分不清丢的是哪一个；server 重传 SYN-ACK，既有自己的定时器，也对每个 SYN 应答。第 ${answers} 个 SYN-ACK 在 ${open} s 后建立了连接。`,
  }));
}

function lastAckLost(lab: Lab, { client, server, lost, synAckRetries, write }: Scene): void {
  const forgets = givesUpAfter(synAckRetries);
  /** When an ACK gets through that answers a SYN-ACK: after the n-th repetition, if n are lost. */
  const acked = lost <= synAckRetries ? 2 ** lost - 1 : Number.POSITIVE_INFINITY;
  const written = write === 0 ? Number.POSITIVE_INFINITY : write;
  const completes = Math.min(acked, written);

  lab.turn(enters(client, 'ESTABLISHED'), {
    en: 'connect() has returned: for the client the connection is open. It has nothing to repeat, since an ACK is never sent again by itself.',
    zh: 'connect() 已返回：对 client 来说连接已建立。它没有什么可重传的：纯 ACK 不会自己重传。',
  });
  lab.turn(isLost('ACK'), {
    en: 'The server stays in SYN_RECEIVED; accept() does not see the connection.',
    zh: 'server 停留在 SYN_RECEIVED；accept() 看不到这个连接。',
  });
  if (completes > 1) {
    lab.turn(retransmits(server), {
      en: `The server sends its SYN-ACK again, ${synAckRetries} times at most (tcp_synack_retries). The client answers each with an ACK.`,
      zh: `server 重传 SYN-ACK，最多 ${synAckRetries} 次（tcp_synack_retries）。client 对每一个都回 ACK。`,
    });
  }
  if (completes < forgets) {
    let open = 0;
    const byData = written < acked;
    lab.turn(enters(server, 'ESTABLISHED'), ({ at }) => {
      open = at / 1000;
      return byData
        ? {
            en: `Data comes, with ack = y+1 in it as in every segment: as good as the third segment. The server is ESTABLISHED after ${open} s, and takes the data, too.`,
            zh: `数据到达，和每个报文段一样带着 ack = y+1：与第三次握手等效。server 在 ${open} s 后进入 ESTABLISHED，数据也一并收下。`,
          }
        : {
            en: `An ACK has arrived: the server is ESTABLISHED after ${open} s.`,
            zh: `一个 ACK 到达：server 在 ${open} s 后进入 ESTABLISHED。`,
          };
    });
    lab.answer(() => ({
      en: `The client is ESTABLISHED, the server waits in SYN_RECEIVED and sends its SYN-ACK again, up to ${synAckRetries} times. Here ${byData ? "the client's first data completed the handshake" : 'the ACK of a repeated SYN-ACK completed it'} after ${open} s; without either the server forgets it after ${forgets} s.`,
      zh: `client 已是 ESTABLISHED，server 停在 SYN_RECEIVED 并重传 SYN-ACK，最多 ${synAckRetries} 次。这里${byData ? ' client 的第一个数据报文段' : '对重传的 SYN-ACK 的 ACK '}在 ${open} s 后完成了握手；两者都没有的话，server 在 ${forgets} s 后丢弃它。`,
    }));
    return;
  }
  let gone = 0;
  lab.turn(enters(server, 'CLOSED'), ({ at }) => {
    gone = seconds(at);
    return {
      en: `After ${gone} s the server forgets the half-open connection, and says nothing. The client still believes that it is open.`,
      zh: `${gone} s 后 server 丢弃这个半连接，什么也不发送。client 仍以为连接是打开的。`,
    };
  });
  if (write === 0) {
    lab.check({ en: "the client's state at the end", zh: 'client 最后的状态' }, () => stateOf(client), 'ESTABLISHED');
    lab.answer(() => ({
      en: `The server waits in SYN_RECEIVED, sends its SYN-ACK again ${synAckRetries} times and forgets it after ${gone} s. The client, which never writes, stays ESTABLISHED and is not told: a half-open connection.`,
      zh: `server 停在 SYN_RECEIVED，重传 SYN-ACK ${synAckRetries} 次，${gone} s 后丢弃。client 从不写数据，一直停在 ESTABLISHED，也没有人通知它：只剩一端的连接。`,
    }));
    return;
  }
  lab.turn(gets(client, 'RST'), {
    en: 'Now the client writes. For the listener this is an ACK that belongs to nothing: RST.',
    zh: '这时 client 才写数据。对监听套接字来说，这是不属于任何连接的 ACK：回 RST。',
  });
  lab.turn(fails(client, 'ECONNRESET'), {
    en: "The application's next call fails.",
    zh: '应用程序的下一个调用失败。',
  });
  lab.answer(() => ({
    en: `The server waits in SYN_RECEIVED, sends its SYN-ACK again ${synAckRetries} times and forgets it after ${gone} s. The client's data, ${write} s after connect(), is answered with a RST: ECONNRESET.`,
    zh: `server 停在 SYN_RECEIVED，重传 SYN-ACK ${synAckRetries} 次，${gone} s 后丢弃。client 在 connect() 之后 ${write} s 才发数据，得到 RST：ECONNRESET。`,
  }));
}

function stateOf({ host }: LabHost): string {
  for (const connection of host.tcp.connections) return connection.state;
  return 'CLOSED';
}
