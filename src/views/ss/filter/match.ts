import type { SocketSnapshot } from '../../../observe/inspect/sockets.ts';
import { type Address, parseAddress } from '../../../wire/address.ts';
import type { Comparison, Expression, HostPattern, Side } from './filter.ts';

/** Whether an expression is true of a socket. A listener's peer is no address, and port 0. */
export function matches(expression: Expression, socket: SocketSnapshot): boolean {
  switch (expression.type) {
    case 'and':
      return matches(expression.left, socket) && matches(expression.right, socket);
    case 'or':
      return matches(expression.left, socket) || matches(expression.right, socket);
    case 'not':
      return !matches(expression.of, socket);
    case 'port':
      return holds(portOf(socket, expression.side), expression.comparison, expression.port);
    case 'host':
      return isHost(socket, expression.side, expression.host) === expression.equal;
    default:
      return expression satisfies never;
  }
}

const portOf = (socket: SocketSnapshot, side: Side): number => (side === 'src' ? socket.localPort : socket.remotePort);

function holds(a: number, comparison: Comparison, b: number): boolean {
  switch (comparison) {
    case '=':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '>':
      return a > b;
    case '<=':
      return a <= b;
    case '>=':
      return a >= b;
    default:
      return comparison satisfies never;
  }
}

function isHost(socket: SocketSnapshot, side: Side, { address, prefix, port }: HostPattern): boolean {
  if (port !== null && portOf(socket, side) !== port) return false;
  if (address === null) return true;
  const text = side === 'src' ? socket.local : (socket.remote ?? (socket.local.includes(':') ? '::' : '0.0.0.0'));
  const own = parseAddress(text);
  if (own === null || text.includes(':') !== (address.family === 6)) return false;
  return isInPrefix(own, address, address.family === 6 ? prefix : 96 + prefix);
}

/** Whether the first `bits` of two addresses are the same; an IPv4 one is the last 32 of its 128 (RFC 4291, section 2.5.5.2). */
function isInPrefix(a: Address, b: Address, bits: number): boolean {
  const words = [a.w0 ^ b.w0, a.w1 ^ b.w1, a.w2 ^ b.w2, a.w3 ^ b.w3];
  return words.every((difference, i) => {
    const count = Math.min(32, Math.max(0, bits - 32 * i));
    return count === 0 || difference >>> (32 - count) === 0;
  });
}
