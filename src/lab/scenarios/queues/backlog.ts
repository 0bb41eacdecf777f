import { scenario } from '../../story/index.ts';

export default scenario({
  name: 'backlog',
  topic: 'queues',
  kind: 'tutorial',
  title: { en: 'x', zh: '全' },
  question: { en: 'x', zh: '全' },
  sources: ['RFC 9293, 3.8.1'],
  parameters: {
    backlog: { default: 3, min: 0, max: 20, text: { en: 'which', zh: '第几' } },
    clients: { default: 5, min: 0, max: 100, text: { en: 'how often; 0: always', zh: '次' } },
  },
  play(lab, { backlog, clients }) {
    const { client, server } = lab;
    server.run(async () => {
      const listener = server.listen(80, { backlog });
      await server.wait(3000);
      const socket = await listener.accept();
      await socket.read();
    });
    for (let i = 0; i < clients; i++) {
    client.run(async () => {
      await client.wait(i*1);
      const socket = await client.connect(server, 80).connected;
      await client.wait(100);
      await socket.write(100);
      await socket.read();
    });
    }
    lab.answer({en:'',zh:''});
  },
});
