import { describe, expect, it } from 'vitest';
import { Peer } from '../../support/peer.ts';
import { F, optionList, sendRaw, takeRaw } from '../../support/raw-packets.ts';

const MSS_1000 = [2, 4, 3, 232];
const TIMESTAMPS = [8, 10, 0, 0, 0, 9, 0, 0, 0, 0];

/** The peer opens with these octets of options. @returns how long a full segment of the host's is then */
function segmentAfterSyn(options: number[]): number {
  const peer = new Peer();
  peer.listen();
  sendRaw(peer, { flags: F.SYN, options });
  const synAck = peer.expect({ flags: 'S.', seq: 0, ack: 1 });
  peer.send({ flags: '.', seq: 1, ack: 1, ...(synAck.ts ? { ts: [10, 0] } : {}) });
  peer.accept();
  peer.write(20_000);
  return peer.takeAll()[0]!.data as number;
}

/** Every kind of segment that the host sends, octet by octet. */
function allKinds(sysctls = {}): ReturnType<typeof takeRaw>[] {
  const out: ReturnType<typeof takeRaw>[] = [];
  const peer = new Peer({ sysctls });
  const take = () => {
    while (peer.machine.packets.length > 0) out.push(takeRaw(peer));
  };
  peer.listen();
  sendRaw(peer, { flags: F.SYN, options: [...MSS_1000, 4, 2, ...TIMESTAMPS, 1, 3, 3, 7] });
  const heard = peer.machine.packets[0]!.bytes;
  peer.hostIss = (heard[24]! << 24) | (heard[25]! << 16) | (heard[26]! << 8) | heard[27]! | 0;
  take();
  peer.send({ flags: '.', seq: 1, ack: 1 });
  peer.accept();
  peer.write(2500);
  take();
  peer.send({ flags: 'P.', seq: 101, ack: 1, data: 100 });
  peer.send({ flags: 'P.', seq: 301, ack: 1, data: 101 });
  take();
  peer.abort();
  take();
  const second = new Peer({ sysctls, port: 2 });
  second.open();
  while (second.machine.packets.length > 0) out.push(takeRaw(second));
  return out;
}

