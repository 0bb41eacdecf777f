import { describe, expect, it } from 'vitest';
import { Peer } from '../../support/peer.ts';

describe('MSS (RFC 9293, 3.7.1)', () => {
  const mssOf = (syn: object, options: object = {}): number =>
    new Peer(options).connectsToHost(syn).c.info().tcpi_snd_mss;

  it('is what the peer offers, what the MTU takes, 536 without the option (MUST-15)', () => {
    expect(mssOf({ mss: 1000 })).toBe(1000);
    expect(mssOf({ mss: 9000 })).toBe(1460);
    expect(mssOf({ mss: 9000 }, { mtu: 576 })).toBe(536);
    expect(mssOf({ mss: 0 })).toBe(536);
  });

  it('leaves room for the timestamps of each segment', () => {
    expect(mssOf({ mss: 1460, ts: [1, 0] })).toBe(1448);
  });

  it('an absurdly small one is raised, so that no peer can waste our time', () => {
    expect(mssOf({ mss: 1 })).toBe(88);
  });

  it('our own is the MTU less the fixed headers', () => {
    const peer = new Peer({ mtu: 9000 });
    peer.listen();
    peer.send({ flags: 'S', seq: 0 });
    peer.expect({ flags: 'S.', mss: 8960 });
  });
});
