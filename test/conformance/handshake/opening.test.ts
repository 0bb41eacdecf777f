import { describe, expect, it, vi } from 'vitest';
import { Peer } from '../../support/peer.ts';
import { takeRaw } from '../../support/raw-packets.ts';

const errorCode = (code: string) => expect.objectContaining({ code });

describe('opening connections', () => {
  it('[MUST-10] both sides open at once: one connection, both ways usable (3.5, figure 7)', () => {
    const peer = new Peer();
    peer.open();
    peer.expect({ flags: 'S', seq: 0 });
    peer.send({ flags: 'S', seq: 0, mss: 1460 });
    peer.expect({ flags: 'S.', seq: 0, ack: 1 });
    peer.send({ flags: 'S.', seq: 0, ack: 1, mss: 1460 });
    expect(peer.state).toBe('ESTABLISHED');
    peer.takeAll();
    peer.write(10);
    peer.expect({ flags: 'P.', seq: 1, ack: 1, data: 10 });
    peer.send({ flags: 'P.', seq: 1, ack: 11, data: 20 });
    peer.expect({ flags: '.', seq: 11, ack: 21 });
    expect(peer.user.received).toBe(20);
  });

  it('[MUST-11] SYN_RECEIVED of a passive OPEN goes back to LISTEN on RST: no user is told (3.5)', () => {
    const peer = new Peer();
    const listener = peer.listen();
    peer.send({ flags: 'S', seq: 0 });
    peer.expect({ flags: 'S.', seq: 0, ack: 1 });
    peer.send({ flags: 'R', seq: 1 });
    expect(listener.synQueueLength).toBe(0);
    expect(listener.accept()).toBeNull();
    peer.send({ flags: 'S', seq: 9000 });
    peer.expect({ flags: 'S.', ack: 9001 });
  });

  it('[MUST-11] SYN_RECEIVED of an active OPEN ends on RST: the user is told "refused" (3.5; 3.10.7.4, second)', () => {
    const peer = new Peer();
    peer.open({ localPort: 80 });
    peer.listen();
    peer.expect({ flags: 'S', seq: 0 });
    peer.send({ flags: 'S', seq: 0 });
    peer.expect({ flags: 'S.', seq: 0, ack: 1 });
    expect(peer.state).toBe('SYN_RECEIVED');
    peer.send({ flags: 'R', seq: 1 });
    expect(peer.user.events).toEqual(['closed ECONNREFUSED']);
    expect(peer.listener!.synQueueLength).toBe(0);
  });

  it('[MUST-41] a passive OPEN for a port that is taken is an error and changes nothing (3.9.1.1)', () => {
    const peer = new Peer().connectsToHost();
    expect(() => peer.host.tcp.listen({ port: 80, onAcceptable: () => {} })).toThrow(errorCode('EADDRINUSE'));
    const second = new Peer({ machine: peer.machine, port: 41_000 });
    second.listener = peer.listener;
    second.connectsToHost();
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 10 });
    peer.expect({ flags: '.', ack: 11 });
    expect(peer.user.received).toBe(10);
    expect(second.state).toBe('ESTABLISHED');
  });

  it('[MUST-41] nor does one for another port, or the same after its listener closed (3.9.1.1)', () => {
    const peer = new Peer().connectsToHost();
    peer.host.tcp.listen({ port: 81, onAcceptable: () => {} });
    peer.listener!.close();
    peer.host.tcp.listen({ port: 80, onAcceptable: () => {} });
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 10 });
    peer.expect({ flags: '.', ack: 11 });
    expect(peer.state).toBe('ESTABLISHED');
  });

  it('[MUST-42] LISTEN on the local port of a connection in SYN_SENT or SYN_RECEIVED (3.9.1.1)', () => {
    const peer = new Peer();
    peer.open({ localPort: 80 });
    peer.expect({ flags: 'S' });
    peer.listen();
    const caller = new Peer({ machine: peer.machine, port: 41_000 });
    caller.listener = peer.listener;
    caller.send({ flags: 'S', seq: 0 });
    caller.expect({ flags: 'S.', seq: 0, ack: 1 });
    expect([peer.state, caller.state]).toEqual(['SYN_SENT', 'SYN_RECEIVED']);
    peer.listener!.close();
    peer.machine.settle();
    caller.takeAll();
    const again = peer.listen();
    caller.listener = again;
    caller.connectsToHost();
    peer.send({ flags: 'S.', seq: 0, ack: 1 });
    peer.expect({ flags: '.', seq: 1, ack: 1 });
    expect([peer.state, caller.state]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
  });

  it('[MUST-42] while a listener’s connections are in SYN_RECEIVED it takes others (3.9.1.1)', () => {
    const peer = new Peer();
    peer.listen();
    const callers = [1, 2, 3].map((port) => {
      const caller = new Peer({ machine: peer.machine, port });
      caller.send({ flags: 'S', seq: 0 });
      caller.expect({ flags: 'S.', seq: 0, ack: 1 });
      return caller;
    });
    for (const caller of callers.reverse()) caller.send({ flags: '.', seq: 1, ack: 1 });
    expect(callers.map((caller) => caller.state)).toEqual(Array(3).fill('ESTABLISHED'));
  });

  it('[MUST-44] without a local address, IP is asked for one towards that peer (3.9.1.1)', () => {
    const peer = new Peer();
    const asked = vi.spyOn(peer.host.ip, 'sourceFor');
    const c = peer.open();
    expect(asked).toHaveBeenCalledWith(peer.address);
    expect(asked.mock.results[0]!.value.equals(c.local)).toBe(true);
    expect(takeRaw(peer).bytes.slice(12, 16)).toEqual([10, 0, 0, 1]);
    asked.mockReturnValue(null);
    expect(() => peer.open()).toThrow(errorCode('ENETUNREACH'));
  });

  it('[MUST-45] every segment of a connection bears the address of the first (3.9.1.1)', () => {
    const peer = new Peer().acceptsFromHost();
    const asked = vi.spyOn(peer.host.ip, 'sourceFor').mockReturnValue(null);
    peer.write(10);
    peer.machine.wait(250);
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 5 });
    peer.abort();
    const kinds: number[] = [];
    while (peer.machine.packets.length > 0) {
      const { bytes, flags } = takeRaw(peer);
      expect(bytes.slice(12, 16)).toEqual([10, 0, 0, 1]);
      kinds.push(flags);
    }
    expect(kinds.length).toBeGreaterThanOrEqual(4);
    expect(asked).not.toHaveBeenCalled();
  });

  it('an OPEN for a four-tuple that is in use is an error (3.10.1)', () => {
    const peer = new Peer();
    peer.open({ localPort: 5000 });
    peer.takeAll();
    expect(() => peer.open({ localPort: 5000 })).toThrow(errorCode('EADDRINUSE'));
    expect(peer.state).toBe('SYN_SENT');
  });
});
