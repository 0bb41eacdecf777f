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
}

export function familyName(address: Address): string {
  return `IPv${address.family}`;
}

// Getters on the prototype, as everywhere, but declared as node:net's types have them: optional properties.
export const addressProperties: PropertyDescriptorMap = {
  localAddress: property((connection) => connection.local.toString()),
  localPort: property((connection) => connection.localPort),
  localFamily: property((connection) => familyName(connection.local)),
  remoteAddress: property((connection) => connection.remote.toString(), true),
  remotePort: property((connection) => connection.remotePort, true),
  remoteFamily: property((connection) => familyName(connection.remote), true),
};

/** `whenConnected`: a peer that hasn't answered yet is not told. */
function property(of: (connection: TcpConnection) => string | number, whenConnected = false): PropertyDescriptor {
  return {
    configurable: true,
    enumerable: true,
    get(this: Connected) {
      const connection = this._connection;
      return connection === undefined || (whenConnected && this.connecting) ? undefined : of(connection);
    },
  };
}
