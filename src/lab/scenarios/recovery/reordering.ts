import { happens, type LabSocket, retransmits, scenario } from '../../story/index.ts';

const SEGMENT = 1448;
const WARM_UP = 30;
const ROUND = 40;
/** Of each flight the first segment comes late. In the first one too few overtake it to be taken for a loss. */
const FIRST = 3;
const SECOND = 20;
const ALL = WARM_UP + FIRST + SECOND;

export default scenario({
  name: 'reordering',
  topic: 'congestion',
  kind: 'tutorial',
  title: { en: 'Late or lost: the reordering window', zh: '迟到还是丢失：乱序窗口' },
  question: {
    en: 'A segment arrives after many that were sent later: how does the sender learn not to take that for a loss?',
    zh: '一个报文段晚于许多后发的报文段到达：发送方怎样学会不把它当作丢失？',
  },
  asked: [
    '乱序与丢包怎样区分，RACK',
    'RACK 的乱序窗口是多少',
    'tcp_recovery 是什么',
    '乱序导致不必要的重传',
    'reordering window of RACK, a quarter of the least RTT',
    'how does a sender tell reordering from loss',
    'tcp_reordering adapts',
    'segments out of order taken for lost',
  ],
  sources: ['RFC 8985, 6.2', 'RFC 6675, 4', 'RFC 2883', 'RFC 4015', 'net/ipv4/tcp_recovery.c, tcp_rack_reo_wnd'],
  corrects: {
    en: 'It is often read that 3 duplicate ACKs always mean a loss. They do until reordering has been seen on the connection (try --no-seen): from then on RACK waits for a quarter of the least RTT, however many segments overtake. Counting (tcp_recovery 0) learns, too, but a number, tcpi_reordering: it is mistaken again when more overtake than before.',
    zh: '常见的说法是：3 个重复 ACK 总是表示丢失。这只在连接上还没有出现过乱序时成立（试试 --no-seen）：之后 RACK 等待最小 RTT 的四分之一，无论有多少报文段超过。计数的办法（tcp_recovery 0）也会学习，但学到的是个数，即 tcpi_reordering：超过的比以往多时会再次判断错误。',
  },
  parameters: {
    rack: {
      default: true,
      text: {
        en: 'the server judges by time, RACK (tcp_recovery 1); without it, it counts segments (0)',
        zh: 'server 按时间判断，即 RACK（tcp_recovery 1）；否则按个数（0）',
      },
    },
    seen: {
      default: true,
      text: {
        en: 'a little reordering was seen on the connection before',
        zh: '连接上先出现过一次较小的乱序',
      },
    },
    late: {
      default: 8,
      min: 1,
      max: 1000,
      text: { en: 'how late the segments come, in milliseconds', zh: '报文段迟到多久，毫秒' },
    },
  },
  positional: 'late',
  play(lab, { rack, seen, late }) {
    const { client } = lab;
    const server = lab.host('server', { sysctls: { tcp_recovery: rack ? 1 : 0 } });
    const path = `delay ${ROUND / 2}ms`;
    const late1 = `${path}; hold DATA 1 from server ${late}ms`;
    lab.path(path);

    let sender: LabSocket | null = null;
    let before = 0;
    server.run(async () => {
      const socket = await server.listen(80).accept();
      sender = socket;
      await socket.write(WARM_UP * SEGMENT);
      await server.wait(5 * ROUND);
      lab.resume();
      if (seen) lab.path(late1);
      await socket.write(FIRST * SEGMENT);
      await server.wait(4 * ROUND);
      before = socket.connection.totalRetrans;
      lab.path(late1);
      await socket.write(SECOND * SEGMENT);
      await socket.read(); // null: the client has closed
      socket.close();
    });
    let received = 0;
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      lab.pause();
      received = await socket.readOctets(ALL * SEGMENT);
      await client.wait(3 * ROUND);
      lab.pause();
      socket.close();
    });

    const isOvertaken = happens(
      { en: 'a segment is held on the path', zh: '一个报文段在路上被耽搁' },
      (entry) => entry.type === 'impairment' && entry.action === 'held',
    );
    const isUndone = happens(
      { en: 'server takes its reduction back', zh: 'server 撤销窗口的减小' },
      (entry) => entry.host === server.index && entry.type === 'cwnd' && /needless|Eifel|D-SACK/.test(entry.cause.text),
    );
    const window = ROUND / 4;
    if (seen)
      lab.turn(isOvertaken, {
        en: `The first of ${FIRST} segments is held up for ${late} ms. ${FIRST - 1} overtake it, fewer than 3: no loss as far as the count goes${late < window ? '. It arrives, and the server learns that this path reorders' : ''}.`,
        zh: `${FIRST} 个报文段中的第一个在路上耽搁 ${late} ms。超过它的有 ${FIRST - 1} 个，不到 3 个：按个数不算丢失${late < window ? '。它到达后，server 知道这条路径会乱序' : ''}。`,
      });
    lab.turn(isOvertaken, {
      en: `${SECOND} segments, the first one ${late} ms late: ${SECOND - 1} that were sent later arrive before it.`,
      zh: `${SECOND} 个报文段，第一个迟到 ${late} ms：后发的 ${SECOND - 1} 个先到达。`,
    });
    const isPatient = rack && seen && late < window;
    if (isPatient)
      lab.turn(
        happens(
          { en: 'server waits for the reordering timer', zh: 'server 等待乱序定时器' },
          (entry) => entry.host === server.index && entry.type === 'timer' && entry.timer === 'reordering',
        ),
        {
          en: `${SECOND - 1} later ones have arrived, but as reordering was seen the server waits for its window, a quarter of the least RTT: ${window} ms. The late segment comes before that.`,
          zh: `后发的 ${SECOND - 1} 个已到达，但因为见过乱序，server 再等一个乱序窗口，即最小 RTT 的四分之一：${window} ms。迟到的报文段在此之前就到了。`,
        },
        'RFC 8985, 6.2, step 4',
      );
    lab.whenever(retransmits(server, 'fast retransmit'), {
      en: rack
        ? `Taken for lost, and sent again: ${seen ? `it is later than the reordering window of ${window} ms allows` : 'no reordering has been seen yet, and then 3 that overtake are enough'}.`
        : `Taken for lost, and sent again: more than 3 have overtaken it. Counting knows nothing of time.`,
      zh: rack
        ? `被当作丢失，重传：${seen ? `它超出了 ${window} ms 的乱序窗口` : '还没有见过乱序，这时超过它的有 3 个就够'}。`
        : `被当作丢失，重传：超过它的多于 3 个。计数的办法不看时间。`,
    });
    lab.whenever(
      isUndone,
      {
        en: 'Nothing was lost: the ACK answers the first copy (timestamps), or a D-SACK says that it came twice. The server takes its smaller window back.',
        zh: '什么都没丢：ACK 回答的是第一份（时间戳），或者 D-SACK 说明它到了两次。server 恢复原来的窗口。',
      },
      'RFC 4015',
    );
    const needless = (): number => (sender?.connection.totalRetrans ?? 0) - before;
    lab.check({ en: 'octets that arrived', zh: '到达的字节数' }, () => received, ALL * SEGMENT);
    if (isPatient)
      lab.check({ en: 'segments of the second flight that were sent again', zh: '第二批中重传的报文段' }, needless, 0);
    lab.answer(() =>
      isPatient
        ? {
            en: `By seeing it once. Then RACK waits for ${window} ms, a quarter of the least RTT, before what was overtaken counts as lost: ${SECOND - 1} segments overtook one by ${late} ms, and ${needless()} were sent again. With --no-rack 3 that overtake mean a loss.`,
            zh: `见过一次就学会。此后 RACK 再等 ${window} ms，即最小 RTT 的四分之一，被超过的报文段才算丢失：${SECOND - 1} 个报文段超过了迟到 ${late} ms 的那一个，重传了 ${needless()} 个。加上 --no-rack 则有 3 个超过就算丢失。`,
          }
        : {
            en: `Here it did not: ${SECOND - 1} segments overtook one by ${late} ms, and ${needless()} was sent again for nothing, and undone. RACK (tcp_recovery 1), once it has seen reordering, waits for ${window} ms, a quarter of the least RTT.`,
            zh: `这里没有学会：${SECOND - 1} 个报文段超过了迟到 ${late} ms 的那一个，白白重传了 ${needless()} 个，随后撤销。RACK（tcp_recovery 1）在见过乱序之后会等 ${window} ms，即最小 RTT 的四分之一。`,
          },
    );
  },
});
