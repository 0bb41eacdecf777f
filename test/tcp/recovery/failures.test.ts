import { describe, expect, it } from 'vitest';
import type { Sysctls } from '../../../src/host/host.ts';
import { causes } from '../../../src/tcp/terms/causes.ts';
import type { TcpCounters } from '../../../src/tcp/terms/counters.ts';
import { Peer } from '../../support/peer.ts';

const at = (k: number): number => 1 + 1000 * k;

/** Ten segments of 1000 octets are out. */
function tenOut(sackOk: boolean, sysctls: Partial<Sysctls> = {}): Peer {
  const peer = new Peer({
    sysctls: { tcp_early_retrans: 0, tcp_congestion_control: 'reno', ...sysctls },
  }).connectsToHost({ mss: 1000, sackOk });
  peer.write(10_000);
  peer.takeAll();
  return peer;
}

function ack(peer: Peer, una: number, ...ranges: [from: number, to: number][]): void {
  peer.send({ flags: '.', seq: 1, ack: at(una), sack: ranges.map(([a, b]) => [at(a), at(b)]) });
  peer.takeAll();
}

/** Until a time-out has come. */
function timeOut(peer: Peer): void {
  const before = peer.host.tcp.counters.TCPTimeouts;
  while (peer.host.tcp.counters.TCPTimeouts === before) peer.wait(10);
  peer.takeAll();
}

const FAILURES = [
  ...['TCPSackRecoveryFail', 'TCPRenoRecoveryFail', 'TCPSackFailures', 'TCPRenoFailures', 'TCPLossFailures'],
] as (keyof TcpCounters)[];

const failures = (peer: Peer): string[] =>
  FAILURES.flatMap((name) => Array<string>(peer.host.tcp.counters[name] as number).fill(name));

describe('a time-out counts as the failure of what went before (tcp_retransmit_timer; snmp_counter.rst)', () => {
  it.each([
    [true, 'TCPSackRecoveryFail'],
    [false, 'TCPRenoRecoveryFail'],
  ])('of Recovery (SACK: %s); but the second in a row is none', (sackOk, name) => {
    const peer = tenOut(sackOk);
    if (sackOk) ack(peer, 0, [1, 5]);
    else for (let i = 0; i < 4; i++) ack(peer, 0);
    expect(peer.c.info().tcpi_ca_state).toBe(3);
    timeOut(peer);
    timeOut(peer);
    expect(failures(peer)).toEqual([name]);
  });

  it.each([
    [true, 'TCPSackFailures'],
    [false, 'TCPRenoFailures'],
  ])('of what had seen that something is missing (SACK: %s)', (sackOk, name) => {
    const peer = tenOut(sackOk, { tcp_recovery: 0 });
    ack(peer, 0, ...(sackOk ? ([[1, 2]] as [number, number][]) : []));
    expect(peer.c.info().tcpi_ca_state).toBe(1);
    timeOut(peer);
    expect(failures(peer)).toEqual([name]);
  });

  it('of the slow start after another time-out', () => {
    const peer = tenOut(true, { tcp_frto: 0 });
    timeOut(peer);
    expect(failures(peer)).toEqual([]);
    ack(peer, 1);
    timeOut(peer);
    expect(failures(peer)).toEqual(['TCPLossFailures']);
  });
});

describe('blocks of what is not out (tcp_is_sackblock_valid)', () => {
  const counted = (peer: Peer): unknown => {
    const { TCPSACKDiscard, TCPDSACKIgnoredOld, TCPDSACKIgnoredNoUndo } = peer.host.tcp.counters;
    return { TCPSACKDiscard, TCPDSACKIgnoredOld, TCPDSACKIgnoredNoUndo };
  };
  const NONE = { TCPSACKDiscard: 0, TCPDSACKIgnoredOld: 0, TCPDSACKIgnoredNoUndo: 0 };

  it('are discarded: of what was never sent, or of what there is no hole before', () => {
    const peer = tenOut(true);
    ack(peer, 0, [9, 11]);
    expect(counted(peer)).toEqual({ ...NONE, TCPSACKDiscard: 1 });
    ack(peer, 0, [0, 2]);
    expect(counted(peer)).toEqual({ ...NONE, TCPSACKDiscard: 2 });
    expect(peer.c.info().tcpi_sacked).toBe(0);
  });

  it('but the blocks of an ACK that was overtaken are only old', () => {
    const peer = tenOut(true);
    ack(peer, 6);
    ack(peer, 1, [2, 3]);
    expect(counted(peer)).toEqual(NONE);
  });

  it('a D-SACK undoes nothing where no window was lowered, nor when it is of what was sent before', () => {
    const peer = tenOut(true);
    timeOut(peer);
    ack(peer, 10);
    ack(peer, 10, [0, 1]);
    expect(counted(peer)).toEqual({ ...NONE, TCPDSACKIgnoredNoUndo: 1 });
    peer.write(10_000);
    peer.takeAll();
    timeOut(peer);
    ack(peer, 10, [0, 1]);
    expect(counted(peer)).toEqual({ ...NONE, TCPDSACKIgnoredNoUndo: 1, TCPDSACKIgnoredOld: 1 });
  });
});

describe('an undo says what proved that there was no loss', () => {
  const proofs = (sysctls: Partial<Sysctls>, act: (peer: Peer) => void): string[] => {
    const peer = new Peer({ sysctls: { tcp_early_retrans: 0, ...sysctls } });
    const told: string[] = [];
    peer.host.observe((event) => {
      if (event.type === 'loss' && event.action === 'undone') told.push(event.cause.text);
    });
    act(peer.connectsToHost({ mss: 1012, sackOk: true, ts: [5000, 0] }));
    return told;
  };
  /** An ACK that echoes what our clock was at `ecr`. */
  const echo = (peer: Peer, ecr: number, una: number, ...ranges: [from: number, to: number][]): void => {
    peer.send({ flags: '.', seq: 1, ack: at(una), ts: [5300, ecr], sack: ranges.map(([a, b]) => [at(a), at(b)]) });
    peer.takeAll();
  };
  const out = (peer: Peer): void => {
    peer.write(10_000);
    peer.takeAll();
  };

  it('D-SACKs', () => {
    const act = (peer: Peer): void => {
      out(peer);
      timeOut(peer);
      echo(peer, 0, 1, [0, 1]);
    };
    expect(proofs({ tcp_frto: 0 }, act)).toEqual([causes.undoneByDsack.text]);
  });

  it('an echo', () => {
    const act = (peer: Peer): void => {
      out(peer);
      timeOut(peer);
      echo(peer, 0, 10);
    };
    expect(proofs({ tcp_frto: 0 }, act)).toEqual([causes.undoneByEcho.text]);
  });

  it('that it came before anything was sent again: both ACKs are of one batch', () => {
    const act = (peer: Peer): void => {
      out(peer);
      peer.batch(() => {
        peer.send({ flags: '.', seq: 1, ack: 1, ts: [5001, 0], sack: [[at(1), at(9)]] });
        peer.send({ flags: '.', seq: 1, ack: at(10), ts: [5001, 0] });
      });
      expect(peer.takeAll()).toEqual([]);
    };
    expect(proofs({}, act)).toEqual([causes.undoneBeforehand.text]);
  });

  it('F-RTO', () => {
    const act = (peer: Peer): void => {
      out(peer);
      timeOut(peer);
      peer.write(2000);
      const after = Math.round(peer.now);
      echo(peer, after, 1);
      echo(peer, after, 3);
    };
    expect(proofs({}, act)).toEqual([causes.undoneByFrto.text]);
  });
});
