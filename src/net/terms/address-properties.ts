import type { TcpConnection } from '../../tcp/terms/user.ts';
import type { Address } from '../../wire/address.ts';

/** Both ends, as node:net has them. */
export interface AddressProperties {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly localFamily?: string | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly remoteFamily?: string | undefined;
}

/** What they need of a Socket. */
interface Connected {
  readonly connecting: boolean;
  readonly _connection: TcpConnection | undefined;
  readonly _isDualStack: boolean;
}

/** `isDualStack`: as a socket of both families has it, to which an IPv4 address is an IPv6 one (RFC 4291, section 2.5.5.2). */
export const addressText = (address: Address, isDualStack: boolean): string =>
  isDualStack && address.family === 4 ? `::ffff:${address}` : address.toString();

export const familyName = (address: Address, isDualStack: boolean): string =>
  isDualStack || address.family === 6 ? 'IPv6' : 'IPv4';

// Getters on the prototype, as everywhere, but declared as node:net's types have them: optional properties.
export const addressProperties: PropertyDescriptorMap = {
  localAddress: property(({ local }, isDualStack) => addressText(local, isDualStack)),
  localPort: property((connection) => connection.localPort),
  localFamily: property(({ local }, isDualStack) => familyName(local, isDualStack)),
  remoteAddress: property(({ remote }, isDualStack) => addressText(remote, isDualStack), true),
  remotePort: property((connection) => connection.remotePort, true),
  remoteFamily: property(({ remote }, isDualStack) => familyName(remote, isDualStack), true),
};

/** `whenConnected`: a peer that hasn't answered yet is not told. */
function property(
  of: (connection: TcpConnection, isDualStack: boolean) => string | number,
  whenConnected = false,
): PropertyDescriptor {
  return {
    configurable: true,
    enumerable: true,
    get(this: Connected) {
      const connection = this._connection;
      return connection === undefined || (whenConnected && this.connecting)
        ? undefined
        : of(connection, this._isDualStack);
    },
  };
}
