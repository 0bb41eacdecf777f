/**
 * How much of a buffer is promised to the peer. Half, as in Linux with `tcp_adv_win_scale` 1 (the other half is for the
 * memory around the octets), so that `tcp_rmem` means what it means there: 131072 make a window of 65536.
 */
export const windowOfSpace = (space: number): number => space >> 1;

/** The buffer that has such a window. */
export const spaceOfWindow = (window: number): number => Math.ceil(2 * window);
