import { expect, it } from 'vitest';
import { describeKernel } from '../namespace.ts';
import { inScenario } from '../scenario.ts';

describeKernel("our client at the kernel's server", () => {
  it.each([true, false])('moves 32 MiB each way at once, offload %s', async (offload) => {
    const result = await inScenario(
      async ({ stack, net, kernelAddress, collect, listen, hash }) => {
        const server = net.createServer({ allowHalfOpen: true }, (socket) => void socket.pipe(socket));
        const port = await listen(server, 0);
        const sent = Buffer.alloc(2 ** 25);
        for (let i = 0; i < sent.length; i += 4) sent.writeUInt32LE(Math.imul(i, 2654435761) >>> 0, i);
        const socket = stack.connect({ host: kernelAddress, port, allowHalfOpen: true });
        const echoed = collect(socket);
        socket.end(sent);
        const { data, error } = await echoed;
        const same = hash(data) === hash(sent);
        return { error, length: data.length, same, remote: `${socket.bytesWritten} ${socket.bytesRead}` };
      },
      [],
      { stack: { offload } },
    );
    expect(result).toEqual({ error: null, length: 2 ** 25, same: true, remote: `${2 ** 25} ${2 ** 25}` });
  });

  it('says what the kernel says of both ends', async () => {
    const result = await inScenario(async ({ stack, net, kernelAddress, listen }) => {
      const server = net.createServer();
      const port = await listen(server, 0);
      const accepted = new Promise<import('node:net').Socket>((resolve) => server.once('connection', resolve));
      const socket = stack.connect(port, kernelAddress);
      await new Promise((resolve) => socket.once('connect', resolve));
      const theirs = await accepted;
      return {
        ours: [socket.localAddress, socket.localPort, socket.remoteAddress, socket.remotePort],
        theirs: [theirs.remoteAddress, theirs.remotePort, theirs.localAddress, theirs.localPort],
      };
    }, []);
    expect(result.theirs.map((v) => String(v).replace('::ffff:', ''))).toEqual(result.ours.map(String));
  });
});
