import type { LabHost, LabSocket } from '../../story/index.ts';
import { enters, gets, scenario, sends, timeWait } from '../../story/index.ts';

export default scenario({
  name: 'close-both',
  topic: 'closing',
  kind: 'weird',
  title: { en: 'Both ends close at the same time', zh: '同时关闭' },
  question: {
    en: 'When does a connection enter CLOSING, and who waits in TIME_WAIT if both ends close at the same time?',
    zh: '什么时候会出现 CLOSING 状态？双方同时关闭时，谁进入 TIME_WAIT？',
  },
  asked: [
    '同时关闭的状态变化',
    'CLOSING 状态是怎么产生的',
    '两端同时发 FIN 会怎样',
    'simultaneous close',
    'what is the CLOSING state',
  ],
  sources: ['RFC 9293, 3.6, figure 13', 'RFC 9293, 3.10.7.4, eighth'],
  parameters: {
    apart: {
      default: 0,
      min: 0,
      max: 1000,
      text: {
        en: "milliseconds from the client's close to the server's; the path takes 10 each way",
        zh: 'client 关闭之后，server 过多少毫秒关闭；路径单程 10',
      },
    },
  },
  positional: 'apart',
  play(lab, { apart }) {
    const { client, server } = lab;
    const end = async (host: LabHost, socket: LabSocket, at: number): Promise<void> => {
      await host.wait(at - lab.now);
      socket.close();
    };
    server.run(async () => end(server, await server.listen(80).accept(), 1000 + apart));
    client.run(async () => end(client, await client.connect(server, 80).connected, 1000));

    const crossing = new Set<string>();
    for (const host of [client, server])
      lab.whenever(
        enters(host, 'CLOSING'),
        () => {
          crossing.add(host.name);
          return {
            en: `The ${host.name}'s FIN is not acknowledged yet, and the other FIN is here: CLOSING. It has only to wait for its ACK.`,
            zh: `${host.name} 的 FIN 还没有被确认，对方的 FIN 已经到了：CLOSING。只差对自己 FIN 的 ACK。`,
          };
        },
        'RFC 9293, 3.10.7.4, eighth',
      );
    lab.turn(sends(client, 'FIN'), { en: 'The client closes.', zh: 'client 关闭。' });
    lab.turn(sends(server, 'FIN'), ({ since }) => ({
      en: `The server closes, ${since} ms later.`,
      zh: `${since} ms 后 server 关闭。`,
    }));
    const waiting = new Set<string>();
    for (const host of [client, server])
      lab.whenever(timeWait(host, 'enter'), () => {
        waiting.add(host.name);
        return { en: `The ${host.name} waits in TIME_WAIT.`, zh: `${host.name} 进入 TIME_WAIT。` };
      });
    lab.whenever(gets(server, 'RST'), { en: 'A RST.', zh: '一个 RST。' });

    const isCrossed = (): boolean => crossing.size === 2;
    if (apart < 10) {
      lab.check({ en: 'ends in CLOSING', zh: '进入 CLOSING 的端数' }, () => crossing.size, 2);
      lab.check({ en: 'ends in TIME_WAIT', zh: '进入 TIME_WAIT 的端数' }, () => waiting.size, 2);
    }
    lab.answer(() =>
      isCrossed()
        ? {
            en: 'Where the FINs cross: both ends go FIN_WAIT_1, CLOSING, TIME_WAIT. Each has sent a FIN before it saw one, so both wait 2MSL.',
            zh: '两个 FIN 在路上交叉时：双方都经过 FIN_WAIT_1、CLOSING、TIME_WAIT。双方都是在看到对方 FIN 之前发的 FIN，所以都等待 2MSL。',
          }
        : {
            en: `Not here: the server closed ${apart} ms later, when the client's FIN was there. CLOSING needs FINs that cross: less than one way of the path apart.`,
            zh: `这里没有：server 晚 ${apart} ms 关闭，那时 client 的 FIN 已到。CLOSING 需要两个 FIN 交叉：相差小于单程时延。`,
          },
    );
  },
});
