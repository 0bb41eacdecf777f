import dgram, { type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type Link, Packet, Slab } from '../../src/index.ts';
import { createStack } from '../../src/net/stack.ts';
import { pattern } from './fake-device.ts';

type LinkClass = new (socket: Socket, port: number, address: string) => Link;

/** The class of the page, as it stands there. */
function ofThePage(): LinkClass {
  const page = readFileSync('native-notes/links.md', 'utf8');
  const [, source = ''] = /```js\n(import \{ Packet[\s\S]*?)```/.exec(page) ?? [];
  const code = source.replace(/^import .*$/m, '').replace('export class', 'return class');
  return new Function('Packet', 'Slab', code)(Packet, Slab) as LinkClass;
}

it('the example of native-notes/links.md is one: two stacks over UDP on the loopback', async () => {
  const UdpLink = ofThePage();
  const sockets = [dgram.createSocket('udp4').bind(0, '127.0.0.1'), dgram.createSocket('udp4').bind(0, '127.0.0.1')];
  await Promise.all(sockets.map((socket) => once(socket, 'listening')));
  const ports = sockets.map((socket) => socket.address().port);
  const stacks = sockets.map((socket, i) =>
    createStack(new UdpLink(socket, ports[1 - i]!, '127.0.0.1'), { addresses: [`10.0.0.${i + 1}/24`] }),
  );
  const data = pattern(300_000);
  stacks[1]!.createServer((socket) => socket.end(data)).listen(80);
  const chunks: Buffer[] = [];
  for await (const chunk of stacks[0]!.connect(80, '10.0.0.2')) chunks.push(chunk);
  expect(Buffer.concat(chunks).equals(data)).toBe(true);
  await Promise.all(stacks.map((stack) => stack.close()));
});
