import type { Micros } from '../../time/wheel.ts';
import { SYN } from '../../wire/segment.ts';
import { seqAdd } from '../../wire/seq.ts';
import type { Kernel } from '../calls/kernel.ts';
import { type Arrival, joinProblem, matchIcmp, matchTcp, wholeOf } from '../packets/match.ts';
import type { Numbers } from '../packets/numbers.ts';
import { capturedIpText, capturedText, specText } from '../packets/packet-text.ts';
import type { Event, IcmpAction, TcpAction } from '../script/ast.ts';
import type { Settings } from '../script/settings.ts';
import type { Captured } from '../terms/captured.ts';
import { Mismatch, type WrongPacket } from '../terms/errors.ts';
import type { Connections } from './connections.ts';
import { secondsText, type Timing } from './timing.ts';
import type { World } from './world.ts';

/** A packet at any time (`*`) is waited for this long, if nothing else ends the waiting. */
const PATIENCE = 3600e6;

type IsWanted = (captured: Captured) => boolean;

/**
 * The next packet that leaves and that the script can mean: the one that waits, or the one that time brings, until it would
 * be too late. Packets of other connections are none of the script's business (packetdrill's sniff_outbound_live_packet).
 */
function nextCaptured(world: World, timing: Timing, expected: string, isWanted: IsWanted): Captured {
  const latest = Math.min(timing.latest, world.now + PATIENCE);
  const passed: Captured[] = [];
  for (;;) {
    const captured = world.captured.shift();
    if (captured === undefined) {
      const due = world.nextDue();
      if (due <= latest) world.stepTo(due);
      else throw nothingComes(world, timing, latest, expected, passed);
    } else if (captured.flaw !== null) {
      throw new Mismatch('A packet leaves that is broken', expected, captured.flaw);
    } else if (isWanted(captured)) {
      return captured;
    } else {
      passed.push(captured);
      world.passedOver++;
    }
  }
}

function nothingComes(world: World, timing: Timing, latest: Micros, expected: string, passed: Captured[]): Mismatch {
  const when = timing.any ? `nothing within ${secondsText(PATIENCE)}` : `nothing until ${secondsText(latest)}`;
  // The time is used up, as it would be on a real machine.
  if (Number.isFinite(timing.latest)) world.advanceTo(timing.latest);
  const others = passed.map(({ tcp }) =>
    tcp === null ? 'one that is not TCP' : `one of ${tcp.srcPort}>${tcp.dstPort}`,
  );
  const beside = others.length > 0 ? ` (passed over: ${[...new Set(others)].join(', ')})` : '';
  return new Mismatch('No packet comes', expected, when + beside);
}

/** The next packet of the host on this connection must be this one. @throws Mismatch */
export function expectTcp(
  spec: TcpAction,
  world: World,
  connections: Connections,
  kernel: Kernel,
  settings: Settings,
  timing: Timing,
): void {
  const expected = specText(spec);
  const numbers = connections.forOutbound(spec);
  const wrong = { spec: expected, at: Math.max(world.now, timing.at), came: null, text: null };
  const isWanted = ({ tcp }: Captured): boolean =>
    tcp !== null && connections.find(tcp.srcPort, tcp.dstPort) === numbers;
  const next = (): Captured => nextCaptured(world, timing, `${expected}, ${timing.expectedText()}`, isWanted);
  const first = about(() => wrong, next);
  const tcp = first.tcp!;
  if (tcp.flags & SYN && spec.flags & SYN && !numbers.localIsKnown) numbers.learnLocal(spec.seq, tcp.seq);
  const arrival: Arrival = { pieces: [first], length: tcp.payload.length };
  const told = (): string =>
    capturedIpText(first, spec) + capturedText(wholeOf(arrival), arrival.length, numbers, null, spec);
  about(
    () => ({ ...wrong, came: tcp, text: told() }),
    () => {
      if (arrival.length > 0 && !settings.strictSegments) collect(spec, arrival, numbers, next);
      matchTcp(spec, arrival, numbers, settings);
      numbers.expectedEnd = seqAdd(tcp.seq, arrival.length);
      for (const piece of arrival.pieces) checkPayload(piece, numbers, connections, world, kernel, expected);
      for (const piece of arrival.pieces) timing.check(piece.at, 'The packet');
    },
  );
}

