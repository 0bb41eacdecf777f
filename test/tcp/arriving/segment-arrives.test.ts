import { describe, expect, it } from 'vitest';
import type { SegmentSpec } from '../../support/peer.ts';
import { PLACES, type Place } from '../support/states.ts';

/**
 * Every state x every kind of segment: what RFC 9293, section 3.10.7, says is answered, and where the connection goes.
 * The table is written from the RFC; where RFC 5961 or RFC 1337 change what it says, the row names them.
 *
 * In each state SND.UNA, SND.NXT and RCV.NXT are the numbers beside its name; the receive window is open. In the table
 * `@n` stands for RCV.NXT + n and `#n` for SND.NXT + n. An answer is flags, seq, ack (where there is one).
 */

/** Flags, sequence number, ACK field, octets. */
type Kind = [flags: string, seq: string, ack: string, data?: number];

const KINDS = {
  'SYN, new sequence number': ['S', '@1000', ''],
  'SYN outside of the window': ['S', '@900000', ''],
  'SYN, ACK of SND.NXT': ['S.', '@1000', '#0'],
  'ACK of everything': ['.', '@0', '#0'],
  'ACK, old': ['.', '@0', '#-2'],
  'ACK of something unsent': ['.', '@0', '#50'],
  'data in order': ['P.', '@0', '#0', 5],
  'data beyond a hole': ['P.', '@5', '#0', 5],
  'data outside of the window': ['P.', '@900000', '#0', 5],
  'data without ACK': ['P', '@0', '', 5],
  FIN: ['F', '@0', ''],
  'FIN, old ACK': ['F.', '@0', '#-1'],
  'FIN, ACK of everything': ['F.', '@0', '#0'],
  'RST at RCV.NXT': ['R', '@0', ''],
  'RST in the window': ['R', '@7', ''],
  'RST outside of the window': ['R', '@900000', ''],
  'RST, ACK of SND.NXT': ['R.', '@0', '#0'],
  'no control bit at all': ['', '@0', ''],
} satisfies Record<string, Kind>;

type KindName = keyof typeof KINDS;
/** Answer (`-`: none) and next state (`=`: the same). */
type Row = [kind: KindName, answer: string, next: string, why?: string];

/** What all synchronized states have in common: the first five steps of section 3.10.7.4. */
const SYNCHRONIZED: Row[] = [
  ['SYN, new sequence number', '. #0 @0', '=', 'RFC 5961, 4.2: challenge ACK'],
  ['SYN outside of the window', '. #0 @0', '=', 'first: ACK'],
  ['SYN, ACK of SND.NXT', '. #0 @0', '=', 'RFC 5961, 4.2: challenge ACK'],
  ['ACK of something unsent', '. #0 @0', '=', 'fifth: ACK, drop'],
  ['data outside of the window', '. #0 @0', '=', 'first: ACK'],
  ['data without ACK', '-', '=', 'fifth: ACK bit off, drop'],
  ['FIN', '-', '=', 'fifth: ACK bit off, drop'],
  ['RST in the window', '. #0 @0', '=', 'RFC 5961, 3.2: challenge ACK'],
  ['RST outside of the window', '-', '=', 'first: dropped'],
  ['no control bit at all', '-', '=', 'fifth: ACK bit off, drop'],
];

const RESET: Row[] = [
  ['RST at RCV.NXT', '-', 'CLOSED', 'second'],
  ['RST, ACK of SND.NXT', '-', 'CLOSED', 'second'],
];

