import { Address, parseAddress } from '../../wire/address.ts';
import type { CallAction, Expression } from '../script/ast.ts';
import { CONSTANTS } from '../terms/constants.ts';
import { ScriptError, Unsupported } from '../terms/errors.ts';

export interface SocketAddress {
  family: number;
  address: Address;
  port: number;
}

/** A call's arguments, turned into values as the calls ask for them. */
export class Arguments {
  readonly call: CallAction;
  readonly line: number;

  constructor(call: CallAction, line: number) {
    this.call = call;
    this.line = line;
  }

  get count(): number {
    return this.call.args.length;
  }

  at(index: number): Expression {
    return this.call.args[index] ?? { type: 'ellipsis' };
  }

  isOpen(index: number): boolean {
    return this.at(index).type === 'ellipsis';
  }

  number(index: number): number {
    const expression = this.call.args[index];
    if (expression === undefined) throw new ScriptError(this.line, `${this.call.name}() needs more arguments`);
    return numberOf(expression, this.line);
  }

  /** A number, or what stands for it when the script leaves it open. */
  numberOr(index: number, fallback: number): number {
    return this.isOpen(index) ? fallback : this.number(index);
  }

  word(index: number): string {
    const expression = this.at(index);
    if (expression.type !== 'word') throw new ScriptError(this.line, `Argument ${index + 1} must be a name`);
    return expression.name;
  }

  list(index: number): Expression[] {
    const expression = this.at(index);
    if (expression.type === 'list' || expression.type === 'group') return expression.items;
    throw new ScriptError(this.line, `Argument ${index + 1} of ${this.call.name}() must be a list in brackets`);
  }

  struct(index: number): ReadonlyMap<string, Expression> {
    const expression = this.at(index);
    const inner = expression.type === 'list' && expression.items.length === 1 ? expression.items[0]! : expression;
    if (inner.type === 'struct') return inner.fields;
    throw new ScriptError(this.line, `Argument ${index + 1} of ${this.call.name}() must be a structure in braces`);
  }

  /** A sockaddr; null where the script leaves it open. */
  address(index: number): SocketAddress | null {
    if (this.isOpen(index)) return null;
    const expression = this.at(index);
    // connect(fd, AF_UNSPEC, ...): a sockaddr of which only the family matters.
    if (expression.type === 'word') {
      return { family: numberOf(expression, this.line), address: new Address(), port: 0 };
    }
    const fields = this.struct(index);
    const family = numberOf(
      fields.get('sa_family') ?? fields.get('sin6_family') ?? { type: 'word', name: 'AF_INET' },
      this.line,
    );
    const port = fields.get('sin_port') ?? fields.get('sin6_port');
    const flow = fields.get('sin6_flowinfo');
    if (flow !== undefined && flow.type !== 'ellipsis' && numberOf(flow, this.line) !== 0) {
      throw new Unsupported('a flow label of an application (sin6_flowinfo)');
    }
    return {
      family,
      port: port === undefined || port.type === 'ellipsis' ? 0 : numberOf(port, this.line),
      address: this.hostOf(fields.get('sin_addr') ?? fields.get('sin6_addr'), family),
    };
  }

  /** `inet_addr("192.0.2.1")`; of IPv6 `inet_addr("2001:db8::1")`, `inet6_addr(...)` or `inet_pton(AF_INET6, ...)`. */
  private hostOf(expression: Expression | undefined, family: number): Address {
    const given = expression?.type === 'apply' ? expression.args[expression.args.length - 1] : undefined;
    const any = family === CONSTANTS.AF_INET6 ? '::' : '0.0.0.0';
    const text = given?.type === 'string' ? given.text : any;
    const parsed = parseAddress(text);
    // ::ffff:192.0.2.1 is an address of IPv4 to us, and one of AF_INET6 to an application.
    const fits = text.includes(':') === (family === CONSTANTS.AF_INET6);
    if (parsed === null || !fits) throw new ScriptError(this.line, `Not an address of that family: ${text}`);
    return parsed;
  }
}

/** A whole number from literals, names and `|`. */
export function numberOf(expression: Expression, line: number): number {
  switch (expression.type) {
    case 'number':
      return expression.value;
    case 'word': {
      const value = CONSTANTS[expression.name];
      if (value === undefined) throw new Unsupported(`the constant ${expression.name}`);
      return value;
    }
    case 'or':
      // Not `|`: EPOLLET is bit 31.
      return Number(BigInt(numberOf(expression.left, line)) | BigInt(numberOf(expression.right, line)));
    case 'apply':
      if (['htons', 'htonl', 'ntohs', 'ntohl'].includes(expression.name) && expression.args.length === 1) {
        return numberOf(expression.args[0]!, line); // byte order is the machine's affair
      }
      throw new Unsupported(`${expression.name}() among arguments`);
    case 'list':
    case 'group':
      if (expression.items.length === 1) return numberOf(expression.items[0]!, line);
      throw new ScriptError(line, 'One number is expected here, not a list');
    case 'string':
    case 'struct':
    case 'ellipsis':
      throw new ScriptError(line, 'A number is expected here');
    default:
      return expression satisfies never;
  }
}
