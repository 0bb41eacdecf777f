import net from 'node:net';
import type { Socket } from '../net/socket/socket.ts';

const { Socket: SocketOfNode } = net;

/**
 * What `new net.Socket()` is for, only its `connect` tells: for a pipe, the socket becomes one of Node's. It stays the same object, with the
 * listeners and settings that it was given; a connection it cannot have had yet.
 */
export function connectLocally(socket: Socket, args: readonly unknown[]): net.Socket {
  const { allowHalfOpen, readableEncoding, timeout, _isReferenced: isReferenced } = socket;
  const listeners = socket.eventNames().map((name) => [name, socket.rawListeners(name)] as const);
  socket.removeAllListeners();
  const local = Object.setPrototypeOf(socket, SocketOfNode.prototype) as unknown as net.Socket;
  Reflect.apply(SocketOfNode as unknown as () => void, local, [{ allowHalfOpen }]);
  if (readableEncoding !== null) local.setEncoding(readableEncoding);
  if (timeout) local.setTimeout(timeout);
  if (!isReferenced) local.unref();
  for (const [name, all] of listeners) for (const each of all) Reflect.apply(local.on, local, [name, each]);
  return Reflect.apply(local.connect, local, args);
}