/** Runs what may find that a packet is wrong, and says which one. */
function about<T>(packet: () => WrongPacket, compare: () => T): T {
  try {
    return compare();
  } catch (error) {
    throw error instanceof Mismatch ? error.about(packet()) : error;
  }
}

/** Puts the pieces of one expected packet together (see match.ts). */
function collect(spec: TcpAction, arrival: Arrival, numbers: Numbers, nextPiece: () => Captured): void {
  const first = arrival.pieces[0]!.tcp!;
  while (arrival.length < spec.length) {
    const problem = `${capturedText(first, arrival.length, numbers, null)}, and then`;
    const next = nextPiece();
    const tcp = next.tcp!;
    const reason = joinProblem(first, arrival.length, tcp, spec.length - arrival.length);
    if (reason !== null) {
      const came = capturedText(tcp, tcp.payload.length, numbers, null);
      throw new Mismatch('The length is wrong', specText(spec), `${problem} ${reason}: ${came}`);
    }
    arrival.pieces.push(next);
    arrival.length += tcp.payload.length;
  }
}

/** The octets on the wire must be those that the application wrote there. */
function checkPayload(
  piece: Captured,
  numbers: Numbers,
  connections: Connections,
  world: World,
  kernel: Kernel,
  expected: string,
): void {
  const { payload, seq, flags } = piece.tcp!;
  if (payload.length === 0) return;
  const connection = connections.connectionOf(numbers, world.host);
  for (const file of kernel.sockets()) {
    if (connection === null || file.connection !== connection) continue;
    const offset = (seq - numbers.localIss - (flags & SYN ? 0 : 1)) | 0;
    const where = file.written.firstDifference(payload, offset);
    if (where < 0) return;
    const actual = `octet ${offset + where} of the stream is ${payload[where]}, which the application did not write there`;
    throw new Mismatch('The payload is wrong', expected, actual);
  }
}

export function expectIcmp(spec: IcmpAction, world: World, settings: Settings, timing: Timing): void {
  const expected = `icmp ${spec.typeName} ${spec.codeName ?? ''}`.trim();
  const captured = nextCaptured(world, timing, `${expected}, ${timing.expectedText()}`, () => true);
  matchIcmp(spec, captured, settings);
  timing.check(captured.at, 'The ICMP message');
}

/**
 * Packets that no event expects show when the next expected one is compared: the queue is in order. At the end of a script
 * that doesn't happen, and many scripts end before what they caused does (packetdrill looks no further either). But where
 * the last thing that a script says is that a packet leaves, another one beside it is one too many; only more data behind
 * that packet may be a burst of which the script shows the beginning.
 */
export function rejectLeftovers(last: Event | undefined, world: World, connections: Connections, timing: Timing): void {
  const action = last?.action;
  if ((action?.type !== 'tcp' && action?.type !== 'icmp') || action.direction !== 'out' || timing.any) return;
  const numbers = action.type === 'tcp' ? connections.forOutbound(action) : connections.numbersUnderTest;
  const extra = world.captured.find(
    ({ tcp }) => tcp !== null && connections.find(tcp.srcPort, tcp.dstPort) === numbers,
  );
  if (numbers === null || extra?.tcp == null || extra.at > world.now) return;
  if (extra.tcp.payload.length > 0 && extra.tcp.seq === numbers.expectedEnd) return;
  const text = capturedText(extra.tcp, extra.tcp.payload.length, numbers, null);
  throw new Mismatch('One packet too many leaves', 'no further packet', `${text}, at ${secondsText(extra.at)}`);
}
