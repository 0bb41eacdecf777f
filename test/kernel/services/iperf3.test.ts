import { expect, it } from 'vitest';
import { besideUp } from '../cli/beside-up.ts';
import { describeKernel } from '../namespace.ts';

interface Report {
  readonly error?: string;
  readonly end: {
    readonly streams: readonly { sender: { bytes: number; retransmits?: number }; receiver: { bytes: number } }[];
    readonly sum_sent: { bytes: number; retransmits?: number };
    readonly sum_received: { bytes: number };
  };
}

describeKernel.with('iperf3')('the iperf3 service, and the real client', () => {
  it.each([
    ['-n 20M', 1],
    ['-n 20M -R', 1],
    ['-n 40M -P 4', 4],
    ['-n 40M -P 4 -R', 4],
    ['-t 2 -O 1 -l 1000 -N', 1],
    ['-t 1 --bidir', 2],
    ['-t 1 -R -b 50M', 1],
  ])('iperf3 %s', async (options, streams) => {
    const { stdout, stderr } = await besideUp(`iperf3 -c 10.9.0.2 -J ${options}`, '--services iperf3');
    const report = JSON.parse(stdout) as Report;
    expect([report.error, stderr]).toEqual([undefined, '']);
    expect(report.end.streams).toHaveLength(streams);
    for (const { sender, receiver } of report.end.streams) {
      expect(receiver.bytes).toBeGreaterThan(100_000);
      // What was on its way when the client ended it has not arrived.
      expect(receiver.bytes).toBeLessThanOrEqual(sender.bytes + (options.includes('-O') ? 20_000_000 : 0));
    }
    if (options.includes('-R')) expect(report.end.sum_sent.retransmits).toBeGreaterThanOrEqual(0);
    if (options.includes('-b 50M')) expect(report.end.sum_received.bytes).toBeLessThan(10_000_000);
  });

  it('UDP is refused with a sentence', async () => {
    const { stdout } = await besideUp('iperf3 -c 10.9.0.2 -u -t 1 -J', '--services iperf3');
    expect(JSON.parse(stdout).error).toContain('not implemented');
  });
});
