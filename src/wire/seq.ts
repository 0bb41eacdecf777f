/**
 * Sequence-number arithmetic (RFC 9293, section 3.4).
 *
 * A sequence number is one of 2^32 values on a circle. It is held as a *signed* 32-bit integer, so that V8 keeps every
 * one of them as a small integer, never as a heap-allocated double (measured: a `>>> 0` field above 2^31 costs a heap
 * number per store). The bits on the wire are the same. Only this file compares sequence numbers.
 */
export type Seq = number & { readonly __brand?: 'Seq' };

/** `seq + n`, modulo 2^32. */
export const seqAdd = (seq: Seq, n: number): Seq => (seq + n) | 0;

/** How far `a` lies beyond `b`: negative when it lies before. Meaningful within 2^31, as in RFC 9293 section 3.4. */
export const seqDiff = (a: Seq, b: Seq): number => (a - b) | 0;

export const seqLt = (a: Seq, b: Seq): boolean => ((a - b) | 0) < 0;
export const seqLeq = (a: Seq, b: Seq): boolean => ((a - b) | 0) <= 0;
export const seqGt = (a: Seq, b: Seq): boolean => ((a - b) | 0) > 0;
export const seqGeq = (a: Seq, b: Seq): boolean => ((a - b) | 0) >= 0;

export const seqMax = (a: Seq, b: Seq): Seq => (((a - b) | 0) > 0 ? a : b);
export const seqMin = (a: Seq, b: Seq): Seq => (((a - b) | 0) < 0 ? a : b);
