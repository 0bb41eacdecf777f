// A process of its own: `give-up.mjs SITUATION`. Gives up all capabilities, and prints how that went.
import { closeSync, openSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { loadAddon } from '../../../dist/link/native.js';

/** Leaves room for so many more open files. */
function leaveRoomFor(files) {
  const taken = [];
  try {
    for (;;) taken.push(openSync('/dev/null'));
  } catch {
    for (const file of taken.slice(0, files)) closeSync(file);
  }
}

/** Ends when so many workers have given up all capabilities, at once. */
const inWorkers = (count) =>
  Promise.all(
    Array.from({ length: count }, () => {
      const worker = new Worker(new URL(import.meta.url), { argv: ['once'] });
      return new Promise((resolve, reject) => worker.on('exit', resolve).on('error', reject));
    }),
  );

/** At once: what a worker gives to console.log goes by way of the main thread, and may be lost when it ends. */
const say = (word) => writeSync(1, `${word}\n`);

const situations = {
  once: () => loadAddon().dropCapabilities(),
  'with room for so many open files': () => {
    const addon = loadAddon();
    leaveRoomFor(Number(process.argv[3]));
    addon.dropCapabilities();
  },
  'in workers, and then setuid': async () => {
    await inWorkers(8);
    // The C library signals all threads for it, too, and waits for them.
    process.setuid(process.getuid());
  },
};

try {
  await situations[process.argv[2]]();
  say('done');
} catch (error) {
  say(error.code);
}
