import { readFileSync } from 'node:fs';

/** package.json lies three levels up, from src/cli/terminal as from dist/cli/terminal. */
export const VERSION = (
  JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
