import type { Host } from '../../host/host.ts';
import type { Micros } from '../../time/wheel.ts';
import type { Settings } from '../script/settings.ts';
import type { Files } from '../shell/files.ts';
import { CONSTANTS } from '../terms/constants.ts';
import { ScriptError, Unsupported } from '../terms/errors.ts';
import type { Arguments } from './arguments.ts';
import { readErrorQueue, withControl } from './control-messages.ts';
import { open, pipe, sendfile, splice } from './files.ts';
import {
  accept,
  bind,
  close,
  connect,
  connectWithData,
  fcntl,
  ioctl,
  listen,
  shutdown,
  targetOf,
} from './lifecycle.ts';
import { atOnce, type CallResult, done, type EpollFile, type File, failed, type Operation } from './operation.ts';
import { getsockopt, setsockopt } from './options.ts';
import { epollControl, epollWait, poll } from './poll.ts';
import { SocketFile } from './socket-file.ts';
import { read, writeMany, writeOne } from './stream.ts';

const C = CONSTANTS as Record<string, number>;
const SOCKET_TYPE_MASK = 0xf;

/** The one that follows which connection the script is about. */
export interface KernelUser {
  socketMade(file: SocketFile): void;
  listening(file: SocketFile): void;
  connecting(file: SocketFile): void;
}

/** The system calls of the host under test, and its table of file descriptors. */
export class Kernel {
  private readonly host: Host;
  private readonly settings: Settings;
  private readonly user: KernelUser;
  private readonly now: () => Micros;
  private readonly files = new Map<number, File>();
  private readonly onDisk: Files;

  constructor(host: Host, settings: Settings, user: KernelUser, now: () => Micros, onDisk: Files) {
    this.onDisk = onDisk;
    this.host = host;
    this.settings = settings;
    this.user = user;
    this.now = now;
  }

  /** Sockets that are open. */
  *sockets(): IterableIterator<SocketFile> {
    for (const file of this.files.values()) if (file.type === 'socket') yield file;
  }

  /** Something has happened on the host: what of it do error queues tell? */
  look(): void {
    for (const file of this.sockets()) if (file.errorQueue.look(file.connection, this.now())) file.activity++;
  }

  /** @param wanted the descriptor that the script gives to what the call makes */
  begin(args: Arguments, wanted: number): Operation {
    const { name } = args.call;
    switch (name) {
      case 'socket':
        return this.socket(args, wanted);
      case 'epoll_create':
      case 'epoll_create1':
        return atOnce(done(this.install({ type: 'epoll', watched: new Map() }, wanted, args.line)));
      case 'poll':
        return poll(args, (fd) => this.files.get(fd), this.now());
      case 'epoll_ctl':
      case 'epoll_wait':
        return this.epoll(args);
      case 'open':
        return atOnce(done(this.install(open(args, this.onDisk), wanted, args.line)));
      case 'pipe': {
        const { numbers, ends } = pipe(args);
        for (const [i, end] of ends.entries()) this.install(end, numbers[i]!, args.line);
        return atOnce(done(0));
      }
      case 'sendfile':
        return sendfile(args, (fd) => this.files.get(fd));
      case 'splice':
        return splice(args, (fd) => this.files.get(fd));
      case 'dup':
      case 'dup2':
      case 'mmap':
        throw new Unsupported(`the system call ${name}()`);
      default:
        return this.onFile(args, wanted);
    }
  }

  private socket(args: Arguments, wanted: number): Operation {
    const family = args.numberOr(0, this.settings.socketFamily);
    const type = args.numberOr(1, C.SOCK_STREAM!);
    if (family !== C.AF_INET! && family !== C.AF_INET6!) return atOnce(failed('EAFNOSUPPORT'));
    const protocol = args.numberOr(2, C.IPPROTO_TCP!);
    if (protocol === C.IPPROTO_MPTCP!) throw new Unsupported('MPTCP');
    const isTcp = (type & SOCKET_TYPE_MASK) === C.SOCK_STREAM! && (protocol === 0 || protocol === C.IPPROTO_TCP!);
    if (!isTcp) throw new Unsupported((type & SOCKET_TYPE_MASK) === C.SOCK_DGRAM! ? 'UDP' : 'sockets that are not TCP');
    const file = new SocketFile(this.host, family);
    file.nonBlocking = (type & C.SOCK_NONBLOCK!) !== 0;
    this.user.socketMade(file);
    return atOnce(done(this.install(file, wanted, args.line)));
  }

  private install(file: File, wanted: number, line: number): number {
    // The script expects a failure; what comes instead must be told apart from it.
    if (wanted < 0) return this.install(file, Math.max(2, ...this.files.keys()) + 1, line);
    // One that is open already goes on without a name in the script, as in packetdrill.
    this.files.set(wanted, file);
    return wanted;
  }

  private epoll(args: Arguments): Operation {
    const file = this.files.get(args.number(0));
    if (file === undefined) return atOnce(failed('EBADF'));
    if (file.type !== 'epoll') return atOnce(failed('EINVAL'));
    const files = (fd: number): File | undefined => this.files.get(fd);
    if (args.call.name === 'epoll_wait') return epollWait(file as EpollFile, args, files, this.now());
    return atOnce(epollControl(file as EpollFile, args, files));
  }

