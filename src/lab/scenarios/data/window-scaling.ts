import { gets, type LabHost, scenario, sends } from '../../story/index.ts';

const OCTETS = 1_200_000;

export default scenario({
  name: 'window-scaling',
  topic: 'data',
  kind: 'useful',
  title: { en: 'Window scaling: 64 KiB in a round trip are not enough', zh: '窗口扩大选项：一个往返 64 KiB 不够' },
  question: {
    en: 'Why is a fast line slow over a long distance, and what does the Window Scale option change?',
    zh: '为什么带宽大、距离远的线路反而慢？窗口扩大选项有什么用？',
  },
  asked: [
    '窗口扩大因子，window scale',
    '16 位窗口最大 65535 字节怎么办',
    '带宽时延积 BDP',
    '长肥管道，长肥网络',
    'window scaling, bandwidth-delay product',
    'why is my transfer stuck at 5 Mbit/s on a 1 Gbit/s line',
    'throughput = window / RTT',
  ],
  sources: ['RFC 7323, 2', 'RFC 7323, 2.3', 'ip-sysctl.rst, tcp_window_scaling'],
  corrects: {
    en: 'The scale is not announced with each window: it stands in the SYN alone, and holds if both sides sent it. A trace that begins later, or a middlebox that removes the option, leaves windows that look 1024 times too small.',
    zh: '扩大因子不随每个窗口发送：它只出现在 SYN 里，双方都发送才有效。抓包开始得晚，或者中间设备删掉了这个选项，看到的窗口就小了 1024 倍。',
  },
  parameters: {
    round: {
      default: 100,
      min: 20,
      max: 1000,
      text: { en: 'the round-trip time, in milliseconds', zh: '往返时间，毫秒' },
    },
  },
  positional: 'round',
  play(lab, { round }) {
    const { server } = lab;
    const plain = lab.host('plain', { address: '10.9.0.3', sysctls: { tcp_window_scaling: 0 } });
    const scaled = lab.host('client');
    lab.path(`delay ${round / 2}ms`);

    for (const port of [80, 81]) {
      server.run(async () => {
        const socket = await server.listen(port).accept();
        await socket.readOctets(1); // a request
        await socket.write(OCTETS);
        await socket.read(); // null: the client has closed
        socket.close();
      });
    }
    /** Mbit/s of the last half: the beginning is slow start. */
    const download = async (host: LabHost, port: number): Promise<number> => {
      lab.resume();
      const socket = await host.connect(server, port).connected;
      await host.wait(round);
      lab.pause();
      await socket.write('.');
      await socket.readOctets(OCTETS / 2);
      const half = lab.now;
      const got = await socket.readOctets(OCTETS / 2);
      const rate = (got * 8) / Math.max(1, lab.now - half) / 1000;
      socket.close();
      await host.wait(3 * round);
      return Math.round(rate * 10) / 10;
    };
    let slow = 0;
    let fast = 0;
    plain.run(async () => {
      slow = await download(plain, 80);
      scaled.run(async () => {
        fast = await download(scaled, 81);
      });
    });

    /** Mbit/s of one window in each round trip. */
    const most = (window: number): number => Math.round((window * 8) / round / 100) / 10;
    const [unscaled, largest] = [most(65_535), Math.round(most(scaled.host.sysctls.tcp_rmem[2] / 2))];
    lab.turn(
      sends(plain, 'SYN'),
      {
        en: `This SYN has no wscale (tcp_window_scaling 0, or a middlebox took it). Windows are as the field has them: 65,535 octets at most, ${unscaled} Mbit/s at an RTT of ${round} ms.`,
        zh: `这个 SYN 没有 wscale（tcp_window_scaling 0，或者被中间设备删掉）。窗口就是字段的值：最多 65,535 字节，RTT ${round} ms 时只有 ${unscaled} Mbit/s。`,
      },
      'RFC 7323, 2.2',
    );
    lab.turn(sends(scaled, 'SYN'), () => ({
      en: `The download without it went at ${slow} Mbit/s. Now with the option: wscale 10, so each window is the field times 1024.`,
      zh: `刚才的下载速率是 ${slow} Mbit/s。现在带上选项：wscale 10，每个窗口都是字段乘以 1024。`,
    }));
    lab.turn(
      gets(scaled, 'SYN-ACK'),
      {
        en: `Both have sent it, so it holds, for each direction with the sender's own number. The windows in the SYNs themselves are never scaled. The most is ${largest} Mbit/s now, half of the largest receive buffer (tcp_rmem) in each RTT; it grows on the way there.`,
        zh: `双方都发送了，所以有效，两个方向各用自己的因子。SYN 自身的窗口从不缩放。现在上限是 ${largest} Mbit/s，即每个 RTT 最大接收缓冲区（tcp_rmem）的一半；它逐步增大。`,
      },
      'RFC 7323, 2.2',
    );
    lab.check(
      { en: 'the rate without scaling is that of 64 KiB in each RTT', zh: '不缩放时的速率就是每个 RTT 64 KiB' },
      () => Math.abs(slow - unscaled) <= 0.1 * unscaled,
      true,
    );
    lab.check(
      { en: 'with scaling it is at least 5 times as fast', zh: '缩放后至少快 5 倍' },
      () => fast >= 5 * slow,
      true,
    );
    lab.answer(() => ({
      en: `A window goes in each round trip: 65,535 octets in ${round} ms are ${unscaled} Mbit/s (measured: ${slow}), however fast the line is. With scale 10 up to ${largest} Mbit/s are possible; this download of ${OCTETS} octets had ${fast} in its second half, and was still growing.`,
      zh: `每个往返只能发一个窗口：${round} ms 发 65,535 字节就是 ${unscaled} Mbit/s（实测 ${slow}），线路再快也没用。因子为 10 时上限是 ${largest} Mbit/s；这次下载 ${OCTETS} 字节，后一半是 ${fast}，还在增长。`,
    }));
  },
});
