import { Peer } from '../../support/peer.ts';

/** A state to begin in, and its numbers, relative to the initial ones. */
export interface Place {
  una: number;
  nxt: number;
  rcv: number;
  /** Brings a peer into the state, everything that the host sent on the way taken. */
  reach: () => Peer;
}

const shutDown = (peer: Peer, seq: number): void => {
  peer.shutdown();
  peer.expect({ flags: 'F.', seq });
};
const established = (): Peer => new Peer().connectsToHost();
/** The peer's FIN has come. */
const closeWait = (): Peer => {
  const peer = established();
  peer.send({ flags: 'F.', seq: 1, ack: 1 });
  peer.expect({ flags: '.', ack: 2 });
  return peer;
};
const finWait1 = (): Peer => {
  const peer = established();
  shutDown(peer, 1);
  return peer;
};

export const PLACES: Record<string, Place> = {
  CLOSED: { una: 0, nxt: 0, rcv: 0, reach: () => new Peer() },
  LISTEN: {
    una: 0,
    nxt: 0,
    rcv: 0,
    reach() {
      const peer = new Peer();
      peer.listen();
      return peer;
    },
  },
  SYN_SENT: {
    una: 0,
    nxt: 1,
    rcv: 0,
    reach() {
      const peer = new Peer();
      peer.open();
      peer.expect({ flags: 'S', seq: 0 });
      return peer;
    },
  },
  'SYN_RECEIVED (passive)': {
    una: 0,
    nxt: 1,
    rcv: 1,
    reach() {
      const peer = new Peer();
      peer.listen();
      peer.send({ flags: 'S', seq: 0, mss: 1460 });
      peer.expect({ flags: 'S.', seq: 0, ack: 1 });
      return peer;
    },
  },
  'SYN_RECEIVED (active)': {
    una: 0,
    nxt: 1,
    rcv: 1,
    reach() {
      const peer = new Peer();
      peer.open();
      peer.expect({ flags: 'S', seq: 0 });
      peer.send({ flags: 'S', seq: 0, mss: 1460 });
      peer.expect({ flags: 'S.', seq: 0, ack: 1 });
      return peer;
    },
  },
  ESTABLISHED: {
    una: 1,
    nxt: 11,
    rcv: 1,
    reach() {
      const peer = established();
      peer.write(10);
      peer.expect({ flags: 'P.', data: 10 });
      return peer;
    },
  },
  FIN_WAIT_1: { una: 1, nxt: 2, rcv: 1, reach: finWait1 },
  FIN_WAIT_2: {
    una: 2,
    nxt: 2,
    rcv: 1,
    reach() {
      const peer = finWait1();
      peer.send({ flags: '.', seq: 1, ack: 2 });
      return peer;
    },
  },
  CLOSE_WAIT: {
    una: 1,
    nxt: 11,
    rcv: 2,
    reach() {
      const peer = closeWait();
      peer.write(10);
      peer.expect({ flags: 'P.', data: 10 });
      return peer;
    },
  },
  CLOSING: {
    una: 1,
    nxt: 2,
    rcv: 2,
    reach() {
      const peer = finWait1();
      peer.send({ flags: 'F.', seq: 1, ack: 1 });
      peer.expect({ flags: '.', seq: 2, ack: 2 });
      return peer;
    },
  },
  LAST_ACK: {
    una: 1,
    nxt: 2,
    rcv: 2,
    reach() {
      const peer = closeWait();
      shutDown(peer, 1);
      return peer;
    },
  },
  TIME_WAIT: {
    una: 2,
    nxt: 2,
    rcv: 2,
    reach() {
      const peer = finWait1();
      peer.send({ flags: 'F.', seq: 1, ack: 2 });
      peer.expect({ flags: '.', seq: 2, ack: 2 });
      return peer;
    },
  },
};
