import type { Service } from './terms/service.ts';
import { swallow } from './terms/service.ts';

const FIRST = 0x20;
const PRINTABLE = 95;
const LINE = 72;

/**
 * The ring of lines that RFC 864 recommends: 72 printable characters and CRLF, each line beginning one character
 * further on. After 95 lines (7,030 octets) it repeats, so any whole number of rings can follow itself.
 */
export function chargenRing(): Buffer {
  const ring = Buffer.alloc(PRINTABLE * (LINE + 2));
  let at = 0;
  for (let first = 0; first < PRINTABLE; first++) {
    for (let i = 0; i < LINE; i++) ring[at++] = FIRST + ((first + i) % PRINTABLE);
    ring[at++] = 0x0d;
    ring[at++] = 0x0a;
  }
  return ring;
}

/** About 256 KiB a write: long enough that the cost of a write in JavaScript no longer shows. */
const RINGS_PER_BLOCK = 37;
const block = Buffer.concat(Array<Buffer>(RINGS_PER_BLOCK).fill(chargenRing()));

/**
 * RFC 864: characters until the peer has enough of them. As fast as the peer's window allows: the same memory is
 * written again and again, never copied and never changed.
 */
export const chargen = (): Service => ({
  options: { allowHalfOpen: true },
  onConnection(socket) {
    const fill = (): void => {
      while (socket.writable && socket.write(block));
    };
    socket.on('error', swallow);
    socket.on('drain', fill);
    socket.resume();
    fill();
  },
});
