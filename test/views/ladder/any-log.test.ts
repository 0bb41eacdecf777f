import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../../src/observe/log/schema.ts';
import type { State } from '../../../src/tcp/terms/state.ts';
import { Ladder, ladderOf } from '../../../src/views/ladder/ladder.ts';
import { merged } from '../../../src/views/ladder/merge.ts';
import { lineText } from '../../../src/views/text/line.ts';
import { columnsOf } from '../../../src/views/text/wide.ts';
import { anyLog } from '../support/any-log.ts';

const width = fc.oneof(fc.constant(80), fc.integer({ min: 40, max: 200 }));
const looks = fc.record({ width, verbose: fc.boolean() });

describe('a ladder of any log', () => {
  it('has no line that is longer than its width', () => {
    fc.assert(
      fc.property(anyLog, fc.option(anyLog, { nil: undefined }), looks, (log, other, look) => {
        const texts = ladderOf(log, look, other).map((line) => lineText(line));
        expect(texts.filter((text) => columnsOf(text) > look.width)).toEqual([]);
      }),
    );
  });

  it('is ASCII if it is asked to be', () => {
    fc.assert(
      fc.property(anyLog, looks, (log, look) => {
        const texts = ladderOf(log, { ...look, ascii: true }).map((line) => lineText(line));
        expect(texts.filter((text) => /[^ -~]/.test(text))).toEqual([]);
      }),
    );
  });

  it('is the same when it comes while it happens as when it is made of the whole log', () => {
    fc.assert(
      fc.property(anyLog, anyLog, (log, other) => {
        const ladder = new Ladder({ width: 80, logs: 2 });
        const lines = [...merged(log, other)].flatMap(({ entry, from }) => ladder.push(entry, from));
        expect([...lines, ...ladder.end()]).toEqual(ladderOf(log, { width: 80 }, other));
      }),
    );
  });

  it('leaves out no change of state where the log has no cause of either', () => {
    const change = (id: number, from: State, to: State): LogEntry => {
      return {
        id,
        time: 0,
        connection: 1,
        type: 'state',
        from,
        to,
        lasted: 0,
        cause: { text: `to ${to}`, source: '' },
      };
    };
    const log = [change(1, 'LAST_ACK', 'CLOSED'), change(2, 'CLOSED', 'SYN_SENT')];
    const text = ladderOf(log, { width: 80 }).map((line) => lineText(line));
    expect(text.join('\n')).toMatch(/to CLOSED[\s\S]*to SYN_SENT/);
  });

  it('leaves out no change of state', () => {
    fc.assert(
      fc.property(anyLog, looks, (log, look) => {
        const text = ladderOf(log, look)
          .map((line) => lineText(line))
          .join('\n');
        const states = log.filter((entry) => entry.type === 'state').map((entry) => entry.to);
        for (const state of new Set(states)) {
          const shown = text.split(new RegExp(`\\b${state}\\b`)).length - 1;
          expect(shown).toBeGreaterThanOrEqual(states.filter((other) => other === state).length);
        }
      }),
    );
  });
});
