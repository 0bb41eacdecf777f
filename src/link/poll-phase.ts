import { AsyncResource } from 'node:async_hooks';
import { MessageChannel, type MessagePort } from 'node:worker_threads';

/**
 * Calls `run` when the event loop polls next, which is where it hands over what has come from the kernel; each call is an event of its own.
 * What a program orders from there comes as with sockets of the kernel: in the same turn its immediates, then the 'close' of what it
 * destroyed, and then timers. What it orders from within an immediate comes behind the timers that are due by then.
 *
 * A message to oneself is the one thing of JavaScript's own that comes there. It is sent from an immediate, so that there is one a turn:
 * messages that are sent while one is received come in the same event, a thousand at a time.
 */
export function inPollPhase(run: () => void): void {
  setImmediate(send, run);
}

const sent: (() => void)[] = [];
let ends: { readonly from: MessagePort; readonly to: MessagePort } | null = null;
/** The asynchronous context of none of the program's own calls. */
const scope = new AsyncResource('tcpglass:PollPhase');

function send(run: () => void): void {
  ends ??= scope.runInAsyncScope(open);
  if (sent.push(run) === 1) ends.to.ref();
  ends.from.postMessage(null);
}

function open(): { from: MessagePort; to: MessagePort } {
  const { port1: from, port2: to } = new MessageChannel();
  to.on('message', received);
  from.unref();
  return { from, to };
}

function received(): void {
  const run = sent.shift()!;
  if (sent.length === 0) ends!.to.unref();
  run();
}
