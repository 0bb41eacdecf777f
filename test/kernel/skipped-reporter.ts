import type { Reporter, TestModule } from 'vitest/node';
import { whatToInstall } from '../support/tools.ts';
import { kernelAvailable } from './available.ts';

/** Says at the end, once, which tests did not run here, and what would let them. */
export default class SkippedReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap((module) => [...module.children.allTests('skipped')]);
    // A test that was left out by name or by `only` lacks nothing.
    const needy = skipped.filter((test) => /\/test\/(kernel|cli|link)\//.test(test.module.moduleId));
    const reasons = needy.length === 0 ? [] : reasonsToSkip();
    if (reasons.length === 0) return;
    console.log(`\n ${needy.length} tests that need the kernel as a peer were skipped:`);
    for (const reason of reasons) console.log(`   ${reason}`);
  }
}

function reasonsToSkip(): string[] {
  const tools = whatToInstall();
  const kernel = kernelAvailable();
  return [
    ...(tools === null ? [] : [tools]),
    ...(kernel.ok || kernel.reason === tools ? [] : [kernel.reason]),
    ...(process.getuid?.() === 0 ? [] : ['not root: some tests become another user, and tcpdump needs to be root']),
  ];
}
