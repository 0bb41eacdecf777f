import { enters, scenario, timeWait } from '../../story/index.ts';

export default scenario({
  name: 'fin-timeout-myth',
  topic: 'time-wait',
  kind: 'useful',
  title: { en: 'tcp_fin_timeout is not about TIME_WAIT', zh: 'tcp_fin_timeout 管的不是 TIME_WAIT' },
  question: {
    en: 'Does a smaller tcp_fin_timeout make TIME_WAIT shorter?',
    zh: '减小 tcp_fin_timeout 能缩短 TIME_WAIT 吗？',
  },
  asked: [
    'tcp_fin_timeout meaning, FIN_WAIT_2 timeout',
    'how to shorten TIME_WAIT in Linux, 60 seconds, TCP_TIMEWAIT_LEN',
    'tcp_fin_timeout 能缩短 TIME_WAIT 吗',
    'tcp_fin_timeout 修改后 TIME_WAIT 还是 60 秒',
    'tcp_fin_timeout 是什么参数，控制 FIN_WAIT_2',
    'Linux 的 TIME_WAIT 是多少秒，能改吗',
  ],
  sources: ['ip-sysctl.rst, tcp_fin_timeout', 'include/net/tcp.h, TCP_TIMEWAIT_LEN', 'tcp(7), tcp_fin_timeout'],
  corrects: {
    en: 'Many articles lower tcp_fin_timeout to get rid of TIME_WAITs, and some say that Linux waits for 30 s. It is FIN_WAIT_2 of a closed socket that the knob limits; TIME_WAIT is 60 s in every version of Linux, a constant (2 MSL of 30 s each).',
    zh: '许多文章用减小 tcp_fin_timeout 来减少 TIME_WAIT，还有的说 Linux 等待 30 s。这个参数限制的是已 close 的 socket 停留在 FIN_WAIT_2 的时间；Linux 各版本的 TIME_WAIT 都是 60 s，是常量（2 MSL，每个 30 s）。',
  },
  parameters: {
    'fin-timeout': {
      ...{ default: 5, min: 1, max: 120 },
      text: { en: "the client's tcp_fin_timeout, in seconds", zh: 'client 的 tcp_fin_timeout，单位秒' },
    },
  },
  play(lab, { 'fin-timeout': given }) {
    const client = lab.host('client', { sysctls: { tcp_fin_timeout: Math.floor(given) } });
    const { server } = lab;
    const finTimeout = client.host.sysctls.tcp_fin_timeout;

    server.run(async () => {
      const listener = server.listen(80);
      // Of the first connection the application closes nothing; of the second one it does, as it should.
      await listener.accept();
      const second = await listener.accept();
      await second.readAll();
      second.close();
    });
    client.run(async () => {
      const first = await client.connect(server, 80).connected;
      await client.wait(100);
      first.close();
      await client.wait((finTimeout + 1) * 1000);
      const second = await client.connect(server, 80).connected;
      await client.wait(100);
      second.close();
    });

    let finWait = 0;
    let wait = 0;
    lab.turn(enters(client, 'FIN_WAIT_2'), {
      en: "The client's application has closed; the server's does not, so no FIN comes: FIN_WAIT_2.",
      zh: 'client 的应用程序已经 close；server 的应用程序没有，所以等不到 FIN：FIN_WAIT_2。',
    });
    lab.turn(
      enters(client, 'CLOSED'),
      ({ since }) => {
        finWait = Math.round(since / 1000);
        return {
          en: `${finWait} s later the client gives it up: this is what tcp_fin_timeout is for. The server keeps its CLOSE_WAIT.`,
          zh: `${finWait} s 之后 client 放弃等待：tcp_fin_timeout 管的就是这个。server 仍停在 CLOSE_WAIT。`,
        };
      },
      'ip-sysctl.rst, tcp_fin_timeout',
    );
    lab.turn(timeWait(client, 'enter'), {
      en: 'A second connection, closed by both: TIME_WAIT.',
      zh: '第二个连接，双方都关闭：TIME_WAIT。',
    });
    lab.turn(
      timeWait(client, 'leave'),
      ({ since }) => {
        wait = Math.round(since / 1000);
        return {
          en: `It lasted ${wait} s, whatever tcp_fin_timeout is.`,
          zh: `它持续了 ${wait} s，与 tcp_fin_timeout 无关。`,
        };
      },
      'include/net/tcp.h, TCP_TIMEWAIT_LEN',
    );

    lab.check({ en: 'seconds of FIN_WAIT_2', zh: 'FIN_WAIT_2 的秒数' }, () => finWait, finTimeout);
    lab.check(
      { en: 'seconds of TIME_WAIT', zh: 'TIME_WAIT 的秒数' },
      () => wait,
      Math.round(client.host.sysctls.tcp_timewait_len / 1000),
    );
    lab.answer(() => ({
      en: `No: with tcp_fin_timeout = ${finTimeout} FIN_WAIT_2 was left after ${finWait} s, and TIME_WAIT still lasted ${wait} s. In Linux that is a constant, which no knob changes.`,
      zh: `不能：tcp_fin_timeout = ${finTimeout} 时，FIN_WAIT_2 在 ${finWait} s 后结束，TIME_WAIT 仍持续 ${wait} s。在 Linux 中它是常量，没有参数可以修改。`,
    }));
  },
});