describe('options', () => {
  it('[MUST-4] End of List ends them, No-Operation is stepped over, MSS is taken (3.1)', () => {
    expect(segmentAfterSyn([1, 1, ...MSS_1000])).toBe(1000);
    expect(segmentAfterSyn([...MSS_1000, 0, 2, 4, 1, 44])).toBe(1000);
    expect(segmentAfterSyn([0, ...MSS_1000])).toBe(536);
  });

  it('[MUST-64] they may begin at any octet (3.2)', () => {
    for (let pad = 0; pad < 4; pad++) {
      expect(segmentAfterSyn([...Array<number>(pad).fill(1), ...MSS_1000, 0])).toBe(1000);
    }
    expect(segmentAfterSyn([3, 3, 2, ...MSS_1000])).toBe(1000);
    expect(segmentAfterSyn([1, ...TIMESTAMPS, ...MSS_1000])).toBe(988);
  });

  it('[MUST-6] unknown ones are stepped over by their length (3.1)', () => {
    expect(segmentAfterSyn([253, 6, 1, 2, 3, 4, ...MSS_1000])).toBe(1000);
    expect(segmentAfterSyn([254, 2, 30, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...MSS_1000])).toBe(1000);
  });

  it('[MUST-7] an illegal length ends the list: what stood before counts, the segment too (3.1)', () => {
    for (const illegal of [[253, 0], [253, 1], [253, 40, 1], [8, 255], [2, 0], [3], [5, 3, 1]]) {
      expect(segmentAfterSyn([...MSS_1000, ...illegal])).toBe(1000);
      expect(segmentAfterSyn([...illegal.slice(0, 2), ...(illegal.length === 1 ? [0] : []), ...MSS_1000])).toBe(536);
    }
  });

  it('[MUST-7] a known option of a wrong length says nothing', () => {
    expect(segmentAfterSyn([2, 3, 3, ...MSS_1000])).toBe(1000);
    expect(segmentAfterSyn([2, 6, 3, 232, 0, 0])).toBe(536);
    expect(segmentAfterSyn([...MSS_1000, 8, 9, 0, 0, 0, 9, 0, 0, 0])).toBe(1000);
  });

  it('[MUST-5] they are taken in any segment: ACK, data, FIN and RST (3.1)', () => {
    const options = [253, 5, 1, 2, 3, 1, ...MSS_1000];
    const peer = new Peer().connectsToHost();
    peer.write(10);
    peer.takeAll();
    sendRaw(peer, { flags: F.ACK, seq: 1, ack: 11, options });
    expect(peer.c.sendQueueLength).toBe(0);
    peer.user.verify = false;
    sendRaw(peer, { flags: F.ACK, seq: 1, ack: 11, options, data: [1, 2, 3] });
    peer.expect({ flags: '.', ack: 4 });
    expect(peer.user.received).toBe(3);
    sendRaw(peer, { flags: F.ACK | F.FIN, seq: 4, ack: 11, options });
    peer.wait(40);
    peer.expect({ flags: '.', ack: 5 });
    sendRaw(peer, { flags: F.RST, seq: 5, options });
    expect(peer.state).toBe('CLOSED');
  });

  it('[MUST-68] every one that leaves has its length, in every kind of segment (3.1)', () => {
    const kinds = allKinds().map((segment) => optionList(segment.options).map((option) => option.kind));
    expect(kinds[0]).toEqual([2, 4, 8, 1, 3]);
    expect(kinds).toContainEqual([1, 1, 8, 1, 1, 5]);
    expect(kinds.at(-1)).toEqual([2, 4, 8, 1, 3]);
  });

  it('[MUST-69] lists are filled up with No-Operation in front, so nothing but zeros ever follows an end (3.1)', () => {
    for (let bits = 0; bits < 8; bits++) {
      const sysctls = { tcp_sack: bits & 1, tcp_timestamps: bits & 2, tcp_window_scaling: (bits & 4) >> 2 };
      for (const { options } of allKinds(sysctls)) {
        const end = optionList(options).findIndex((option) => option.kind === 0);
        expect(end).toBe(-1);
        expect(options.length % 4).toBe(0);
      }
    }
  });

  it('reserved bits of the header are not looked at (3.1)', () => {
    const peer = new Peer();
    peer.listen();
    sendRaw(peer, { flags: F.SYN, reserved: 0xe, options: MSS_1000 });
    peer.expect({ flags: 'S.', ack: 1 });
  });

  it('a data offset that lies is a bad segment: dropped (3.1)', () => {
    const peer = new Peer();
    peer.listen();
    sendRaw(peer, { flags: F.SYN, dataOffset: 4 });
    sendRaw(peer, { flags: F.SYN, dataOffset: 15 });
    peer.expectNothing();
    expect(peer.host.tcp.counters.InErrs).toBe(2);
  });
});

