import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { RawListener } from '../../../src/net/raw-tcp.ts';
import type { Stack } from '../../../src/net/stack.ts';
import { describeKernel } from '../namespace.ts';
import { inScenario } from '../scenario.ts';

/** What the page shows, as it stands there. */
const page = readFileSync('native-notes/raw-api.md', 'utf8');
const code = [...page.matchAll(/```js\n([\s\S]*?)```/g)].map(([, text]) => text!.replace(/^export /gm, '')).join('\n');

type Examples = [
  serveEcho: (stack: Stack, port: number) => RawListener,
  ask: (stack: Stack, host: string, port: number, question: Uint8Array) => Promise<Buffer>,
];

describeKernel('the raw interface over a TUN device', () => {
  it("serves the kernel's clients, and asks its servers, as native-notes/raw-api.md has it", async () => {
    const result = await inScenario(
      async ({ stack, net, address, kernelAddress, collect, listen, hash }, code: string) => {
        const [serveEcho, ask] = new Function(`${code}; return [serveEcho, ask];`)() as Examples;
        const question = Buffer.from(Array.from({ length: 2_000_000 }, (_, i) => (i * 7919) >>> 8));
        serveEcho(stack, 4000);
        const client = net.connect({ port: 4000, host: address, allowHalfOpen: true });
        const collected = collect(client);
        client.end(question);
        const { data, error } = await collected;
        const server = net.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
        const port = await listen(server, 0);
        const answer = await ask(stack, kernelAddress, port, question);
        server.close();
        const refused = await ask(stack, kernelAddress, port, question).catch(({ code }) => code);
        return { same: [data, answer].map((octets) => hash(octets) === hash(question)), error, refused };
      },
      [code],
    );
    expect(result).toEqual({ same: [true, true], error: null, refused: 'ECONNREFUSED' });
  });
});
