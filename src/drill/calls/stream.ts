import { TcpError } from '../../tcp/terms/errors.ts';
import { ownOctet, peerOctet } from '../packets/payload.ts';
import type { Expression } from '../script/ast.ts';
import { CONSTANTS } from '../terms/constants.ts';
import { Mismatch, ScriptError, Unsupported } from '../terms/errors.ts';
import { type Arguments, numberOf } from './arguments.ts';
import { atOnce, type CallResult, done, failed, type Operation } from './operation.ts';
import { acceptedOctets } from './send-buffer.ts';
import type { SocketFile } from './socket-file.ts';

const {
  MSG_OOB,
  MSG_PEEK,
  MSG_DONTWAIT,
  MSG_WAITALL,
  MSG_MORE,
  MSG_FASTOPEN,
  MSG_EOR,
  MSG_ERRQUEUE,
  MSG_TRUNC,
  MSG_ZEROCOPY,
} = CONSTANTS as Record<string, number>;

/** A packet buffer of Linux's holds no more pieces (MAX_SKB_FRAGS): what isn't copied leaves in more packets. */
const FRAGMENTS_MAX = 17;

// ---- Sending

/** write, send, sendto: one buffer. */
export function writeOne(file: SocketFile, args: Arguments, flags: number): Operation {
  const length = args.numberOr(2, lengthOfText(args.at(1)));
  return write(file, [{ data: args.at(1), length }], flags, args.line);
}

/** writev: an array of buffers. */
export function writeMany(file: SocketFile, vectors: Expression[], flags: number, line: number): Operation {
  return write(
    file,
    vectors.map((vector) => vectorOf(vector, line)),
    flags,
    line,
  );
}

interface Vector {
  data: Expression;
  length: number;
}

function vectorOf(expression: Expression, line: number): Vector {
  if (expression.type !== 'group' || expression.items.length !== 2) {
    throw new ScriptError(line, 'A part of an iovec is {buffer, length}');
  }
  return { data: expression.items[0]!, length: numberOf(expression.items[1]!, line) };
}

const lengthOfText = (data: Expression): number => (data.type === 'string' ? data.text.length : 0);

function write(file: SocketFile, vectors: Vector[], flags: number, line: number): Operation {
  if (flags & MSG_ZEROCOPY! && (file.remembered.get('SO_ZEROCOPY') ?? 0) !== 0) {
    if (vectors.length > FRAGMENTS_MAX) throw new Unsupported(`MSG_ZEROCOPY of more than ${FRAGMENTS_MAX} pieces`);
    file.zeroCopied = true;
  }
  if (flags & MSG_FASTOPEN!) throw new Unsupported('TCP Fast Open (MSG_FASTOPEN)');
  if (vectors.some(({ data, length }) => length > 0 && data.type === 'word' && data.name === 'NULL')) {
    return atOnce(failed('EFAULT'));
  }
  return writeOctets(file, gather(file, vectors, line), flags);
}

/** Puts these octets into the stream, all of them if the call may block. */
export function writeOctets(file: SocketFile, octets: Uint8Array, flags: number): Operation {
  const blocking = !file.nonBlocking && !(flags & MSG_DONTWAIT!);
  let sent = 0;
  let waits = false;
  const attempt = (): CallResult | null => {
    const problem = writeProblem(file);
    if (problem !== null) return sent > 0 ? done(sent) : problem;
    const c = file.connection!;
    if (file.handshaking) return null;
    if (waits && !file.isWritable) return null;
    waits = false;
    const room = acceptedOctets(c, octets.length - sent);
    if (room > 0) {
      const piece = octets.subarray(sent, sent + room);
      try {
        if (flags & MSG_OOB! && sent + room === octets.length) c.sendUrgent(piece);
        else if (flags & MSG_EOR! && sent + room === octets.length) c.sendRecord(piece);
        else c.send(piece);
      } catch (error) {
        if (error instanceof TcpError) return failed(error.code === 'ENOTCONN' ? 'EPIPE' : error.code);
        throw error;
      }
      file.written.append(piece);
      sent += room;
    }
    if (sent === octets.length) return done(sent);
    file.wantsSpace = true;
    if (!blocking) return sent > 0 ? done(sent) : null;
    waits = true;
    return null;
  };
  if (flags & MSG_MORE!) return withMore(file, attempt, blocking);
  return { attempt, blocking };
}

