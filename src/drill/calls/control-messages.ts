import type { Micros } from '../../time/wheel.ts';
import type { ErrorMessage } from '../buffers/error-queue.ts';
import type { Expression } from '../script/ast.ts';
import { CONSTANTS } from '../terms/constants.ts';
import { Mismatch, ScriptError, Unsupported } from '../terms/errors.ts';
import { numberOf } from './arguments.ts';
import { atOnce, type CallResult, done, failed, type Operation } from './operation.ts';
import type { SocketFile } from './socket-file.ts';

const C = CONSTANTS as Record<string, number>;

type Fields = ReadonlyMap<string, Expression>;

/** The control messages that a script expects, in their order; none where it says nothing of them. */
function messagesOf(control: Expression | undefined, line: number): Fields[] {
  if (control === undefined || control.type === 'ellipsis') return [];
  return (control.type === 'list' ? control.items : [control]).map((message) => {
    if (message.type === 'struct') return message.fields;
    throw new ScriptError(line, 'A control message is {cmsg_level=..., cmsg_type=..., cmsg_data=...}');
  });
}

/** Control messages that come with data: TCP_CM_INQ, how many octets are left to be read, is the one we have (tcp(7)). */
export function withControl(
  file: SocketFile,
  call: Operation,
  control: Expression | undefined,
  line: number,
): Operation {
  const [message] = messagesOf(control, line);
  if (message === undefined) return call;
  const type = message.get('cmsg_type');
  const data = message.get('cmsg_data');
  if (type?.type !== 'word' || type.name !== 'TCP_CM_INQ' || data === undefined) {
    throw new Unsupported('control messages (msg_control)');
  }
  const attempt = (): CallResult | null => {
    const result = call.attempt();
    if (result === null || result.errno !== null) return result;
    // The end of the stream counts as one more octet, when all the others are read (tcp_inq_hint).
    const left = file.readable || (file.atEnd ? 1 : 0);
    return done(result.value, () => {
      const expected = numberOf(data, line);
      if (expected !== left) throw new Mismatch('The value of TCP_CM_INQ is wrong', `${expected}`, `${left}`);
    });
  };
  return { ...call, attempt };
}

/**
 * recvmsg with MSG_ERRQUEUE: never blocks, and gives no octets here: what a stamp is about comes back only into a buffer.
 * @param tolerance how far a stamp's time may be off
 */
export function readErrorQueue(
  file: SocketFile,
  header: Fields,
  length: number,
  tolerance: Micros,
  line: number,
): Operation {
  if (length > 0) throw new Unsupported('octets from the error queue');
  const message = file.errorQueue.take();
  if (message === null) return atOnce(failed('EAGAIN'));
  const isStamp = message.origin === C.SO_EE_ORIGIN_TIMESTAMPING!;
  return atOnce(
    done(0, () => {
      const hasData = isStamp && !(file.errorQueue.timestamping & C.SOF_TIMESTAMPING_OPT_TSONLY!);
      checkFlags(header.get('msg_flags'), C.MSG_ERRQUEUE! | (hasData ? C.MSG_TRUNC! : 0), line);
      const control = header.get('msg_control');
      if (control === undefined || control.type === 'ellipsis') return;
      const expected = messagesOf(control, line);
      const error = expected.pop();
      if (expected.length !== (message.at === null ? 0 : 1)) {
        throw new Mismatch('Other control messages come', `${expected.length + 1}`, `${message.at === null ? 1 : 2}`);
      }
      if (expected[0] !== undefined) checkTime(expected[0], message.at!, tolerance, line);
      if (error !== undefined) checkError(file, error, message, line);
    }),
  );
}

function checkFlags(flags: Expression | undefined, actual: number, line: number): void {
  if (flags === undefined || flags.type === 'ellipsis') return;
  const expected = numberOf(flags, line);
  if (expected !== actual)
    throw new Mismatch('msg_flags is wrong', `0x${expected.toString(16)}`, `0x${actual.toString(16)}`);
}

/** scm_timestamping: the script's time. */
function checkTime(message: Fields, at: Micros, tolerance: Micros, line: number): void {
  checkKind(message, C.SOL_SOCKET!, C.SCM_TIMESTAMPING!, line);
  const data = message.get('cmsg_data');
  if (data?.type !== 'struct') return;
  const part = (name: string): number => numberOf(data.fields.get(name) ?? { type: 'number', value: 0 }, line);
  const expected = part('scm_sec') * 1e6 + part('scm_nsec') / 1000;
  if (Math.abs(expected - at) > tolerance) {
    throw new Mismatch('The stamp has another time', `${expected / 1e6} s`, `${at / 1e6} s`);
  }
}

function checkError(file: SocketFile, message: Fields, error: ErrorMessage, line: number): void {
  const isIpv6 = file.family === C.AF_INET6!;
  checkKind(message, isIpv6 ? C.SOL_IPV6! : C.SOL_IP!, isIpv6 ? C.IPV6_RECVERR! : C.IP_RECVERR!, line);
  const data = message.get('cmsg_data');
  if (data?.type !== 'struct') return;
  const { errno, origin, code, info } = error;
  const actual: Readonly<Record<string, number>> = {
    ...{ ee_errno: errno, ee_origin: origin, ee_type: 0, ee_code: code, ee_info: info, ee_data: error.data },
  };
  for (const [name, value] of data.fields) {
    if (value.type === 'ellipsis') continue;
    if (actual[name] === undefined) throw new ScriptError(line, `sock_extended_err has no ${name}`);
    const expected = numberOf(value, line);
    if (expected !== actual[name]) throw new Mismatch(`${name} is wrong`, `${expected}`, `${actual[name]}`);
  }
}

/** Scripts for both IPs leave the level and the type of an error to their runner, by these names. */
const RUNNERS_NAMES = ['CMSG_LEVEL_IP', 'CMSG_TYPE_RECVERR'];

function checkKind(message: Fields, level: number, type: number, line: number): void {
  for (const [name, actual] of [['cmsg_level', level] as const, ['cmsg_type', type] as const]) {
    const given = message.get(name);
    if (given === undefined || given.type === 'ellipsis') continue;
    if (given.type === 'word' && RUNNERS_NAMES.includes(given.name)) continue;
    const expected = numberOf(given, line);
    if (expected !== actual) throw new Mismatch(`${name} is wrong`, `${expected}`, `${actual}`);
  }
}
