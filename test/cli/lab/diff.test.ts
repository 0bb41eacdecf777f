import { describe, expect, it } from 'vitest';
import { run } from '../support/run.ts';

describe('`tcpglass lab diff`', () => {
  it('compares two runs, each with options of its own', async () => {
    const { code, stdout, stderr } = await run(['lab', 'diff', 'close', 'close --lose "FIN 1"', '--lang', 'en']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Both\n/);
    expect(stdout).toMatch(/^close --lose "FIN 1"\n/m);
    expect(stdout).toMatch(/is dropped on the path/);
  });

  it('takes no options about how one of them is shown', async () => {
    const { code, stdout, stderr } = await run(['lab', 'diff', 'close', 'close --json']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toBe('tcpglass: "close --json": a run to compare has no options about how it is shown\n');
  });
});
