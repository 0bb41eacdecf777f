import type { Duplex } from 'node:stream';

/**
 * Node's streams count what waits in octets, and a waiting chunk costs some 200 bytes besides, however short it is. A peer
 * that sends single octets and reads nothing would make a stream of 64 KiB cost 13 MB, twice where it is piped. So short
 * chunks that wait to be read are put together, and a writer of short ones is told to wait before its octets alone say so.
 */

/** So many chunks may wait to be read, whatever their length, and one more for each KiB. */
const UNREAD_MAX = 16;
const LONG_ENOUGH = 1024;
/** When more writes than this wait for the one before them, `write` returns false. */
const UNWRITTEN_MAX = 32;

/** What is used of Node's stream states. In Node before 20.12, `buffer` is a list of another kind, which is left alone. */
interface ReadableState {
  buffer: (Buffer | string | null)[];
  /** Where the waiting chunks begin in `buffer`. */
  bufferIndex: number;
  decoder: unknown;
}
interface WritableState {
  readonly bufferedRequestCount: number;
  readonly writing: boolean;
  needDrain: boolean;
}
interface States {
  readonly _readableState: ReadableState;
  readonly _writableState: WritableState;
}

/**
 * To be called when a chunk was pushed. The reader gets the same octets in fewer pieces; each time, a kibibyte of copying
 * per chunk that came since the last time is the most there is to do.
 */
export function joinShortChunks(stream: Duplex): void {
  const state = (stream as unknown as States)._readableState;
  const { buffer } = state;
  if (!Array.isArray(buffer) || stream.readableObjectMode) return;
  const waiting = buffer.length - state.bufferIndex;
  if (waiting <= UNREAD_MAX + stream.readableLength / LONG_ENOUGH) return;
  // With an encoding set the chunks are text, but bytes that were put back (`unshift`) stay bytes, before them.
  if (state.decoder && typeof buffer[state.bufferIndex] !== 'string') return;
  const chunks = buffer.slice(state.bufferIndex);
  const joined = state.decoder ? chunks.join('') : Buffer.concat(chunks as Buffer[], stream.readableLength);
  buffer.length = 0;
  buffer.push(joined);
  state.bufferIndex = 0;
}

/** To be called behind a `write` that returned true. If it has to be false, sees to it that 'drain' comes. */
export function tooManyWrites(stream: Duplex): boolean {
  const state = (stream as unknown as States)._writableState;
  // While nothing is on its way, the application itself holds its writes back (`cork`).
  if (!state.writing || state.bufferedRequestCount <= UNWRITTEN_MAX) return false;
  state.needDrain = true;
  return true;
}
