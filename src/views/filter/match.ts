import { type Address, parseAddress } from '../../wire/address.ts';
import type { Comparison, Expression, HostPattern, Side } from './filter.ts';

/** Who talks to whom: of a ends, or of an entry of a log. */
export interface Ends {
  local: string;
  localPort: number;
  /** null: of a listener. */
  remote: string | null;
  remotePort: number;
}

/** Whether an expression is true of these ends. A listener's peer is no address, and port 0. */
export function matches(expression: Expression, ends: Ends): boolean {
  switch (expression.type) {
    case 'and':
      return matches(expression.left, ends) && matches(expression.right, ends);
    case 'or':
      return matches(expression.left, ends) || matches(expression.right, ends);
    case 'not':
      return !matches(expression.of, ends);
    case 'port':
      return holds(portOf(ends, expression.side), expression.comparison, expression.port);
    case 'host':
      return isHost(ends, expression.side, expression.host) === expression.equal;
    default:
      return expression satisfies never;
  }
}

const portOf = (ends: Ends, side: Side): number => (side === 'src' ? ends.localPort : ends.remotePort);

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

function isHost(ends: Ends, side: Side, { address, prefix, port }: HostPattern): boolean {
  if (port !== null && portOf(ends, side) !== port) return false;
  if (address === null) return true;
  const text = side === 'src' ? ends.local : (ends.remote ?? (ends.local.includes(':') ? '::' : '0.0.0.0'));
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
