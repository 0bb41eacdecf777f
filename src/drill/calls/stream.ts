import { TcpError } from '../../tcp/terms/errors.ts';
import { acceptedOctets } from '../buffers/send-buffer.ts';
import { ownOctet, peerOctet } from '../packets/payload.ts';
import type { Expression } from '../script/ast.ts';
import { CONSTANTS } from '../terms/constants.ts';
import { Mismatch, ScriptError, Unsupported } from '../terms/errors.ts';
import { type Arguments, numberOf } from './arguments.ts';
import { handshake } from './lifecycle.ts';
import { atOnce, type CallResult, done, failed, type Operation } from './operation.ts';
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
export function writeOne(file: SocketFile, args: Arguments, flags: number, open: Opening): Operation {
  const length = args.numberOr(2, lengthOfText(args.at(1)));
  return write(file, [{ data: args.at(1), length }], flags, args.line, open);
}

/** writev: an array of buffers. */
export function writeMany(
  file: SocketFile,
  vectors: Expression[],
  flags: number,
  line: number,
  open: Opening,
): Operation {
  const parts = vectors.map((vector) => vectorOf(vector, line));
  return write(file, parts, flags, line, open);
}

/** Opens the connection that the write begins: how many octets go with its SYN. */
type Opening = () => CallResult;

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

function write(file: SocketFile, vectors: Vector[], flags: number, line: number, open: Opening): Operation {
  if (isZeroCopy(file, flags) && vectors.length > FRAGMENTS_MAX) {
    throw new Unsupported(`MSG_ZEROCOPY of more than ${FRAGMENTS_MAX} pieces`);
  }
  if (vectors.some(({ data, length }) => length > 0 && data.type === 'word' && data.name === 'NULL')) {
    return atOnce(failed('EFAULT'));
  }
  const octets = gather(file, vectors, line);
  if (file.isDeferred || (flags & MSG_FASTOPEN! && file.connection === null))
    return writeFast(file, octets, flags, open);
  if (flags & MSG_FASTOPEN! && file.handshaking && isNonBlocking(file, flags)) return atOnce(failed('EALREADY'));
  return writeOctets(file, octets, flags);
}

const isNonBlocking = (file: SocketFile, flags: number): boolean => file.nonBlocking || (flags & MSG_DONTWAIT!) !== 0;

/**
 * The first write is what opens the connection (RFC 7413, Appendix A). One that doesn't block takes what fits into the SYN; one that does
 * waits for the handshake, and what goes behind the SYN's part waits in the send queue meanwhile.
 */
function writeFast(file: SocketFile, octets: Uint8Array, flags: number, open: Opening): Operation {
  const opened = open();
  if (opened.errno !== null) return atOnce(opened);
  const c = file.connection!;
  const inSyn = Math.min(opened.value, octets.length);
  const first = isNonBlocking(file, flags) ? inSyn : Math.max(inSyn, acceptedOctets(c, octets.length));
  if (first > 0) {
    c.send(octets.subarray(0, first));
    file.written.append(octets.subarray(0, first));
    if (isNonBlocking(file, flags) || first === octets.length) file.errorQueue.wrote(c, isZeroCopy(file, flags));
  }
  if (isNonBlocking(file, flags)) return atOnce(inSyn > 0 ? done(inSyn) : failed('EINPROGRESS'));
  const connected = handshake(file, false);
  const rest = writeOctets(file, octets.subarray(first), flags);
  const attempt = (): CallResult | null => {
    if (file.connecting) {
      const result = connected.attempt();
      if (result === null || result.errno !== null) return result;
    }
    if (first === octets.length) return done(first);
    const result = rest.attempt();
    return result === null || result.errno !== null ? result : done(first + result.value);
  };
  return { attempt, blocking: true };
}

const isZeroCopy = (file: SocketFile, flags: number): boolean =>
  (flags & MSG_ZEROCOPY!) !== 0 && (file.remembered.get('SO_ZEROCOPY') ?? 0) !== 0;

/** Puts these octets into the stream, all of them if the call may block. */
export function writeOctets(file: SocketFile, octets: Uint8Array, flags: number): Operation {
  const blocking = !file.nonBlocking && !(flags & MSG_DONTWAIT!);
  let sent = 0;
  let waits = false;
  const written = (): CallResult => {
    if (sent > 0) file.errorQueue.wrote(file.connection!, isZeroCopy(file, flags));
    return done(sent);
  };
  const attempt = (): CallResult | null => {
    const problem = writeProblem(file);
    if (problem !== null) return sent > 0 ? written() : problem;
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
    if (sent === octets.length) return written();
    c.wantsSpace = true;
    if (!blocking) return sent > 0 ? written() : null;
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
  if (flags & MSG_ERRQUEUE!) throw new Unsupported('the error queue (MSG_ERRQUEUE) without recvmsg()');
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
