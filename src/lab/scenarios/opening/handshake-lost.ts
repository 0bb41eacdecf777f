import { enters, fails, isLost, type LabSocket, retransmits, scenario, sends } from '../../story/index.ts';

const SEGMENTS = { '1': 'SYN', '2': 'SYN-ACK', '3': 'ACK of SYN-ACK' } as const;

export default scenario({
  name: 'handshake-lost',
  topic: 'opening',
  kind: 'tutorial',
  title: { en: 'A segment of the handshake is lost', zh: '握手报文丢失' },
  question: {
    en: 'What happens if the first, second or third segment of the handshake is lost?',
    zh: '第一次、第二次、第三次握手丢失了，分别会发生什么？',
  },
  sources: ['RFC 9293, 3.8.1'],
  parameters: {
    segment: { default: '1', choices: ['1', '2', '3'], text: { en: 'which', zh: '第几' } },
    times: { default: 0, min: 0, max: 100, text: { en: 'how often; 0: always', zh: '次' } },
    write: { default: 10, min: 0, max: 1000, text: { en: 's', zh: 's' } },
    retries: { default: 6, min: 1, max: 20, text: { en: 'retries', zh: 'retries' } },
  },
  positional: 'segment',
  play(lab, { segment, times, write, retries }) {
    const client = lab.host('client', { sysctls: { tcp_syn_retries: retries } });
    const server = lab.host('server', { sysctls: { } });
    lab.path(`drop ${SEGMENTS[segment]}${times === 0 ? '' : ` 1-${times}`}`);
    server.run(async () => {
      const socket = await server.listen(80).accept();
      await socket.readAll();
    });
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      if (write === 0) return;
      await client.wait(write * 1000);
      await socket.write(100);
      await socket.read();
    });
    lab.answer({en:'',zh:''});
  },
});
