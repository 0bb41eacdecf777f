import { enters, fails, gets, isLost, scenario } from '../../story/index.ts';

export default scenario({
  name: 'cable-out',
  topic: 'closing',
  kind: 'useful',
  title: { en: 'The cable is pulled out', zh: '拔掉网线' },
  question: {
    en: 'The network cable is pulled out: is the connection still there, and does it go on when it is put back?',
    zh: '拔掉网线后，原来的 TCP 连接还在吗？插回去还能继续用吗？',
  },
  asked: [
    '拔掉网线几秒后再插回去，TCP 连接还在吗',
    '拔掉网线，连接还在吗',
    '断网后连接会断开吗',
    '切换网络，连接会怎样',
    'pull the network cable, does the connection break',
    'network outage and TCP connections',
  ],
  sources: ['RFC 9293, 3.8.3', 'RFC 6298, 5.5', 'Linux: Documentation/networking/ip-sysctl.rst (tcp_retries2)'],
  parameters: {
    writes: {
      default: true,
      text: { en: 'the client writes while the cable is out', zh: '网线拔出期间 client 写数据' },
    },
    back: {
      default: 10,
      min: 0,
      max: 86_400,
      text: {
        en: 'seconds until the cable is put back; 0: never',
        zh: '多少秒后插回网线；0：永不',
      },
    },
  },
  positional: 'back',
  // A day is not much for a cable that is out.
  seconds: 200_000,
  play(lab, { writes, back }) {
    const { client, server } = lab;
    let got = 0;
    server.run(async () => {
      const socket = await server.listen(80).accept();
      got = await socket.readOctets(100);
    });
    let failed = '';
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      await client.wait(writes ? 2000 : (back + 60) * 1000);
      try {
        if (writes || back > 0) await socket.write(100);
        await socket.read();
      } catch (error) {
        failed = (error as { code: string }).code;
        throw error;
      }
    });
    lab.at(1000, () => lab.path('loss 100%'));
    if (back > 0) lab.at(1000 + back * 1000, () => lab.path(''));

    const retries = client.host.sysctls.tcp_retries2;
    lab.turn(enters(server, 'ESTABLISHED'), {
      en: `After 1 s the cable is out. A connection is what both kernels remember, and neither forgets because of that.`,
      zh: `1 s 后拔掉网线。连接只是两端内核里的记录，谁也不会因此删除它。`,
    });
    let since = 0;
    if (writes)
      lab.turn(isLost('DATA'), ({ at }) => {
        since = at;
        return {
          en: `What the client writes is lost, and sent again: as a tail loss probe, then after each RTO, up to ${retries} times (tcp_retries2).`,
          zh: `client 写的数据丢失，于是重发：先是尾部丢失探测，之后每次 RTO 重传，最多 ${retries} 次（tcp_retries2）。`,
        };
      });
    let isOver = false;
    let after = 0;
    lab.whenever(fails(client, 'ETIMEDOUT'), ({ at }) => {
      isOver = true;
      after = Math.round((at - since) / 1000);
      return {
        en: `After ${after} s the client gives up: ETIMEDOUT. The server knows nothing of it.`,
        zh: `${after} s 后 client 放弃：ETIMEDOUT。server 毫不知情。`,
      };
    });
    lab.whenever(gets(server, 'DATA'), ({ at }) => {
      after = Math.round((at - 1000 - back * 1000) / 100) / 10;
      return {
        en: `The cable has been back for ${after} s: the ${writes ? 'next retransmission' : 'first segment'} arrives, and all goes on as if nothing had been.`,
        zh: `网线插回 ${after} s 后：${writes ? '下一次重传' : '第一个报文段'}到达，一切继续，好像什么都没发生。`,
      };
    });
    // From 15 minutes on it depends on the RTO which of both comes first.
    if (back < 900)
      lab.check(
        { en: 'octets that arrived, or the error', zh: '到达的字节数，或错误' },
        () => (isOver ? failed : got),
        back > 0 ? 100 : writes ? 'ETIMEDOUT' : 0,
      );
    lab.answer(() => {
      if (isOver)
        return {
          en: `The connection outlived ${after} s; then the client's ${retries} retries were used up: ETIMEDOUT. The server still has it ESTABLISHED.`,
          zh: `连接保持了 ${after} s；然后 client 的 ${retries} 次重传用完：ETIMEDOUT。server 上仍是 ESTABLISHED。`,
        };
      if (got === 0)
        return {
          en: 'Nothing at all happens if nothing is sent: both ends stay ESTABLISHED for ever.',
          zh: '什么都不发，就什么都不会发生：两端永远是 ESTABLISHED。',
        };
      return writes
        ? {
            en: `It is still there: ${back} s without a cable are some retransmissions. ${after} s after it was put back the next one arrived, and the data went on.`,
            zh: `还在：没有网线的 ${back} s 只是几次重传。插回 ${after} s 后，下一次重传到达，数据继续传输。`,
          }
        : {
            en: `It is still there: nothing was sent in these ${back} s, so nothing was lost, and neither end noticed.`,
            zh: `还在：这 ${back} s 里什么都没发，所以什么都没丢，两端都没有察觉。`,
          };
    });
  },
});
