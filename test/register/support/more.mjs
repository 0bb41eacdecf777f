// A program that knows nothing of tcpglass, in ES modules: TLS, HTTPS, HTTP/2, echo, and what isn't TCP's: pipes, a child process.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, createServer, get } from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { createRequire } from 'node:module';
import net, { connect, createServer as createNetServer, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';

const [cert, key] = [process.env.CERT, process.env.KEY];
const said = (name, ...what) => console.log(`${name}:`, ...what);
const listening = async (server, ...where) => {
  server.listen(...where);
  await once(server, 'listening');
  return server;
};
const textOf = async (stream) => {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
};

// Whose TCP it is: only the stack's sockets have `info`.
const echo = await listening(
  createNetServer((socket) => socket.pipe(socket).on('end', () => said('accepted', socket instanceof Socket))),
  7000,
);
const socket = connect(7000, '127.0.0.1');
await once(socket, 'connect');
said('net', typeof socket.info, socket instanceof Socket, echo instanceof Server);
socket.end('there and back');
said('echo', await textOf(socket));

class Mine extends Server {}
const mine = await listening(new Mine((one) => one.end('mine')), 7001);
said('class', await textOf(connect({ port: 7001 })), mine instanceof Server);

const web = await listening(
  https.createServer({ cert, key }, (_request, response) => response.end('secure')),
  7002,
);
const [answer] = await once(https.get({ port: 7002, rejectUnauthorized: false }), 'response');
said('https', await textOf(answer));
const secure = tls.connect({ port: 7002, rejectUnauthorized: false });
await once(secure, 'secureConnect');
said('tls', secure.getProtocol(), secure.remotePort);
secure.destroy();

// What is a socket, and what isn't.
class OwnSocket extends Socket {}
said(
  'sockets',
  ...[secure, process.stdout, new Socket(2).unref(), new OwnSocket()].map((each) => each instanceof Socket),
);
said('own', new OwnSocket() instanceof OwnSocket, secure instanceof OwnSocket, new Server() instanceof Socket);

https.globalAgent = new https.Agent();
const secured = https.get({ port: 7002, rejectUnauthorized: false });
said('global agent', Object.keys(https.globalAgent.sockets).length);
said('global agent', await textOf((await once(secured, 'response'))[0]));

const two = await listening(
  http2.createServer((_request, response) => response.end('two')),
  7003,
);
const session = http2.connect('http://localhost:7003');
said('http2', await textOf(session.request({ ':path': '/' }).end()), session.socket instanceof Socket);
session.close();
// What a program puts in the place of net.connect, HTTP/2 calls.
const { connect: before } = net;
net.connect = (options) => {
  said('looked on', options.port);
  return before(options);
};
http2.connect('http://localhost:7003').close();
net.connect = before;

// STARTTLS: a socket that is connected already gets TLS above it.
const upgraded = connect(7002);
await once(upgraded, 'connect');
const start = tls.connect({ socket: upgraded, rejectUnauthorized: false });
await once(start, 'secureConnect');
start.end('GET / HTTP/1.0\r\n\r\n');
said('starttls', `${(await textOf(start)).split('\r\n\r\n')[1]}, too`);

// Pipes are the kernel's.
const path = join(tmpdir(), `tcpglass-${process.pid}.sock`);
const pipe = await listening(
  createServer((_request, response) => response.end('through a pipe')),
  path,
);
const [piped] = await once(get({ socketPath: path, path: '/x' }), 'response');
said('pipe', await textOf(piped), pipe.address() === path);
const netPipe = await listening(
  createNetServer((one) => one.end('pipe')),
  `${path}2`,
);
said('net pipe', await textOf(connect(`${path}2`)));
const unconnected = new Socket().setEncoding('latin1').once('connect', () => said('connected', 'once'));
unconnected.connect({ path: `${path}2` });
said('socket pipe', await textOf(unconnected), unconnected instanceof Socket, unconnected.readableEncoding);
const http2Pipe = await listening(
  http2.createServer((_request, response) => response.end('two pipes')),
  `${path}3`,
);
const piping = http2.connect('http://localhost', { createConnection: () => connect(`${path}3`) });
said('http2 pipe', await textOf(piping.request({ ':path': '/' }).end()));
piping.close();
const tlsPipe = await listening(
  tls.createServer({ cert, key }, (one) => one.end('secret pipe')),
  `${path}4`,
);
const insecure = { rejectUnauthorized: false };
// Of a path and a port, the path is what counts.
said('tls pipe', await textOf(tls.connect({ ...insecure, path: `${path}4`, port: 7002 })));
said('net path', (await once(connect({ path: `${path}2`, port: 1 }), 'data')).toString());
const httpsPipe = await listening(
  https.createServer({ cert, key }, (_request, response) => response.end('https pipe')),
  `${path}5`,
);
const [secret] = await once(https.get({ ...insecure, socketPath: `${path}5`, agent: new https.Agent() }), 'response');
said('https pipe', await textOf(secret));
const bare = new tls.TLSSocket(null, insecure);
bare.connect(7002, '127.0.0.1');
bare.end('GET / HTTP/1.0\r\n\r\n');
said('TLSSocket', (await textOf(bare)).split('\r\n\r\n')[1], bare instanceof tls.TLSSocket);
said('child', execFileSync(process.execPath, ['-p', '1+1'], { env: {} }).toString().trim());
const child = spawn('echo', ['spawned']);
said('spawn', (await textOf(child.stdout)).trim());

const agent = new Agent({ keepAlive: true });
const plain = await listening(
  createServer((request, response) => response.end(request.url)),
  7004,
);
const [first] = await once(get({ port: 7004, path: '/a', agent }), 'response');
said('agent', await textOf(first));
agent.destroy();
const { Agent: OldAgent } = createRequire(import.meta.url)('_http_agent');
const [second] = await once(get({ port: 7004, path: '/b', agent: new OldAgent() }), 'response');
said('agent', await textOf(second));
for (const server of [echo, mine, web, two, pipe, netPipe, http2Pipe, tlsPipe, httpsPipe, plain])
  await new Promise((done) => server.close(done));
said('closed', 'all');
