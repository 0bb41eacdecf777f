import { describe, expect, it } from 'vitest';
import { Machine } from '../../support/machine.ts';
import { Peer } from '../../support/peer.ts';

/** What peers can make a host promise and hold that mean it no good: the receive buffer grows, and may not grow for them. */

const MSS = 1460;
const LARGEST = 33_554_432;
/** The window that every connection may have, however many have grown. */
const LEAST_WINDOW = 131_072;

const accepted = (machine: Machine, port: number): Peer =>
  new Peer({ machine, port, hostPort: port }).connectsToHost({ mss: MSS, wscale: 14, sackOk: true });

describe('what is held of a peer that means no good', () => {
  it('who sends nothing has been promised no more than the first window', () => {
    const peer = accepted(new Machine(), 1000);
    for (let i = 0; i < 50; i++) {
      peer.wait(100);
      peer.send({ flags: '.', seq: 1, ack: 1 }); // ACKs alone
    }
    expect(peer.c.info()).toMatchObject({ tcpi_rcv_ssthresh: 64_240 });
    expect(peer.c.receiveBuffer).toBe(131_072);
  });

  it('whose user never reads sends a buffer full, however fast it comes', () => {
    const peer = accepted(new Machine(), 1000);
    peer.user.autoRead = false;
    let next = 1;
    for (let i = 0; i < 200; i++) {
      peer.wait(1);
      peer.send({ flags: '.', seq: next, ack: 1, data: 10 * MSS, gso: MSS });
      next = peer.takeAll().at(-1)?.ack ?? next + 10 * MSS;
    }
    expect(peer.c.receiveBuffer).toBe(131_072);
    expect(peer.c.readableLength).toBeLessThanOrEqual(65_536 + 10 * MSS);
  });

  it('who fills everything but the first octet: the window grows by what came, and memory stays within the buffer', () => {
    const peer = accepted(new Machine(), 1000);
    let seq = 2;
    for (let i = 0; i < 400; i++) {
      peer.send({ flags: '.', seq, ack: 1, data: 10 * MSS, gso: MSS });
      const { rcv, reassembly, receiveBuffer } = peer.c;
      peer.takeAll();
      if (reassembly.octets === seq - 2 + 10 * MSS) seq += 10 * MSS;
      expect(rcv.wnd).toBeLessThanOrEqual(64_240 + 3 * (reassembly.octets + 10 * MSS));
      expect(reassembly.memory).toBeLessThanOrEqual(receiveBuffer);
    }
    expect(peer.c.receiveBuffer).toBeLessThanOrEqual(LARGEST);
    expect(peer.c.reassembly.octets).toBeLessThanOrEqual(LARGEST / 2);
  });

  it('who sends an octet at the far end of the window, again and again, gets no larger one for it', () => {
    const peer = accepted(new Machine(), 1000);
    for (let i = 0; i < 200; i++) {
      const { acked, wnd, irs } = peer.c.rcv;
      peer.send({ flags: '.', seq: acked - irs + wnd - 1, ack: 1, data: 1 });
      peer.takeAll();
    }
    expect(peer.c.info().tcpi_rcv_wnd).toBeLessThanOrEqual(65_536);
    expect(peer.c.reassembly.memory).toBeLessThanOrEqual(16_384);
  });

  it('and many of them together are promised their shares', () => {
    const sysctls = { tcp_rmem: [4096, 131_072, 4_194_304] as [number, number, number] };
    const machine = new Machine({ sysctls });
    const peers = Array.from({ length: 60 }, (_, i) => accepted(machine, 1000 + i));
    for (const peer of peers) {
      // Read, until the buffer has grown as far as it may; then left lying.
      let next = 1;
      for (const segments of [20, 60, 180]) {
        peer.c.rcv.rtt = 10_000;
        peer.wait(10);
        for (let i = 0; i < segments; i += 10, next += 10 * MSS) {
          peer.send({ flags: '.', seq: next, ack: 1, data: 10 * MSS, gso: MSS });
        }
        peer.takeAll();
      }
      expect(peer.c.receiveBuffer).toBeGreaterThan(1_000_000);
    }
    let promised = 0;
    for (const { c } of peers) promised += c.rcv.wnd;
    // Those that had theirs before the others came keep it; a new one has its share.
    expect(peers.at(-1)!.c.rcv.wnd).toBeLessThanOrEqual(LEAST_WINDOW);
    expect(promised).toBeLessThanOrEqual((1.5 / 2) * 4_194_304 * 2 + 60 * LEAST_WINDOW);
  });
});
