import type { Frame } from '../../wire/frame.ts';

/** The first octet of every fragment but the last lies at a multiple of this. */
const UNIT = 8;

/**
 * Cuts what `whole` has behind its IP header into fragments (RFC 791, section 3.2; RFC 8200, section 4.5), each of which is
 * built in `piece`: `extra` octets for a header, then data. `send` puts the headers in front and hands it to the link.
 * @param room as many octets of data as a fragment has room for
 * @returns false: there is no room
 */
export function cutIntoFragments(
  whole: Frame,
  piece: Frame,
  room: number,
  extra: number,
  send: (offset: number, more: boolean) => void,
): boolean {
  const step = room & -UNIT;
  if (step < UNIT) return false;
  const total = whole.headerEnd - whole.transportStart + whole.payloadLength;
  for (let from = 0; from < total; from += step) {
    const to = Math.min(from + step, total);
    copyRange(whole, piece, from, to, extra);
    send(from, to < total);
  }
  return true;
}

/** The octets [from, to) behind the IP header: those of the transport header are copied, slices are narrowed. */
function copyRange(whole: Frame, piece: Frame, from: number, to: number, extra: number): void {
  const headerLength = whole.headerEnd - whole.transportStart;
  const headerOctets = Math.max(0, Math.min(to, headerLength) - from);
  piece.reset(extra + headerOctets);
  const start = whole.transportStart + from;
  piece.header.set(whole.header.subarray(start, start + headerOctets), piece.transportStart + extra);
  let sliceAt = headerLength;
  for (let i = 0; i < whole.sliceCount; i++) {
    const sliceEnd = sliceAt + whole.sliceTo[i]! - whole.sliceFrom[i]!;
    const first = Math.max(from, sliceAt);
    const end = Math.min(to, sliceEnd);
    const shift = whole.sliceFrom[i]! - sliceAt;
    if (first < end) piece.addSlice(whole.slices[i]!, first + shift, end + shift);
    sliceAt = sliceEnd;
  }
}
