import { describe, expect, it } from 'vitest';
import { Peer, type PeerOptions } from '../../support/peer.ts';

const MSS = 1000;

/** With an accepted connection whose peer has a large window; without tail loss probes. */
const world = (options: PeerOptions = {}): Peer =>
  new Peer({ ...options, sysctls: { tcp_early_retrans: 0, ...options.sysctls } }).connectsToHost({
    mss: MSS,
    wscale: 14,
    sackOk: true,
  });

/** The peer acknowledges everything that is out, `times` times. */
function acknowledges(peer: Peer, times: number): void {
  for (let i = 0; i < times; i++) {
    peer.wait(10);
    peer.takeAll();
    peer.send({ flags: '.', seq: 1, ack: peer.c.bytesAcked + peer.c.sent.segments * MSS + 1, wnd: 60_000 });
  }
  peer.takeAll();
}

describe('the send buffer', () => {
  it('holds twice the first congestion window, and twice the largest that there was, up to tcp_wmem', () => {
    const peer = world({ sysctls: { tcp_wmem: [4096, 16_384, 300_000] } });
    expect(peer.c.sendBufferSize).toBe(2 * 10 * MSS);
    peer.write(700_000);
    acknowledges(peer, 3);
    expect(peer.c.cc.cwnd).toBe(80);
    expect(peer.c.sendBufferSize).toBe(2 * 80 * MSS);
    acknowledges(peer, 2);
    expect(peer.c.cc.cwnd).toBeGreaterThan(160);
    expect(peer.c.sendBufferSize).toBe(300_000);
  });

  it('does not shrink with the window after a time-out: new octets have room beside those that wait for a hole', () => {
    const peer = world();
    peer.write(400_000);
    acknowledges(peer, 3);
    peer.wait(2000);
    peer.takeAll();
    expect(peer.c.cc.cwnd).toBe(1);
    expect(peer.c.sendBufferSize).toBe(2 * 80 * MSS);
  });

  it('is as large as the user has made it', () => {
    const peer = world();
    peer.c.ownOptions().sendBuffer = 50_000;
    peer.write(200_000);
    acknowledges(peer, 3);
    expect(peer.c.sendBufferSize).toBe(50_000);
    expect(peer.c.sendSpace).toBe(50_000 - peer.c.sendQueueLength);
  });

  it('holds as many windows as the algorithm asks for (BBR: three)', () => {
    const peer = world();
    peer.c.cc.algorithm = { ...peer.c.cc.algorithm, sendBufferWindows: 3 };
    peer.write(100_000);
    acknowledges(peer, 2);
    expect(peer.c.sendBufferSize).toBe(3 * peer.c.cc.cwnd * MSS);
  });
});

describe('TCP_NOTSENT_LOWAT', () => {
  /** How much room there was, each time that the user was told that it may write. */
  function watch(peer: Peer): number[] {
    const room: number[] = [];
    peer.user.onWritable = () => {
      if (peer.c.sendSpace > 0) room.push(peer.c.sendSpace);
    };
    return room;
  }

  it.each([
    ['of the connection', {}, 8000],
    ['of the host (tcp_notsent_lowat)', { tcp_notsent_lowat: 8000 }, null],
  ])('%s: the user may write while fewer octets than that were never sent', (_, sysctls, own) => {
    const peer = world({ sysctls });
    peer.c.ownOptions().notSentLowat = own;
    peer.write(10_000);
    expect(peer.c.sendSpace).toBe(8000); // all are out
    peer.write(5000);
    expect(peer.c.sendSpace).toBe(3000);
    peer.write(5000);
    expect(peer.c.sendSpace).toBe(-2000);
    peer.takeAll();
  });

  it('and is told to go on when less than half of that waits, at once, not with the next ACK', () => {
    const peer = world();
    peer.c.ownOptions().notSentLowat = 8000;
    const room = watch(peer);
    peer.write(18_000);
    peer.takeAll();
    expect(peer.c.sendSpace).toBe(0);
    peer.send({ flags: '.', seq: 1, ack: 1001, wnd: 60_000 }); // two leave, six wait
    peer.takeAll();
    expect(room).toEqual([]);
    peer.send({ flags: '.', seq: 1, ack: 3001, wnd: 60_000 }); // four leave, two wait
    peer.takeAll();
    expect(room).toEqual([2000, 6000]); // with the ACK, and behind what it let go
  });
});
