import { happens, type LabEntry, retransmits, scenario, sends } from '../../story/index.ts';

const OCTETS = 3 * 1448;

export default scenario({
  name: 'mss-mtu',
  topic: 'data',
  kind: 'useful',
  title: { en: 'A narrower link on the way', zh: 'MSS、MTU 与路径 MTU 发现' },
  question: {
    en: 'Why does TCP cut its data itself although IP can fragment, and what if a link in the middle takes only 1,400 octets?',
    zh: '既然 IP 会分片，为什么 TCP 还要按 MSS 分段？中间有一段链路的 MTU 只有 1,400 会怎样？',
  },
  asked: [
    'MSS 与 MTU 的区别，为什么 TCP 还要分段',
    'IP 分片有什么坏处',
    'MTU 黑洞，大包不通小包通',
    'VPN 里 ssh 连上后卡住，网页打不开',
    'MSS, MTU and fragmentation',
    'path MTU discovery black hole, ICMP filtered',
    'connection hangs after the handshake over a VPN',
  ],
  sources: ['RFC 9293, 3.7.1', 'RFC 9293, 3.7.2', 'RFC 1191', 'RFC 4821', 'RFC 8900'],
  corrects: {
    en: 'The MSS is not negotiated: each side says what it takes, and they may differ. It counts no options: with timestamps a segment of MSS 1460 has 1,448 octets of data. And it says nothing of the links between: for these there is path MTU discovery. (tcp_mtu_probing is 0 on Linux, so without ICMP a connection hangs there until it is given up; here it is 1.)',
    zh: 'MSS 不是协商的：双方各自声明自己能收多少，可以不同。它不计选项：MSS 1460 加上时间戳，每个报文段 1,448 字节数据。它也不反映中间的链路：那要靠路径 MTU 发现。（Linux 上 tcp_mtu_probing 默认是 0，没有 ICMP 时连接一直卡住，直到放弃；这里是 1。）',
  },
  parameters: {
    icmp: {
      default: true,
      text: {
        en: 'the router says that a packet was too long; without it: a black hole',
        zh: '路由器通知包太大；不通知就是黑洞',
      },
    },
    mtu: {
      default: 1400,
      min: 600,
      max: 1500,
      text: { en: 'what the link behind the router takes, in octets', zh: '路由器后面的链路的 MTU，字节' },
    },
  },
  play(lab, { icmp, mtu }) {
    const { client, server } = lab;
    lab.world.router.narrow(mtu, { tells: icmp, after: 10 });

    let received = 0;
    server.run(async () => {
      const socket = await server.listen(80).accept();
      received = await socket.readAll();
      socket.close();
    });
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      await socket.write(OCTETS);
      await client.wait(icmp ? 60 : 2000);
      lab.pause();
      socket.close();
    });
    let lengthBefore = 0;
    let lengthAfter = 0;
    let lostAt = 0;
    let repaired = 0;
    const lengthOf = (entry: LabEntry): number =>
      entry.type === 'segment' || entry.type === 'retransmit' ? entry.length : 0;
    lab.turn(
      sends(client, 'DATA'),
      ({ entry, at }) => {
        lengthBefore = lengthOf(entry);
        lostAt = at;
        return {
          en: `The MSS of both is 1460: 1,500 of their links less 40 of headers. 12 more go to the timestamps, so ${lengthBefore} octets of data. TCP cuts by itself: of a fragmented packet one lost piece loses all, and each would be sent again; so it sets Don't Fragment.`,
          zh: `双方的 MSS 都是 1460：自己链路的 1,500 减去 40 字节首部。时间戳再占 12 字节，所以每段 ${lengthBefore} 字节数据。TCP 自己分段：IP 分片只要丢一片，整个包就作废，全部要重传；所以它设置 DF（不许分片）。`,
        };
      },
      'RFC 9293, 3.7.1',
    );
    if (mtu < 1500) {
      if (icmp) {
        lab.turn(
          happens({ en: 'client gets the ICMP error', zh: 'client 收到 ICMP 差错' }, ({ type }) => type === 'icmp'),
          {
            en: `The router can't pass packets of 1,500 on, and says so: ICMP "fragmentation needed", next link ${mtu}. The client remembers it for this destination.`,
            zh: `路由器无法转发 1,500 字节的包，于是通知：ICMP“需要分片”，下一段链路 ${mtu}。client 为这个目的地址记住它。`,
          },
          'RFC 1191',
        );
      } else {
        lab.turn(retransmits(client, 'RTO'), {
          en: 'No word of it: a black hole. The handshake passed, since its packets are short; a full segment never does.',
          zh: '没有任何通知：黑洞。握手的包短，所以通过了；满长的报文段永远过不去。',
        });
      }
      lab.turn(
        happens(
          { en: 'client sends a shorter segment again', zh: 'client 重传更短的报文段' },
          (entry) =>
            entry.host === client.index &&
            entry.type === 'retransmit' &&
            entry.length < lengthBefore &&
            entry.length > 400,
        ),
        ({ entry, at }) => {
          lengthAfter = lengthOf(entry);
          repaired = Math.round(at - lostAt);
          return icmp
            ? {
                en: `It goes again at once in segments of ${lengthAfter}, ${mtu} less headers and timestamps. That is no sign of congestion, so cwnd stays.`,
                zh: `立即重传，每段 ${lengthAfter} 字节：${mtu} 减去首部和时间戳。这不是拥塞的信号，所以 cwnd 不变。`,
              }
            : {
                en: `After ${repaired} ms of time-outs the client guesses that segments are too long, and tries ${lengthAfter} octets (tcp_base_mss): probing.`,
                zh: `超时 ${repaired} ms 之后，client 猜测报文段太长，改用 ${lengthAfter} 字节（tcp_base_mss）：探测。`,
              };
        },
        icmp ? 'RFC 1191, 6.4' : 'RFC 4821, 7.7',
      );
    }
    lab.check({ en: 'octets that arrived', zh: '到达的字节数' }, () => received, OCTETS);
    lab.answer(() => ({
      en: `A lost fragment loses the whole packet, so TCP cuts its data to what one packet takes: ${lengthBefore} octets here. ${
        icmp
          ? `Of the narrower link (${mtu}) a router tells by ICMP, and after ${repaired} ms segments have ${lengthAfter} octets; where ICMP is filtered, the connection hangs after its handshake until segments are shortened by probing.`
          : `Where the ICMP message of the narrower link (${mtu}) is filtered, the connection hangs after its handshake, here for ${repaired} ms, until probing sends ${lengthAfter} octets; with tcp_mtu_probing 0 until it is given up.`
      }`,
      zh: `丢一个分片就丢整个包，所以 TCP 按一个包的容量分段：这里是 ${lengthBefore} 字节。${
        icmp
          ? `更窄的链路（${mtu}）由路由器用 ICMP 通知，${repaired} ms 后报文段改为 ${lengthAfter} 字节；如果 ICMP 被过滤，连接在握手之后卡住，直到探测出更短的报文段。`
          : `如果更窄的链路（${mtu}）的 ICMP 被过滤，连接在握手之后卡住，这里卡了 ${repaired} ms，直到探测改用 ${lengthAfter} 字节；tcp_mtu_probing 为 0 时则一直卡到放弃。`
      }`,
    }));
  },
});
