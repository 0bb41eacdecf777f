import type { LabHost, LabSocket } from '../../story/index.ts';
import { scenario } from '../../story/index.ts';
import { STORIES } from './close-lost-stories.ts';

export default scenario({
  name: 'close-lost',
  topic: 'closing',
  kind: 'tutorial',
  title: { en: 'One of the four segments of a close is lost', zh: '第 k 次挥手丢失' },
  question: {
    en: 'What happens if the first, second, third or fourth segment of a close is lost: once, or each time?',
    zh: '第 k 次挥手丢失（一次，或每次都丢），会发生什么？',
  },
  asked: [
    '第一次挥手丢失了，会发生什么',
    '第二次挥手丢失了，会发生什么',
    '第三次挥手丢失了，会发生什么',
    '第四次挥手丢失了，会发生什么',
    { text: 'FIN 丢了怎么办，重传几次', parameters: { k: 1 } },
    { text: 'ACK 报文会重传吗', parameters: { k: 2 } },
    'tcp_orphan_retries 是什么，和 tcp_retries2 的区别',
    { text: '最后一次挥手的 ACK 丢失', parameters: { k: 4 } },
    { text: '最后一个 ACK 丢失，TIME_WAIT 重新计时', parameters: { k: 4 } },
    { text: 'what if the FIN is lost', parameters: { k: 1 } },
    { text: 'what if the last ACK of a close is lost', parameters: { k: 4 } },
    'is a pure ACK ever retransmitted',
    'how often is a FIN retransmitted, tcp_orphan_retries',
  ],
  sources: [
    'RFC 9293, 3.6; 3.8.3; 3.10.7.4; 3.10.8',
    'RFC 8985, 7.3',
    'Linux: net/ipv4/tcp_timer.c (tcp_orphan_retries, tcp_write_err)',
    'Linux: Documentation/networking/ip-sysctl.rst (tcp_orphan_retries, tcp_fin_timeout)',
  ],
  corrects: {
    en: "It is often read that tcp_fin_timeout shortens TIME_WAIT. In Linux it bounds FIN_WAIT_2 of a closed socket; TIME_WAIT is always 60 s. Also read: the ACK in the third segment acknowledges nothing new, so it is idle. It repeats ack = u+1, as each segment after the SYN has an ACK; where the second segment was lost, it does its work. And the first repetition of a FIN is a tail loss probe (Linux since 3.10): it isn't one of the tries of tcp_orphan_retries, so one more is seen on the wire.",
    zh: '常见的说法是：tcp_fin_timeout 能缩短 TIME_WAIT。在 Linux 上它限制的是已 close 的套接字的 FIN_WAIT_2；TIME_WAIT 固定为 60 s。另一种说法：第三次挥手里的 ACK 没有确认任何新内容，所以没有用。它重复 ack = u+1，因为 SYN 之后的每个报文段都带 ACK；如果第二次挥手丢了，就由它来完成确认。另外，FIN 的第一次重发是尾部丢失探测（Linux 3.10 起）：它不计入 tcp_orphan_retries，所以网络上会多看到一次。',
  },
  parameters: {
    k: {
      default: '1',
      choices: ['1', '2', '3', '4'],
      text: { en: 'which of the 4 segments of the close is lost', zh: '4 次挥手中的哪一次丢失' },
    },
    by: {
      default: 'client',
      choices: ['client', 'server'],
      text: { en: 'who closes first', zh: '谁先关闭' },
    },
    'for-ever': {
      default: false,
      text: { en: 'it is lost each time that it is sent', zh: '每次发送都丢失' },
    },
    times: {
      default: 1,
      min: 1,
      max: 20,
      text: { en: 'how often it is lost, if not for ever', zh: '丢失几次（不是每次都丢时）' },
    },
    shutdown: {
      default: false,
      text: {
        en: 'who closes first calls shutdown(SHUT_WR) instead of close, and goes on reading',
        zh: '先关闭的一方调用 shutdown(SHUT_WR) 而不是 close，并且继续读',
      },
    },
    work: {
      default: 10,
      min: 0,
      max: 3600,
      text: {
        en: 'seconds from the end of file to the close of the other one (50 at most where k is 4: then there would be no TIME_WAIT)',
        zh: '另一方读到文件结束后，过多少秒才关闭（k 为 4 时最多 50，否则没有 TIME_WAIT）',
      },
    },
  },
  positional: 'k',
  play(lab, { k, by, 'for-ever': isLostForEver, times, shutdown, work }) {
    const { client, server } = lab;
    const [first, second] = by === 'client' ? [client, server] : [server, client];
    const which = isLostForEver ? '' : times === 1 ? ' 1' : ` 1-${times}`;
    const from = k === '1' || k === '4' ? first : second;
    lab.path(`drop ${k === '1' || k === '3' ? 'FIN' : 'ACK of FIN'}${which} from ${from.name}`);

    const end = async (host: LabHost, open: () => Promise<LabSocket>): Promise<void> => {
      const socket = await open();
      if (host === first) {
        await host.wait(1000);
        if (!shutdown) return socket.close();
        socket.shutdown();
        await socket.readAll();
      } else {
        await socket.readAll();
        await host.wait((k === '4' && !shutdown ? Math.min(work, 50) : work) * 1000);
      }
      socket.close();
    };
    server.run(() => end(server, () => server.listen(80).accept()));
    client.run(() => end(client, () => client.connect(server, 80).connected));

    STORIES[k]({
      lab,
      first,
      second,
      isForEver: isLostForEver,
      endsAsUsual: !isLostForEver && times === 1 && (shutdown || work < first.host.sysctls.tcp_fin_timeout - 1),
      isShutDown: shutdown,
    });
  },
});
