import { describe, expect, it } from 'vitest';
import closeLost from '../../src/lab/scenarios/lost/close-lost.ts';
import { isAsTold, type Played, play } from '../../src/lab/story/play.ts';

const playWith = (given: Record<string, string | number | boolean>): Promise<Played> =>
  play(closeLost, { parameters: new Map(Object.entries(given).map(([name, value]) => [name, `${value}`])) });

const numbersIn = (text: string): string[] => (text.match(/\d+(\.\d+)?/g) ?? []).sort();

describe('close-lost', () => {
  const whole = ['1', '2', '3', '4'].flatMap((k) =>
    [false, true].flatMap((forEver) =>
      [false, true].flatMap((shutdown) => ['client', 'server'].map((by) => ({ k, by, shutdown, 'for-ever': forEver }))),
    ),
  );

  it.each(whole)('goes as it says: %o', async (given) => {
    const played = await playWith(given);
    expect(played.missing?.pattern.text.en).toBeUndefined();
    expect(played.checks.filter(({ holds }) => !holds)).toEqual([]);
    expect(isAsTold(played)).toBe(true);
    for (const { en, zh } of [played.answer!, ...played.told.map(({ text }) => text)])
      expect(numbersIn(zh), `${en}\n${zh}`).toEqual(numbersIn(en));
  });

  it.each([
    [{ k: 1, 'for-ever': true }, /9 times again, gave up after 113 s/],
    [{ k: 1, 'for-ever': true, shutdown: true }, /16 times again, gave up after 9\d\d s/],
    [{ k: 2, 'for-ever': true }, /FIN, which repeats ack = u\+1, ended that/],
    [{ k: 2, 'for-ever': true, work: 300 }, /After 113 s the client gave up.*RST/],
    [{ k: 2, work: 0 }, /came before the RTO/],
    [{ k: 3, 'for-ever': true }, /leaves FIN_WAIT_2 after 60 s/],
    [{ k: 3, 'for-ever': true, shutdown: true }, /lasts for ever/],
    [{ k: 3, times: 9 }, /the late FIN got a RST/],
    [{ k: 4, times: 3 }, /3 ×.*60\.9 s of TIME_WAIT/],
    [{ k: 1, times: 8 }, /8 × in all/],
    [{ k: 1, times: 9 }, /9 × in all/],
    [{ k: 1, times: 10 }, /gave up/],
  ])('%o: %s', async (given, answer) => {
    const played = await playWith(given);
    expect(played.missing?.pattern.text.en).toBeUndefined();
    expect(played.answer!.en).toMatch(answer);
    expect(numbersIn(played.answer!.zh)).toEqual(numbersIn(played.answer!.en));
  });
});
