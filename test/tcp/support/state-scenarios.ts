import { expect } from 'vitest';
import type { Sysctls } from '../../../src/host/host.ts';
import { Machine } from '../../support/machine.ts';
import { Peer } from '../../support/peer.ts';
import { sendIcmp } from '../../support/raw-packets.ts';
import { watched } from './state-watch.ts';
import { PLACES } from './states.ts';

/** What makes each row of STATES.md happen, from each of its states, in virtual time. */

export const SYNCHRONIZED = ['ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2', 'CLOSE_WAIT', 'CLOSING', 'LAST_ACK'];
export const fresh = (sysctls: Partial<Sysctls> = {}): Peer => watched(new Peer({ sysctls }));
const at = (place: string): Peer => watched(PLACES[place]!.reach());
/** What the host sends is other tests' matter. */
export const quiet = (peer: Peer): void => void peer.takeAll();
/** Time for all retries, and for the longest keep-alive. */
const AGES = 20_000_000;

const BEGUN = ['SYN_SENT', 'SYN_RECEIVED (passive)', 'SYN_RECEIVED (active)'];
const UNACKNOWLEDGED = ['ESTABLISHED', 'FIN_WAIT_1', 'CLOSE_WAIT', 'CLOSING', 'LAST_ACK'];

/** A connection whose peer has shut its window over what waits to be sent, and our FIN with it. */
function shut(state: string): Peer {
  const peer = fresh().connectsToHost({ wnd: 1000 });
  peer.send({ flags: '.', seq: 1, ack: 1, wnd: 0 });
  peer.write(100);
  const theirFin = () => peer.send({ flags: 'F.', seq: 1, ack: 1, wnd: 0 });
  if (state === 'CLOSE_WAIT' || state === 'LAST_ACK') theirFin();
  if (state === 'FIN_WAIT_1' || state === 'CLOSING' || state === 'LAST_ACK') peer.shutdown();
  if (state === 'CLOSING') theirFin();
  expect(peer.state).toBe(state);
  return peer;
}

/** In FIN_WAIT_2 there is nothing to shut a window over. */
const silent = (state: string): Peer => (state === 'FIN_WAIT_2' ? at(state) : shut(state));

/** A connection in `state` with received data that its user hasn't read. */
function unread(state: string): Peer {
  const peer = fresh().connectsToHost();
  peer.user.autoRead = false;
  peer.send({ flags: 'P.', seq: 1, ack: 1, data: 10 });
  const theirFin = () => peer.send({ flags: 'F.', seq: 11, ack: 1 });
  if (state === 'CLOSE_WAIT' || state === 'LAST_ACK') theirFin();
  if (state !== 'ESTABLISHED' && state !== 'CLOSE_WAIT') peer.shutdown();
  if (state === 'FIN_WAIT_2') peer.send({ flags: '.', seq: 11, ack: 2 });
  if (state === 'CLOSING') theirFin();
  expect(peer.state).toBe(state);
  return peer;
}

/** Closed by its user, the FIN acknowledged: an entry, FIN_WAIT_2. */
function light(sysctls: Partial<Sysctls> = {}): Peer {
  const peer = fresh(sysctls).connectsToHost();
  peer.close();
  peer.send({ flags: '.', seq: 1, ack: 2 });
  expect([peer.state, peer.host.tcp.connections.count]).toEqual(['FIN_WAIT_2', 0]);
  return peer;
}

/** The host closed first: an entry, TIME_WAIT; SND.NXT 2, RCV.NXT 2. */
function waiting(peer: Peer): Peer {
  peer.shutdown();
  peer.send({ flags: 'F.', seq: 1, ack: 2 });
  expect(peer.state).toBe('TIME_WAIT');
  return peer;
}

/** A SYN with data, which needs no cookie, has made a connection; its handshake is not complete. */
function early(): Peer {
  const peer = fresh({ tcp_fastopen: 0x602 });
  peer.listen();
  peer.send({ flags: 'S', seq: 0, wnd: 65535, mss: 1460, data: 10 });
  peer.accept();
  expect(peer.state).toBe('SYN_RECEIVED');
  return peer;
}

export type Scenario = [name: string, run: () => Peer];

