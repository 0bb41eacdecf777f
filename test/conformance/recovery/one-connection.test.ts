import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { drill, reportText } from '../../../src/drill/index.ts';

const SCRIPT = 'test/conformance/recovery/one-connection.pkt';

it('the ladder of native-notes/recovery.md is what the script of that name does', () => {
  const verdict = drill(readFileSync(SCRIPT, 'utf8'));
  const printed = reportText({ file: SCRIPT, ...verdict }, true).map((line) => line.trim());
  const page = readFileSync('native-notes/recovery.md', 'utf8');
  const shown = [...page.matchAll(/^```\n([^`]+)^```$/gm)].flatMap(([, block]) => block!.trim().split('\n'));
  expect(verdict.status).toBe('passed');
  expect(shown.length).toBeGreaterThan(12);
  for (const line of shown) expect(printed).toContain(line);
});
