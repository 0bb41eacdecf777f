import { describe, expect, it } from 'vitest';
import { runSnippet } from '../../../src/drill/snippet/evaluate.ts';
import { Mismatch, ScriptError, Unsupported } from '../../../src/drill/terms/errors.ts';

const INFO = { tcpi_snd_cwnd: 10, tcpi_rtt: 100_000, tcpi_ca_state: 0 };
const run = (text: string): string[] => runSnippet(text, 5, INFO);

describe('snippets', () => {
  it.each([
    'assert tcpi_snd_cwnd == 10',
    'assert tcpi_snd_cwnd == 10, tcpi_snd_cwnd',
    'assert tcpi_snd_cwnd == 10, "cwnd is %d" % tcpi_snd_cwnd'.replace(' % tcpi_snd_cwnd', ''),
    'assert 9 <= tcpi_snd_cwnd < 11 and not tcpi_ca_state',
    'assert (tcpi_snd_cwnd == 3 or\n  tcpi_snd_cwnd == 10)',
    'assert abs(tcpi_rtt - 99000) <= 1000',
    'assert tcpi_ca_state == TCP_CA_Open; assert tcpi_rtt / 1000 == 100',
    'x = tcpi_snd_cwnd * 2 + 1 # a comment\nassert x == 21 and x % 4 == 1 and x // 4 == 5 and -x < 0',
    'assert 6 & 3 == 2, "comparisons bind looser than &"',
    'assert 2 ** 3 == 8 and 1 << 4 == 16 and 5 | 2 == 7 and min(3, 1, 2) == 1',
    'assert True and not False',
    'assert tcpi_snd_cwnd == 10 and \\\n tcpi_rtt == 100000',
    '',
  ])('hold: %s', (text) => {
    expect(() => run(text)).not.toThrow();
  });

  it.each([
    'assert tcpi_snd_cwnd == 11',
    'assert tcpi_snd_cwnd == 10\nassert tcpi_rtt < 100000',
    'assert not tcpi_snd_cwnd',
    'assert 1 < tcpi_snd_cwnd < 10',
    'assert tcpi_ca_state or False',
    'assert 0',
  ])('fail: %s', (text) => {
    expect(() => run(text)).toThrow(Mismatch);
  });

  it('print', () => {
    expect(run('print(tcpi_snd_cwnd)\nprint "rtt", tcpi_rtt')).toEqual(['10', 'rtt 100000']);
  });

  it('say the values that an assertion was about', () => {
    expect.assertions(1);
    try {
      run('assert tcpi_snd_cwnd == 12 and tcpi_rtt > 5');
    } catch (error) {
      expect(error).toMatchObject({ actual: 'tcpi_snd_cwnd = 10, tcpi_rtt = 100000' });
    }
  });

  it('are never run by anything else, and say what they can not do', () => {
    expect(() => run('import os')).toThrow(Unsupported);
    expect(() => run('exec("1")')).toThrow(ScriptError);
    expect(() => run('assert tcpi_no_such_field == 1')).toThrow(Unsupported);
    expect(() => run('assert nothing == 1')).toThrow(ScriptError);
    expect(() => run('assert (1 == 1')).toThrow(ScriptError);
    expect(() => run('assert 1 == 1 2')).toThrow(ScriptError);
  });
});
