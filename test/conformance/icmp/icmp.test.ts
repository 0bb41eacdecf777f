import { describe, expect, it } from 'vitest';
import { Peer } from '../../support/peer.ts';
import { sendIcmp } from '../../support/raw-packets.ts';

const UNREACHABLE = 3;
const SOURCE_QUENCH = 4;
const TIME_EXCEEDED = 11;
const PARAMETER_PROBLEM = 12;

/** An established connection with ten octets out; soft errors go to `errors`. */
function sending(): { peer: Peer; errors: string[] } {
  const peer = new Peer().connectsToHost();
  const errors = listenForErrors(peer);
  peer.write(10);
  peer.expect({ flags: 'P.', seq: 1, data: 10 });
  return { peer, errors };
}

/** A connection attempt under way. */
function opening(): { peer: Peer; errors: string[] } {
  const peer = new Peer();
  const errors = listenForErrors(peer);
  peer.open();
  peer.expect({ flags: 'S', seq: 0 });
  return { peer, errors };
}

function listenForErrors(peer: Peer): string[] {
  const errors: string[] = [];
  Object.assign(peer.user, { onSoftError: (error: { code: string }) => errors.push(error.code) });
  return errors;
}

const SOFT: [part: string, type: number, code: number, error: string][] = [
  ['unreachable', UNREACHABLE, 0, 'ENETUNREACH'],
  ['unreachable', UNREACHABLE, 1, 'EHOSTUNREACH'],
  ['unreachable', UNREACHABLE, 5, 'EHOSTUNREACH'],
  ['time', TIME_EXCEEDED, 0, 'EHOSTUNREACH'],
  ['time', TIME_EXCEEDED, 1, 'EHOSTUNREACH'],
  ['parameter', PARAMETER_PROBLEM, 0, 'EPROTO'],
  ['parameter', PARAMETER_PROBLEM, 1, 'EPROTO'],
];

describe('soft errors of ICMP', () => {
  for (const [part, type, code, error] of SOFT) {
    it(`[MUST-56 ${part}] [SHLD-25] type ${type}, code ${code}: the connection lives, its user is told ${error} (3.9.2.2)`, () => {
      const { peer, errors } = sending();
      sendIcmp(peer, { type, code, seq: 1 });
      expect(errors).toEqual([error]);
      expect(peer.state).toBe('ESTABLISHED');
      peer.send({ flags: '.', seq: 1, ack: 11 });
      peer.write(10);
      peer.expect({ flags: 'P.', seq: 11, data: 10 });
    });

    it(`[MUST-56 ${part}] type ${type}, code ${code}: an attempt to connect goes on (3.9.2.2)`, () => {
      const { peer, errors } = opening();
      sendIcmp(peer, { type, code, seq: 0 });
      expect(peer.state).toBe('SYN_SENT');
      expect(errors).toEqual([error]);
      peer.send({ flags: 'S.', seq: 0, ack: 1 });
      peer.expect({ flags: '.', seq: 1, ack: 1 });
      expect(peer.user.events).toEqual(['connected']);
    });
  }

  it('[SHLD-25] it is the reason that the user gets if the connection fails after all (3.9.2.2)', () => {
    const { peer } = opening();
    sendIcmp(peer, { type: UNREACHABLE, code: 1, seq: 0 });
    peer.wait(300_000);
    expect(peer.user.error?.code).toBe('EHOSTUNREACH');
    peer.takeAll();
  });

  it('[MUST-47] the way for reports is a callback of the user’s, called for each error (3.9.1.8)', () => {
    const { peer, errors } = sending();
    sendIcmp(peer, { type: UNREACHABLE, code: 0, seq: 1 });
    sendIcmp(peer, { type: UNREACHABLE, code: 1, seq: 1 });
    expect(errors).toEqual(['ENETUNREACH', 'EHOSTUNREACH']);
    expect(peer.user.events).not.toContain('closed');
  });

  it('[SHLD-20] a user without that callback hears nothing of errors, nor of trouble without the other one (3.9.1.8)', () => {
    const peer = new Peer().connectsToHost();
    expect('onSoftError' in peer.user || 'onRetransmissionThreshold' in peer.user).toBe(false);
    peer.write(10);
    peer.takeAll();
    sendIcmp(peer, { type: UNREACHABLE, code: 0, seq: 1 });
    peer.wait(30_000);
    expect(peer.user.events).toEqual([]);
    peer.send({ flags: '.', seq: 1, ack: 11 });
    expect(peer.user.events).toEqual(['writable']);
    peer.takeAll();
  });
});

