import type { TcpConnection } from '../../tcp/user.ts';
import type { Address } from '../../wire/address.ts';

/** What the two ends' properties need of a Socket. */
interface Ends {
  readonly connecting: boolean;
  readonly _connection: TcpConnection | undefined;
}

export function familyName(address: Address): string {
  return `IPv${address.family}`;
}

// Getters on the prototype, as everywhere, but declared as node:net's types have them: optional properties.
export const endFacts: PropertyDescriptorMap = {
  localAddress: fact((connection) => connection.local.toString()),
  localPort: fact((connection) => connection.localPort),
  localFamily: fact((connection) => familyName(connection.local)),
  remoteAddress: fact((connection) => connection.remote.toString(), true),
  remotePort: fact((connection) => connection.remotePort, true),
  remoteFamily: fact((connection) => familyName(connection.remote), true),
};

/** `whenConnected`: a peer that hasn't answered yet is not told. */
function fact(of: (connection: TcpConnection) => string | number, whenConnected = false): PropertyDescriptor {
  return {
    configurable: true,
    enumerable: true,
    get(this: Ends) {
      const connection = this._connection;
      return connection === undefined || (whenConnected && this.connecting) ? undefined : of(connection);
    },
  };
}
