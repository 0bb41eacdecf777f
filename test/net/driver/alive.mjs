// A process of its own: `alive.mjs TCP SITUATION`. Sets the situation up on node:net or on our stacks, and prints what
// was left when nothing kept the process alive any more. The exit is the test: a process that goes on never prints.
import { once } from 'node:events';
import * as nodeNet from 'node:net';
import { Cable, createStack } from '../../../dist/index.js';

/** A stack whose link lets the process go when it is told, as a TUN device does. */
function stackOn(end, addresses) {
  const handle = setInterval(() => {}, 60_000);
  const stack = createStack(Object.assign(end, { ref: () => handle.ref(), unref: () => handle.unref() }), {
    addresses,
  });
  stack.unref();
  return stack;
}

function ourNets() {
  const cable = new Cable();
  const server = stackOn(cable.a, ['10.0.0.1/24']);
  return { server, client: stackOn(cable.b, ['10.0.0.2/24']), address: '10.0.0.1' };
}

const nets = process.argv[2] === 'ours' ? ourNets() : { server: nodeNet, client: nodeNet, address: '127.0.0.1' };

/** A connected pair; the server is closed, so only the two sockets count. */
async function pair({ client = {}, server = {} } = {}) {
  const listener = nets.server.createServer(server).listen(0, nets.address);
  await once(listener, 'listening');
  const accepted = once(listener, 'connection');
  const near = nets.client.connect({ port: listener.address().port, host: nets.address, ...client });
  const [[far]] = await Promise.all([accepted, once(near, 'connect')]);
  listener.close();
  return { near, far };
}

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const facts = ({ near, far }) => [near.readyState, near.destroyed, far.readyState, far.destroyed];

const situations = {
  "the peer's data and FIN are there, and no listener reads": async () => {
    const { near, far } = await pair();
    far.end('unread');
    far.resume().unref();
    return () => facts({ near, far });
  },
  'both ended, one has not read': async () => {
    const { near, far } = await pair();
    far.end('unread');
    near.end();
    return () => facts({ near, far });
  },
  'a half-open socket behind the FIN of its peer': async () => {
    const { near, far } = await pair({ client: { allowHalfOpen: true } });
    near.resume();
    far.end();
    far.resume().unref();
    return () => facts({ near, far });
  },
  'both are paused with their buffers full': async () => {
    const { near, far } = await pair({ server: { pauseOnConnect: true } });
    near.unref();
    far.pause();
    near.write('some');
    await pause(20);
    return () => facts({ near, far });
  },
  'unref on both sides': async () => {
    const { near, far } = await pair();
    near.resume().unref();
    far.resume().unref();
    return () => facts({ near, far });
  },
  'ref after unref, until the peer ends': async () => {
    const { near, far } = await pair();
    near.resume().unref();
    far.resume().unref();
    near.ref();
    setTimeout(() => far.end(), 20);
    return () => [near.readyState, near.destroyed];
  },
  'a socket that never connects': async () => {
    const near = new nets.client.Socket();
    near.resume();
    return () => [near.readyState, near.destroyed];
  },
  'a server, unreferenced': async () => {
    const listener = nets.server.createServer().listen(0, nets.address).unref();
    return () => [listener.listening];
  },
};

const left = await situations[process.argv[3]]();
process.on('exit', () => console.log(JSON.stringify(left())));
