import { enters, happens, scenario, sends } from '../../story/index.ts';

const REQUEST = 100;
const ANSWER = 1000;

export default scenario({
  name: 'close-three',
  topic: 'closing',
  kind: 'tutorial',
  title: { en: 'A close in three segments', zh: '四次挥手变三次' },
  question: {
    en: 'Can a close take three segments, and does it then go from FIN_WAIT_1 to TIME_WAIT?',
    zh: '四次挥手能变成三次吗？FIN_WAIT_1 能直接到 TIME_WAIT 吗？',
  },
  asked: [
    '四次挥手可以变成三次挥手吗',
    '抓包看到三次挥手，为什么',
    'FIN_WAIT_1 收到 FIN+ACK 直接进入 TIME_WAIT',
    '延迟确认与三次挥手',
    'why do I see only three segments at the end of a connection',
    'FIN and ACK in one segment',
    'FIN_WAIT_1 to TIME_WAIT',
  ],
  sources: ['RFC 9293, 3.6; figure 5, note 2', 'RFC 9293, 3.8.6.3; 3.10.7.4', 'tcp(7), TCP_QUICKACK'],
  corrects: {
    en: 'It is often read that a close always takes four segments. It takes 3 where the second FIN leaves before the delayed ACK does, which after a request and its answer is the usual case.',
    zh: '常见的说法是：挥手一定是四次。如果第二个 FIN 在延迟确认之前发出，就只有 3 次；请求应答之后这很常见。',
  },
  parameters: {
    work: {
      default: 0,
      min: 0,
      max: 60_000,
      text: {
        en: 'milliseconds from the end of file to the close of the server; a delayed ACK waits 40',
        zh: 'server 读到文件结束后，过多少毫秒才关闭；延迟确认等待 40',
      },
    },
    'quick-ack': {
      default: false,
      text: {
        en: 'the server sets TCP_QUICKACK: it never delays an ACK',
        zh: 'server 设置 TCP_QUICKACK：从不延迟确认',
      },
    },
  },
  positional: 'work',
  play(lab, { work, 'quick-ack': isQuick }) {
    const { client, server } = lab;
    server.run(async () => {
      const socket = await server.listen(80, isQuick ? { options: { quickAck: true } } : {}).accept();
      await socket.readOctets(REQUEST);
      await socket.write(ANSWER);
      await socket.readAll();
      if (work > 0) await server.wait(work);
      socket.close();
    });
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      await client.wait(1000);
      await socket.write(REQUEST);
      await socket.readOctets(ANSWER);
      socket.close();
    });

    lab.turn(sends(client, 'FIN'), {
      en: 'Request and answer are done; the client closes.',
      zh: '请求和应答已完成；client 关闭。',
    });
    let isSeparate = false;
    lab.whenever(
      sends(server, 'ACK', { ack: REQUEST + 2 }),
      ({ entry }) => {
        isSeparate = true;
        const cause = entry.type === 'segment' && /timer/.test(entry.cause?.text ?? '');
        return cause
          ? {
              en: 'The delayed ACK has waited as long as it may, and the application has not closed yet: it leaves alone.',
              zh: '延迟确认的定时器到期，应用程序还没有关闭：ACK 单独发出。',
            }
          : { en: 'The ACK leaves alone, before the application closes.', zh: '应用程序关闭之前，ACK 单独发出。' };
      },
      'RFC 9293, 3.8.6.3',
    );
    let isOne = false;
    let at = 0;
    lab.turn(
      sends(server, 'FIN'),
      (found) => {
        isOne = !isSeparate;
        at = Math.round(found.since);
        return isOne
          ? {
              en: `The server answered a request just now, so its ACK may wait for data (40 ms). Its application closes first: FIN and the ACK of the FIN share a segment.`,
              zh: `server 刚应答过请求，所以 ACK 可以等数据（40 ms）。应用程序先关闭了：FIN 和对 FIN 的 ACK 合在一个报文段里。`,
            }
          : { en: `${at} ms later the second FIN.`, zh: `${at} ms 后是第二个 FIN。` };
      },
      'RFC 9293, 3.8.6.3',
    );
    let stayed = -1;
    lab.whenever(
      happens(
        { en: 'client leaves FIN_WAIT_2', zh: 'client 离开 FIN_WAIT_2' },
        (entry) => entry.host === client.index && entry.type === 'state' && entry.from === 'FIN_WAIT_2',
      ),
      ({ entry }) => {
        stayed = entry.type === 'state' ? entry.lasted / 1000 : 0;
        return {
          en: `FIN_WAIT_2 lasted ${stayed} ms: it is passed within one segment, first its ACK, then its FIN. So no tool ever shows it.`,
          zh: `FIN_WAIT_2 持续 ${stayed} ms：在一个报文段内先处理 ACK 再处理 FIN，所以任何工具都看不到它。`,
        };
      },
      'RFC 9293, figure 5, note 2',
    );
    lab.turn(enters(server, 'CLOSED'), { en: 'The last ACK.', zh: '最后的 ACK。' });

    lab.answer(() =>
      isOne
        ? {
            en: `Yes: the server closed before its delayed ACK left, so FIN and ACK shared a segment, and the close took 3. The client went from FIN_WAIT_1 to TIME_WAIT in ${stayed} ms of FIN_WAIT_2: to an observer it is never there.`,
            zh: `能：server 在延迟确认发出之前就关闭了，FIN 和 ACK 合成一个报文段，共 3 次挥手。client 从 FIN_WAIT_1 到 TIME_WAIT，FIN_WAIT_2 只有 ${stayed} ms：从外部观察不到。`,
          }
        : {
            en: `Here not: the ACK left alone, ${at} ms before the FIN, so the close took 4 segments. It takes 3 when the application closes before the delayed ACK leaves.`,
            zh: `这里没有：ACK 比 FIN 早 ${at} ms 单独发出，所以是 4 次挥手。应用程序在延迟确认发出之前关闭，就是 3 次。`,
          },
    );
  },
});
