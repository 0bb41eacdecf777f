import { enters, gets, scenario, sends } from '../../story/index.ts';

const SEGMENT = 1448;

export default scenario({
  name: 'fin-out-of-order',
  topic: 'closing',
  kind: 'weird',
  title: { en: 'A FIN that overtakes data', zh: '乱序到达的 FIN' },
  question: {
    en: 'What happens if the FIN arrives before the data that was sent before it?',
    zh: 'FIN 比它之前的数据先到，会怎样？',
  },
  asked: [
    'FIN_WAIT_2 状态下收到乱序的 FIN',
    '收到乱序的 FIN 会直接进入下一个状态吗',
    '四次挥手中收到乱序的 FIN 包会如何处理',
    'FIN arrives out of order',
    'does an early FIN cut off data',
  ],
  sources: ['RFC 9293, 3.10.7.4, eighth', 'Linux: net/ipv4/tcp_input.c (tcp_data_queue, tcp_ofo_queue)'],
  parameters: {
    how: {
      default: 'late',
      choices: ['late', 'lost'],
      text: { en: 'the last data are late, or lost', zh: '最后的数据迟到，还是丢失' },
    },
    'half-closed': {
      default: true,
      text: {
        en: 'the client has shut its own direction down before: it is in FIN_WAIT_2',
        zh: 'client 先关闭了自己的方向：处于 FIN_WAIT_2',
      },
    },
  },
  positional: 'how',
  play(lab, { how, 'half-closed': isHalfClosed }) {
    const { client, server } = lab;
    // The one segment before the FIN. It is late by less than the server allows for (RACK), so it isn't sent again.
    const hole = `DATA 1 from server seq ${1 + SEGMENT}-${2 * SEGMENT}`;
    lab.path(how === 'late' ? `hold ${hole} 5ms` : `drop ${hole}`);
    server.run(async () => {
      const socket = await server.listen(80).accept();
      if (isHalfClosed) await socket.readAll();
      await server.wait(1000);
      await socket.write(SEGMENT);
      await socket.write(SEGMENT);
      socket.close();
    });
    let got = 0;
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      if (isHalfClosed) socket.shutdown();
      got = await socket.readAll();
      socket.close();
    });

    const before = isHalfClosed ? 'FIN_WAIT_2' : 'ESTABLISHED';
    const after = isHalfClosed ? 'TIME_WAIT' : 'CLOSE_WAIT';
    lab.turn(sends(server, 'FIN'), {
      en: `2 segments of ${SEGMENT} octets and a FIN; the second one is ${how === 'late' ? 'held up' : 'lost'} on the path.`,
      zh: `2 个 ${SEGMENT} 字节的报文段和一个 FIN；第二个在路上${how === 'late' ? '被耽搁' : '丢失'}。`,
    });
    lab.turn(
      gets(client, 'FIN'),
      {
        en: `The FIN is here, the octets before it are not: it waits in the reassembly queue, and the state stays ${before}.`,
        zh: `FIN 到了，它前面的字节还没到：FIN 进入乱序队列等待，状态仍是 ${before}。`,
      },
      'RFC 9293, 3.10.7.4',
    );
    lab.turn(
      sends(client, 'ACK', { ack: 1 + SEGMENT }),
      {
        en: 'A duplicate ACK names the first octet that is missing (SACK tells of what lies behind it).',
        zh: '重复 ACK 指出缺失的第一个字节（SACK 说明其后的内容）。',
      },
      'RFC 5681, 4.2; RFC 2018',
    );
    let waited = 0;
    lab.turn(enters(client, after), ({ since }) => {
      waited = Math.round(since);
      return {
        en: `${waited} ms later the hole is filled. Only now the FIN counts: ${before} to ${after}, and read() = 0 behind all octets.`,
        zh: `${waited} ms 后空洞补上。FIN 现在才生效：${before} 到 ${after}，读完所有字节后 read() 返回 0。`,
      };
    });
    lab.check({ en: 'octets that were read', zh: '读到的字节数' }, () => got, 2 * SEGMENT);
    lab.answer(() => ({
      en: `A FIN has its place in the sequence, behind the last octet: it waited ${waited} ms in the reassembly queue, and the state changed only when the octets before it were there. All ${got} octets were read.`,
      zh: `FIN 在序号空间里排在最后一个字节之后：它在乱序队列里等了 ${waited} ms，前面的字节到齐后状态才改变。${got} 字节全部读到。`,
    }));
  },
});
