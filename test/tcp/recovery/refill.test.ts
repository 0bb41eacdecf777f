import { expect, it } from 'vitest';
import { Peer } from '../../support/peer.ts';

const at = (k: number): number => 1 + 1000 * k;

/** How many segments of 1000 octets leave. */
const leaving = (peer: Peer): number =>
  peer.takeAll().reduce((sum, { data }) => sum + Math.ceil((data as number) / 1000), 0);

it('a window that an undo has restored fills as in slow start, and not with a burst (RFC 4015, section 3.4)', () => {
  const peer = new Peer({
    sysctls: { tcp_congestion_control: 'reno', tcp_early_retrans: 0, tcp_wmem: [4096, 900_000, 900_000] },
  });
  peer.connectsToHost({ mss: 1012, sackOk: true, ts: [5000, 0], wscale: 7, wnd: 60_000 });
  const echo = (): number => peer.now;
  let una = 0;
  const ack = (upTo: number, ecr: number, sack: [number, number][] = []): void =>
    peer.send({ flags: '.', seq: 1, ack: at(upTo), ts: [5000 + Math.round(peer.now), ecr], sack, wnd: 60_000 });
  peer.write(800_000);
  let sent = leaving(peer);
  while (peer.c.info().tcpi_snd_cwnd < 80) {
    peer.wait(10);
    una = sent;
    ack(una, Math.round(echo() - 10));
    sent += leaving(peer);
  }
  const before = peer.c.info().tcpi_snd_cwnd;
  // The first segment is late: all others have arrived, and it is sent again, before the original's ACK comes.
  peer.wait(10);
  const ecr = Math.round(peer.now - 10);
  ack(una, ecr, [[at(una + 1), at(sent - 2)]]);
  sent += leaving(peer) - 1;
  expect(peer.c.info().tcpi_ca_state).toBe(3);
  peer.wait(1);
  ack(sent - 2, ecr);
  // As large as it was; but of what it has room for only ten leave now.
  const { tcpi_snd_cwnd, tcpi_unacked } = peer.c.info();
  expect(tcpi_snd_cwnd).toBeGreaterThanOrEqual(before);
  expect(tcpi_unacked).toBeLessThan(before / 2);
  expect(leaving(peer)).toBe(10);
});
