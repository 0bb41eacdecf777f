import { TcpError } from '../../tcp/terms/errors.ts';
import type { Micros } from '../../time/wheel.ts';
import type { Address } from '../../wire/address.ts';
import type { Settings } from '../script/settings.ts';
import { CONSTANTS } from '../terms/constants.ts';
import { Mismatch, Unsupported } from '../terms/errors.ts';
import { type Arguments, numberOf, type SocketAddress } from './arguments.ts';
import { atOnce, type CallResult, done, failed, type Operation } from './operation.ts';
import { SocketFile } from './socket-file.ts';

const C = CONSTANTS as Record<string, number>;
const BACKLOG_MAX = 65_535;
/** A bit of tcp_fastopen. */
const TFO_CLIENT = 1;

/** Runs what may throw a TcpError; the error becomes the call's errno. */
function guarded(call: () => CallResult): CallResult {
  try {
    return call();
  } catch (error) {
    if (error instanceof TcpError) return failed(error.code);
    throw error;
  }
}

/** The address that a script leaves open: the one that is its own, if the socket can have it. */
function openAddress(file: SocketFile, settings: Settings, address: Address, port: number): SocketAddress {
  if (file.family === settings.socketFamily) return { family: file.family, address, port };
  throw new Unsupported(`an address left open of a socket of another family (--ip_version=${settings.ipVersion})`);
}

/** A sockaddr_in6 on a socket of AF_INET has the wrong family; the other way round it is, before that, too short. */
function familyProblem(file: SocketFile, given: SocketAddress): string | null {
  if (given.family === file.family) return null;
  return file.family === C.AF_INET6! && given.family === C.AF_INET! ? 'EINVAL' : 'EAFNOSUPPORT';
}

export function bind(file: SocketFile, args: Arguments, settings: Settings): CallResult {
  const given = args.address(1) ?? openAddress(file, settings, settings.localIp, settings.bindPort);
  const problem = familyProblem(file, given);
  if (problem !== null) return failed(problem);
  if (given.family === C.AF_INET6! && given.address.family === 4 && file.v6Only) return failed('EINVAL');
  if (file.bound !== null || file.connection !== null) return failed('EINVAL');
  const { host } = file;
  if (!given.address.isUnspecified && !host.ip.isLocal(given.address)) return failed('EADDRNOTAVAIL');
  file.bound = given;
  return done(0);
}

/** Listening on any address of a family that no packet here can be of: the host would take the other's for it. */
function checkReach(file: SocketFile): void {
  const address = file.bound?.address ?? null;
  if (address !== null && !address.isUnspecified) return;
  const mayBeIpv4 = file.family === C.AF_INET! || !file.v6Only;
  const mayBeIpv6 = file.family === C.AF_INET6! && address?.family !== 4;
  const { family } = file.host.addresses[0]!;
  if (family === 4 ? mayBeIpv4 : mayBeIpv6) return;
  throw new Unsupported(`a socket that listens for what is not IPv${family}`);
}

export function listen(file: SocketFile, args: Arguments): CallResult {
  if (file.connection !== null) return failed('EINVAL');
  if (file.listener !== null) return done(0);
  checkReach(file);
  return guarded(() => {
    const given = args.numberOr(1, BACKLOG_MAX);
    file.listener = file.host.tcp.listen({
      port: file.bound?.port ?? 0,
      local: file.bound?.address,
      backlog: given < 0 ? BACKLOG_MAX : given,
      socketOptions: file.options,
      onAcceptable: () => file.onAcceptable(),
    });
    file.options = file.listener.options;
    return done(0);
  });
}

/** @param adopt takes the new socket */
export function accept(file: SocketFile, args: Arguments, flags: number, adopt: (f: SocketFile) => number): Operation {
  const attempt = (): CallResult | null => {
    if (file.listener === null) return failed('EINVAL');
    const connection = file.listener.accept();
    if (connection === null) return null;
    const accepted = new SocketFile(file.host, file.family);
    accepted.adopt(connection);
    accepted.v6Only = file.v6Only;
    accepted.otherIp = { ...file.otherIp };
    accepted.oobInline = file.oobInline;
    for (const [name, value] of file.remembered) accepted.remembered.set(name, value);
    accepted.nonBlocking = (flags & C.SOCK_NONBLOCK!) !== 0;
    const peer = { family: file.family, address: connection.remote, port: connection.remotePort };
    return done(adopt(accepted), () => checkAddress(args, 1, peer));
  };
  return { attempt, blocking: !file.nonBlocking };
}

