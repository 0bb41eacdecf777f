import { describe, expect, it } from 'vitest';
import { SocketOptions } from '../../../src/tcp/terms/socket-options.ts';
import { Peer } from '../../support/peer.ts';

describe('a handshake that the peer does not answer', () => {
  it('sends the SYN again after 1, 2, 4, 8, 16, 32 s and gives up after 127 s with tcp_syn_retries 6 and no linear time-outs', () => {
    const peer = new Peer({ sysctls: { tcp_syn_retries: 6, tcp_syn_linear_timeouts: 0 } });
    peer.open();
    peer.expect({ flags: 'S', seq: 0 });
    const waits: number[] = [];
    for (let i = 0; i < 6; i++) {
      const { after, segment } = peer.next();
      expect(segment).toMatchObject({ flags: 'S', seq: 0, mss: 1460 });
      waits.push(after);
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000]);
    peer.wait(63_999);
    expect(peer.user.events).toEqual([]);
    peer.wait(1);
    expect(peer.now).toBe(127_000);
    expect(peer.user.events).toEqual(['closed ETIMEDOUT']);
    expect(peer.host.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });

  it("sends four more SYNs a second apart before it doubles, as Linux since 6.5 (tcp_syn_linear_timeouts), and gives up after Linux's 131 s", () => {
    const peer = new Peer({ sysctls: { tcp_syn_retries: 6 } });
    peer.open();
    peer.expect({ flags: 'S', seq: 0 });
    const waits = Array.from({ length: 10 }, () => peer.next().after);
    expect(waits).toEqual([1, 1, 1, 1, 1, 2, 4, 8, 16, 32].map((s) => s * 1000));
    expect(peer.c.info()).toMatchObject({ tcpi_total_rto: 10, tcpi_retransmits: 10, tcpi_backoff: 6 });
    peer.wait(63_999);
    expect(peer.user.events).toEqual([]);
    peer.wait(1);
    expect(peer.now).toBe(131_000);
    expect(peer.user.events).toEqual(['closed ETIMEDOUT']);
  });

  it('counts the linear time-outs on top of TCP_SYNCNT, too', () => {
    const peer = new Peer({ sysctls: { tcp_syn_linear_timeouts: 2 } });
    peer.open({ socketOptions: Object.assign(new SocketOptions(), { synCount: 1 }) });
    peer.wait(4999);
    expect(peer.state).toBe('SYN_SENT');
    peer.wait(1);
    expect(peer.user.error?.code).toBe('ETIMEDOUT');
    expect(peer.takeAll()).toHaveLength(4);
  });

  it('doubles the time-outs of data from the first one on', () => {
    const peer = new Peer({ sysctls: { tcp_syn_linear_timeouts: 127 } });
    peer.connectsToHost();
    peer.write(100);
    peer.expect({ flags: 'P.', seq: 1, data: 100 });
    peer.next();
    expect(peer.c.info()).toMatchObject({ tcpi_total_rto: 1, tcpi_backoff: 1 });
  });

  it('gives up after 251 s by default: at least three minutes (MUST-23)', () => {
    const peer = new Peer();
    peer.open();
    peer.wait(250_999);
    expect(peer.state).toBe('SYN_SENT');
    peer.wait(1);
    expect(peer.user.error?.code).toBe('ETIMEDOUT');
    expect(peer.takeAll()).toHaveLength(12);
  });

  it('sends the SYN-ACK again five times, then forgets the attempt after 63 s (tcp_synack_retries)', () => {
    const peer = new Peer();
    const listener = peer.listen();
    peer.send({ flags: 'S', seq: 0, mss: 1460 });
    peer.expect({ flags: 'S.', seq: 0, ack: 1 });
    const waits = [1, 2, 3, 4, 5].map(() => peer.next()).map(({ after, segment }) => [segment.flags, after]);
    expect(waits).toEqual([1, 2, 4, 8, 16].map((s) => ['S.', s * 1000]));
    peer.wait(31_999);
    expect(peer.state).toBe('SYN_RECEIVED');
    peer.wait(1);
    expect(peer.state).toBe('CLOSED');
    expect(listener.synQueueLength).toBe(0);
    peer.takeAll();
  });

  it.each([
    ['of 3 s', {}, 3000],
    ['no longer than tcp_rto_max_ms', { tcp_rto_max_ms: 2000 }, 2000],
  ])(
    'begins with an RTO %s where the SYN was sent again and no RTT could be measured (RFC 6298, 5.7)',
    (_, sysctls, rto) => {
      const peer = new Peer({ sysctls });
      peer.open();
      peer.expect({ flags: 'S' });
      peer.next();
      peer.send({ flags: 'S.', seq: 0, ack: 1, mss: 1460 });
      peer.expect({ flags: '.', seq: 1, ack: 1 });
      peer.write(100);
      peer.expect({ flags: 'P.', seq: 1, data: 100 });
      expect(peer.c.info().tcpi_rto).toBe(1000 * rto);
      expect(peer.next().after).toBe(rto);
    },
  );

  it('measures the RTT by the echoed timestamp where the SYN was sent again (RFC 7323, section 4)', () => {
    const peer = new Peer();
    peer.open();
    peer.expect({ flags: 'S', ts: [0, 0] });
    peer.next();
    peer.wait(50);
    peer.send({ flags: 'S.', seq: 0, ack: 1, mss: 1460, ts: [500, 1000] });
    peer.expect({ flags: '.', seq: 1, ack: 1, ts: [1050, 500] });
    expect(peer.c.info()).toMatchObject({ tcpi_rtt: 50_000, tcpi_rto: 250_000 });
  });

  it('a window of one segment follows a SYN that was lost twice', () => {
    const peer = new Peer();
    peer.open();
    peer.expect({ flags: 'S' });
    peer.next();
    peer.next();
    peer.send({ flags: 'S.', seq: 0, ack: 1, mss: 1460 });
    peer.expect({ flags: '.', seq: 1, ack: 1 });
    expect(peer.c.cc.cwnd).toBe(1);
  });
});
