import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

/** A system error as node:net shapes it, so that code written for node:net recognises it. */
export interface SystemError extends NodeJS.ErrnoException {
  address?: string;
  port?: number;
  localAddress?: string;
  localPort?: number;
}

const errnoOf = (code: string): number => -((constants.errno as Record<string, number>)[code] ?? 0);

/** What a connection attempt was asked for, to name its failure. */
export interface Attempt {
  address: string;
  port: number;
  localAddress: string | undefined;
  localPort: number | undefined;
}

function build(message: string, code: string, syscall: string, address?: string, port?: number): SystemError {
  const error: SystemError = new Error(message);
  error.errno = errnoOf(code);
  error.code = code;
  error.syscall = syscall;
  if (address !== undefined) error.address = address;
  if (port) error.port = port;
  return error;
}

/** `read ECONNRESET`, `write EPIPE`. */
export const streamError = (code: string, syscall: string): SystemError => build(`${syscall} ${code}`, code, syscall);

/** `connect ECONNREFUSED 10.9.0.1:80`, with the local end behind it when the application chose one. */
export function connectError(
  code: string,
  syscall: string,
  address: string,
  port: number,
  localAddress?: string,
  localPort?: number,
): SystemError {
  const where = port > 0 ? `${address}:${port}` : address;
  const from = localAddress && localPort ? ` - Local (${localAddress}:${localPort})` : '';
  const error = build(`${syscall} ${code} ${where}${from}`, code, syscall, address, port);
  if (from) {
    error.localAddress = localAddress!;
    error.localPort = localPort!;
  }
  return error;
}

/** `listen EADDRINUSE: address already in use 10.9.0.2:80`. */
export function listenError(code: string, address: string, port: number): SystemError {
  const text = getSystemErrorMap().get(errnoOf(code))?.[1] ?? 'failed';
  const where = port > 0 ? `${address}:${port}` : address;
  const { errno, ...fields } = build('', code, 'listen', address, port);
  // The order of the fields is what people see printed, and node:net has another one here.
  return Object.assign(new Error(`listen ${code}: ${text} ${where}`), { code, errno, ...fields });
}

/** One of Node's own `ERR_...` errors. */
export function nodeError<E extends Error>(
  type: new (message: string) => E,
  code: string,
  message: string,
): E & { code: string } {
  return Object.assign(new type(message), { code });
}

/** Throws later, by itself: an application's exception must not end the batch that serves the other connections. */
export function throwLater(error: unknown): void {
  process.nextTick(rethrow, error);
}

function rethrow(error: unknown): never {
  throw error;
}

/** The local end is at fault for these, and node:net says so by another syscall and address. */
export function openError(code: string, attempt: Attempt): SystemError {
  const { address, port, localAddress, localPort } = attempt;
  if ((code === 'EADDRINUSE' || code === 'EADDRNOTAVAIL') && (localAddress || localPort)) {
    return connectError(code, 'bind', localAddress || (address.includes(':') ? '::' : '0.0.0.0'), localPort ?? 0);
  }
  return connectError(code, 'connect', address, port, localAddress, localPort);
}

export const blockedError = (address: string): SystemError =>
  nodeError(Error, 'ERR_IP_BLOCKED', `IP(${address}) is blocked by net.BlockList`);

/** The link is gone, for the reason that it gave. */
export function linkError(syscall: string, reason: string): SystemError {
  const error = streamError('ENETDOWN', syscall);
  error.message += `: ${reason}`;
  return error;
}