/** MSG_MORE is TCP_CORK for one call (tcp(7)): what is pushed by this one waits, until something else pushes it. */
function withMore(file: SocketFile, attempt: () => CallResult | null, blocking: boolean): Operation {
  const c = file.connection;
  if (c !== null) c.moreComing = true;
  const after = (): void => {
    if (c !== null) c.moreComing = false;
  };
  return { attempt, blocking, after };
}

/** The octets to be sent: the script's text, padded with zeros, or our own pattern, which goes on where the last ended. */
function gather(file: SocketFile, vectors: Vector[], line: number): Uint8Array {
  const total = vectors.reduce((sum, v) => sum + v.length, 0);
  if (!(total >= 0 && total < 2 ** 30)) throw new ScriptError(line, `${total} octets can't be written`);
  const octets = new Uint8Array(total);
  let at = 0;
  for (const { data, length } of vectors) {
    for (let i = 0; i < length; i++, at++) {
      octets[at] = data.type === 'string' ? (data.text.charCodeAt(i) || 0) & 0xff : ownOctet(file.written.length + at);
    }
  }
  return octets;
}

/** Why nothing can be written: the pending error first, then that this side is shut (sk_stream_error). */
function writeProblem(file: SocketFile): CallResult | null {
  const error = file.takeError();
  if (error !== null) return failed(error);
  if (file.connection === null || file.writeShut || file.over) return failed('EPIPE');
  return null;
}

// ---- Receiving

/** read, recv, recvfrom, readv, recvmsg: `length` octets at most. */
export function read(file: SocketFile, length: number, flags: number): Operation {
  if (flags & MSG_ERRQUEUE!) throw new Unsupported('the error queue (MSG_ERRQUEUE)');
  if (flags & MSG_OOB!) return atOnce(readUrgent(file, length));
  const blocking = !file.nonBlocking && !(flags & MSG_DONTWAIT!);
  let taken = 0;
  const attempt = (): CallResult | null => {
    const c = file.connection;
    if (file.listener !== null || c === null) return failed('ENOTCONN');
    if (file.handshaking) return null;
    if (flags & MSG_PEEK!) {
      if (file.readable > 0) return done(Math.min(length, file.readable));
    } else {
      file.stepOverUrgent();
      const most = Math.min(length - taken, file.readable);
      taken += takeOctets(file, most, (flags & MSG_TRUNC!) !== 0).length;
      if (taken > 0 && (taken === length || !(flags & MSG_WAITALL!))) return done(taken);
    }
    if (length === 0) return done(0);
    const error = taken > 0 ? null : file.takeError();
    if (error !== null) return failed(error);
    if (file.atEnd) return done(taken);
    return blocking || taken === 0 ? null : done(taken);
  };
  return { attempt, blocking };
}

/** Reads `count` octets and, but for `unseen` ones, looks whether they are those that the peer sent. */
export function takeOctets(file: SocketFile, count: number, unseen = false): Uint8Array {
  const taken = new Uint8Array(count);
  let length = 0;
  while (length < count) {
    const octets = file.connection!.read(count - length);
    if (octets === null) break;
    if (!unseen) checkOctets(file, octets);
    taken.set(octets, length);
    length += octets.length;
    file.octetsRead += octets.length;
  }
  return taken.subarray(0, length);
}

function checkOctets(file: SocketFile, octets: Uint8Array): void {
  for (let i = 0; i < octets.length; i++) {
    const expected = peerOctet(file.octetsRead + i);
    if (octets[i] !== expected) {
      const where = `octet ${file.octetsRead + i} of the stream`;
      throw new Mismatch(
        'The application reads other octets than the peer sent',
        `${where}: ${expected}`,
        `${octets[i]}`,
      );
    }
  }
}

/** recv(MSG_OOB): the one octet in front of the urgent mark (tcp_recv_urg). */
function readUrgent(file: SocketFile, length: number): CallResult {
  const c = file.connection;
  if (c === null) return failed('ENOTCONN');
  if (file.oobInline || c.urgentLength === 0) return failed('EINVAL');
  if (c.urgentLength > c.readableLength) return failed('EAGAIN');
  return done(Math.min(1, length));
}
