import { isLost, type LabSocket, retransmits, scenario, sends } from '../../story/index.ts';

const SEGMENT = 1448;
const SEGMENTS = 6;
const ROUND = 50;

export default scenario({
  name: 'tail-loss',
  topic: 'congestion',
  kind: 'tutorial',
  title: { en: 'The last segments are lost', zh: '最后的报文段丢失' },
  question: {
    en: 'Who notices that the last segments of a flight were lost: a tail loss probe after 2 RTT, or the RTO?',
    zh: '一批数据最后的报文段丢失由谁发现：2 个 RTT 之后的尾部丢失探测，还是 RTO？',
  },
  asked: [
    '最后一个报文段丢失由谁发现',
    '尾部丢包，尾部丢失探测 TLP',
    '没有重复 ACK 时怎样发现丢包',
    'tcp_early_retrans 是什么',
    'the last segment of a response is lost',
    'tail loss probe: when is it sent, and what',
    'loss without duplicate ACKs',
  ],
  sources: ['RFC 8985, 7', 'RFC 6298, 5', 'net/ipv4/tcp_output.c, tcp_schedule_loss_probe, tcp_send_loss_probe'],
  corrects: {
    en: 'It is often read that a probe always comes after 2 RTT. With a single segment out the peer may delay its ACK, so Linux, and this stack, wait 200 ms longer (RFC 8985 says: the longest delay of an ACK), but never longer than the RTO: then the probe takes the place of the first time-out, and cwnd does not fall to 1 (try --lost 1).',
    zh: '常见的说法是：探测总在 2 个 RTT 之后发出。只有一个报文段在途时，对方可能延迟确认，所以 Linux 和本协议栈再多等 200 ms（RFC 8985 说的是 ACK 的最大延迟），但不会晚于 RTO：这时探测代替了第一次超时，cwnd 不会降到 1（试试 --lost 1）。',
  },
  parameters: {
    probe: {
      default: true,
      text: {
        en: 'the server sends tail loss probes (tcp_early_retrans 3); without them the RTO is waited for (0)',
        zh: 'server 发送尾部丢失探测（tcp_early_retrans 3）；没有它就等 RTO（0）',
      },
    },
    lost: {
      default: 2,
      min: 1,
      max: 5,
      text: { en: `how many of the last segments are lost, of ${SEGMENTS}`, zh: `${SEGMENTS} 个报文段中最后几个丢失` },
    },
  },
  positional: 'lost',
  play(lab, { probe, lost }) {
    const { client } = lab;
    const server = lab.host('server', { sysctls: { tcp_early_retrans: probe ? 3 : 0 } });
    // The first segment of all only measures the round trip.
    lab.path(`delay ${ROUND / 2}ms; drop DATA ${SEGMENTS + 2 - lost}-${SEGMENTS + 1} from server`);

    let sender: LabSocket | null = null;
    let sentAt = 0;
    let rto = 0;
    server.run(async () => {
      const socket = await server.listen(80).accept();
      sender = socket;
      await socket.write(SEGMENT);
      await server.wait(4 * ROUND);
      sentAt = lab.now;
      rto = Math.round(socket.connection.rtt.rto / 1000);
      await socket.write(SEGMENTS * SEGMENT);
      await socket.read(); // null: the client has closed
      socket.close();
    });
    let received = 0;
    let took = 0;
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      received = await socket.readOctets((1 + SEGMENTS) * SEGMENT);
      took = Math.round(lab.now - sentAt);
      await client.wait(2 * ROUND);
      lab.pause();
      socket.close();
    });

    let noticed = 0;
    lab.turn(isLost('DATA'), {
      en: `Of ${SEGMENTS} segments the last ${lost === 1 ? 'one is' : `${lost} are`} lost. Nothing comes behind them: no duplicate ACK and no SACK block will show the loss.`,
      zh: `${SEGMENTS} 个报文段中最后${lost === 1 ? '一' : ` ${lost} `}个丢失。它们后面什么也没有：不会有重复 ACK 或 SACK 块暴露这次丢失。`,
    });
    if (!probe) {
      lab.turn(
        retransmits(server, 'RTO'),
        ({ at }) => {
          noticed = Math.round(at - sentAt);
          return {
            en: `Only the timer tells, ${noticed} ms after they were sent. Everything that is out counts as lost, and cwnd falls to 1: slow start again.`,
            zh: `只有定时器能发现，距发送 ${noticed} ms。所有在途数据都算丢失，cwnd 降到 1：重新慢启动。`,
          };
        },
        'RFC 6298, 5.4; RFC 5681, 3.1',
      );
    } else {
      lab.turn(
        retransmits(server, 'tail loss probe'),
        ({ at }) => {
          noticed = Math.round(at - sentAt);
          return lost === 1
            ? {
                en: `${noticed} ms after it was sent, the server sends the last segment again: a tail loss probe. 2 RTT and 200 ms for a delayed ACK would be later than the RTO, so it comes in its place.`,
                zh: `距发送 ${noticed} ms，server 重发最后一个报文段：尾部丢失探测。2 个 RTT 加上延迟确认的 200 ms 会晚于 RTO，所以它在 RTO 的时刻发出。`,
              }
            : {
                en: `No ACK for 2 RTT: ${noticed} ms after it was sent, the server sends the last segment again, as a tail loss probe. It does not say that anything is lost; it asks.`,
                zh: `2 个 RTT 没有 ACK：距发送 ${noticed} ms，server 重发最后一个报文段，作为尾部丢失探测。它并不认定丢失，只是询问。`,
              };
        },
        'RFC 8985, 7.2; 7.3',
      );
      if (lost > 1) {
        lab.turn(sends(client, 'ACK', { sack: true }), {
          en: 'The answer has a SACK block: the last segment is there, what lies before it is not.',
          zh: '回应带有 SACK 块：最后一个报文段到了，它前面的没有到。',
        });
        lab.turn(
          retransmits(server, 'fast retransmit'),
          {
            en: 'Something that was sent later has arrived (RACK): now the hole is known, and is filled without a time-out. As after any loss the window comes down to ssthresh, and not to slow start from 1.',
            zh: '后发送的已经到达（RACK）：现在知道了空洞，不用超时就重传。窗口像平常丢失后那样降到 ssthresh，而不是从 1 开始慢启动。',
          },
          'RFC 8985, 6.2',
        );
      }
    }
    lab.check({ en: 'octets that arrived', zh: '到达的字节数' }, () => received, (1 + SEGMENTS) * SEGMENT);
    lab.check(
      { en: 'time-outs of the server', zh: 'server 超时的次数' },
      () => server.host.tcp.counters.TCPTimeouts,
      probe ? 0 : 1,
    );
    lab.answer(() => {
      const cwnd = sender?.connection.cc.cwnd ?? 0;
      return probe
        ? {
            en: `The probe, ${noticed} ms after the segments were sent (the RTO is ${rto} ms): all was there after ${took} ms, without a time-out; cwnd is ${cwnd} afterwards. With --no-probe the RTO does it.`,
            zh: `由探测发现，距发送 ${noticed} ms（RTO 是 ${rto} ms）：${took} ms 后全部到达，没有超时；之后 cwnd 是 ${cwnd}。加上 --no-probe 则由 RTO 发现。`,
          }
        : {
            en: `Without probes the RTO, ${noticed} ms after the segments were sent: all was there after ${took} ms, and cwnd had fallen to 1. With probes 2 RTT would have been enough.`,
            zh: `没有探测时由 RTO 发现，距发送 ${noticed} ms：${took} ms 后全部到达，cwnd 曾降到 1。有探测时 2 个 RTT 就够了。`,
          };
    });
  },
});
