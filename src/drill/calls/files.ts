import type { Files } from '../shell/files.ts';
import { CONSTANTS } from '../terms/constants.ts';
import { ScriptError, Unsupported } from '../terms/errors.ts';
import { type Arguments, numberOf } from './arguments.ts';
import {
  atOnce,
  type CallResult,
  done,
  type File,
  failed,
  type Operation,
  type PipeEnd,
  type RegularFile,
} from './operation.ts';
import type { SocketFile } from './socket-file.ts';
import { takeOctets, writeOctets } from './stream.ts';

const { MSG_MORE, MSG_DONTWAIT, SPLICE_F_NONBLOCK, SPLICE_F_MORE } = CONSTANTS as Record<string, number>;
/** A pipe holds 16 pages (pipe(7)). */
const PIPE_OCTETS = 65_536;

/** open(2) of a file that one of the script's commands made. */
export function open(args: Arguments, files: Files): RegularFile {
  const name = args.at(0);
  if (name.type !== 'string') throw new ScriptError(args.line, 'open() takes the name of a file');
  return { type: 'regular', octets: files.read(name.text), position: 0 };
}

/** pipe(2): the script gives the numbers of both ends, `pipe([5, 6])`. */
export function pipe(args: Arguments): { numbers: [number, number]; ends: [PipeEnd, PipeEnd] } {
  const numbers = args.list(0).map((item) => numberOf(item, args.line));
  if (numbers.length !== 2) throw new ScriptError(args.line, 'pipe() takes [reading end, writing end]');
  const held = { octets: new Uint8Array(0) };
  return {
    numbers: numbers as [number, number],
    ends: [
      { type: 'pipe', reads: true, held },
      { type: 'pipe', reads: false, held },
    ],
  };
}

/** sendfile(out, in, [offset], count). */
export function sendfile(args: Arguments, files: (fd: number) => File | undefined): Operation {
  const [to, from] = [files(args.number(0)), files(args.number(1))];
  if (to === undefined || from === undefined) return atOnce(failed('EBADF'));
  if (to.type !== 'socket' || from.type !== 'regular') throw new Unsupported('sendfile() but from a file to a socket');
  const offset = args.at(2);
  const given = offset.type === 'list' && offset.items[0] !== undefined ? numberOf(offset.items[0], args.line) : null;
  const begin = given ?? from.position;
  const octets = from.octets.subarray(begin, begin + args.number(3));
  if (octets.length === 0) return atOnce(done(0));
  const sent = (count: number): void => {
    if (given === null) from.position = begin + count;
  };
  return counted(writeOctets(to, octets, 0), sent);
}

/** splice(in, NULL, out, NULL, count, flags): one of both is a pipe. */
export function splice(args: Arguments, files: (fd: number) => File | undefined): Operation {
  const [from, to] = [files(args.number(0)), files(args.number(2))];
  if (from === undefined || to === undefined) return atOnce(failed('EBADF'));
  if ((from.type === 'pipe' && !from.reads) || (to.type === 'pipe' && to.reads)) return atOnce(failed('EBADF'));
  const [count, flags] = [args.number(4), args.numberOr(5, 0)];
  const waits = (flags & SPLICE_F_NONBLOCK!) === 0;
  if (from.type === 'socket' && to.type === 'pipe') return intoPipe(from, to, count, waits);
  if (from.type === 'pipe' && to.type === 'socket') return outOfPipe(from, to, count, flags, waits);
  if (from.type !== 'pipe' && to.type !== 'pipe') return atOnce(failed('EINVAL'));
  throw new Unsupported('splice() but between a socket and a pipe');
}

/** tcp_splice_read: what is there, but no octet from the urgent one on, whatever SO_OOBINLINE says. */
function intoPipe(socket: SocketFile, { held }: PipeEnd, count: number, waits: boolean): Operation {
  const attempt = (): CallResult | null => {
    const c = socket.connection;
    if (socket.listener !== null || c === null) return failed('ENOTCONN');
    if (socket.handshaking) return null;
    const mark = c.urgentLength;
    const there = mark === 0 ? c.readableLength : Math.min(c.readableLength, mark - 1);
    const octets = takeOctets(socket, Math.min(count, there, PIPE_OCTETS - held.octets.length));
    held.octets = joined(held.octets, octets);
    if (octets.length > 0 || count === 0 || c.readableLength > 0) return done(octets.length);
    const error = socket.takeError();
    if (error !== null) return failed(error);
    return socket.atEnd ? done(0) : null;
  };
  return { attempt, blocking: waits && !socket.nonBlocking };
}

function outOfPipe({ held }: PipeEnd, socket: SocketFile, count: number, flags: number, waits: boolean): Operation {
  const octets = held.octets.subarray(0, count);
  if (octets.length === 0) return atOnce(waits ? done(0) : failed('EAGAIN'));
  const more = flags & SPLICE_F_MORE! ? MSG_MORE! : 0;
  return counted(writeOctets(socket, octets, more | (waits ? 0 : MSG_DONTWAIT!)), (sent) => {
    held.octets = held.octets.subarray(sent);
  });
}

/** Tells how much a call that writes has taken. */
function counted(call: Operation, taken: (count: number) => void): Operation {
  const attempt = (): CallResult | null => {
    const result = call.attempt();
    if (result !== null && result.errno === null) taken(result.value);
    return result;
  };
  return { ...call, attempt };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}
