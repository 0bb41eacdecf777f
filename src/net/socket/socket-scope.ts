import { AsyncResource } from 'node:async_hooks';

/** Under which names Node keeps the stores of the context in a resource: until 22, and from 24 on. */
const STORES = ['kResourceStore', 'context_frame'];

/**
 * The context outside of all calls, for what no call of the application has begun. A resource begins with the context in
 * which it is made, and this module may be loaded within one (`import()` in a request's handler), so that is taken out.
 */
function makeOutermost(): AsyncResource {
  const resource = new AsyncResource('tcpglass') as AsyncResource & Record<symbol, unknown>;
  for (const key of Object.getOwnPropertySymbols(resource)) {
    if (STORES.includes(key.description ?? '')) resource[key] = undefined;
  }
  return resource;
}

const outermost = makeOutermost();

/** What `AsyncLocalStorage` finds in a socket's events: the context of the `connect` call, as with node:net. */
export const connectingScope = (): AsyncResource => new AsyncResource('tcpglass:Socket');

/**
 * The events of an accepted socket run outside of all contexts, as with node:net, where the handle of such a socket is
 * made by an event and not by a call. `server`: what async_hooks names as the trigger.
 */
export const acceptedScope = (server: AsyncResource): AsyncResource =>
  outermost.runInAsyncScope(makeAcceptedScope, null, server.asyncId());

const makeAcceptedScope = (triggerAsyncId: number): AsyncResource =>
  new AsyncResource('tcpglass:Socket', { triggerAsyncId });

/** 'connection' runs in the context of the `listen` call. */
export const listeningScope = (): AsyncResource => new AsyncResource('tcpglass:Server');