describe('the MSS option', () => {
  it('[MUST-14] it is sent in SYN and SYN-ACK, and obeyed (3.7.1)', () => {
    const peer = new Peer();
    peer.open();
    peer.expect({ flags: 'S', mss: 1460 });
    peer.send({ flags: 'S.', seq: 0, ack: 1, mss: 700 });
    peer.expect({ flags: '.', seq: 1 });
    peer.write(1400);
    expect(peer.takeAll().map((s) => s.data)).toEqual([700, 700]);
    const other = new Peer();
    other.listen();
    other.send({ flags: 'S', seq: 0, mss: 700 });
    other.expect({ flags: 'S.', mss: 1460 });
  });

  it('[SHLD-5 IPv4] [MAY-3] it is sent always, 536 or not (3.7.1)', () => {
    for (const mtu of [1500, 576]) {
      const peer = new Peer({ mtu });
      peer.open();
      peer.expect({ flags: 'S', mss: mtu - 40 });
      const other = new Peer({ mtu });
      other.listen();
      other.send({ flags: 'S', seq: 0 });
      other.expect({ flags: 'S.', mss: mtu - 40 });
    }
  });

  it('[MUST-15 IPv4] without one, 536 is assumed (3.7.1)', () => {
    expect(segmentAfterSyn([])).toBe(536);
    const peer = new Peer();
    peer.open();
    peer.expect({ flags: 'S' });
    peer.send({ flags: 'S.', seq: 0, ack: 1 });
    peer.expect({ flags: '.' });
    peer.write(1072);
    expect(peer.takeAll().map((s) => s.data)).toEqual([536, 536]);
  });

  it('[MUST-16] segments are as long as the smaller of both sides allows, less options (3.7.1)', () => {
    const sizes = [9000, 1461, 1460, 1459, 536].map((mss) => segmentAfterSyn([2, 4, mss >> 8, mss & 255]));
    expect(sizes).toEqual([1460, 1460, 1460, 1459, 536]);
    expect(segmentAfterSyn([...MSS_1000, 1, 1, ...TIMESTAMPS])).toBe(988);
  });

  it('[MUST-16] SACK blocks take room from the segment that carries them (3.7.1)', () => {
    const peer = new Peer().connectsToHost({ mss: 1000, sackOk: true });
    peer.send({ flags: '.', seq: 101, ack: 1, data: 100 });
    peer.expect({ flags: '.', ack: 1, sack: [[101, 201]] });
    peer.write(2000);
    peer.expect({ flags: '.', seq: 1, data: 988, sack: [[101, 201]] });
    peer.takeAll();
  });

  it('[SHLD-6] [MUST-67] what we tell is what IP takes in, less the fixed headers (3.7.1, 3.7.3)', () => {
    for (const mtu of [576, 1280, 1400, 1500, 9000, 65_535]) {
      const peer = new Peer({ mtu });
      peer.open();
      peer.expect({ flags: 'S', mss: mtu - 40 });
    }
    const bounded = new Peer();
    const { options } = new Peer().listen();
    bounded.open({ socketOptions: Object.assign(options.copy(), { maxSegment: 1200 }) });
    bounded.expect({ flags: 'S', mss: 1200 });
  });

  it('[MUST-65] it is in no segment without SYN (3.7.1)', () => {
    const segments = allKinds();
    const withMss = segments.filter(({ options }) => optionList(options).some((option) => option.kind === 2));
    expect(withMss.map(({ flags }) => flags)).toEqual([F.SYN | F.ACK, F.SYN]);
    expect(segments.length).toBeGreaterThan(5);
  });
});

describe('the checksum', () => {
  it('[MUST-2] is right in every kind of segment, with octets of even and odd number (3.1)', () => {
    const peer = new Peer().connectsToHost();
    for (const length of [1, 2, 3, 999, 1460]) {
      peer.c.setNoDelay(true);
      peer.write(length);
      expect(takeRaw(peer).sum).toBe(0);
    }
    const sums = allKinds().map((segment) => segment.sum);
    expect(sums).toEqual(sums.map(() => 0));
  });

  it('[MUST-3] a segment with a wrong one is dropped in silence (3.1)', () => {
    const peer = new Peer().connectsToHost();
    sendRaw(peer, { flags: F.ACK, seq: 1, ack: 1, data: [1, 2, 3], badChecksum: true });
    sendRaw(peer, { flags: F.RST, seq: 1, badChecksum: true });
    sendRaw(peer, { src: '10.0.0.9', flags: F.SYN, seq: 1, badChecksum: true });
    peer.expectNothing();
    expect(peer.machine.packets).toHaveLength(0);
    expect(peer.user.received).toBe(0);
    expect(peer.state).toBe('ESTABLISHED');
    expect(peer.host.tcp.counters.InCsumErrors).toBe(3);
  });
});
