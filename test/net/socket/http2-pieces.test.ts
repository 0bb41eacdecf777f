import { describe, expect, it } from 'vitest';
import { Http2Pieces } from '../../../src/net/socket/http2-pieces.ts';

const [DATA, HEADERS, RST_STREAM, GOAWAY, CONTINUATION] = [0, 1, 3, 7, 9];
const END_HEADERS = 4;

function frame(type: number, flags: number, length: number): Buffer {
  const bytes = Buffer.alloc(9 + length, 0xff);
  bytes.writeUIntBE(length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  return bytes;
}

/** Where the pieces of these octets end, which come in chunks of so many. */
function ends(bytes: Buffer, chunkLength: number, isServer: boolean): number[] {
  const pieces = new Http2Pieces(isServer);
  const found: number[] = [];
  for (let from = 0; from < bytes.length; from += chunkLength) {
    const chunk = bytes.subarray(from, from + chunkLength);
    for (let at = 0; at < chunk.length; ) {
      const length = pieces.next(chunk.subarray(at));
      expect(length).toBeGreaterThan(0);
      at += length;
      if (at < chunk.length) found.push(from + at);
    }
  }
  return found;
}

describe('Http2Pieces', () => {
  it('ends a piece behind a header block, and before what ends a stream or the session', () => {
    const frames = [
      ...[frame(4, 0, 0), frame(HEADERS, 0, 10), frame(CONTINUATION, END_HEADERS, 3)],
      ...[frame(DATA, 0, 100), frame(DATA, 1, 0), frame(RST_STREAM, 0, 4), frame(HEADERS, END_HEADERS, 0)],
      ...[frame(HEADERS, END_HEADERS, 300), frame(GOAWAY, 0, 8), frame(GOAWAY, 0, 8)],
    ];
    const at = frames.map((_frame, i) => Buffer.concat(frames.slice(0, i)).length);
    const bytes = Buffer.concat(frames);
    expect(ends(bytes, bytes.length, false)).toEqual([at[3], at[5], at[7], at[8], at[9]]);
    const preface = Buffer.alloc(24, 1);
    const expected = [3, 5, 7, 8, 9].map((i) => at[i]! + preface.length);
    expect(ends(Buffer.concat([preface, bytes]), 1e6, true)).toEqual(expected);
  });

  it('knows where a frame begins, however the octets are cut', () => {
    const bytes = Buffer.concat([frame(DATA, 0, 70), frame(HEADERS, END_HEADERS, 20), frame(DATA, 1, 1)]);
    for (let length = 1; length <= bytes.length; length++) {
      expect(ends(bytes, length, false)).toEqual(108 % length === 0 ? [] : [108]);
    }
  });
});
