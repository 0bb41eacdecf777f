import { on } from 'node:events';
import { emitKeypressEvents, type Key as Pressed } from 'node:readline';

export type Key = 'on' | 'back' | 'end' | 'other';

const KEYS: Readonly<Record<string, Key>> = {
  ...{ space: 'on', return: 'on', enter: 'on', right: 'on', down: 'on' },
  ...{ b: 'back', left: 'back', up: 'back', backspace: 'back' },
  ...{ q: 'end', escape: 'end' },
};

/** In raw mode Ctrl-C and Ctrl-D are keys like others. */
export const keyOf = ({ name = '', ctrl = false }: Pressed): Key =>
  ctrl ? (/^[cd]$/.test(name) ? 'end' : 'other') : (KEYS[name] ?? 'other');

/** The keys that are pressed, until the loop over them ends; however it does, the terminal is then as it was. */
export async function* readKeys(stdin: NodeJS.ReadStream = process.stdin): AsyncGenerator<Key> {
  const ended = new AbortController();
  const restore = (): void => {
    stdin.setRawMode(false);
  };
  emitKeypressEvents(stdin);
  stdin.setRawMode(true);
  stdin.once('end', () => ended.abort());
  process.once('exit', restore);
  stdin.resume();
  try {
    for await (const [, key] of on(stdin, 'keypress', { signal: ended.signal })) yield keyOf(key as Pressed);
  } catch (error) {
    if (!ended.signal.aborted) throw error;
  } finally {
    restore();
    process.removeListener('exit', restore);
    stdin.pause();
  }
}
