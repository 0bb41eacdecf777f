import { readdirSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Reporter, TestCase, TestModule, TestRunEndReason, Vitest } from 'vitest/node';
import { labelOf, type Requirement, requirements } from './requirements.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const LABEL = /\[((?:MUST|SHLD|MAY|REC)-\d+(?: [A-Za-z0-9]+)?)\]/g;

/** Passed tests by the row that their titles name, and titles that name no row. */
interface Coverage {
  tests: Map<string, TestCase[]>;
  strangers: Set<string>;
}

/**
 * Prints RFC 9293's Appendix B with the tests that prove each row, and fails the run when a row has none that passed.
 * Rows are proved by tests of this directory; so a run without all of its files says nothing about the table.
 */
export default class RequirementsReporter implements Reporter {
  private vitest: Vitest | null = null;

  onInit(vitest: Vitest): void {
    this.vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[], _errors: unknown, reason: TestRunEndReason): void {
    if (reason === 'interrupted' || !this.isComplete(modules)) {
      console.log('\n RFC 9293, Appendix B: subset run, table not checked');
      return;
    }
    const coverage = collect(modules);
    const missing = requirements.filter((row) => !coverage.tests.has(labelOf(row)));
    print(coverage, missing);
    if (missing.length > 0 || coverage.strangers.size > 0) process.exitCode = 1;
  }

  private isComplete(modules: readonly TestModule[]): boolean {
    if (this.vitest?.config.testNamePattern || this.vitest?.config.shard) return false;
    const ran = new Set(modules.map((module) => resolve(module.moduleId)));
    const files = readdirSync(HERE, { recursive: true, encoding: 'utf8' });
    return files.every((file) => !file.endsWith('.test.ts') || ran.has(resolve(HERE, file)));
  }
}

function collect(modules: readonly TestModule[]): Coverage {
  const known = new Set(requirements.map(labelOf));
  const coverage: Coverage = { tests: new Map(), strangers: new Set() };
  for (const module of modules) {
    for (const test of module.children.allTests()) {
      for (const [, label] of test.name.matchAll(LABEL)) {
        if (!known.has(label!)) coverage.strangers.add(label!);
        if (test.result().state !== 'passed') continue;
        const tests = coverage.tests.get(label!);
        if (tests) tests.push(test);
        else coverage.tests.set(label!, [test]);
      }
    }
  }
  return coverage;
}

function print({ tests, strangers }: Coverage, missing: Requirement[]): void {
  const lines = requirements.map((row) => {
    const covering = tests.get(labelOf(row)) ?? [];
    const files = [...new Set(covering.map((test) => basename(test.module.moduleId).replace('.test.ts', '')))];
    const mark = covering.length > 0 ? ' ' : '!';
    const name = `${row.section.padEnd(9)} ${row.requirement}`;
    return ` ${mark} ${labelOf(row).padEnd(19)} ${row.level.padEnd(10)} ${name.padEnd(72)} ${covering.length} ${files.join(' ') || 'NO TEST'}`;
  });
  const ids = new Set(requirements.map((row) => row.id));
  const uncovered = new Set(missing.map((row) => row.id));
  console.log('\n RFC 9293, Appendix B: id, level, section, requirement, tests that passed, their files');
  console.log(lines.join('\n'));
  console.log(
    ` Proved: ${ids.size - uncovered.size} of ${ids.size} ids, ${requirements.length - missing.length} of ${requirements.length} rows`,
  );
  if (strangers.size > 0) console.log(` Titles name what is no row of the table: ${[...strangers].join(', ')}`);
}
