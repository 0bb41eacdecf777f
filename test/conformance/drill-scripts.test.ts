import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { drill, type IpVersion, ipVersionsOf, reportText } from '../../src/drill/index.ts';

const here = dirname(fileURLToPath(import.meta.url));
const scripts = readdirSync(here, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith('.pkt'))
  .sort();
const sourceOf = (name: string): string => readFileSync(join(here, name), 'utf8');
const runs = scripts.flatMap((name): [string, IpVersion][] =>
  ipVersionsOf(sourceOf(name)).map((ipVersion) => [name, ipVersion]),
);

describe('packet scripts', () => {
  it('are there', () => {
    expect(scripts.length).toBeGreaterThan(10);
  });

  it.each(runs)('%s over %s', (name, ipVersion) => {
    const verdict = drill(sourceOf(name), { ipVersion, sameMss: true });
    const story = reportText({ file: name, ...verdict }, false).join('\n');
    expect(verdict.status, story).toBe('passed');
  });

  it('run over both IPs, but for those that are about one of them', () => {
    const over = (ipVersion: string): number => runs.filter((run) => run[1] === ipVersion).length;
    expect(over('ipv4')).toBeGreaterThan(0.8 * scripts.length);
    expect(over('ipv6')).toBeGreaterThan(0.8 * scripts.length);
  });

  it.each(scripts)('%s says what it proves', (name) => {
    expect(sourceOf(name)).toMatch(/^\/\/[^\n]*RFC \d+/);
  });

  it.each(runs)('%s over %s comes out the same with another seed', (name, ipVersion) => {
    expect(drill(sourceOf(name), { ipVersion, sameMss: true, seed: 77 }).status).toBe('passed');
  });
});
