// What a stack has (src/net/web/web.ts), of Node's own modules on the kernel's TCP: for tests that run one program on both.
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';

const KEPT = { keepAlive: true, scheduling: 'lifo', timeout: 5000 };

/** The Agent of Node's fetch. */
function fetchAgent() {
  void globalThis.Headers;
  return globalThis[Symbol.for('undici.globalDispatcher.1')].constructor;
}

export const kernelWeb = {
  ...{ http, https, tls, http2, fetch: globalThis.fetch },
  createServer: net.createServer,
  connect: net.connect,
  agent: (options) => new http.Agent({ ...KEPT, ...options }),
  httpsAgent: (options) => new https.Agent({ ...KEPT, ...options }),
  dispatcher: ({ undici, ...options } = {}) => new (undici?.Agent ?? fetchAgent())(options),
  /** undici makes its own of options. */
  connector: (options) => options,
};
