import { fails, scenario, timeWait } from '../../story/index.ts';

const REQUEST = 'GET / HTTP/1.1\r\nHost: server\r\n\r\n';
const RESPONSE = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const FIRST_PORT = 50_000;

export default scenario({
  name: 'agent-ports',
  topic: 'node',
  kind: 'useful',
  title: { en: 'A crawler that runs out of ports', zh: '爬虫把端口用光了' },
  question: {
    en: 'Why does my crawler fail with EADDRNOTAVAIL after some thousand requests, and what does an agent with keepAlive change?',
    zh: '爬虫发了几千个请求之后为什么报 EADDRNOTAVAIL？agent 的 keepAlive 有什么用？',
  },
  asked: [
    'connect EADDRNOTAVAIL node',
    'Error: Cannot assign requested address',
    'http.Agent keepAlive true why',
    'ephemeral ports exhausted crawler',
    '爬虫 EADDRNOTAVAIL 端口耗尽',
    'Cannot assign requested address 爬虫',
    'Node http agent keepAlive 有什么作用',
  ],
  sources: ['RFC 9293, 3.6.1', 'ip-sysctl.rst, ip_local_port_range', 'Node.js, http.Agent'],
  corrects: {
    en: 'tcp_fin_timeout does not help: TIME_WAIT is 60 s on Linux whatever it says. And the bound is per destination: other servers, or other ports of this one, have all ports anew.',
    zh: '调小 tcp_fin_timeout 没有用：Linux 的 TIME_WAIT 固定 60 s。而且限制是按目的地算的：换一台服务器或换一个端口，全部端口又可用。',
  },
  parameters: {
    keepalive: {
      default: false,
      text: { en: 'the agent keeps connections (keepAlive: true)', zh: 'agent 保持连接（keepAlive: true）' },
    },
    ports: {
      default: 20,
      min: 2,
      max: 200,
      text: { en: 'ports in ip_local_port_range (Linux: 28232)', zh: 'ip_local_port_range 里的端口数（Linux：28232）' },
    },
  },
  positional: 'keepalive',
  play(lab, { keepalive, ports }) {
    const count = Math.round(ports);
    const client = lab.host('client', { sysctls: { ip_local_port_range: [FIRST_PORT, FIRST_PORT + count - 1] } });
    const { server } = lab;
    const [low, high] = client.host.sysctls.ip_local_port_range as [number, number];
    const range = high - low + 1;
    const wanted = range + 5;
    let answered = 0;
    let connections = 0;
    let code = '';
    let waiting = 0;

    server.run(async () => {
      const listener = server.listen(80);
      for (;;) {
        const socket = await listener.accept();
        server.run(async () => {
          while ((await socket.readOctets(REQUEST.length)) === REQUEST.length) await socket.write(RESPONSE);
          socket.close();
        });
      }
    });
    client.run(async () => {
      const connect = () => {
        connections++;
        return client.connect(server, 80).connected;
      };
      const kept = keepalive ? await connect() : null;
      for (let i = 0; i < wanted; i++) {
        try {
          const socket = kept ?? (await connect());
          await socket.write(REQUEST);
          if ((await socket.readOctets(RESPONSE.length)) === RESPONSE.length) answered++;
          if (kept === null) socket.close();
          await client.wait(100);
        } catch (error) {
          connections--;
          code = (error as { code: string }).code;
          waiting = client.host.tcp.timeWait.count;
          throw error;
        }
      }
      kept?.close();
    });

    // The second and all that follow are as the first.
    lab.whenever(timeWait(client, 'enter'), {
      en: "The client closes first, so the TIME_WAIT is the client's: for 60 s its port can't be used for this server again.",
      zh: 'client 先关闭，TIME_WAIT 就在 client：60 s 之内，这个端口不能再用于这台服务器。',
    });
    lab.at(keepalive ? 200 : 100, () => lab.pause());
    if (!keepalive) {
      lab.turn(fails(client, 'EADDRNOTAVAIL'), () => ({
        en: `${answered} requests later all ${range} ports of ip_local_port_range are in TIME_WAIT towards this server: there is none for the next SYN, and connect fails before anything is sent.`,
        zh: `${answered} 个请求之后，ip_local_port_range 的 ${range} 个端口对这台服务器全在 TIME_WAIT：下一个 SYN 无端口可用，connect 什么都没发就失败了。`,
      }));
    }

    lab.check({ en: 'the error', zh: '错误' }, () => code, keepalive ? '' : 'EADDRNOTAVAIL');
    lab.check(
      { en: 'requests that were answered', zh: '得到应答的请求数' },
      () => answered,
      keepalive ? wanted : range,
    );
    lab.answer(() =>
      keepalive
        ? {
            en: `With keepAlive all ${answered} requests went over ${connections} connection, and 1 of ${range} ports was used. Without it each request takes a port for 60 s: Linux's 28232 ports are enough for 470 requests per second to one server.`,
            zh: `有 keepAlive，${answered} 个请求全走 ${connections} 个连接，${range} 个端口只用 1 个。没有它，每个请求占用一个端口 60 s：Linux 的 28232 个端口只够对一台服务器每秒 470 个请求。`,
          }
        : {
            en: `Each request opened a connection of its own and closed it first, so that its port is in TIME_WAIT for 60 s: after ${answered} requests all ${range} ports were taken (${waiting} in TIME_WAIT), and connect failed with ${code}. Linux's 28232 ports are gone at 470 requests per second to one server; an agent with keepAlive: true uses 1.`,
            zh: `每个请求都新建连接并先关闭，端口随后在 TIME_WAIT 里停留 60 s：${answered} 个请求之后 ${range} 个端口全部用完（TIME_WAIT ${waiting} 个），connect 报 ${code}。Linux 有 28232 个端口，对一台服务器每秒 470 个请求就会耗尽；keepAlive: true 的 agent 只用 1 个。`,
          },
    );
  },
});
