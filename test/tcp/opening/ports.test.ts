import { describe, expect, it } from 'vitest';
import { SocketOptions } from '../../../src/tcp/terms/socket-options.ts';
import { address } from '../../../src/wire/address.ts';
import { Machine } from '../../support/machine.ts';
import { Peer } from '../../support/peer.ts';

describe('ports of active OPENs (RFC 6056)', () => {
  it('come from ip_local_port_range, each once, until none is left', () => {
    const machine = new Machine({ sysctls: { ip_local_port_range: [1000, 1009] } });
    const peers = Array.from({ length: 10 }, () => new Peer({ machine, port: 80 }));
    const ports = peers.map((peer) => peer.open().localPort);
    expect([...ports].sort()).toEqual([1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009]);
    const one = new Peer({ machine, port: 80 });
    expect(() => one.open()).toThrow(expect.objectContaining({ code: 'EADDRNOTAVAIL' }));
    // Towards another peer they are all free.
    const other = new Peer({ machine, port: 81 });
    expect(other.open().localPort).toBeGreaterThanOrEqual(1000);
    for (const peer of [...peers, other]) peer.expect({ flags: 'S' });
  });

  it('come from IP_LOCAL_PORT_RANGE, as far as that is within ip_local_port_range', () => {
    const machine = new Machine({ sysctls: { ip_local_port_range: [1000, 1009] } });
    const open = (first: number, last: number): number => {
      const peer = new Peer({ machine, port: 80 });
      const socketOptions = new SocketOptions();
      socketOptions.localPortRange = first + last * 65_536;
      const { localPort } = peer.open({ socketOptions });
      peer.expect({ flags: 'S' });
      return localPort;
    };
    expect([open(1004, 1005), open(1004, 1005)].sort()).toEqual([1004, 1005]);
    expect(() => open(1004, 1005)).toThrow('All 2 ports');
    expect(open(1009, 0)).toBe(1009);
    expect(open(0, 1000)).toBe(1000);
    // Beyond it there are none to be had: the sysctl holds.
    for (let i = 0; i < 6; i++) open(2000, 60_000);
    expect(() => open(2000, 60_000)).toThrow('All 10 ports');
  });

  it('and a four-tuple that is taken is refused: EADDRINUSE', () => {
    const peer = new Peer();
    peer.open({ localPort: 5555 });
    peer.expect({ flags: 'S' });
    const again = new Peer({ machine: peer.machine });
    expect(() => again.open({ localPort: 5555 })).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }));
  });

  it('an address that is no host’s is refused at once (MUST-46)', () => {
    const { tcp } = new Machine().host;
    const user = new Peer().user;
    for (const remote of ['224.0.0.1', '0.0.0.0', '255.255.255.255', '10.0.0.255']) {
      expect(() => tcp.connect({ remote: address(remote), remotePort: 80, user }), remote).toThrow(
        expect.objectContaining({ code: 'ENETUNREACH' }),
      );
    }
    expect(() => tcp.connect({ remote: address('2001:db8::1'), remotePort: 80, user })).toThrow(
      expect.objectContaining({ code: 'ENETUNREACH' }),
    );
  });
});
