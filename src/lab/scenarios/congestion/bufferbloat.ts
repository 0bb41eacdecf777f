import { calls, gets, type LabSocket, scenario, sends } from '../../story/index.ts';

const OCTETS = 600_000;

export default scenario({
  name: 'bufferbloat',
  topic: 'congestion',
  kind: 'useful',
  title: { en: 'Bufferbloat: a queue that is too long', zh: '缓冲区膨胀' },
  question: {
    en: 'Why does the delay of a line grow to a second while somebody uploads, and what does a queue that drops early change?',
    zh: '为什么有人上传时延迟涨到一秒？让队列早些丢包能改变什么？',
  },
  asked: [
    '缓冲区膨胀，bufferbloat',
    '上传时 ping 变高',
    'CoDel，fq_codel，主动队列管理 AQM',
    '丢包越少越好吗，队列越长越好吗',
    'bufferbloat: latency under load',
    'CoDel versus drop-tail',
    'why does my ping rise while uploading',
  ],
  sources: ['RFC 8289', 'RFC 7567', 'RFC 5681, 3.1'],
  corrects: {
    en: 'It is often read that a larger buffer makes a network better, since less is lost. For TCP a loss is the signal to slow down: a queue that hardly drops is filled to its end, and all who share it wait. (The sender is set to reno here: CUBIC, with HyStart++, fills the queue later.) (With ECN the queue marks instead of dropping: the scenario bufferbloat-ecn.)',
    zh: '常见的说法是：缓冲区越大，丢包越少，网络越好。对 TCP 来说，丢包是减速的信号：几乎不丢包的队列会被填满，共用它的人都要等。（这里的发送方设为 reno：使用 HyStart++ 的 CUBIC 要晚一些才填满队列。）（有 ECN 时，队列用标记代替丢包：见场景 bufferbloat-ecn。）',
  },
  parameters: {
    queue: {
      default: 1000,
      min: 10,
      max: 5000,
      text: { en: 'the long queue, in milliseconds at 2 Mbit/s', zh: '长队列，按 2 Mbit/s 折算的毫秒数' },
    },
  },
  positional: 'queue',
  play(lab, { queue }) {
    const { server } = lab;
    // Reno, as most descriptions have it: CUBIC's slow start ends early (HyStart++), and it fills the queue some seconds later.
    const client = lab.host('client', { sysctls: { tcp_congestion_control: 'reno' } });
    const tail = `delay 10ms; out: rate 2mbit queue ${queue}ms`;
    const codel = `delay 10ms; out: rate 2mbit queue ${queue}ms codel`;
    const rtts = { tail: 0, codel: 0 };
    const took = { tail: 0, codel: 0 };
    const lost = { tail: 0, codel: 0 };

    for (const port of [80, 81]) {
      server.run(async () => {
        const socket = await server.listen(port, { options: { receiveBuffer: 4_000_000 } }).accept();
        await socket.readAll();
        socket.close();
      });
    }
    const upload = async (port: number, path: string, which: 'tail' | 'codel'): Promise<LabSocket> => {
      lab.path(path);
      lab.resume();
      const socket = await client.connect(server, port).connected;
      await socket.write(1000);
      await client.wait(100);
      lab.pause();
      const { RetransSegs } = client.host.tcp.counters;
      const began = lab.now;
      let isOn = true;
      // The worst round trip, as the sender has measured and smoothed it.
      const look = (): void => {
        rtts[which] = Math.max(rtts[which], Math.round(socket.connection.rtt.srtt / 1000));
        if (isOn && socket.connection.state === 'ESTABLISHED') lab.at(lab.now + 20, look);
      };
      look();
      await socket.write(OCTETS);
      while (!socket.connection.sent.isEmpty && socket.error === null) await client.wait(20);
      isOn = false;
      took[which] = (lab.now - began) / 1000;
      lost[which] = client.host.tcp.counters.RetransSegs - RetransSegs;
      return socket;
    };
    client.run(async () => {
      const first = await upload(80, tail, 'tail');
      first.close();
      await client.wait(1000);
      const second = await upload(81, codel, 'codel');
      lab.resume();
      second.close();
      lab.pause();
    });
    lab.turn(sends(client, 'DATA'), {
      en: `An upload into a line of 2 Mbit/s with a queue of ${queue} ms that drops nothing before it is full. The path itself takes 10 ms each way.`,
      zh: `上传到 2 Mbit/s 的线路，队列长 ${queue} ms，装满之前不丢包。路径本身每个方向 10 ms。`,
    });
    lab.turn(
      gets(client, 'SYN-ACK'),
      () => ({
        en: `cwnd grew until a packet was dropped, that is until the queue was full: the round trip came to ${rtts.tail} ms, and every packet of every program waits behind that. Now the same queue with CoDel.`,
        zh: `cwnd 一直增长到丢包为止，也就是队列装满为止：往返时间涨到 ${rtts.tail} ms，所有程序的每个包都要排在后面。现在同样的队列加上 CoDel。`,
      }),
      'RFC 5681, 3.1',
    );
    lab.turn(
      calls(client, 'close'),
      () => ({
        en: `CoDel drops single packets as soon as they have stood longer than 5 ms for 100 ms: cwnd is halved early. The worst round trip was ${rtts.codel} ms.`,
        zh: `CoDel 发现包排队超过 5 ms 持续 100 ms，就丢掉个别的包：cwnd 早早减半。最长的往返时间是 ${rtts.codel} ms。`,
      }),
      'RFC 8289, 4',
    );
    const mbit = (which: 'tail' | 'codel'): number =>
      took[which] > 0 ? Math.round((OCTETS * 8) / took[which] / 1e5) / 10 : 0;
    lab.check(
      { en: 'the round trip with CoDel is shorter', zh: '有 CoDel 时往返时间更短' },
      () => rtts.codel < rtts.tail,
      true,
    );
    lab.answer(() => ({
      en: `TCP sends faster until something is lost, so it fills whatever queue there is: round trips of ${rtts.tail} ms with a queue of ${queue} ms (${lost.tail} segments sent again, ${mbit('tail')} Mbit/s). With CoDel they stay within ${rtts.codel} ms (${lost.codel} sent again, ${mbit('codel')} Mbit/s).`,
      zh: `TCP 一直加速到丢包，所以多长的队列都会填满：队列 ${queue} ms 时往返时间达到 ${rtts.tail} ms（重传 ${lost.tail} 个报文段，${mbit('tail')} Mbit/s）。有 CoDel 时不超过 ${rtts.codel} ms（重传 ${lost.codel} 个，${mbit('codel')} Mbit/s）。`,
    }));
  },
});