export const SCENARIOS: Scenario[] = [
  [
    'Fast Open: accepted and closed before the handshake is complete',
    () => {
      const peer = early();
      peer.close();
      peer.send({ flags: '.', seq: 11, ack: 2 });
      return peer;
    },
  ],
  [
    'Fast Open: closed with the data of the SYN unread',
    () => {
      const peer = fresh({ tcp_fastopen: 0x602 });
      peer.listen();
      peer.send({ flags: 'S', seq: 0, wnd: 65535, mss: 1460, data: 10 });
      peer.listener!.accept()!.close();
      return peer;
    },
  ],
  [
    'Fast Open: the SYN-ACK is never acknowledged, and its user has closed',
    () => {
      const peer = early();
      peer.close();
      peer.wait(AGES);
      return peer;
    },
  ],
  [
    'the life of a passive OPEN whose user closes first; 2MSL',
    () => {
      const peer = waiting(fresh().connectsToHost());
      peer.send({ flags: 'F.', seq: 1, ack: 2 });
      peer.wait(60_000);
      return peer;
    },
  ],
  [
    'the life of an active OPEN whose peer closes first',
    () => {
      const peer = fresh().acceptsFromHost();
      peer.send({ flags: 'F.', seq: 1, ack: 1 });
      peer.shutdown();
      peer.send({ flags: '.', seq: 2, ack: 2 });
      return peer;
    },
  ],
  [
    'both sides open at once, and close at once',
    () => {
      const peer = fresh();
      peer.open();
      peer.expect({ flags: 'S' });
      peer.send({ flags: 'S', seq: 0 });
      peer.send({ flags: 'S.', seq: 0, ack: 1 });
      peer.shutdown();
      peer.send({ flags: 'F.', seq: 1, ack: 1 });
      peer.send({ flags: '.', seq: 2, ack: 2 });
      expect(peer.state).toBe('TIME_WAIT');
      return peer;
    },
  ],
  [
    'a SYN cookie comes back',
    () => {
      const peer = fresh({ tcp_syncookies: 2 });
      peer.listen();
      peer.send({ flags: 'S', seq: 0, mss: 1460 });
      peer.expect({ flags: 'S.' });
      peer.send({ flags: '.', seq: 1, ack: 1 });
      return peer;
    },
  ],
  [
    'CLOSE in SYN_SENT',
    () => {
      const peer = at('SYN_SENT');
      peer.close();
      return peer;
    },
  ],
  ...['SYN_SENT', 'SYN_RECEIVED (active)', ...SYNCHRONIZED].map(
    (place): Scenario => [
      `ABORT in ${place}`,
      () => {
        const peer = at(place);
        peer.abort();
        return peer;
      },
    ],
  ),
  ...SYNCHRONIZED.map(
    (state): Scenario => [
      `CLOSE in ${state} with data unread`,
      () => {
        const peer = unread(state);
        peer.close();
        return peer;
      },
    ],
  ),
  [
    'the listener of a handshake is closed',
    () => {
      const peer = at('SYN_RECEIVED (passive)');
      peer.listener!.close();
      return peer;
    },
  ],
  [
    'our SYN is refused',
    () => {
      const peer = at('SYN_SENT');
      peer.send({ flags: 'R.', seq: 0, ack: 1 });
      return peer;
    },
  ],
  ...['SYN_RECEIVED (passive)', 'SYN_RECEIVED (active)', ...SYNCHRONIZED].map(
    (place): Scenario => [
      `RST in ${place}`,
      () => {
        const peer = at(place);
        peer.send({ flags: 'R', seq: PLACES[place]!.rcv });
        return peer;
      },
    ],
  ),
  [
    'another SYN in SYN_RECEIVED',
    () => {
      const peer = at('SYN_RECEIVED (passive)');
      peer.send({ flags: 'S', seq: 1000 });
      return peer;
    },
  ],
  [
    'the accept queue is full at the last ACK, and tcp_abort_on_overflow set',
    () => {
      const machine = new Machine({ sysctls: { tcp_abort_on_overflow: 1 } });
      const peers = [1, 2, 3].map((port) => watched(new Peer({ machine, port })));
      const listener = peers[0]!.listen(1);
      const late = peers[2]!;
      late.send({ flags: 'S', seq: 0 });
      for (const peer of peers) {
        peer.listener = listener;
        if (peer !== late) peer.send({ flags: 'S', seq: 0 });
        quiet(peer);
        peer.send({ flags: '.', seq: 1, ack: 1 });
      }
      return late;
    },
  ],
  ...['FIN_WAIT_1', 'FIN_WAIT_2'].map(
    (state): Scenario => [
      `data after CLOSE in ${state}`,
      () => {
        const peer = fresh().connectsToHost();
        peer.c.ownOptions().linger2 = 60;
        peer.close();
        if (state === 'FIN_WAIT_2') peer.send({ flags: '.', seq: 1, ack: 2 });
        expect(peer.state).toBe(state);
        peer.send({ flags: 'P.', seq: 1, ack: 1, data: 10 });
        return peer;
      },
    ],
  ),
  ...BEGUN.map(
    (place): Scenario => [
      `ICMP port unreachable in ${place}`,
      () => {
        const peer = at(place);
        sendIcmp(peer, { type: 3, code: 3, seq: 0 });
        return peer;
      },
    ],
  ),
  ...[...BEGUN, ...UNACKNOWLEDGED].map(
    (place): Scenario => [
      `no answer in ${place}`,
      () => {
        const peer = at(place);
        peer.wait(AGES);
        return peer;
      },
    ],
  ),
  ...['SYN_SENT', 'SYN_RECEIVED (active)', ...UNACKNOWLEDGED].map(
    (place): Scenario => [
      `no answer for as long as the user allows in ${place}`,
      () => {
        const peer = at(place);
        peer.c.setUserTimeout(5000);
        peer.wait(AGES);
        return peer;
      },
    ],
  ),
  ...UNACKNOWLEDGED.flatMap((state): Scenario[] => [
    [
      `a shut window in ${state}, and no answer`,
      () => {
        const peer = shut(state);
        peer.wait(AGES);
        return peer;
      },
    ],
    [
      `a window shut for longer than the user allows in ${state}`,
      () => {
        const peer = shut(state);
        peer.c.setUserTimeout(5000);
        peer.wait(AGES);
        return peer;
      },
    ],
  ]),
  ...SYNCHRONIZED.flatMap((state): Scenario[] => [
    [
      `keep-alives unanswered in ${state}`,
      () => {
        const peer = silent(state);
        Object.assign(peer.c.ownOptions(), { keepInterval: 1, keepCount: 2 });
        peer.c.setKeepAlive(true, 50);
        peer.wait(AGES);
        return peer;
      },
    ],
    [
      `keep-alives unanswered for as long as the user allows in ${state}`,
      () => {
        const peer = silent(state);
        // Probes of the window begin at 200 ms and count from there.
        Object.assign(peer.c.ownOptions(), { keepInterval: 1, userTimeout: 1000 });
        peer.c.setKeepAlive(true, 50);
        peer.wait(AGES);
        return peer;
      },
    ],
  ]),
  [
    'tcp_fin_timeout of a connection with TCP_LINGER2',
    () => {
      const peer = fresh().connectsToHost();
      peer.c.ownOptions().linger2 = 5;
      peer.close();
      peer.send({ flags: '.', seq: 1, ack: 2 });
      peer.wait(5000);
      return peer;
    },
  ],
  ...['SYN_RECEIVED (active)', 'FIN_WAIT_1', 'FIN_WAIT_2', 'CLOSING', 'LAST_ACK'].map(
    (place): Scenario => [
      `one orphan too many in ${place}`,
      () => {
        const peer = at(place);
        peer.host.sysctls.tcp_max_orphans = 0;
        if (place === 'FIN_WAIT_2') peer.c.ownOptions().linger2 = 60;
        peer.close();
        return peer;
      },
    ],
  ),
  ...['FIN_WAIT_2', 'CLOSING'].map(
    (place): Scenario => [
      `no room for a TIME_WAIT of one in ${place}`,
      () => {
        const peer = at(place);
        peer.host.sysctls.tcp_max_tw_buckets = 0;
        peer.send({ flags: 'F.', seq: 1, ack: 2 });
        return peer;
      },
    ],
  ),
  [
    'a FIN for a light FIN_WAIT_2',
    () => {
      const peer = light();
      peer.send({ flags: 'F.', seq: 1, ack: 2 });
      expect(peer.state).toBe('TIME_WAIT');
      return peer;
    },
  ],
  [
    'data for a light FIN_WAIT_2',
    () => {
      const peer = light();
      peer.send({ flags: 'P.', seq: 1, ack: 2, data: 10 });
      return peer;
    },
  ],
  [
    'a RST for a light FIN_WAIT_2',
    () => {
      const peer = light();
      peer.send({ flags: 'R', seq: 1 });
      return peer;
    },
  ],
  [
    'tcp_fin_timeout of a light FIN_WAIT_2',
    () => {
      const peer = light();
      peer.wait(60_000);
      return peer;
    },
  ],
  ...[0, 1].map(
    (rfc1337): Scenario => [
      `a RST in TIME_WAIT with tcp_rfc1337 ${rfc1337}`,
      () => {
        const peer = waiting(fresh({ tcp_rfc1337: rfc1337 }).connectsToHost());
        peer.send({ flags: 'R', seq: 2 });
        expect(peer.state).toBe(rfc1337 ? 'TIME_WAIT' : 'CLOSED');
        return peer;
      },
    ],
  ),
  [
    'a SYN begins the next incarnation of a TIME_WAIT',
    () => {
      const peer = waiting(fresh().connectsToHost());
      quiet(peer);
      peer.send({ flags: 'S', seq: 1000 });
      peer.expect({ flags: 'S.' });
      peer.send({ flags: '.', seq: 1001, ack: 1 });
      expect([peer.state, peer.host.tcp.timeWait.count]).toEqual(['ESTABLISHED', 0]);
      return peer;
    },
  ],
  [
    'an active OPEN takes the place of a TIME_WAIT',
    () => {
      const peer = fresh();
      peer.acceptsFromHost({ ts: [500, 0] });
      peer.shutdown();
      peer.send({ flags: 'F.', seq: 1, ack: 2, ts: [510, 0] });
      expect(peer.state).toBe('TIME_WAIT');
      peer.open({ localPort: peer.hostPort });
      return peer;
    },
  ],
];
