import type { Micros } from '../../../time/wheel.ts';
import { readCount, readQuantity, SIZE, TIME } from './quantities.ts';
import type { Words } from './scan.ts';

/** Amounts that faults and rules have in common. */

const MOST_BEHIND = 1000;
/** The shortest IP header is the least that is still a packet; the longest packet the most that can be left. */
const LEAST_LEFT = 20;
const MOST_LEFT = 65_535;

export const readTime = (words: Words): Micros => words.need((text) => readQuantity(text, TIME), TIME.what);

/** The number of packets that go by first. */
export function readBehind(words: Words): number {
  const behind = words.need(readCount, 'a number of packets');
  if (behind > MOST_BEHIND) words.wrong(`At most ${MOST_BEHIND} packets can go by`);
  return behind;
}

/** The length to which an IP packet is cut. */
export function readLength(words: Words): number {
  const length = words.need((text) => readCount(text) ?? readQuantity(text, SIZE), 'a length such as 40 bytes');
  if (length < LEAST_LEFT || length > MOST_LEFT) {
    words.wrong(`A packet can be cut to ${LEAST_LEFT} to ${MOST_LEFT} bytes`);
  }
  return length;
}
