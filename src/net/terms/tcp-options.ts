import {
  RECEIVE_BUFFER_MIN,
  SEND_BUFFER_MIN,
  SocketOptions as TcpSocketOptions,
} from '../../tcp/terms/socket-options.ts';
import type { ExtraSettings } from './args.ts';
import { checkBoolean, checkInt32, checkNumber, outOfRange, wrongType, wrongValue } from './argument-errors.ts';

type ToTcp = Pick<ExtraSettings, 'quickAck' | 'recvBufferSize' | 'sendBufferSize'>;

/** Those settings that TCP wants before the handshake, as its own options; null: none is set. */
export function tcpOptions({ quickAck, recvBufferSize, sendBufferSize }: ToTcp): TcpSocketOptions | null {
  if (quickAck === undefined && recvBufferSize === undefined && sendBufferSize === undefined) return null;
  const options = new TcpSocketOptions();
  if (quickAck !== undefined) {
    checkBoolean(quickAck, 'options.quickAck');
    options.quickAck = quickAck;
  }
  if (recvBufferSize !== undefined) options.receiveBuffer = receiveBuffer(recvBufferSize, 'options.recvBufferSize');
  if (sendBufferSize !== undefined) options.sendBuffer = sendBuffer(sendBufferSize, 'options.sendBufferSize');
  return options;
}

/** SO_RCVBUF (socket(7)): half of it is a window, the other half is there for what comes in small pieces. */
export const receiveBuffer = (octets: number, name: string): number => doubled(octets, name, RECEIVE_BUFFER_MIN);
export const sendBuffer = (octets: number, name: string): number => doubled(octets, name, SEND_BUFFER_MIN);

function doubled(octets: number, name: string, least: number): number {
  checkInt32(octets, name, 1);
  return Math.max(2 * octets, least);
}

const UINT32 = 2 ** 32 - 1;
const INT32 = 2 ** 31 - 1;
const KEEPALIVE_MAX = 32_767;

/** What setsockopt(2) takes for each: flags, numbers between two bounds, a name, or octets. */
const TAKES: Readonly<Record<keyof Omit<TcpSocketOptions, 'copy' | 'equals' | 'withNoDelay'>, Takes>> = {
  noDelay: 'flag',
  cork: 'flag',
  maxSegment: [88, 32_767],
  keepAlive: 'flag',
  keepIdle: [1, KEEPALIVE_MAX],
  keepInterval: [1, KEEPALIVE_MAX],
  keepCount: [1, 127],
  synCount: [1, 127],
  linger2: [-INT32, INT32],
  deferAccept: [0, INT32],
  fastOpenQueue: [0, INT32],
  fastOpenKey: 'octets',
  fastOpenNoCookie: 'flag',
  fastOpenConnect: 'flag',
  notSentLowat: [0, UINT32],
  userTimeout: [0, INT32],
  quickAck: 'flag',
  windowClamp: [0, INT32],
  congestion: 'name',
  maxPacingRate: [0, Number.POSITIVE_INFINITY],
  tos: [0, 255],
  ttl: [1, 255],
  ipOptions: 'octets',
  localPortRange: [0, UINT32],
  sendBuffer: [SEND_BUFFER_MIN, INT32],
  receiveBuffer: [RECEIVE_BUFFER_MIN, INT32],
  linger: [0, INT32],
};

type Takes = 'flag' | 'name' | 'octets' | readonly [least: number, most: number];

/**
 * TCP's own options, as a user of the raw interface gives them; undefined: none is set.
 * @throws TypeError, RangeError: there is no such option, or it can't have that value
 */
export function checkedTcpOptions(
  given: Partial<TcpSocketOptions> | undefined,
  name: string,
): TcpSocketOptions | undefined {
  if (given === undefined) return undefined;
  if (typeof given !== 'object' || given === null) throw wrongType(name, 'of type object', given);
  const options = new TcpSocketOptions();
  for (const [key, value] of Object.entries(given)) {
    if (!Object.hasOwn(TAKES, key)) throw wrongValue(`${name}.${key}`, value, 'is no option of a TCP socket');
    if (value === undefined || (value === null && options[key as keyof typeof TAKES] === null)) continue;
    checkTaken(TAKES[key as keyof typeof TAKES], value, `${name}.${key}`);
    Object.assign(options, { [key]: value });
  }
  return options;
}

function checkTaken(takes: Takes, value: unknown, name: string): void {
  if (takes === 'flag') checkBoolean(value, name);
  else if (takes === 'name') {
    if (typeof value !== 'string') throw wrongType(name, 'of type string', value);
  } else if (takes === 'octets') {
    if (!(value instanceof Uint8Array)) throw wrongType(name, 'an instance of Uint8Array', value);
  } else {
    checkNumber(value, name);
    const [least, most] = takes;
    if (!(value >= least && value <= most)) throw outOfRange(name, `>= ${least} && <= ${most}`, value);
  }
}
