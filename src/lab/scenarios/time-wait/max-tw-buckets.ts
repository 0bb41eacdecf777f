import { enters, happens, scenario, timeWait } from '../../story/index.ts';

export default scenario({
  name: 'max-tw-buckets',
  topic: 'time-wait',
  kind: 'weird',
  title: { en: 'The table of TIME_WAITs is full', zh: 'TIME_WAIT 表满了' },
  question: {
    en: 'What happens when there are more TIME_WAITs than tcp_max_tw_buckets allows?',
    zh: 'TIME_WAIT 的数量超过 tcp_max_tw_buckets 会怎样？',
  },
  asked: [
    'time wait bucket table overflow',
    'TCPTimeWaitOverflow',
    'should I lower tcp_max_tw_buckets',
    'tcp_max_tw_buckets 调小能减少 TIME_WAIT 吗',
    'TCP: time wait bucket table overflow',
  ],
  sources: ['ip-sysctl.rst, tcp_max_tw_buckets', 'net/ipv4/tcp_minisocks.c, tcp_time_wait'],
  corrects: {
    en: 'Articles lower tcp_max_tw_buckets to have fewer TIME_WAITs. It is there against attacks: above it a connection goes to CLOSED at once, without what TIME_WAIT protects (see no-time-wait and old-duplicate).',
    zh: '有文章建议调小 tcp_max_tw_buckets 来减少 TIME_WAIT。它是用来防攻击的：超过之后连接直接进入 CLOSED，失去 TIME_WAIT 的保护（见 no-time-wait 和 old-duplicate）。',
  },
  parameters: {
    buckets: {
      ...{ default: 2, min: 0, max: 1000 },
      text: { en: "the client's tcp_max_tw_buckets", zh: 'client 的 tcp_max_tw_buckets' },
    },
    n: { ...{ default: 3, min: 1, max: 1000 }, text: { en: 'how many connections it closes', zh: '它关闭的连接数' } },
  },
  play(lab, { buckets, n: given }) {
    const n = Math.floor(given);
    const client = lab.host('client', { sysctls: { tcp_max_tw_buckets: Math.floor(buckets) } });
    const { server } = lab;
    const most = client.host.sysctls.tcp_max_tw_buckets;

    server.run(async () => {
      const listener = server.listen(80);
      for (;;) {
        const socket = await listener.accept();
        server.run(async () => {
          await socket.readAll();
          socket.close();
        });
      }
    });
    let waiting = 0;
    client.run(async () => {
      for (let i = 0; i < n; i++) {
        // Of those that find a place the first is drawn; and the first that finds none.
        if (i === 1) lab.pause();
        if (i === most) lab.resume();
        if (i === most + 1) lab.pause();
        const socket = await client.connect(server, 80).connected;
        socket.shutdown();
        await socket.readAll();
        socket.close();
        await client.wait(20);
      }
      if (n > 1) lab.pause();
      waiting = client.host.tcp.timeWait.count;
    });

    const isFull = n > most;
    if (most > 0) {
      lab.turn(timeWait(client, 'enter'), {
        en: `The client has closed first: 1 of ${most} places is taken.`,
        zh: `client 先关闭：${most} 个位置占用了 1 个。`,
      });
    }
    if (isFull) {
      const isOver = enters(client, 'CLOSED');
      lab.turn(
        happens(isOver.text, (entry) => entry.type === 'state' && isOver.matches(entry)),
        {
          en: `All ${most} places are taken: this connection goes to CLOSED without a TIME_WAIT. The counter TCPTimeWaitOverflow tells.`,
          zh: `${most} 个位置都已占用：这个连接不经过 TIME_WAIT，直接进入 CLOSED，由计数器 TCPTimeWaitOverflow 记录。`,
        },
        'net/ipv4/tcp_minisocks.c, tcp_time_wait',
      );
    }

    const { counters } = client.host.tcp;
    lab.check({ en: 'connections in TIME_WAIT', zh: '处于 TIME_WAIT 的连接数' }, () => waiting, Math.min(n, most));
    lab.check(
      { en: 'TCPTimeWaitOverflow', zh: '计数器 TCPTimeWaitOverflow' },
      () => counters.TCPTimeWaitOverflow,
      Math.max(0, n - most),
    );
    lab.answer(() => ({
      en: `Of ${n} connections that the client closed first ${waiting} went into TIME_WAIT, and ${counters.TCPTimeWaitOverflow} to CLOSED at once (TCPTimeWaitOverflow). Those lack the protection of TIME_WAIT; the default is 262,144 here, and depends on memory in Linux.`,
      zh: `client 主动关闭的 ${n} 个连接中，${waiting} 个进入 TIME_WAIT，${counters.TCPTimeWaitOverflow} 个直接进入 CLOSED（TCPTimeWaitOverflow）。后者失去 TIME_WAIT 的保护；这里默认 262,144，Linux 的默认值取决于内存。`,
    }));
  },
});