/** An address that a call filled in. */
export function checkAddress(args: Arguments, index: number, actual: SocketAddress): void {
  const expected = args.address(index);
  if (expected === null) return;
  const text = (a: SocketAddress): string =>
    `${a.family === C.AF_INET6! ? 'AF_INET6' : 'AF_INET'} ${a.address}, port ${a.port}`;
  if (text(expected) !== text(actual)) throw new Mismatch('The address is wrong', text(expected), text(actual));
}

/** Whom a call names, at `index`; the script may leave it open. */
export function targetOf(file: SocketFile, args: Arguments, index: number, settings: Settings): SocketAddress {
  return args.address(index) ?? openAddress(file, settings, settings.remoteIp, settings.connectPort);
}

/** Why a socket can't be connected to `target`; null: it can. */
function connectProblem(file: SocketFile, target: SocketAddress): string | null {
  const problem = familyProblem(file, target);
  if (problem !== null) return problem;
  if (target.family === C.AF_INET6! && target.address.family === 4 && file.v6Only) return 'ENETUNREACH';
  return file.listener !== null ? 'EISCONN' : null;
}

export function connect(file: SocketFile, target: SocketAddress, begun: () => void): Operation {
  if (target.family === C.AF_UNSPEC!) return atOnce(disconnect(file));
  const problem = connectProblem(file, target);
  if (problem !== null) return atOnce(failed(problem));
  if (file.isDeferred) return atOnce(failed('EISCONN'));
  const again = file.connection !== null;
  if (!again) {
    const problem = open(file, target, false);
    if (problem !== null) return atOnce(problem);
    begun();
    if (file.isDeferred) return atOnce(done(0));
    if (file.nonBlocking) return atOnce(failed('EINPROGRESS'));
  }
  return handshake(file, again);
}

/**
 * The connection of a write with MSG_FASTOPEN, or of one that had TCP_FASTOPEN_CONNECT and waits for its first write: how many octets go with
 * its SYN (tcp_sendmsg_fastopen)?
 */
export function connectWithData(file: SocketFile, target: SocketAddress, begun: () => void): CallResult {
  const noFastOpen = (file.host.sysctls.tcp_fastopen & TFO_CLIENT) === 0;
  if (noFastOpen || target.family === C.AF_UNSPEC!) return failed('EOPNOTSUPP');
  if (!file.isDeferred) {
    const problem = connectProblem(file, target);
    if (problem !== null) return failed(problem);
    const refused = open(file, target, true);
    if (refused !== null) return refused;
    begun();
  }
  const { fastOpen } = file.connection!;
  if (fastOpen === null) return done(0);
  fastOpen.waitsForWrite = false;
  file.host.tcp.activate(file.connection!);
  return done(fastOpen.synWaits ? fastOpen.room : 0);
}

/** Waits for the end of the handshake. @param again the socket was connecting already */
export function handshake(file: SocketFile, again: boolean): Operation {
  const attempt = (): CallResult | null => {
    if (!file.connecting) return failed('EISCONN');
    if (file.over) {
      // The socket may be used for another attempt.
      file.connecting = false;
      file.connection = null;
      file.over = false;
      return failed(file.takeError() ?? 'ECONNABORTED');
    }
    if (file.handshaking) return null;
    file.connecting = false;
    return done(0);
  };
  if (again && file.nonBlocking) return { attempt: () => attempt() ?? failed('EALREADY'), blocking: false };
  return { attempt, blocking: true };
}

