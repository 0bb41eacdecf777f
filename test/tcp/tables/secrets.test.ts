import { describe, expect, it } from 'vitest';
import { address } from '../../../src/wire/address.ts';
import { HOST_ADDRESS, Machine } from '../../support/machine.ts';

describe('initial sequence numbers (RFC 6528)', () => {
  it('grow by one each 4 microseconds for one four-tuple (MUST-8), and are unrelated between two (MUST-9)', () => {
    const { secrets } = new Machine().host.tcp;
    const remote = address('10.0.0.2');
    const at = (now: number, port: number) => secrets.initialSequence(now, HOST_ADDRESS, 80, remote, port);
    expect((at(4_000_000, 1) - at(0, 1)) | 0).toBe(1_000_000);
    expect(Math.abs((at(0, 1) - at(0, 2)) | 0)).toBeGreaterThan(1000);
    const other = new Machine({ seed: 2 }).host.tcp.secrets;
    expect(other.initialSequence(0, HOST_ADDRESS, 80, remote, 1)).not.toBe(at(0, 1));
  });
});
