import { BlockList, isIP } from 'node:net';
import type { ConnectOptions, SocketOptions } from './args.ts';
import {
  checkBoolean,
  checkFunction,
  checkInt32,
  checkNumber,
  noSuchTransport,
  wrongType,
  wrongValue,
} from './argument-errors.ts';
import { nodeError } from './errors.ts';
import { validPort } from './values.ts';

/** What node:net checks of its options, in its order. All of them throw. */

/** Those of `new Socket`. */
export function checkSocketOptions(options: SocketOptions | number): void {
  if (typeof options === 'number') throw noSuchTransport('fd', options);
  const given = options as SocketOptions & Record<string, unknown>;
  for (const name of ['objectMode', 'readableObjectMode', 'writableObjectMode']) {
    if (given[name]) throw wrongValue(`options.${name}`, given[name], 'is not supported');
  }
  if (given.keepAliveInitialDelay !== undefined) {
    checkNumber(given.keepAliveInitialDelay, 'options.keepAliveInitialDelay');
  }
  if (given.fd !== undefined) {
    checkInt32(given.fd, 'fd', 0);
    throw noSuchTransport('options.fd', given.fd);
  }
  checkBlockList(given.blockList);
}

export function checkBlockList(list: unknown): void {
  if (!list || list instanceof BlockList) return;
  throw wrongType('options.blockList', 'an net.BlockList', list); // Node's own words
}

/** Those of `connect`. @returns the port */
export function checkConnectOptions(options: Partial<ConnectOptions> & { path?: unknown }): number {
  if (options.path) {
    if (typeof options.path !== 'string') throw wrongType('options.path', 'of type string', options.path);
    throw noSuchTransport('options.path', options.path);
  }
  if (options.port === undefined) {
    throw nodeError(TypeError, 'ERR_MISSING_ARGS', 'The "options" or "port" or "path" argument must be specified');
  }
  const { localAddress, localPort } = options;
  if (localAddress && !isIP(localAddress)) throw invalidIp(localAddress);
  if (localPort) checkNumber(localPort, 'options.localPort');
  const port: unknown = options.port;
  if (typeof port !== 'number' && typeof port !== 'string') {
    throw wrongType('options.port', 'one of type number or string', port);
  }
  const number = validPort(port);
  const host: unknown = options.host;
  if (host && typeof host !== 'string') throw wrongType('options.host', 'of type string', host);
  const { autoSelectFamily, autoSelectFamilyAttemptTimeout } = options;
  if (autoSelectFamily != null) checkBoolean(autoSelectFamily, 'options.autoSelectFamily');
  if (autoSelectFamilyAttemptTimeout != null) {
    checkInt32(autoSelectFamilyAttemptTimeout, 'options.autoSelectFamilyAttemptTimeout', 1);
  }
  if (options.lookup != null && !(options.host && isIP(options.host))) checkFunction(options.lookup, 'options.lookup');
  return number;
}

export const invalidIp = (text: unknown): Error =>
  nodeError(TypeError, 'ERR_INVALID_IP_ADDRESS', `Invalid IP address: ${text}`);