const TABLE: Record<string, Row[]> = {
  // Section 3.10.7.1: everything but a RST is answered by a RST.
  CLOSED: [
    ['SYN, new sequence number', 'R. 0 @1001', '='],
    ['SYN outside of the window', 'R. 0 @900001', '='],
    ['SYN, ACK of SND.NXT', 'R #0', '='],
    ['ACK of everything', 'R #0', '='],
    ['ACK, old', 'R #-2', '='],
    ['ACK of something unsent', 'R #50', '='],
    ['data in order', 'R #0', '='],
    ['data beyond a hole', 'R #0', '='],
    ['data outside of the window', 'R #0', '='],
    ['data without ACK', 'R. 0 @5', '='],
    ['FIN', 'R. 0 @1', '='],
    ['FIN, old ACK', 'R #-1', '='],
    ['FIN, ACK of everything', 'R #0', '='],
    ['RST at RCV.NXT', '-', '='],
    ['RST in the window', '-', '='],
    ['RST outside of the window', '-', '='],
    ['RST, ACK of SND.NXT', '-', '='],
    ['no control bit at all', 'R. 0 @0', '='],
  ],
  // Section 3.10.7.2: RST ignored, ACK reset, SYN welcome, the rest dropped.
  LISTEN: [
    ['SYN, new sequence number', 'S. #0 @1001', 'SYN_RECEIVED'],
    ['SYN outside of the window', 'S. #0 @900001', 'SYN_RECEIVED', 'there is no window yet'],
    ['SYN, ACK of SND.NXT', 'R #0', '='],
    ['ACK of everything', 'R #0', '='],
    ['ACK, old', 'R #-2', '='],
    ['ACK of something unsent', 'R #50', '='],
    ['data in order', 'R #0', '='],
    ['data beyond a hole', 'R #0', '='],
    ['data outside of the window', 'R #0', '='],
    ['data without ACK', '-', '='],
    ['FIN', '-', '='],
    ['FIN, old ACK', 'R #-1', '='],
    ['FIN, ACK of everything', 'R #0', '='],
    ['RST at RCV.NXT', '-', '='],
    ['RST in the window', '-', '='],
    ['RST outside of the window', '-', '='],
    ['RST, ACK of SND.NXT', '-', '='],
    ['no control bit at all', '-', '='],
  ],
  // Section 3.10.7.3.
  SYN_SENT: [
    ['SYN, new sequence number', 'S. 0 @1001', 'SYN_RECEIVED', 'simultaneous open'],
    ['SYN outside of the window', 'S. 0 @900001', 'SYN_RECEIVED', 'there is no window yet'],
    ['SYN, ACK of SND.NXT', '. #0 @1001', 'ESTABLISHED'],
    ['ACK of everything', '-', '=', 'fifth: neither SYN nor RST, drop'],
    ['ACK, old', 'R #-2', '=', 'first: SEG.ACK =< ISS'],
    ['ACK of something unsent', 'R #50', '=', 'first: SEG.ACK > SND.NXT'],
    ['data in order', '-', '='],
    ['data beyond a hole', '-', '='],
    ['data outside of the window', '-', '='],
    ['data without ACK', '-', '='],
    ['FIN', '-', '='],
    ['FIN, old ACK', 'R #-1', '=', 'first: SEG.ACK =< ISS'],
    ['FIN, ACK of everything', '-', '='],
    ['RST at RCV.NXT', '-', '=', 'second: no acceptable ACK'],
    ['RST in the window', '-', '='],
    ['RST outside of the window', '-', '='],
    ['RST, ACK of SND.NXT', '-', 'CLOSED', 'connection refused'],
    ['no control bit at all', '-', '='],
  ],
  'SYN_RECEIVED (passive)': [
    ['SYN, new sequence number', '-', 'CLOSED', 'fourth: a passive OPEN returns to LISTEN'],
    ['SYN outside of the window', '. #0 @0', '=', 'first: ACK'],
    ['SYN, ACK of SND.NXT', '-', 'CLOSED', 'fourth: a passive OPEN returns to LISTEN'],
    ['ACK of everything', '-', 'ESTABLISHED'],
    ['ACK, old', 'R #-2', '=', 'fifth: not acceptable, RST'],
    ['ACK of something unsent', 'R #50', '=', 'fifth: not acceptable, RST'],
    ['data in order', '. #0 @5', 'ESTABLISHED'],
    ['data beyond a hole', '. #0 @0', 'ESTABLISHED'],
    ['data outside of the window', '. #0 @0', '=', 'first: ACK'],
    ['data without ACK', '-', '='],
    ['FIN', '-', '='],
    ['FIN, old ACK', 'R #-1', '=', 'fifth: not acceptable, RST'],
    ['FIN, ACK of everything', '. #0 @1', 'CLOSE_WAIT'],
    ['RST at RCV.NXT', '-', 'CLOSED', 'second: returns to LISTEN'],
    ['RST in the window', '. #0 @0', '=', 'RFC 5961, 3.2: challenge ACK'],
    ['RST outside of the window', '-', '='],
    ['RST, ACK of SND.NXT', '-', 'CLOSED'],
    ['no control bit at all', '-', '='],
  ],
  'SYN_RECEIVED (active)': [
    ['SYN, new sequence number', '. #0 @0', '=', 'RFC 5961, 4.2: challenge ACK'],
    ['SYN outside of the window', '. #0 @0', '=', 'first: ACK'],
    ['SYN, ACK of SND.NXT', '. #0 @0', '=', 'RFC 5961, 4.2: challenge ACK'],
    ['ACK of everything', '-', 'ESTABLISHED'],
    ['ACK, old', 'R #-2', '=', 'fifth: not acceptable, RST'],
    ['ACK of something unsent', 'R #50', '=', 'fifth: not acceptable, RST'],
    ['data in order', '. #0 @5', 'ESTABLISHED'],
    ['data beyond a hole', '. #0 @0', 'ESTABLISHED'],
    ['data outside of the window', '. #0 @0', '=', 'first: ACK'],
    ['data without ACK', '-', '='],
    ['FIN', '-', '='],
    ['FIN, old ACK', 'R #-1', '=', 'fifth: not acceptable, RST'],
    ['FIN, ACK of everything', '. #0 @1', 'CLOSE_WAIT'],
    ['RST at RCV.NXT', '-', 'CLOSED', 'second: connection refused'],
    ['RST in the window', '. #0 @0', '=', 'RFC 5961, 3.2: challenge ACK'],
    ['RST outside of the window', '-', '='],
    ['RST, ACK of SND.NXT', '-', 'CLOSED'],
    ['no control bit at all', '-', '='],
  ],
  ESTABLISHED: [
    ...SYNCHRONIZED,
    ...RESET,
    ['ACK of everything', '-', '='],
    ['ACK, old', '-', '='],
    ['data in order', '. #0 @5', '='],
    ['data beyond a hole', '. #0 @0', '=', 'seventh: held, a duplicate ACK (SHLD-31)'],
    ['FIN, old ACK', '. #0 @1', 'CLOSE_WAIT'],
    ['FIN, ACK of everything', '. #0 @1', 'CLOSE_WAIT'],
  ],
  FIN_WAIT_1: [
    ...SYNCHRONIZED,
    ...RESET,
    ['ACK of everything', '-', 'FIN_WAIT_2', 'fifth: our FIN is acknowledged'],
    ['ACK, old', '-', '='],
    ['data in order', '. #0 @5', 'FIN_WAIT_2'],
    ['data beyond a hole', '. #0 @0', 'FIN_WAIT_2'],
    ['FIN, old ACK', '. #0 @1', 'CLOSING', 'eighth: our FIN is not acknowledged'],
    ['FIN, ACK of everything', '. #0 @1', 'TIME_WAIT', 'eighth: it is'],
  ],
  FIN_WAIT_2: [
    ...SYNCHRONIZED,
    ...RESET,
    ['ACK of everything', '-', '='],
    ['ACK, old', '-', '='],
    ['data in order', '. #0 @5', '='],
    ['data beyond a hole', '. #0 @0', '='],
    ['FIN, old ACK', '. #0 @1', 'TIME_WAIT'],
    ['FIN, ACK of everything', '. #0 @1', 'TIME_WAIT'],
  ],
  // The peer has sent its FIN: text and FIN are not its any more ("this should not occur").
  CLOSE_WAIT: [
    ...SYNCHRONIZED,
    ...RESET,
    ['ACK of everything', '-', '='],
    ['ACK, old', '-', '='],
    ['data in order', '-', '=', 'seventh: ignored'],
    ['data beyond a hole', '-', '=', 'seventh: ignored'],
    ['FIN, old ACK', '-', '=', 'eighth: remain'],
    ['FIN, ACK of everything', '-', '=', 'eighth: remain'],
  ],
  CLOSING: [
    ...SYNCHRONIZED,
    ...RESET,
    ['ACK of everything', '-', 'TIME_WAIT'],
    ['ACK, old', '-', '='],
    ['data in order', '-', 'TIME_WAIT'],
    ['data beyond a hole', '-', 'TIME_WAIT'],
    ['FIN, old ACK', '-', '='],
    ['FIN, ACK of everything', '-', 'TIME_WAIT'],
  ],
  LAST_ACK: [
    ...SYNCHRONIZED,
    ...RESET,
    ['ACK of everything', '-', 'CLOSED', 'fifth: our FIN is acknowledged'],
    ['ACK, old', '-', '='],
    ['data in order', '-', 'CLOSED'],
    ['data beyond a hole', '-', 'CLOSED'],
    ['FIN, old ACK', '-', '='],
    ['FIN, ACK of everything', '-', 'CLOSED'],
  ],
  TIME_WAIT: [
    ['SYN, new sequence number', 'S. #65537 @1001', 'SYN_RECEIVED', 'MAY-2, RFC 6191: the next incarnation'],
    ['SYN outside of the window', 'S. #65537 @900001', 'SYN_RECEIVED', 'MAY-2, RFC 6191'],
    ['SYN, ACK of SND.NXT', '. #0 @0', '=', 'RFC 5961, 4.2'],
    ['ACK of everything', '-', '='],
    ['ACK, old', '-', '='],
    ['ACK of something unsent', '. #0 @0', '='],
    ['data in order', '. #0 @0', '=', 'not the FIN that was awaited: ACK'],
    ['data beyond a hole', '. #0 @0', '='],
    ['data outside of the window', '. #0 @0', '='],
    ['data without ACK', '-', '=', 'fifth'],
    ['FIN', '-', '=', 'fifth'],
    ['FIN, old ACK', '. #0 @0', '='],
    ['FIN, ACK of everything', '. #0 @0', '='],
    ['RST at RCV.NXT', '-', 'CLOSED', 'second; not with tcp_rfc1337'],
    ['RST in the window', '-', '=', 'as Linux: silence'],
    ['RST outside of the window', '-', '='],
    ['RST, ACK of SND.NXT', '-', 'CLOSED'],
    ['no control bit at all', '-', '='],
  ],
};