  /** Calls whose first argument is a socket. */
  private onFile(args: Arguments, wanted: number): Operation {
    const fd = args.count > 0 ? args.number(0) : -1;
    const file = this.files.get(fd);
    const { name } = args.call;
    if (file !== undefined && file.type !== 'socket') {
      if (name !== 'close') throw new Unsupported(`${name}() on a descriptor that is no socket`);
      this.files.delete(fd);
      return atOnce(done(0));
    }
    if (file === undefined) {
      if (!KNOWN.has(name)) throw new Unsupported(`the system call ${name}()`);
      return atOnce(failed('EBADF'));
    }
    switch (name) {
      case 'bind':
        return atOnce(bind(file, args, this.settings));
      case 'listen': {
        const result = listen(file, args);
        if (result.errno === null) this.user.listening(file);
        return atOnce(result);
      }
      case 'accept':
        return accept(file, args, 0, (f) => this.install(f, wanted, args.line));
      case 'accept4':
        return accept(file, args, args.numberOr(3, 0), (f) => this.install(f, wanted, args.line));
      case 'connect':
        return connect(file, targetOf(file, args, 1, this.settings), () => this.user.connecting(file));
      case 'shutdown':
        return atOnce(shutdown(file, args.number(1)));
      case 'close':
        this.files.delete(fd);
        for (const other of this.files.values()) if (other.type === 'epoll') other.watched.delete(fd);
        return close(file, this.now);
      case 'fcntl':
        return atOnce(fcntl(file, args));
      case 'ioctl':
        return atOnce(ioctl(file, args));
      case 'setsockopt':
        return atOnce(setsockopt(file, args));
      case 'getsockopt':
        return atOnce(getsockopt(file, args));
      default:
        return this.transfer(name, file, args);
    }
  }

  private transfer(name: string, file: SocketFile, args: Arguments): Operation {
    switch (name) {
      case 'write':
        return writeOne(file, args, 0, this.opening(file, args, -1));
      case 'send':
      case 'sendto':
        return writeOne(file, args, args.numberOr(3, 0), this.opening(file, args, name === 'send' ? -1 : 4));
      case 'writev':
        return writeMany(file, args.list(1), 0, args.line, this.opening(file, args, -1));
      case 'sendmsg':
        return this.sendmsg(file, args);
      case 'read':
        return intoBuffer(args, read(file, args.numberOr(2, 0), 0));
      case 'recv':
      case 'recvfrom':
        return intoBuffer(args, read(file, args.numberOr(2, 0), args.numberOr(3, 0)));
      case 'readv':
        return read(file, vectorLength(args, args.list(1)), 0);
      case 'recvmsg': {
        const header = args.struct(1);
        const vectors = header.get('msg_iov');
        const length = vectors?.type === 'list' ? vectorLength(args, vectors.items) : 0;
        const flags = args.numberOr(2, 0);
        if (flags & C.MSG_ERRQUEUE!) return readErrorQueue(file, header, length, this.settings.tolerance, args.line);
        return withControl(file, read(file, length, flags), header.get('msg_control'), args.line);
      }
      default:
        throw new Unsupported(`the system call ${name}()`);
    }
  }

  private sendmsg(file: SocketFile, args: Arguments): Operation {
    const header = args.struct(1);
    const control = header.get('msg_control');
    if (control !== undefined && !(control.type === 'list' && control.items.length === 0)) {
      throw new Unsupported('control messages (msg_control)');
    }
    const vectors = header.get('msg_iov');
    const items = vectors?.type === 'list' ? vectors.items : [];
    return writeMany(file, items, args.numberOr(2, 0), args.line, this.opening(file, args, -1));
  }

  /** What a write does that opens the connection: whom with, and that the script is about it then. */
  private opening(file: SocketFile, args: Arguments, index: number): () => CallResult {
    return () => {
      const target = targetOf(file, args, index < 0 ? args.count : index, this.settings);
      return connectWithData(file, target, () => this.user.connecting(file));
    };
  }
}

const KNOWN = new Set(
  'bind listen accept accept4 connect shutdown close fcntl ioctl setsockopt getsockopt write send sendto writev sendmsg read recv recvfrom readv recvmsg'.split(
    ' ',
  ),
);

/** A buffer at NULL can't be written to: what waits stays where it is. */
function intoBuffer(args: Arguments, call: Operation): Operation {
  const buffer = args.at(1);
  const nowhere = buffer.type === 'word' && buffer.name === 'NULL' && args.numberOr(2, 0) > 0;
  return nowhere ? atOnce(failed('EFAULT')) : call;
}

/** How many octets an array of buffers holds. */
function vectorLength(args: Arguments, vectors: readonly { type: string }[]): number {
  let total = 0;
  for (const vector of vectors) {
    const items =
      vector.type === 'group' ? (vector as { items?: { type: string; value?: number }[] }).items : undefined;
    const length = items?.[1];
    if (length?.type !== 'number') throw new ScriptError(args.line, 'A part of an iovec is {buffer, length}');
    total += length.value ?? 0;
  }
  return total;
}
