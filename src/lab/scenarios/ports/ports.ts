import { enters, fails, type LabHost, scenario } from '../../story/index.ts';

const FIRST_PORT = 40_000;
const USUAL_PORTS = 28_232;

export default scenario({
  name: 'ports',
  topic: 'time-wait',
  kind: 'tutorial',
  title: { en: '65,535 ports, and how many connections', zh: '65,535 个端口与连接数上限' },
  question: {
    en: 'Can a host have at most 65,535 connections?',
    zh: '一台机器最多只能有 65,535 个 TCP 连接吗？',
  },
  asked: [
    'maximum number of TCP connections, 65535',
    'how many connections can a client or a server have',
    'one port, several destinations',
    '一台机器最多 65535 个连接吗',
    '服务端最多能有多少个 TCP 连接',
    '客户端的端口可以重复使用吗，四元组',
  ],
  sources: [
    'RFC 9293, 3.3.1 (a connection is named by its two sockets)',
    'ip-sysctl.rst, ip_local_port_range',
    'RFC 6056, 3.3.3',
  ],
  corrects: {
    en: 'It is often said that 65,535 ports are a bound of connections. It is a bound of connections from one address to one address and port; a listening server needs only its one port for all of them.',
    zh: '常有人说连接数受 65,535 个端口限制。这只是从一个地址到同一个地址和端口的连接数上限；监听的 server 对所有连接只用一个端口。',
  },
  parameters: {
    ports: {
      ...{ default: 3, min: 1, max: 1000 },
      text: { en: "the client's ephemeral ports", zh: 'client 的临时端口数' },
    },
    destinations: {
      ...{ default: 3, min: 1, max: 9 },
      text: { en: 'how many servers it connects to', zh: '它连接的 server 数' },
    },
  },
  play(lab, { ports: givenPorts, destinations }) {
    const servers = Math.floor(destinations);
    const client = lab.host('client', {
      sysctls: { ip_local_port_range: [FIRST_PORT, FIRST_PORT + Math.floor(givenPorts) - 1] },
    });
    const [first, last] = client.host.sysctls.ip_local_port_range;
    const ports = last! - first! + 1;
    const hosts: LabHost[] = [];
    for (let i = 0; i < servers; i++) {
      hosts.push(lab.host(i === 0 ? 'server' : `server-${i + 1}`, { address: `10.9.0.${i + 2}`, side: 'right' }));
    }

    for (const host of hosts) {
      host.run(async () => {
        const listener = host.listen(80);
        for (;;) await listener.accept();
      });
    }
    let open = 0;
    let refusals = 0;
    client.run(async () => {
      for (const host of hosts) {
        // The first connection to each is drawn.
        lab.resume();
        for (let i = 0; i <= ports; i++) {
          try {
            await client.connect(host, 80).connected;
            open++;
          } catch (error) {
            if ((error as { code: string }).code !== 'EADDRNOTAVAIL') throw error;
            refusals++;
          }
          if (i > 0) continue;
          await client.wait(50);
          lab.pause();
        }
      }
    });

    lab.turn(enters(client, 'ESTABLISHED'), {
      en: `The first of ${ports} connections to the first server (the others are not drawn). A connection is named by both addresses and both ports.`,
      zh: `到第一个 server 的 ${ports} 个连接中的第一个（其余未画出）。连接由双方的地址和端口共同标识。`,
    });
    lab.turn(
      fails(client, 'EADDRNOTAVAIL'),
      {
        en: `All ${ports} ports of ip_local_port_range are taken towards this server: one more connection to it fails.`,
        zh: `对这个 server，ip_local_port_range 的 ${ports} 个端口都已占用：再建一个连接就失败。`,
      },
      'ip-sysctl.rst, ip_local_port_range',
    );
    if (servers > 1) {
      lab.turn(enters(client, 'ESTABLISHED'), {
        en: 'Towards another server the same ports are free.',
        zh: '对另一个 server，同样的端口仍可使用。',
      });
    }

    lab.check({ en: 'connections that are open', zh: '打开的连接数' }, () => open, ports * servers);
    lab.check(
      { en: 'calls of connect that failed, 1 for each server', zh: '失败的 connect 次数，每个 server 1 次' },
      () => refusals,
      servers,
    );
    lab.answer(() => ({
      en: `No: with ${ports} ports the client has ${open} connections to ${servers} servers, ${ports} to each. The bound is ports × destinations: with Linux's ${USUAL_PORTS} ports and 3 destinations ${3 * USUAL_PORTS}, and at most 65,535 from one address to one address and port; a server is bounded by memory.`,
      zh: `不是：client 只有 ${ports} 个端口，却对 ${servers} 个 server 有 ${open} 个连接，每个 server ${ports} 个。上限是端口数 × 目的地数：Linux 默认 ${USUAL_PORTS} 个端口、3 个目的地就是 ${3 * USUAL_PORTS} 个；从一个地址到同一个地址和端口最多 65,535 个；server 只受内存限制。`,
    }));
  },
});
