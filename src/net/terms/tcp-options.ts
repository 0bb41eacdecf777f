import {
  RECEIVE_BUFFER_MIN,
  SEND_BUFFER_MIN,
  SocketOptions as TcpSocketOptions,
} from '../../tcp/terms/socket-options.ts';
import type { ExtraSettings } from './args.ts';
import { checkBoolean, checkInt32 } from './argument-errors.ts';

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
