import { Address, parseAddress } from '../../../wire/address.ts';
import type { CallAction, Expression } from '../ast.ts';
import { CONSTANTS } from '../constants.ts';
import { ScriptError, Unsupported } from '../errors.ts';

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
    const family = numberOf(fields.get('sa_family') ?? { type: 'word', name: 'AF_INET' }, this.line);
    if (family === CONSTANTS.AF_INET6) throw new Unsupported('IPv6 (a sockaddr of AF_INET6)');
    const port = fields.get('sin_port');
    const host = fields.get('sin_addr');
    return {
      family,
      port: port === undefined || port.type === 'ellipsis' ? 0 : numberOf(port, this.line),
      address: this.hostOf(host),
    };
  }

  private hostOf(expression: Expression | undefined): Address {
    const text =
      expression?.type === 'apply' && expression.args[0]?.type === 'string' ? expression.args[0].text : '0.0.0.0';
    const parsed = parseAddress(text);
    if (parsed === null) throw new ScriptError(this.line, `Not an IP address: ${text}`);
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
