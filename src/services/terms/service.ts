import type { ServerOptions, ServiceSocket } from './net-api.ts';

/** What a service is: what happens to one connection. */
export interface Service {
  readonly options: ServerOptions;
  onConnection(socket: ServiceSocket): void;
  /** Ends timers and the like, after the listener was closed. */
  close?(): void;
}

/**
 * For a socket's 'error' event: the peer's reset or a timeout ends this connection and is no other connection's business.
 * ('close' follows, and the streams that were piped are destroyed with it.)
 */
export const swallow = (): void => {};
