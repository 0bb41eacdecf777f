import { once } from 'node:events';
import { BlockList, type Socket } from 'node:net';
import type * as tls from 'node:tls';
import { cert, key } from '../as-node/certificate.ts';
import { listening, pattern, pause } from '../support/record.ts';
import { closes, gone, listens, text, type WebBehaviour } from './talk.ts';

const NAME = 'tcpglass.test';
const codeOf = (error: unknown): unknown => (error as { code?: string }).code;
const trusts = { ca: cert, servername: NAME };

export const tlsSockets: Record<string, WebBehaviour> = {
  'tls: a TLSSocket that makes its own socket': async (webs, log) => {
    const server = webs.at.tls.createServer({ key, cert }, (far) => far.resume().end('from the server'));
    const port = await listens(webs, server);
    const { TLSSocket } = webs.from.tls;
    const make = (): tls.TLSSocket => new TLSSocket(null as never, { ca: cert, rejectUnauthorized: false } as object);
    const near = make();
    log.add(near instanceof TLSSocket, near.connecting, near.remoteAddress, near.encrypted, near.bytesWritten);
    for (const event of ['connect', 'secure', 'end', 'close']) near.on(event, () => log.add(event));
    near.write('before');
    log.add(near.connect(port, webs.address, () => log.add('listener')) === near, near.connecting);
    near.setNoDelay(true).setKeepAlive(true, 1000).unref().ref();
    await once(near, 'secure');
    log.add(near.remotePort === port, near.remoteAddress === webs.address, near.getProtocol(), near.connecting);
    const closed = gone(near);
    log.add(await text(near), near.bytesRead);
    await closed;
    const by = make();
    by.connect({ host: webs.address, port });
    by.write('the handshake begins with it');
    log.add(await text(by));
    log.add(await closes(server));
    const refused = make();
    refused.connect(port, webs.address);
    refused.on('error', (error) => log.add(codeOf(error)));
    await gone(refused);
    log.add(webs.from.tls.connect({ ...trusts, host: webs.address, port }).on('error', () => {}) instanceof TLSSocket);
    const idle = make();
    idle.on('error', (error) => log.add(codeOf(error)));
    idle.destroy();
    await gone(idle);
  },
  'tls: a TLSSocket is closed with the socket below it': async (webs, log) => {
    const server = webs.at.tls.createServer({ key, cert }, (far) => {
      const [below] = accepted;
      below!.on('close', () => log.add('socket below', far.destroyed)).destroy();
      setImmediate(() => log.add('an immediate', far.destroyed));
    });
    const accepted: Socket[] = [];
    const listener = webs.server.createServer((socket) => {
      accepted.push(socket as unknown as Socket);
      server.emit('connection', socket);
    });
    const port = await listening(webs, listener);
    const near = webs.from.tls.connect({ ...trusts, host: webs.address, port }).on('error', () => {});
    await gone(near);
    listener.close();
    await once(listener, 'close');
  },
  'tls: the blockList of a server, of the releases that have one': async (webs, log) => {
    const blockList = new BlockList();
    blockList.addRange('0.0.0.0', '255.255.255.255');
    const server = webs.at.tls.createServer({ key, cert, blockList } as object, (far) => far.end('let in'));
    const port = await listens(webs, server);
    const near = webs.from.tls.connect({ ...trusts, host: webs.address, port });
    near.on('error', (error) => log.add(codeOf(error))).on('data', (bytes) => log.add(bytes));
    await gone(near);
    log.add(await closes(server));
  },
  'tls: a server that fails as it accepts has read nothing': async (webs, log) => {
    const psk = { ciphers: 'PSK+HIGH', pskCallback: () => null };
    const server = webs.at.tls.createServer({ ...psk, pskIdentityHint: 'a'.repeat(512) } as never);
    server.on('tlsClientError', (error) => log.add('server', codeOf(error)));
    const port = await listens(webs, server);
    const near = webs.from.tls.connect({ ...psk, host: webs.address, port } as never);
    near.on('error', (error) => log.add('client', codeOf(error)));
    await gone(near);
    log.add(await closes(server));
  },
  'tls: the defaults of the module may be assigned': async (webs, log) => {
    const server = webs.at.tls.createServer({ key, cert }, (far) => far.end('hello'));
    const port = await listens(webs, server);
    const before = webs.from.tls.DEFAULT_MAX_VERSION;
    webs.from.tls.DEFAULT_MAX_VERSION = 'TLSv1.2';
    try {
      log.add(webs.from.tls.DEFAULT_MAX_VERSION);
      const near = webs.from.tls.connect({ ...trusts, host: webs.address, port });
      await once(near, 'secureConnect');
      log.add(near.getProtocol(), await text(near));
    } finally {
      webs.from.tls.DEFAULT_MAX_VERSION = before;
    }
    log.add(await closes(server));
  },
  'tls.connect: what is wrong with TLS is said before what is wrong with TCP': async (webs, log) => {
    const { connect } = webs.from.tls;
    const wrong: object[] = [{ minDHSize: -1 }, { cert: 'none' }, { minVersion: 'none' }, {}, { port: -1 }];
    for (const options of wrong) {
      try {
        connect(options);
      } catch (error) {
        log.add((error as Error).message.replace(/:error:.*/, ''), codeOf(error));
      }
    }
  },
  'tls: a client that cannot begin its handshake': async (webs, log) => {
    const server = webs.at.tls.createServer({ key, cert });
    server.on('tlsClientError', (error) => log.add('far', codeOf(error)));
    const port = await listens(webs, server);
    const over = new Promise((done) => server.once('tlsClientError', done));
    const impossible = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' } as const;
    const near = webs.from.tls.connect({ ...trusts, ...impossible, host: webs.address, port });
    for (const event of ['connect', 'secureConnect']) near.on(event, () => log.add('near', event, near.connecting));
    near.on('error', (error) => log.add('near', codeOf(error)));
    await Promise.all([gone(near), over]);
    log.add(await closes(server));
    return [log.of('near'), log.of('far')];
  },
  'tls: onread, in every way': async (webs, log) => {
    const sent = pattern(100_000);
    const server = webs.at.tls.createServer({ key, cert }, (far) => far.end(sent));
    const port = await listens(webs, server);
    for (const stops of ['no', 'false', 'pause']) {
      let asked = 0;
      const buffers = [Buffer.alloc(700), Buffer.alloc(700)];
      const heard: Buffer[] = [];
      const onread = {
        buffer: stops === 'no' ? () => buffers[asked++ % 2]! : buffers[0]!,
        callback: (length: number, bytes: Uint8Array): boolean => {
          heard.push(Buffer.from(bytes.subarray(0, length)));
          if (stops === 'no' || heard.length % 20 > 0) return true;
          if (stops === 'pause') near.pause();
          setTimeout(() => near.resume(), 2);
          return stops !== 'false';
        },
      };
      const near = webs.from.tls.connect({ ...trusts, host: webs.address, port, onread } as object);
      near.on('data', () => log.add('data'));
      near.on('end', () => log.add('end', Buffer.concat(heard).equals(sent), near.bytesRead));
      await gone(near);
      log.add(stops, stops === 'no' ? asked === heard.length + 1 : asked);
    }
    log.add(await closes(server));
  },
  'tls: onread, resumed by who still has the buffer': async (webs, log) => {
    const server = webs.at.tls.createServer({ key, cert }, (far) => far.end(pattern(10_000)));
    const port = await listens(webs, server);
    for (const when of ['within its callback', 'later']) {
      let [heard, overwritten] = [0, 0];
      const buffer = Buffer.alloc(700);
      const onread = {
        buffer,
        callback: (length: number): boolean => {
          heard += length;
          const before = Buffer.from(buffer);
          const resume = (): void => {
            near.resume();
            if (!buffer.equals(before)) overwritten++;
          };
          near.pause();
          if (when === 'later') setTimeout(resume, 1);
          else resume();
          return true;
        },
      };
      const near = webs.from.tls.connect({ ...trusts, host: webs.address, port, onread } as object);
      await gone(near);
      log.add(when, heard, overwritten);
    }
    log.add(await closes(server));
  },
  'tls: a server has no listeners but the application’s, and Node’s': async (webs, log) => {
    const servers = [webs.at.tls.createServer({ key, cert }), webs.at.https.createServer({ key, cert })];
    const events = ['secureConnection', 'connection', 'tlsClientError', 'close', 'listening', 'error'];
    for (const server of [...servers, webs.at.http2.createServer(), webs.at.http2.createSecureServer({ key, cert })]) {
      log.add(...events.map((event) => server.listenerCount(event)));
    }
  },
  'tls: sessions, tickets, and what the ends know of each other': async (webs, log) => {
    const server = webs.at.tls.createServer({ key, cert, maxVersion: 'TLSv1.2' }, (far) => {
      log.add('far', far.isSessionReused(), far.servername, far.getCipher().version);
      far.end('x');
    });
    server.addContext('other.test', { key, cert });
    const port = await listens(webs, server);
    let session: Buffer | undefined;
    for (const servername of [NAME, NAME, 'other.test']) {
      const near = webs.from.tls.connect({ host: webs.address, port, rejectUnauthorized: false, servername, session });
      near.on('session', (issued) => {
        session = issued;
      });
      await once(near, 'secureConnect');
      log.add('near', near.isSessionReused(), near.authorized, near.getPeerCertificate().subject?.CN);
      const { remoteAddress, remoteFamily } = near;
      log.add('near', remoteAddress === webs.address, remoteFamily, Object.keys(near.address()).sort());
      log.add('near', await text(near), near.bytesRead, near.bytesWritten);
    }
    log.add(await closes(server));
    return [log.of('near'), log.of('far')];
  },
  'tls: renegotiation, and a server that will have none': async (webs, log) => {
    const server = webs.at.tls.createServer({ key, cert, maxVersion: 'TLSv1.2' }, (far) => far.resume());
    const port = await listens(webs, server);
    const near = webs.from.tls.connect({ ...trusts, host: webs.address, port });
    await once(near, 'secureConnect');
    log.add(await new Promise((done) => near.renegotiate({}, done)));
    near.disableRenegotiation();
    near.end();
    near.resume();
    await gone(near);
    log.add(await closes(server));
  },
  'tls: a renegotiation that begins while data is read': async (webs, log) => {
    const server = webs.at.tls.createServer({ key, cert, maxVersion: 'TLSv1.2' }, (far) => {
      far.once('data', () => far.write('answer'));
      far.resume();
    });
    const port = await listens(webs, server);
    const near = webs.from.tls.connect({ ...trusts, host: webs.address, port });
    near.write('question');
    near.once('data', (bytes) => {
      log.add(bytes);
      near.renegotiate({}, (error) => {
        log.add('renegotiated', error);
        near.end();
      });
    });
    near.resume();
    await gone(near);
    log.add(await closes(server));
  },
  'tls: the time-out of a TLSSocket': async (webs, log) => {
    const server = webs.at.tls.createServer({ key, cert }, (far) => far.resume());
    const port = await listens(webs, server);
    const near = webs.from.tls.connect({ ...trusts, host: webs.address, port });
    await once(near, 'secureConnect');
    near.setTimeout(10, () => log.add('timeout', near.timeout));
    await once(near, 'timeout');
    near.setTimeout(0);
    await pause(20);
    near.end();
    near.resume();
    await gone(near);
    log.add(await closes(server));
  },
};
