import type { LinkInfo } from '../../link/native.ts';
import { QUEUE_LENGTH } from '../../link/open.ts';
import type { Check } from './check.ts';

/** The line that gives a device the queue that we give to those that we make. */
const lengthen = (device: string): string => `sudo ip link set ${device} txqueuelen ${QUEUE_LENGTH}`;

/** What is to be said of a queue that is shorter than that; null: nothing. */
export function queueAdvice(device: string, length: number): string | null {
  if (length >= QUEUE_LENGTH) return null;
  return `room for ${length} packets: a burst of connections loses some. Better: ${lengthen(device)}`;
}

/** For `doctor`: the queue of a device that is there already, and that `up` would leave as it is. */
export function checkQueue(device: string, link: LinkInfo): Check {
  const name = `queue of ${device}`;
  const detail = `room for ${link.queueLength} packets`;
  if (link.queueLength >= QUEUE_LENGTH) return { name, ok: true, detail };
  return { name, ok: false, detail: `${detail}: a burst of connections loses some`, fix: lengthen(device) };
}
