import { enters, gets, happens, retransmits, scenario, sends } from '../../story/index.ts';

export default scenario({
  name: 'fin-wait-1',
  topic: 'closing',
  kind: 'weird',
  title: { en: 'To see FIN_WAIT_1', zh: '看到 FIN_WAIT_1' },
  question: {
    en: 'Why is FIN_WAIT_1 so rarely seen, and how can it be made to last?',
    zh: 'FIN_WAIT_1 为什么很难看到？怎样让它停留得久一些？',
  },
  asked: [
    'FIN_WAIT_1 状态什么时候出现',
    '大量 FIN_WAIT_1 是什么原因',
    'FIN_WAIT_1 和 FIN_WAIT_2 的区别',
    'connections stuck in FIN_WAIT_1',
    'how to observe FIN_WAIT_1',
  ],
  sources: ['RFC 9293, 3.3.2', 'RFC 6298, 5.4; 5.5'],
  parameters: {
    hold: {
      default: 10,
      min: 0,
      max: 100,
      text: {
        en: 'seconds that the path holds the ACK of the FIN back',
        zh: '路径把对 FIN 的 ACK 扣留多少秒',
      },
    },
  },
  positional: 'hold',
  play(lab, { hold }) {
    const { client, server } = lab;
    if (hold > 0) lab.path(`hold ACK of FIN from server ${Math.round(hold * 1000)}ms`);
    server.run(async () => {
      const socket = await server.listen(80).accept();
      await socket.readAll();
      // Until all ACKs that are held have arrived: later they would be old duplicates.
      await server.wait((2 * hold + 5) * 1000);
      socket.close();
    });
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      await client.wait(1000);
      socket.close();
    });

    lab.turn(sends(client, 'FIN'), {
      en: 'The client closes: FIN_WAIT_1, until its FIN is acknowledged. Usually that is 1 RTT.',
      zh: 'client 关闭：进入 FIN_WAIT_1，直到 FIN 被确认。通常只有 1 个 RTT。',
    });
    lab.turn(enters(server, 'CLOSE_WAIT'), {
      en: `The server's ACK leaves at once${hold > 0 ? `, and is held up on the path for ${hold} s` : ''}.`,
      zh: `server 立即发出 ACK${hold > 0 ? `，在路上被扣留 ${hold} s` : ''}。`,
    });
    if (hold >= 1)
      lab.turn(
        retransmits(client),
        ({ since }) => ({
          en: `${Math.round(since)} ms later the FIN is sent again, first as a tail loss probe, then after each RTO: to the client a late ACK is like a lost one.`,
          zh: `${Math.round(since)} ms 后重发 FIN，第一次是尾部丢失探测，之后每次 RTO 再重传：对 client 来说，迟到的 ACK 和丢失的一样。`,
        }),
        'RFC 8985, 7.3; RFC 6298, 5.4',
      );
    let age = '';
    lab.turn(
      happens(
        { en: 'client leaves FIN_WAIT_1', zh: 'client 离开 FIN_WAIT_1' },
        (entry) => entry.host === client.index && entry.type === 'state' && entry.from === 'FIN_WAIT_1',
      ),
      ({ entry }) => {
        age = `${Number(((entry.type === 'state' ? entry.lasted : 0) / 1e6).toPrecision(3))}`;
        return {
          en: `The ACK is here: FIN_WAIT_1 has lasted ${age} s.`,
          zh: `ACK 到了：FIN_WAIT_1 持续了 ${age} s。`,
        };
      },
    );
    lab.whenever(gets(client, 'FIN'), {
      en: "The server's FIN.",
      zh: 'server 的 FIN。',
    });
    lab.answer(() => ({
      en: `FIN_WAIT_1 lasts until the ACK of the FIN is here: here ${age} s, usually 1 RTT. A heap of FIN_WAIT_1 means that FINs, or their ACKs, don't get through, or that data before the FIN is still unsent because the peer's window is 0. Live: up --impair 'hold ACK of FIN in 10s', then ss.`,
      zh: `FIN_WAIT_1 持续到 FIN 的 ACK 到达：这里 ${age} s，通常只有 1 个 RTT。大量 FIN_WAIT_1 说明 FIN 或它的 ACK 没有通过，或者对端窗口为 0，FIN 之前的数据还没发完。实际观察：up --impair 'hold ACK of FIN in 10s'，然后 ss。`,
    }));
  },
});