function open(file: SocketFile, target: SocketAddress, fastOpen: boolean): CallResult | null {
  const result = guarded(() => {
    const local = file.bound === null || file.bound.address.isUnspecified ? undefined : file.bound.address;
    const c = file.host.tcp.connect({
      remote: target.address,
      remotePort: target.port,
      local,
      localPort: file.bound?.port || undefined,
      socketOptions: file.options,
      fastOpen,
      user: file,
    });
    file.connection = c;
    file.options = c.ownOptions();
    file.over = false;
    file.connecting = true;
    return done(0);
  });
  return result.errno === null ? null : result;
}

/** connect(AF_UNSPEC) dissolves the association (tcp_disconnect): the peer gets a RST. */
function disconnect(file: SocketFile): CallResult {
  file.listener?.close();
  file.listener = null;
  file.connection?.abort();
  file.connection = null;
  file.connecting = file.over = file.readShut = file.writeShut = false;
  file.error = null;
  return done(0);
}

export function shutdown(file: SocketFile, how: number): CallResult {
  if (how < 0 || how > 2) return failed('EINVAL');
  const c = file.connection;
  if (c === null || file.over) return failed('ENOTCONN');
  if (how !== C.SHUT_WR!) file.readShut = true;
  if (how !== C.SHUT_RD!) {
    if (c.state === 'SYN_SENT') return disconnect(file);
    file.writeShut = true;
    c.shutdown();
  }
  return done(0);
}

/** close(2); with SO_LINGER and some seconds it waits for the peer to have everything. */
export function close(file: SocketFile, now: () => Micros): Operation {
  file.listener?.close();
  const c = file.connection;
  if (c === null || file.over) return atOnce(done(0));
  const seconds = c.settings.linger;
  c.close();
  if (seconds === null || seconds === 0 || file.nonBlocking) return atOnce(done(0));
  const waits = (): boolean => c.state === 'FIN_WAIT_1' || c.state === 'CLOSING' || c.state === 'LAST_ACK';
  return {
    attempt: () => (waits() ? null : done(0)),
    blocking: true,
    deadline: now() + seconds * 1e6,
    timedOut: () => done(0),
  };
}

export function fcntl(file: SocketFile, args: Arguments): CallResult {
  const command = args.number(1);
  switch (command) {
    case C.F_GETFL:
      return done(C.O_RDWR! | (file.nonBlocking ? C.O_NONBLOCK! : 0));
    case C.F_SETFL:
      file.nonBlocking = (args.number(2) & C.O_NONBLOCK!) !== 0;
      return done(0);
    case C.F_GETFD:
      return done(0);
    case C.F_SETFD:
      return done(0);
    default:
      throw new Unsupported(`fcntl(${args.call.args[1]?.type === 'word' ? args.word(1) : command})`);
  }
}

export function ioctl(file: SocketFile, args: Arguments): CallResult {
  const request = args.number(1);
  const answer = (value: number): CallResult => done(0, () => checkNumber(args, 2, value));
  const c = file.connection;
  switch (request) {
    case C.FIONBIO:
      file.nonBlocking = args.list(2).some((item) => numberOf(item, args.line) !== 0);
      return done(0);
    case C.SIOCINQ:
      if (file.listener !== null) return failed('EINVAL');
      return answer(file.readable);
    case C.SIOCATMARK:
      return answer(c !== null && c.urgentLength === 1 ? 1 : 0);
    case C.SIOCOUTQ:
      if (file.listener !== null) return failed('EINVAL');
      return answer(c === null || file.handshaking ? 0 : c.sendQueueLength);
    case C.SIOCOUTQNSD:
      if (file.listener !== null) return failed('EINVAL');
      return answer(c === null || file.handshaking ? 0 : c.info().tcpi_notsent_bytes);
    default:
      throw new Unsupported(`ioctl(${args.call.args[1]?.type === 'word' ? args.word(1) : request})`);
  }
}

/** A number that a call filled in: `[1000]`. */
export function checkNumber(args: Arguments, index: number, actual: number): void {
  if (args.isOpen(index)) return;
  const [item] = args.list(index);
  if (item === undefined || item.type === 'ellipsis') return;
  const expected = numberOf(item, args.line);
  if (expected !== actual) throw new Mismatch('The value that the call gives is wrong', `[${expected}]`, `[${actual}]`);
}