/** `@n`: RCV.NXT + n, `#n`: SND.NXT + n, a plain number: itself. */
function numberOf(text: string, place: Place): number {
  if (text.startsWith('@')) return place.rcv + Number(text.slice(1));
  return text.startsWith('#') ? place.nxt + Number(text.slice(1)) : Number(text);
}

function segmentOf(kind: Kind, place: Place): SegmentSpec {
  const [flags, seq, ack, data] = kind;
  const spec: SegmentSpec = { flags, seq: numberOf(seq, place), data: new Uint8Array(data ?? 0) };
  if (ack !== '') spec.ack = numberOf(ack, place);
  if (flags.startsWith('S')) spec.mss = 1460;
  return spec;
}

describe.each(Object.entries(TABLE))('SEGMENT ARRIVES in %s (RFC 9293, 3.10.7)', (name, rows) => {
  const place = PLACES[name]!;

  it.each(rows)('%s: answer %s, then %s', (kind, answer, next) => {
    const peer = place.reach();
    peer.user.verify = false;
    const before = peer.state;
    const listening = peer.hostIss;
    peer.send(segmentOf(KINDS[kind] as Kind, place));
    if (answer === '-') {
      peer.expectNothing();
    } else {
      const [flags, seq, ack] = answer.split(' ') as [string, string, string?];
      const sent = peer.takeAll()[0];
      // A SYN-ACK shows a new initial sequence number; how far it lies from the last one is what counts.
      const base = flags === 'S.' && listening !== null ? peer.hostIss! - listening : 0;
      expect({ flags: sent?.flags, seq: ((sent?.seq ?? 0) + base) | 0 }).toEqual({ flags, seq: numberOf(seq, place) });
      if (ack !== undefined) expect(sent?.ack).toBe(numberOf(ack, place));
    }
    expect(peer.state).toBe(next === '=' ? before : next);
    peer.takeAll();
  });

  it('knows every kind of segment', () => {
    expect(rows.map(([kind]) => kind).sort()).toEqual(Object.keys(KINDS).sort());
  });
});
