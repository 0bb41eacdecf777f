import { describe, expect, it } from 'vitest';
import { checkedSysctls } from '../../src/host/sysctls.ts';
import { kernelNamed, kernelNames } from '../../src/lab/kernels.ts';
import { LabError } from '../../src/lab/terms/errors.ts';

describe('kernels', () => {
  it.each(kernelNames)('%s has knobs that there are, and says what differs in both languages', (name) => {
    const { sysctls, notes } = kernelNamed(name);
    expect(checkedSysctls(sysctls)).toEqual(sysctls);
    for (const { text, source } of notes) {
      expect(source).not.toBe('');
      const numbers = (said: string): string[] => (said.match(/\d+(\.\d+)*/g) ?? []).sort();
      expect(numbers(text.zh), text.en).toEqual(numbers(text.en));
      expect(text.zh).toMatch(/[\u4e00-\u9fff]/);
    }
  });

  it('have the defaults of their versions', () => {
    const of = (name: string) => kernelNamed(name).sysctls;
    expect(of('linux-2.2')).toMatchObject({ tcp_fin_timeout: 180, ip_local_port_range: [1024, 4999] });
    expect(of('linux-2.6.32')).toMatchObject({ tcp_syn_retries: 5, tcp_syncookies: 0, somaxconn: 128 });
    expect(of('linux-2.6.33')).not.toHaveProperty('tcp_syncookies');
    expect(of('linux-3.10')).toMatchObject({ tcp_syn_retries: 6, tcp_tw_reuse: 0, tcp_challenge_ack_limit: 100 });
    expect(of('linux-4.9')).toMatchObject({ tcp_challenge_ack_limit: 1000, tcp_timestamps: 2 });
    expect(of('linux-4.12')).toMatchObject({ tcp_tw_reuse: 0, somaxconn: 128 });
    expect(of('linux-4.12')).not.toHaveProperty('tcp_timestamps');
    expect(of('linux-5.3')).toMatchObject({ somaxconn: 128 });
    expect(of('linux-5.4')).not.toHaveProperty('somaxconn');
    expect(of('linux-6.4')).toMatchObject({ tcp_syn_retries: 6, tcp_syn_linear_timeouts: 0 });
    expect(of('linux-5.4').tcp_rmem).toEqual([4096, 131_072, 6_291_456]);
    expect(of('linux-4.19').tcp_rmem).toEqual([4096, 87_380, 6_291_456]);
    expect(of('linux-6.18')).toEqual({
      tcp_rcvbuf_low_rtt: 0,
      tcp_wmem: [4096, 16_384, 4_194_304],
      tcp_syn_retries: 6,
      tcp_syn_linear_timeouts: 4,
      tcp_mtu_probing: 0,
      tcp_mtu_probe_floor: 48,
    });
  });

  it('have one value for each knob, in every version', () => {
    for (const name of [...kernelNames, 'linux-3.5', 'linux-3.6', 'linux-4.6', 'linux-4.7', 'linux-6.0']) {
      const { sysctls, notes } = kernelNamed(name);
      const named = notes.flatMap(
        ({ text }) => text.en.match(/challenge ACKs in a second|Ephemeral ports|ephemeral ports/g) ?? [],
      );
      expect(new Set(named).size, name).toBe(named.length);
      expect(Object.keys(sysctls).length).toBeGreaterThan(2);
    }
  });

  it('say what of them is not imitated', () => {
    const said = (name: string): string =>
      kernelNamed(name)
        .notes.map(({ text }) => text.en)
        .join('\n');
    expect(said('linux-2.6.32')).toMatch(/first time-out is 3 s.*189 s.*Not imitated/);
    expect(said('linux-2.6.32')).not.toMatch(/challenge ACKs in a second|127 s/);
    expect(said('linux-3.2')).toMatch(/63 s/);
    expect(said('linux-3.10')).not.toMatch(/first time-out is 3 s/);
    expect(said('linux-3.10')).toMatch(/at most 100 challenge ACKs/);
    expect(said('linux-3.10')).not.toMatch(/at most 1000 challenge ACKs/);
    expect(said('linux-6.4')).toMatch(/Each time-out of a SYN is twice the one before/);
    expect(said('linux-6.5')).not.toMatch(/time-out of a SYN/);
    expect(said('linux-4.11')).toMatch(/tcp_tw_recycle/);
    expect(said('linux-4.12')).not.toMatch(/tcp_tw_recycle/);
  });

  it.each(['linux-1.0', 'linux-7.0', 'linux', 'windows-11', ''])('"%s" is refused, and some are named', (name) => {
    expect(() => kernelNamed(name)).toThrow(LabError);
    expect(() => kernelNamed(name)).toThrow(/linux-2\.6\.32, linux-3\.10/);
  });
});
