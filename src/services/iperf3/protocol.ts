/**
 * iperf3's control protocol, as version 3 has it: on a connection of its own the client says what it wants and the server leads through
 * the states of a test, one byte each; parameters and results are JSON, behind their length in four bytes. Each connection, of data
 * too, begins with the test's cookie. The names are iperf3's (src/iperf_api.h there).
 */
export const TEST_START = 1;
export const TEST_RUNNING = 2;
export const TEST_END = 4;
export const PARAM_EXCHANGE = 9;
export const CREATE_STREAMS = 10;
export const CLIENT_TERMINATE = 12;
export const EXCHANGE_RESULTS = 13;
export const DISPLAY_RESULTS = 14;
export const IPERF_DONE = 16;
export const ACCESS_DENIED = 0xff;
export const SERVER_ERROR = 0xfe;

/** Codes of SERVER_ERROR: an option that isn't implemented; parameters that can't be read. */
export const IEUNIMP = 13;
export const IERECVPARAMS = 106;

/** 36 characters and a NUL. */
export const COOKIE_LENGTH = 37;
/** As many streams as iperf3 opens in one direction; and how long it writes at once, at the most. */
const STREAMS_MOST = 128;
const BLOCK_MOST = 1024 * 1024;
const BLOCK_DEFAULT = 128 * 1024;

/** What a client asks for, as far as a server has to know it. */
export interface Parameters {
  /** In each direction that there is. */
  readonly streams: number;
  /** The client sends; the server does (`-R`); both do (`--bidir`). */
  readonly clientSends: boolean;
  readonly serverSends: boolean;
  readonly blockLength: number;
  /** Seconds at the beginning that don't count. */
  readonly omit: number;
  readonly noDelay: boolean;
  /** Bits in a second for each stream that the server sends on; 0: as many as go. */
  readonly bandwidth: number;
  readonly congestion: string | null;
}

/** Reads the parameters; a number instead of them is the code that says why not. */
export function readParameters(text: string): Parameters | number {
  let said: Record<string, unknown>;
  try {
    said = JSON.parse(text);
  } catch {
    return IERECVPARAMS;
  }
  if (typeof said !== 'object' || said === null) return IERECVPARAMS;
  if (said.tcp !== true) return IEUNIMP; // UDP and SCTP
  const streams = said.parallel ?? 1;
  if (!isWhole(streams) || streams < 1 || streams > STREAMS_MOST) return IERECVPARAMS;
  const both = said.bidirectional === true || said.bidirectional === 1;
  const reverse = said.reverse === true || said.reverse === 1;
  return {
    streams,
    clientSends: both || !reverse,
    serverSends: both || reverse,
    blockLength: isWhole(said.len) && said.len > 0 ? Math.min(said.len, BLOCK_MOST) : BLOCK_DEFAULT,
    omit: isWhole(said.omit) ? Math.min(said.omit, 600) : 0,
    noDelay: said.nodelay === true,
    bandwidth: isWhole(said.bandwidth) ? said.bandwidth : 0,
    congestion: typeof said.congestion === 'string' ? said.congestion : null,
  };
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** JSON behind its length. */
export function framed(value: unknown): Buffer {
  const json = Buffer.from(JSON.stringify(value));
  const frame = Buffer.alloc(4 + json.length);
  frame.writeUInt32BE(json.length);
  json.copy(frame, 4);
  return frame;
}

export function serverError(code: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes[0] = SERVER_ERROR;
  bytes.writeInt32BE(code, 1);
  return bytes;
}

/** The number of a test's stream by its place: 1, 3, 4, 5, ... as iperf3 counts them. */
export const streamId = (index: number): number => (index === 0 ? 1 : index + 2);
