import { Socket } from 'node:net';
import { loadAddon } from '../../link/native.ts';
import { type Answer, type Asked, type Ends, READY } from './protocol.ts';

// A program of its own: it holds sockets of the kernel for a host of the lab, and does with them what it is told over its IPC channel. It
// reads nothing from a socket before it is asked to, so that what is unread is unread in the kernel.

const sockets = new Map<number, HeldSocket>();
/** Their file numbers. */
const listeners = new Map<number, number>();

/** A socket, and what has been read of it that nobody has asked for yet. */
class HeldSocket {
  readonly socket: Socket;
  error: NodeJS.ErrnoException | null = null;
  private atEnd = false;
  private isOver = false;
  private readonly chunks: Buffer[] = [];
  private waiting: (() => void)[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.pause();
    socket.on('data', (chunk: Buffer) => {
      this.chunks.push(chunk);
      socket.pause();
      this.wake();
    });
    socket.on('end', () => {
      this.atEnd = true;
      this.wake();
    });
    socket.on('error', (error) => {
      this.error = error;
      this.wake();
    });
    socket.on('close', () => {
      this.isOver = true;
      this.wake();
    });
  }

  async read(most: number): Promise<Buffer | null> {
    while (this.chunks.length === 0) {
      if (this.atEnd) return null;
      if (this.error !== null) throw this.error;
      if (this.isOver) return null;
      this.socket.resume();
      await this.news();
    }
    const chunk = this.chunks.shift()!;
    if (chunk.length > most) this.chunks.unshift(chunk.subarray(most));
    return chunk.subarray(0, most);
  }

  async write(octets: Buffer): Promise<void> {
    if (this.error !== null) throw this.error;
    await new Promise<void>((resolve, reject) => {
      this.socket.write(octets, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Until both directions are closed, or it has failed. */
  async ended(): Promise<void> {
    while (!this.isOver && this.error === null) await this.news();
    if (this.error !== null) throw this.error;
  }

  close(): void {
    // What is queued here is still written; what the kernel has is its own affair.
    if (this.socket.writableLength > 0) this.socket.destroySoon();
    else this.socket.destroy();
  }

  private news(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

/** How often is looked for a connection that somebody waits for, in milliseconds. */
const LOOK_EVERY = 2;

/** Takes the next connection of a listener, when it comes: none before somebody asks for it, and one at a time. */
async function accept(id: number, listener: number): Promise<Ends> {
  for (;;) {
    const listening = listeners.get(listener);
    if (listening === undefined) throw Object.assign(new Error('the listener is closed'), { code: 'EINVAL' });
    const fd = loadAddon().acceptFrom(listening);
    if (fd >= 0) {
      const socket = new Socket({ fd, allowHalfOpen: true });
      sockets.set(id, new HeldSocket(socket));
      return endsOf(socket);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}

async function connect(asked: Extract<Asked, { op: 'connect' }>): Promise<Ends> {
  const { address, port, localAddress, localPort } = asked;
  const socket = new Socket({ allowHalfOpen: true });
  const held = new HeldSocket(socket);
  sockets.set(asked.socket, held);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
    socket.connect({ host: address, port, localAddress, ...(localPort > 0 && { localPort }) });
  });
  return endsOf(socket);
}

const endsOf = ({ localPort, remoteAddress, remotePort }: Socket): Ends => ({
  localPort: localPort ?? 0,
  remoteAddress: remoteAddress ?? '',
  remotePort: remotePort ?? 0,
});

async function answerTo(asked: Asked): Promise<Omit<Answer, 'id'>> {
  switch (asked.op) {
    case 'listen':
      listeners.set(asked.socket, loadAddon().openListener(asked.address, asked.port, asked.backlog));
      return {};
    case 'accept':
      return { ends: await accept(asked.socket, asked.listener) };
    case 'connect':
      return { ends: await connect(asked) };
    case 'write':
      await sockets.get(asked.socket)?.write(Buffer.from(asked.octets, 'base64'));
      return {};
    case 'read': {
      const octets = (await sockets.get(asked.socket)?.read(asked.most)) ?? null;
      return { octets: octets === null ? null : octets.toString('base64') };
    }
    case 'ended':
      await sockets.get(asked.socket)?.ended();
      return {};
    default:
      doTo(asked);
      return {};
  }
}

/** What is done at once. */
function doTo(asked: Asked): void {
  const held = sockets.get(asked.socket);
  switch (asked.op) {
    case 'shutdown':
      held?.socket.end();
      break;
    case 'close':
      held?.close();
      closeListener(asked.socket);
      break;
    case 'reset':
      held?.socket.resetAndDestroy();
      break;
    case 'setNoDelay':
      held?.socket.setNoDelay(asked.noDelay);
      break;
    case 'setKeepAlive':
      held?.socket.setKeepAlive(true, asked.idle * 1000);
      break;
    default:
  }
}

function closeListener(id: number): void {
  const fd = listeners.get(id);
  if (fd !== undefined) loadAddon().closeListener(fd);
  listeners.delete(id);
}

process.on('message', (asked: Asked) => {
  answerTo(asked).then(
    (answer) => process.send!({ id: asked.id, ...answer }),
    ({ code = 'EINVAL', message }: NodeJS.ErrnoException) => process.send!({ id: asked.id, code, message }),
  );
});
process.on('disconnect', () => process.exit());
process.send!({ id: READY });
