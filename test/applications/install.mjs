// Installs the applications that are tested. Without a registry their tests are skipped, and say so; in CI they must be there.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const here = new URL('./', import.meta.url);
const wanted = readFileSync(new URL('package-lock.json', here), 'utf8');
/** The lock file that was last installed. */
const installed = new URL('node_modules/.installed-lock.json', here);

if (!existsSync(installed) || readFileSync(installed, 'utf8') !== wanted) {
  const flags = ['--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', ['ci', ...flags], { cwd: here, stdio: 'inherit', timeout: 300_000 });
  if (status === 0) writeFileSync(installed, wanted);
  else {
    console.log('The applications could not be installed (npm ci in test/applications): their tests are skipped.');
    if (process.env.CI) process.exit(1);
  }
}
