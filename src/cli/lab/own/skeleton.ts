/** A scenario that can be played as it is, with what one needs to change it. */
export const skeleton = (
  name: string,
  path: string,
): string => `// A scenario of tcpglass: who does what, what is to be seen, and what must be true at the end.
// Play it:   tcpglass lab run ./${path.replace(/^.*[/\\]/, '')}
// All that a scenario can do is in LAB.md: https://github.com/tcpglass/tcpglass/blob/main/src/lab/LAB.md
import { enters, scenario, sends, timeWait } from 'tcpglass/lab';

export default scenario({
  name: '${name}',
  topic: 'closing', // opening, closing, time-wait, queues, data, congestion, attacks, node
  kind: 'tutorial', // tutorial, useful, weird
  title: { en: 'A request and its answer', zh: '一个请求和它的应答' },
  question: { en: 'Who waits in TIME_WAIT after one request?', zh: '一个请求之后谁进入 TIME_WAIT？' },
  sources: ['RFC 9293, 3.6'],
  // What a reader can change: tcpglass lab run ./${path.replace(/^.*[/\\]/, '')} --octets 5000
  parameters: {
    octets: { default: 1000, min: 1, max: 1_000_000, text: { en: 'how long the answer is', zh: '应答的长度' } },
  },

  play(lab, { octets }) {
    // 1. The scene: two hosts with 10 ms between them each way. Knobs and faults, if you want some:
    //    lab.host('server', { sysctls: { tcp_fin_timeout: 5 } });
    //    lab.path('delay 50ms, loss 1%; drop FIN 1 from client');
    const { client, server } = lab;

    // 2. The applications. What takes time is awaited, as a call that blocks.
    server.run(async () => {
      const socket = await server.listen(80).accept();
      await socket.read(); // null would be the peer's FIN
      await socket.write(octets);
      socket.close();
    });
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      await socket.write('GET /');
      await socket.readAll();
      socket.close();
    });

    // 3. The story: what is to be seen, in this order, and what it means. A turn that does not come is a failed run.
    lab.turn(
      sends(server, 'FIN'),
      { en: 'The server closes first, behind its answer.', zh: 'server 在应答之后先关闭。' },
      'RFC 9293, 3.10.4',
    );
    lab.turn(enters(client, 'LAST_ACK'), {
      en: 'The client has read all, and closes, too.',
      zh: 'client 读完之后也关闭。',
    });
    let seconds = 0;
    lab.turn(timeWait(server, 'leave'), ({ since }) => {
      seconds = Math.round(since / 1000);
      return { en: \`\${seconds} s later the server forgets it.\`, zh: \`\${seconds} s 之后 server 忘记它。\` };
    });

    // 4. What must be true at the end, and the answer to the question.
    lab.check({ en: 'seconds of TIME_WAIT', zh: 'TIME_WAIT 的秒数' }, () => seconds, 60);
    lab.answer(() => ({
      en: \`The server: it closed first, and waits \${seconds} s.\`,
      zh: \`server：它先关闭，等待 \${seconds} s。\`,
    }));
  },
});
`;
