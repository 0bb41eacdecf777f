import { once } from 'node:events';
import { expect, test, vi } from 'vitest';
import { Cable } from '../../../src/link/cable.ts';
import { createStack } from '../../../src/net/stack.ts';

test('a socket that is told to connect while it does is not remembered when it has closed', async () => {
  const cable = new Cable();
  const server = createStack(cable.a, { addresses: ['10.0.0.1/24'] });
  const client = createStack(cable.b, { addresses: ['10.0.0.2/24'] });
  server.createServer((socket) => socket.resume()).listen(4000);
  const socket = client.connect(4000, '10.0.0.1');
  socket.connect(4000, '10.0.0.1');
  const [error] = await once(socket, 'error');
  expect(error).toMatchObject({ code: 'EISCONN' });
  if (!socket.closed) await once(socket, 'close');
  const told = vi.spyOn(socket, 'linkLost');
  await client.close();
  expect(told).not.toHaveBeenCalled();
  await server.close();
});
