/** RFC 9113, section 4.1: length (3 octets), type, flags, stream (4). */
const HEADER_LENGTH = 9;
/** What a client begins with (section 3.4). */
const PREFACE_LENGTH = 24;

// Types of frames (section 6), and the flag of the last one of a header block.
const HEADERS = 1;
const RST_STREAM = 3;
const PUSH_PROMISE = 5;
const GOAWAY = 7;
const CONTINUATION = 9;
const END_HEADERS = 4;

/**
 * Where Node's C++ lets ticks run while it reads the frames of HTTP/2, if libuv has called it: headers reach the application in a tick
 * ('stream', 'response'), so they are its own before the next frame is looked at, and all is before a frame that ends the stream or
 * the session. If JavaScript has called it there are no ticks, and a GOAWAY in the same segment would come before the headers.
 */
export class Http2Pieces {
  /** Octets of the preface, or of a frame behind its header, that are still to come. */
  #left: number;
  readonly #header = new Uint8Array(HEADER_LENGTH);
  /** How many octets of it are there. */
  #known = 0;
  #endsHeaders = false;

  constructor(isServer: boolean) {
    this.#left = isServer ? PREFACE_LENGTH : 0;
  }

  /** How much of `bytes` may be read at once; to be called again with what is behind it. */
  next(bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.length) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, bytes.length - at);
        this.#left -= taken;
        at += taken;
      } else {
        const isFirst = this.#known === 0;
        const begin = at;
        while (this.#known < HEADER_LENGTH && at < bytes.length) this.#header[this.#known++] = bytes[at++]!;
        if (this.#known < HEADER_LENGTH) break;
        const [high, middle, low, type, flags] = this.#header as unknown as [number, number, number, number, number];
        if (isFirst && begin > 0 && (type === RST_STREAM || type === GOAWAY)) {
          this.#known = 0;
          return begin;
        }
        this.#known = 0;
        this.#left = (high << 16) | (middle << 8) | low;
        this.#endsHeaders = carriesHeaders(type) && (flags & END_HEADERS) !== 0;
      }
      if (this.#left === 0 && this.#endsHeaders) {
        this.#endsHeaders = false;
        return at;
      }
    }
    return at;
  }
}

const carriesHeaders = (type: number): boolean => type === HEADERS || type === PUSH_PROMISE || type === CONTINUATION;