describe('hard errors of ICMP', () => {
  for (const [code, error] of [
    [2, 'ENOPROTOOPT'],
    [3, 'ECONNREFUSED'],
  ] as const) {
    it(`[SHLD-26] code ${code} ends an attempt to connect: ${error} (3.9.2.2)`, () => {
      const { peer } = opening();
      sendIcmp(peer, { type: UNREACHABLE, code, seq: 0 });
      expect(peer.user.events).toEqual([`closed ${error}`]);
      expect(peer.state).toBe('CLOSED');
    });

    it(`[SHLD-26] code ${code} is soft for an established connection, for it may be forged (RFC 5927, section 5.2)`, () => {
      const { peer, errors } = sending();
      sendIcmp(peer, { type: UNREACHABLE, code, seq: 1 });
      expect(peer.state).toBe('ESTABLISHED');
      expect(errors).toEqual([error]);
    });
  }

  it('[SHLD-26] code 4 is about the path MTU and ends nothing: the octets leave in shorter segments (RFC 1191)', () => {
    const peer = new Peer().connectsToHost();
    peer.write(1460);
    peer.expect({ flags: 'P.', seq: 1, data: 1460 });
    sendIcmp(peer, { type: UNREACHABLE, code: 4, rest: 1000, seq: 1 });
    expect(peer.takeAll().map(({ seq, data }) => [seq, data])).toEqual([
      [1, 960],
      [961, 500],
    ]);
    expect(peer.state).toBe('ESTABLISHED');
  });
});

describe('errors of ICMP', () => {
  it('[MUST-54] reach the connection that they are about, and no other (3.9.2.2)', () => {
    const { peer, errors } = sending();
    const other = new Peer({ machine: peer.machine, port: 41_000 });
    other.listener = peer.listener;
    other.connectsToHost();
    const others = listenForErrors(other);
    other.write(10);
    other.takeAll();
    sendIcmp(other, { type: UNREACHABLE, code: 1, seq: 1 });
    expect([errors, others]).toEqual([[], ['EHOSTUNREACH']]);
  });

  it('[MUST-54] about what is not in flight are ignored: they are forged or late (RFC 5927, section 4.1)', () => {
    const { peer, errors } = sending();
    for (const seq of [0, 12, 100_000, -5]) sendIcmp(peer, { type: UNREACHABLE, code: 1, seq });
    sendIcmp(peer, { type: UNREACHABLE, code: 1, seq: 1, hostPort: 81 });
    sendIcmp(peer, { type: UNREACHABLE, code: 1, seq: 1, badChecksum: true });
    expect(errors).toEqual([]);
    sendIcmp(peer, { type: UNREACHABLE, code: 1, seq: 10 });
    expect(errors).toEqual(['EHOSTUNREACH']);
  });

  it('[MUST-55] Source Quench is dropped in silence: nothing is told, sent or slowed (3.9.2.2)', () => {
    const { peer, errors } = sending();
    const before = peer.c.info();
    sendIcmp(peer, { type: SOURCE_QUENCH, code: 0, seq: 1 });
    expect(errors).toEqual([]);
    expect(peer.c.info()).toEqual(before);
    expect(peer.machine.packets).toHaveLength(0);
  });
});
