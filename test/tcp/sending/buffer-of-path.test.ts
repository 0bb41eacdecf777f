import { expect, it } from 'vitest';
import { growSendBuffer, sendBuffer } from '../../../src/tcp/sending/buffer.ts';
import { Peer } from '../../support/peer.ts';

const MIB = 2 ** 20;

/** A connection with a window of 32 MiB and a path of `rtt` microseconds that takes `rate` octets a second. */
function bufferOf(rtt: number, rate: number): number {
  const { c } = new Peer().connectsToHost({ mss: 1000 });
  c.cc.cwnd = 32_000;
  c.rtt.noteLeast(rtt, 1e12, 1); // that of the handshake is long past
  c.delivery.rateSegments = 1000;
  c.delivery.rateInterval = (1000 * 1000 * 1e6) / rate;
  growSendBuffer(c);
  return sendBuffer(c);
}

it('a send buffer beyond 4 MiB is for long paths: elsewhere it would only fill queues', () => {
  // 100 ms of a gigabit are 12.5 MB: 4 times that, or tcp_wmem's largest.
  expect(bufferOf(100_000, 125e6)).toBe(32 * MIB);
  expect(bufferOf(20_000, 125e6)).toBe(10e6);
  // A link of 25 Gbit/s within a machine holds 1 MB.
  expect(bufferOf(300, 3.2e9)).toBe(4 * MIB);
});
