import { editSynOptions } from '../offload/syn-options.ts';

/** The option's kind and length (RFC 9293, section 3.2). */
const MSS_KIND = 2;
const MSS_LENGTH = 4;

/**
 * Lowers the MSS that a SYN announces, where it is higher: its receiver then sends no longer segments, whatever its own MTU is (RFC
 * 4459, section 3.2, "MSS clamping"; netfilter's TCPMSS). What is no SYN, or announces none, stays as it is.
 */
export function clampMss(bytes: Uint8Array, start: number, end: number, mss: number): void {
  editSynOptions(bytes, start, end, (kind, at, length) => {
    if (kind !== MSS_KIND || length !== MSS_LENGTH) return;
    if (((bytes[at + 2]! << 8) | bytes[at + 3]!) <= mss) return;
    bytes[at + 2] = mss >>> 8;
    bytes[at + 3] = mss;
  });
}
