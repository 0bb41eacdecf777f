import { enters, fails, happens, type LabSocket, retransmits, scenario, sends } from '../../story/index.ts';
import { goOn } from './go-on.ts';

const span = (seconds: number): string => {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min`;
};

export default scenario({
  name: 'power-cut',
  topic: 'closing',
  kind: 'tutorial',
  title: { en: 'A machine loses power', zh: '主机断电' },
  question: {
    en: 'The peer loses power: how long does a connection stay ESTABLISHED, and how is it noticed?',
    zh: '对端主机断电，连接会保持 ESTABLISHED 多久？怎样才能发现？',
  },
  asked: [
    '客户端突然断电，服务端的连接还在吗',
    '客户端断电',
    '一端断电，另一端怎么知道',
    '主机崩溃，没有数据传输时连接会怎样',
    '主机宕机，TCP 连接会怎样',
    '已经建立了连接，客户端突然出现故障怎么办',
    'tcp_retries2 15 次重传要多久',
    'TCP keepalive 2 小时 11 分 15 秒',
    'peer lost power, connection still ESTABLISHED',
    'how long until ETIMEDOUT on a dead connection',
  ],
  sources: ['RFC 9293, 3.8.3; 3.8.4', 'Linux: Documentation/networking/ip-sysctl.rst (tcp_retries2, tcp_keepalive_*)'],
  corrects: {
    en: 'It is often read that 15 retries (tcp_retries2) take 924.6 s. That is so for an RTO of 200 ms at first; Linux takes the time and not the count for its measure, so it is the first RTO after that.',
    zh: '常见的说法是：15 次重传（tcp_retries2）需要 924.6 s。那是初始 RTO 为 200 ms 的情况；Linux 以时间而不是次数为准，所以是此后第一次 RTO 超时。',
  },
  parameters: {
    who: {
      default: 'client',
      choices: ['client', 'server'],
      text: { en: 'who loses power', zh: '谁断电' },
    },
    sends: {
      default: 'data',
      choices: ['data', 'keep-alive', 'nothing'],
      text: {
        en: 'what the other one sends after the power cut',
        zh: '断电之后另一方发送什么',
      },
    },
  },
  positional: 'sends',
  play(lab, { sends: what, who }) {
    const { client, server } = lab;
    const [dead, alive] = who === 'client' ? [client, server] : [server, client];
    let failed = '';
    const live = (socket: LabSocket): Promise<void> =>
      goOn(alive, socket, what, 2000, (code) => {
        failed = code;
      });
    server.run(async () => {
      const socket = await server.listen(80).accept();
      if (alive === server) await live(socket);
    });
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      if (alive === client) await live(socket);
    });
    lab.at(1000, () => dead.powerOff());

    const { tcp_retries2, tcp_keepalive_time, tcp_keepalive_intvl, tcp_keepalive_probes } = alive.host.sysctls;
    let began = 0;
    let after = 0;
    lab.turn(
      enters(alive, 'ESTABLISHED'),
      what === 'nothing'
        ? {
            en: `After 1 s the ${dead.name} loses power. The ${alive.name} sends nothing, so nothing tells it: no timer runs.`,
            zh: `1 s 后 ${dead.name} 断电。${alive.name} 什么也不发，所以无从得知：没有任何定时器在走。`,
          }
        : {
            en: `After 1 s the ${dead.name} loses power: no FIN, no RST, nothing.`,
            zh: `1 s 后 ${dead.name} 断电：没有 FIN，没有 RST，什么都没有。`,
          },
    );
    if (what === 'data') {
      lab.turn(sends(alive, 'DATA'), ({ at }) => {
        began = at;
        return {
          en: `The ${alive.name} writes 100 octets. The call succeeds.`,
          zh: `${alive.name} 写 100 字节。调用成功。`,
        };
      });
      lab.turn(
        retransmits(alive, 'RTO'),
        {
          en: `No ACK, not of the tail loss probe either: again after the RTO, which doubles up to 120 s; ${tcp_retries2} times (tcp_retries2).`,
          zh: `没有 ACK，尾部丢失探测也没有：RTO 后重传，RTO 加倍，最大 120 s；重传 ${tcp_retries2} 次（tcp_retries2）。`,
        },
        'RFC 9293, 3.8.3',
      );
    }
    if (what === 'keep-alive')
      lab.turn(
        happens(
          { en: `${alive.name} sends a keep-alive`, zh: `${alive.name} 发出 keep-alive 探测` },
          (entry) =>
            entry.host === alive.index &&
            entry.type === 'segment' &&
            entry.cause?.text.startsWith('keep-alive') === true,
        ),
        {
          en: `${tcp_keepalive_time} s of silence: the first probe; ${tcp_keepalive_probes} in all, ${tcp_keepalive_intvl} s apart.`,
          zh: `沉默 ${tcp_keepalive_time} s：第一个探测；共 ${tcp_keepalive_probes} 个，间隔 ${tcp_keepalive_intvl} s。`,
        },
        'RFC 9293, 3.8.4',
      );
    if (what !== 'nothing') {
      lab.turn(fails(alive, 'ETIMEDOUT'), ({ at }) => {
        after = (at - began) / 1000;
        return {
          en: `ETIMEDOUT, ${Math.round(after)} s after ${what === 'data' ? 'the write' : 'the beginning'}.`,
          zh: `ETIMEDOUT，距${what === 'data' ? '写入' : '开始'} ${Math.round(after)} s。`,
        };
      });
      lab.check({ en: 'the call failed with', zh: '调用失败，错误是' }, () => failed, 'ETIMEDOUT');
    } else
      lab.check(
        { en: `connections of the ${alive.name} at the end`, zh: `${alive.name} 最后的连接` },
        () => [...alive.host.tcp.connections].map(({ state }) => state),
        ['ESTABLISHED'],
      );
    lab.answer(() => {
      const seconds = Math.round(after);
      if (what === 'data')
        return {
          en: `A machine without power says nothing. Who sends gives up after ${tcp_retries2} retries, here ${seconds} s (${span(seconds)}), with ${failed}; who sends nothing needs keep-alive, or waits for ever.`,
          zh: `断电的机器什么也不说。发送数据的一方重传 ${tcp_retries2} 次后放弃，这里是 ${seconds} s（${span(seconds)}），得到 ${failed}；不发数据的一方要靠 keep-alive，否则永远等下去。`,
        };
      if (what === 'keep-alive')
        return {
          en: `Keep-alive notices it after ${tcp_keepalive_time} s + ${tcp_keepalive_probes} × ${tcp_keepalive_intvl} s: ${seconds} s, ${span(seconds)}. It has to be set for each socket (SO_KEEPALIVE).`,
          zh: `keep-alive 在 ${tcp_keepalive_time} s + ${tcp_keepalive_probes} × ${tcp_keepalive_intvl} s 之后发现：${seconds} s，即 ${span(seconds)}。每个套接字都要自己设置（SO_KEEPALIVE）。`,
        };
      return {
        en: 'It stays ESTABLISHED for ever: without data and without keep-alive nothing is sent, and nothing can fail.',
        zh: '永远保持 ESTABLISHED：没有数据，也没有 keep-alive，就什么都不发，也就什么都不会失败。',
      };
    });
  },
});
