/** What a host of the lab asks of the process that holds its sockets of the kernel, and what comes back; over Node's IPC channel. */
export type Request =
  | { op: 'listen'; socket: number; address: string; port: number; backlog: number }
  | { op: 'accept'; socket: number; listener: number }
  | { op: 'connect'; socket: number; address: string; port: number; localAddress: string; localPort: number }
  | { op: 'write'; socket: number; octets: string }
  | { op: 'read'; socket: number; most: number }
  | { op: 'shutdown' | 'close' | 'reset' | 'ended'; socket: number }
  | { op: 'setNoDelay'; socket: number; noDelay: boolean }
  | { op: 'setKeepAlive'; socket: number; idle: number };

export type Asked = Request & { id: number };

/** The number of the answer to no request: it is there. */
export const READY = 0;

/** The ends of a connection, where the answer is about one that has come to be. */
export interface Ends {
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** `octets` in base64; null: the peer's FIN. `code`: what the call failed with. */
export interface Answer {
  readonly id: number;
  readonly code?: string;
  readonly message?: string;
  readonly ends?: Ends;
  readonly octets?: string | null;
}
