import { happens, type LabEntry, type LabSocket, retransmits, scenario, sends } from '../../story/index.ts';

const SEGMENT = 1448;
const WARM_UP = 30;
const SEGMENTS = 10;

export default scenario({
  name: 'spurious-rto',
  topic: 'congestion',
  kind: 'weird',
  title: { en: 'A spurious time-out is undone', zh: '虚假超时与撤销' },
  question: {
    en: 'The path only stalls for half a second, nothing is lost, and the timer fires: how does the sender learn that it was wrong?',
    zh: '路径只是停顿了半秒，什么都没丢，定时器却到期了：发送方怎样知道自己错了？',
  },
  asked: [
    '虚假重传，虚假超时，伪超时',
    'Eifel 算法，F-RTO',
    'D-SACK 撤销 cwnd',
    'spurious retransmission timeout, Eifel detection, F-RTO',
    'needless retransmission: cwnd undo',
    'TCP Spurious Retransmission in Wireshark',
  ],
  sources: ['RFC 3522', 'RFC 4015', 'RFC 3708', 'RFC 5682'],
  corrects: {
    en: 'It is often read that only D-SACK tells of a needless retransmission. Linux, and this stack, have three ways: the echoed timestamp (Eifel), F-RTO (tcp_frto 2, in Linux the default since 2.6.24) and D-SACK, which is the slowest: it comes when the damage is done. (Tail loss probes are off here, tcp_early_retrans 0: one would be sent before the time-out.)',
    zh: '常见的说法是：只有 D-SACK 能说明重传是多余的。Linux 和本协议栈有三种办法：回显的时间戳（Eifel）、F-RTO（tcp_frto 2，Linux 2.6.24 起默认）和 D-SACK；D-SACK 最慢，多余的重传已经发生之后才知道。（这里关掉了尾部丢失探测，tcp_early_retrans 0：否则超时之前会先发一个探测。）',
  },
  parameters: {
    by: {
      default: 'echo',
      choices: ['echo', 'f-rto', 'd-sack'],
      text: {
        en: 'what tells: the echoed timestamp; F-RTO (no timestamps); or D-SACK alone (no timestamps, tcp_frto 0)',
        zh: '靠什么得知：回显的时间戳；F-RTO（没有时间戳）；或者只靠 D-SACK（没有时间戳，tcp_frto 0）',
      },
    },
    stall: {
      default: 500,
      min: 10,
      max: 20_000,
      text: { en: 'how long the path stalls, in milliseconds', zh: '路径停顿多久，毫秒' },
    },
  },
  positional: 'by',
  play(lab, { by, stall }) {
    const sysctls = { tcp_timestamps: by === 'echo' ? 1 : 0, tcp_frto: by === 'f-rto' ? 2 : 0, tcp_early_retrans: 0 };
    const client = lab.host('client', { sysctls });
    const server = lab.host('server', { sysctls });

    let sender: LabSocket | null = null;
    server.run(async () => {
      const socket = await server.listen(80).accept();
      sender = socket;
      await socket.write(WARM_UP * SEGMENT);
      await socket.readOctets(1); // the client has it
      lab.resume();
      lab.path(`in: delay ${stall}ms`); // from the server; none overtakes another
      // The copy takes as long, and the ACK of what was sent first tells; with D-SACK alone the copy comes right behind.
      lab.at(lab.now + (by === 'd-sack' ? 5 : 300), () => lab.path(''));
      before = socket.connection.cc.cwnd;
      await socket.write(SEGMENTS * SEGMENT);
      await socket.read(); // null: the client has closed
      socket.close();
    });
    let received = 0;
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      lab.pause();
      received = await socket.readOctets(WARM_UP * SEGMENT);
      await client.wait(100);
      await socket.write('.');
      received += await socket.readOctets(SEGMENTS * SEGMENT);
      await client.wait(100);
      lab.pause();
      socket.close();
    });

    let before = 0;
    let fell = 0;
    let undoneAfter = 0;
    let retransmitted = 0;
    lab.turn(
      retransmits(server, 'RTO'),
      ({ at }) => {
        fell = at;
        return {
          en: `No ACK within the RTO, since all ${SEGMENTS} segments take ${stall} ms. The server takes them for lost: cwnd ${before} becomes 1, and the first is sent again.`,
          zh: `RTO 内没有 ACK，因为 ${SEGMENTS} 个报文段都要走 ${stall} ms。server 认为它们丢失：cwnd 从 ${before} 变为 1，重传最前面的一个。`,
        };
      },
      'RFC 6298, 5.4',
    );
    let restored = 0;
    const isUndone = (entry: LabEntry): boolean => {
      if (entry.host !== server.index || entry.type !== 'cwnd') return false;
      restored = entry.cwnd;
      return /needless|came twice|Eifel|F-RTO/.test(entry.cause.text);
    };
    const undone = happens({ en: 'server undoes the time-out', zh: 'server 撤销超时' }, isUndone);
    if (by === 'd-sack') {
      lab.turn(
        sends(client, 'ACK', { cause: 'was here already' }),
        {
          en: 'The copy arrives, too. The client says by D-SACK what came twice.',
          zh: '重传的那份也到达了。client 用 D-SACK 说明什么到了两次。',
        },
        'RFC 2883',
      );
    }
    lab.turn(
      undone,
      ({ at }) => {
        undoneAfter = Math.round(at - fell);
        retransmitted = sender?.connection.totalRetrans ?? 0;
        return {
          echo: {
            en: `The ACK of the first copy: the timestamp that it echoes is older than the retransmission, so it answers the original. It was not lost: the server believes no segment lost any more, and cwnd is ${before} again.`,
            zh: `第一份的 ACK：它回显的时间戳早于重传，所以它回答的是原报文段。没有丢：server 不再认为任何报文段丢失，cwnd 恢复为 ${before}。`,
          },
          'f-rto': {
            en: `After the time-out the server has sent 1 segment again, and the ACK covers more: segments that were sent only once have arrived. So nothing was lost: cwnd is ${before} again.`,
            zh: `超时之后 server 只重传了 1 个报文段，ACK 却覆盖了更多：只发送过一次的报文段已经到达。所以没有丢：cwnd 恢复为 ${before}。`,
          },
          'd-sack': {
            en: `Each retransmission (${retransmitted}) came twice, so none was needed: cwnd is what it was.`,
            zh: `每个重传（${retransmitted} 个）都到了两次，所以都是多余的：cwnd 恢复原值。`,
          },
        }[by];
      },
      { echo: 'RFC 3522; RFC 4015', 'f-rto': 'RFC 5682, 3.1', 'd-sack': 'RFC 3708' }[by],
    );

    lab.check({ en: 'octets that arrived', zh: '到达的字节数' }, () => received, (WARM_UP + SEGMENTS) * SEGMENT);
    lab.check({ en: 'cwnd is no smaller than before', zh: 'cwnd 不小于原来' }, () => restored >= before, true);
    const how = {
      echo: {
        en: 'By the timestamp that the first ACK echoes: it is older than the retransmission (Eifel)',
        zh: '靠第一个 ACK 回显的时间戳：它早于重传（Eifel）',
      },
      'f-rto': {
        en: 'By the first ACK after the time-out: it covers what was sent only once (F-RTO)',
        zh: '靠超时之后的第一个 ACK：它覆盖了只发送过一次的数据（F-RTO）',
      },
      'd-sack': {
        en: 'By D-SACK: the client tells that each retransmission came a second time',
        zh: '靠 D-SACK：client 说明每个重传都是第二次到达',
      },
    }[by];
    lab.answer(() => ({
      en: `${how.en}. ${undoneAfter} ms after the time-out cwnd was ${before} again, and ${retransmitted} of ${SEGMENTS} segments had been sent for nothing.`,
      zh: `${how.zh}。超时 ${undoneAfter} ms 之后 cwnd 恢复为 ${before}，${SEGMENTS} 个报文段中白白重传了 ${retransmitted} 个。`,
    }));
  },
});
