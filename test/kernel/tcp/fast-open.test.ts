import { expect, it } from 'vitest';
import { describeKernel } from '../namespace.ts';
import { inScenario } from '../scenario.ts';

describeKernel.with('python3', 'nstat')('Fast Open, with the kernel as the other side', () => {
  it("takes the data of the kernel's second SYN at once (MSG_FASTOPEN)", async () => {
    const result = await inScenario(
      async ({ stack, sh, address }) => {
        await sh('sysctl -qw net.ipv4.tcp_fastopen=3');
        const early: number[] = [];
        stack
          .createServer({ fastOpen: { queue: 8 } }, (socket) => {
            early.push(socket.info().tcpi_options & 32);
            socket.once('data', (request) => socket.end(`said ${request}`));
          })
          .listen(4000);
        const client = `
import socket
for request in (b"one", b"two", b"three"):
    s = socket.socket()
    s.sendto(request, 0x20000000, ("${address}", 4000))
    answer = b""
    while part := s.recv(1000): answer += part
    print(answer.decode())
    s.close()
`;
        const answers = await sh(`python3 -c '${client}'`);
        const kernel = await sh('nstat -az TcpExtTCPFastOpenActive | tail -n +2');
        const { TCPFastOpenCookieReqd, TCPFastOpenPassive, TCPFastOpenPassiveFail } = stack.host.tcp.counters;
        return {
          answers: answers.trim().split('\n'),
          early,
          kernel: Number(kernel.trim().split(/\s+/)[1]),
          counters: [TCPFastOpenCookieReqd, TCPFastOpenPassive, TCPFastOpenPassiveFail],
        };
      },
      [],
      { stack: { sysctls: { tcp_fastopen: 3 } } },
    );
    expect(result).toEqual({
      answers: ['said one', 'said two', 'said three'],
      early: [0, 32, 32],
      kernel: 2,
      counters: [1, 2, 0],
    });
  });

  it("has its data taken by the kernel's listener with our second SYN (TCP_FASTOPEN)", async () => {
    const result = await inScenario(
      async ({ stack, sh, start, kernelAddress, until, collect }) => {
        await sh('sysctl -qw net.ipv4.tcp_fastopen=3');
        const server = start(
          'python3',
          '-uc',
          `
import socket
l = socket.socket()
l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
l.bind(("${kernelAddress}", 4000))
l.setsockopt(6, 23, 8)
l.listen(8)
print("listens")
while True:
    c, peer = l.accept()
    c.sendall(b"said " + c.recv(5000))
    c.close()
`,
        );
        let said = '';
        server.stdout.on('data', (text) => {
          said += text;
        });
        await until('it listens', () => said.includes('listens'));
        const answers: string[] = [];
        const options: number[] = [];
        for (const request of ['one', 'two', 'x'.repeat(3000)]) {
          const socket = stack.connect({ host: kernelAddress, port: 4000, fastOpen: true });
          socket.write(request);
          const { data } = await collect(socket);
          answers.push(`${data}`.slice(0, 10));
          options.push(socket.info().tcpi_options & 32);
        }
        const kernel = await sh('nstat -az TcpExtTCPFastOpenPassive | tail -n +2');
        const { TCPFastOpenActive, TCPFastOpenActiveFail } = stack.host.tcp.counters;
        return {
          answers,
          options,
          kernel: Number(kernel.trim().split(/\s+/)[1]),
          counters: [TCPFastOpenActive, TCPFastOpenActiveFail],
        };
      },
      [],
      {},
    );
    expect(result).toEqual({
      answers: ['said one', 'said two', 'said xxxxx'],
      options: [0, 32, 32],
      kernel: 2,
      counters: [2, 0],
    });
  });
});
