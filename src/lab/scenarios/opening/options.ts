import { enters, type LabHost, scenario, sends, type Text } from '../../story/index.ts';

/** What the server is sent. */
const OCTETS = 1_000_000;
const CLIENT = '10.9.0.1';
/** A host whose SYNs are left as they are. */
const OTHER = '10.9.0.9';
/** One way, in milliseconds. */
const DELAY = 50;
/** Segments of one flight that are lost: what SACK is for. */
const HOLES = [100, 104, 108, 112, 116];

const COSTS: Readonly<Record<'none' | 'mss' | 'wscale' | 'sack' | 'timestamps', Text>> = {
  none: {
    en: 'Nothing is lost: both have all options.',
    zh: '没有丢失：双方都有全部选项。',
  },
  mss: {
    en: 'Without an MSS the sender must take 536 octets a segment (RFC 9293, MUST-15): more packets, more headers.',
    zh: '没有 MSS，发送方只能每个报文段 536 字节（RFC 9293，MUST-15）：报文更多，首部更多。',
  },
  wscale: {
    en: 'Without Window Scale no window is longer than 65535 octets: that much in 1 RTT, whatever the path could carry.',
    zh: '没有窗口扩大选项，窗口不能超过 65535 字节：1 个 RTT 最多这么多，不管路径能承载多少。',
  },
  sack: {
    en: 'Without SACK the sender learns of 1 hole in 1 RTT; with it, of all at once.',
    zh: '没有 SACK，发送方 1 个 RTT 只能得知 1 个空洞；有它就能一次得知全部。',
  },
  timestamps: {
    en: 'Without timestamps there is no PAWS against old duplicates, no tcp_tw_reuse, and no RTT sample from a segment that was sent again. Each segment has room for 12 octets more.',
    zh: '没有时间戳，就没有防旧重复报文段的 PAWS，没有 tcp_tw_reuse，重传的报文段也不能测 RTT。每个报文段倒是能多带 12 字节数据。',
  },
};

export default scenario({
  name: 'options',
  topic: 'opening',
  kind: 'useful',
  title: { en: 'Options lost in a middlebox', zh: '中间设备去掉了选项' },
  question: {
    en: 'Which options are agreed in the handshake, and what does it cost if a middlebox takes one of them out of the SYN?',
    zh: '握手时协商哪些选项？如果中间设备从 SYN 里去掉某一个，代价是什么？',
  },
  asked: [
    'TCP options in the SYN',
    'window scale lost, slow transfer',
    'firewall strips TCP options',
    'MSS, SACK permitted, window scale, timestamps',
    '三次握手协商哪些选项',
    '窗口扩大因子 时间戳 SACK 选项',
    '防火墙去掉 TCP 选项',
    'MSS 在哪里协商',
  ],
  sources: ['RFC 9293, 3.2, 3.7.1', 'RFC 7323, 2.2', 'RFC 2018, 2'],
  parameters: {
    lost: {
      default: 'wscale',
      choices: ['none', 'mss', 'wscale', 'sack', 'timestamps'],
      text: { en: 'the option that is taken out of the SYN', zh: '从 SYN 里去掉的选项' },
    },
  },
  positional: 'lost',
  play(lab, { lost }) {
    const { client, server } = lab;
    lab.path(`delay ${DELAY}ms${lost === 'sack' ? HOLES.map((n) => `; drop DATA ${n} out`).join('') : ''}`);
    if (lost !== 'none') lab.strip(lost, client);
    // The same transfer with all options, to compare.
    const other = lab.host('other', { address: OTHER });
    lab.leaveOut((address) => address === OTHER);
    const took = new Map<string, number>();
    server.run(async () => {
      const listener = server.listen(80);
      for (;;) {
        const socket = await listener.accept();
        server.run(async () => {
          await socket.readOctets(OCTETS);
          took.set(`${socket.connection.remote}`, lab.now);
        });
      }
    });
    for (const host of [client, other]) {
      host.run(async () => {
        await host.connect(server, 80).connected.then((socket) => socket.write(OCTETS));
      });
    }
    // The handshake is what is looked at; the transfer is the same segment many times.
    lab.at(3 * DELAY - 1, () => lab.pause());

    lab.turn(
      sends(client, 'SYN'),
      {
        en: 'The SYN offers what the client can: MSS, SACK, Window Scale, timestamps.',
        zh: 'SYN 提出 client 支持的选项：MSS、SACK、窗口扩大、时间戳。',
      },
      'RFC 9293, 3.2',
    );
    lab.turn(sends(server, 'SYN-ACK'), COSTS[lost]);
    lab.turn(enters(client, 'ESTABLISHED'), {
      en: 'What was in both SYNs holds for the whole connection; nothing can be agreed later.',
      zh: '两个 SYN 里都有的选项在整个连接期间有效；以后不能再协商。',
    });
    const time = (address: string): number => Math.round(took.get(address) ?? 0);
    const packets = ({ host }: LabHost): number => host.tcp.counters.OutSegs;
    lab.check({ en: 'both transfers are complete', zh: '两次传输都完成' }, () => took.size, 2);
    lab.answer(() => ({
      en: `${OCTETS} octets at an RTT of ${2 * DELAY} ms took ${time(CLIENT)} ms and ${packets(client)} packets of the client; with all options ${time(OTHER)} ms and ${packets(other)}. ${COSTS[lost].en}`,
      zh: `RTT ${2 * DELAY} ms 时传输 ${OCTETS} 字节，用了 ${time(CLIENT)} ms，client 发出 ${packets(client)} 个报文；选项齐全时是 ${time(OTHER)} ms、${packets(other)} 个。${COSTS[lost].zh}`,
    }));
  },
});
