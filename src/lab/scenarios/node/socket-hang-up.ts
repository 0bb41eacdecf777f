import { gets, type LabSocket, scenario, sends } from '../../story/index.ts';

const REQUEST = 'GET / HTTP/1.1\r\nHost: server\r\n\r\n';
const BODY_LENGTH = 1000;
const HEAD = `HTTP/1.1 200 OK\r\nContent-Length: ${BODY_LENGTH}\r\n\r\n`;

export default scenario({
  name: 'socket-hang-up',
  topic: 'node',
  kind: 'useful',
  title: { en: 'socket hang up, read ECONNRESET, aborted', zh: 'socket hang up、read ECONNRESET、aborted 的区别' },
  question: {
    en: 'What has the other side done when Node says `socket hang up`, `read ECONNRESET` or `aborted`?',
    zh: 'Node 报 `socket hang up`、`read ECONNRESET`、`aborted` 时，对方做了什么？',
  },
  asked: [
    'Error: socket hang up code ECONNRESET',
    'Error: read ECONNRESET at TCP.onStreamRead',
    'Error: aborted ECONNRESET node http',
    'node 报 socket hang up 什么原因',
    'read ECONNRESET 是什么意思',
    '对端进程崩溃 连接会怎样',
  ],
  sources: ['RFC 9293, 3.10.7.4', 'RFC 2525, 2.17', 'lib/_http_client.js of Node.js, socketOnEnd'],
  corrects: {
    en: 'ECONNRESET in Node does not always mean that a RST came: `socket hang up` has that code, too, and is an ordinary FIN before the answer.',
    zh: 'Node 里的 ECONNRESET 并不总是收到了 RST：`socket hang up` 也用这个 code，其实只是应答之前来了一个普通的 FIN。',
  },
  parameters: {
    how: {
      default: 'close',
      choices: ['close', 'unread', 'half-way'],
      text: {
        en: 'the server closes without an answer; with the request unread; half-way through the answer',
        zh: 'server：不应答就关闭；请求还没读就关闭；应答到一半关闭',
      },
    },
  },
  positional: 'how',
  play(lab, { how }) {
    const { client, server } = lab;
    let got = 0;
    let code = '';

    server.run(async () => {
      const socket: LabSocket = await server.listen(80).accept();
      // A process that crashes before it has read: the kernel closes its sockets.
      if (how === 'unread') {
        await server.wait(100);
        server.exitProcess();
        return;
      }
      await socket.readOctets(REQUEST.length);
      if (how === 'half-way') {
        await socket.write(HEAD);
        await socket.write(BODY_LENGTH / 2);
      }
      socket.close();
    });
    client.run(async () => {
      const socket = await client.connect(server, 80).connected;
      await socket.write(REQUEST);
      try {
        got = await socket.readAll();
      } catch (error) {
        code = (error as { code: string }).code;
        throw error;
      }
      socket.close();
    });

    const whole = HEAD.length + BODY_LENGTH;
    if (how === 'unread') {
      lab.turn(
        sends(server, 'RST'),
        {
          en: 'The process ends with the request unread in its receive buffer: the kernel closes the socket with a RST instead of a FIN, so that the client knows that its data was lost.',
          zh: '进程结束时，请求还在接收缓冲区里没有读：内核用 RST 而不是 FIN 关闭套接字，让 client 知道数据丢失了。',
        },
        'RFC 2525, 2.17',
      );
      lab.turn(gets(client, 'RST'), {
        en: 'Node: `Error: read ECONNRESET`, from the socket itself.',
        zh: 'Node：`Error: read ECONNRESET`，由套接字直接报出。',
      });
    } else {
      lab.turn(
        sends(server, 'FIN'),
        how === 'close'
          ? {
              en: 'The server has read the request and closes without a word: an ordinary FIN.',
              zh: 'server 读了请求，一言不发就关闭：一个普通的 FIN。',
            }
          : {
              en: `The server closes after the head and half of the body: the FIN comes ${BODY_LENGTH / 2} octets too early for Content-Length ${BODY_LENGTH}.`,
              zh: `server 发了头部和一半正文就关闭：Content-Length 是 ${BODY_LENGTH}，FIN 早到了 ${BODY_LENGTH / 2} 个字节。`,
            },
      );
      lab.turn(
        gets(client, 'FIN'),
        how === 'close'
          ? {
              en: 'The client reads end of file where an answer should be. Node: `Error: socket hang up`, with code ECONNRESET, though no RST has come.',
              zh: 'client 本该读到应答，却读到文件结束。Node：`Error: socket hang up`，code 为 ECONNRESET，虽然并没有 RST。',
            }
          : {
              en: 'The client has the head already, and the end of file in the middle of the body. Node: the response emits `Error: aborted`, with code ECONNRESET.',
              zh: 'client 已有头部，正文中间却是文件结束。Node：response 报 `Error: aborted`，code 为 ECONNRESET。',
            },
      );
    }

    lab.check({ en: 'what read failed with', zh: 'read 报的错误' }, () => code, how === 'unread' ? 'ECONNRESET' : '');
    lab.check(
      { en: 'octets of the answer', zh: '收到的应答字节数' },
      () => got,
      how === 'half-way' ? HEAD.length + BODY_LENGTH / 2 : 0,
    );
    lab.answer(
      () =>
        ({
          close: {
            en: `The server closed before it had sent an octet of the answer: a FIN, which Node calls \`socket hang up\` (${got} octets of ${whole} had come). Look at the server for a handler that throws, a timeout of its own, or a proxy that gave up.`,
            zh: `server 一个应答字节都没发就关闭：一个 FIN，Node 称为 \`socket hang up\`（${whole} 字节收到 ${got} 个）。去 server 一侧找：抛异常的处理函数、自身的超时，或放弃等待的代理。`,
          },
          unread: {
            en: `The server's process was gone before it had read the request: a RST, and read fails with ${code} (${got} octets of ${whole} had come). Look for a crash or a kill on the server.`,
            zh: `server 的进程还没读请求就没了：一个 RST，read 报 ${code}（${whole} 字节收到 ${got} 个）。去 server 上找崩溃或被杀的进程。`,
          },
          'half-way': {
            en: `The server closed within the answer: a FIN after ${got} octets of ${whole}, which Node calls \`aborted\`. What has come is not the whole; a program that doesn't compare it with Content-Length takes it for that.`,
            zh: `server 在应答中途关闭：${whole} 字节只到 ${got} 个就来了 FIN，Node 称为 \`aborted\`。收到的并不完整；不核对 Content-Length 的程序会误以为完整。`,
          },
        })[how],
    );
  },
});
