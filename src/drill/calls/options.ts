import { FAST_OPEN_KEY } from '../../tcp/terms/socket-options.ts';
import type { Expression } from '../script/ast.ts';
import { CONSTANTS } from '../terms/constants.ts';
import { Mismatch, ScriptError, Unsupported } from '../terms/errors.ts';
import { type Arguments, numberOf } from './arguments.ts';
import { checkNumber } from './lifecycle.ts';
import { type CallResult, done, failed } from './operation.ts';
import { NUMBER_OPTIONS, SOCKET_LEVELS } from './option-table.ts';
import type { SocketFile } from './socket-file.ts';
import { congestionInfo, socketInfo } from './socket-info.ts';

/** setsockopt(fd, level, name, value, length). */
export function setsockopt(file: SocketFile, args: Arguments): CallResult {
  const name = optionName(args);
  if (name === 'SO_LINGER') return setLinger(file, args.struct(3), args.line);
  if (name === 'TCP_CONGESTION') return setCongestion(file, args.at(3), args.line);
  if (name === 'TCP_FASTOPEN_KEY') return setFastOpenKey(file, args);
  const option = NUMBER_OPTIONS[name];
  if (isForeign(file, name)) return failed('ENOPROTOOPT');
  if (option === undefined) throw new Unsupported(`the socket option ${name}`);
  if (option.set === undefined) return failed('ENOPROTOOPT');
  const length = args.numberOr(4, 4);
  if (length < (option.least ?? 4)) return failed('EINVAL');
  const value = args.at(3).type === 'list' ? args.list(3)[0] : args.at(3);
  if (value === undefined) throw new ScriptError(args.line, 'There is no value to set');
  const errno = option.set(file, numberOf(value, args.line));
  if (errno === null) wake(file);
  return errno === null ? done(0) : failed(errno);
}

/** getsockopt(fd, level, name, value, length): the script says what it must give. */
export function getsockopt(file: SocketFile, args: Arguments): CallResult {
  const name = optionName(args);
  if (name === 'SO_LINGER') return done(0, () => checkLinger(file, args));
  if (name === 'TCP_CONGESTION') return done(0, () => checkText(args.at(3), congestionOf(file)));
  if (name === 'TCP_INFO') return done(0, () => checkInfo(args, socketInfo(file), 'tcp_info'));
  if (name === 'TCP_CC_INFO') return done(0, () => checkInfo(args, congestionInfo(file), 'tcp_cc_info'));
  const option = NUMBER_OPTIONS[name];
  if (isForeign(file, name)) return failed('EOPNOTSUPP');
  if (option === undefined) throw new Unsupported(`the socket option ${name}`);
  const value = option.get(file, lengthOf(args));
  if (typeof value === 'string') return failed(value);
  return done(0, () => checkNumber(args, 3, value));
}

/** Octets that the caller has room for. */
function lengthOf(args: Arguments): number {
  const length = args.at(4);
  const inner = length.type === 'list' ? length.items[0] : length;
  return inner === undefined || inner.type === 'ellipsis' ? 4 : numberOf(inner, args.line);
}

/** IPv6's options are nothing to a socket of AF_INET; one of AF_INET6 has IPv4's too. */
const isForeign = (file: SocketFile, name: string): boolean =>
  name.startsWith('IPV6_') && file.family === CONSTANTS.AF_INET;

/** Level and name must belong together: as numbers they would mean something else on another level. */
function optionName(args: Arguments): string {
  const level = args.word(1);
  const name = args.word(2);
  const prefixes = SOCKET_LEVELS[level];
  if (prefixes === undefined) throw new Unsupported(`socket options of the level ${level}`);
  if (!prefixes.some((prefix) => name.startsWith(prefix))) {
    throw new ScriptError(args.line, `${name} is no option of the level ${level}`);
  }
  return name;
}

/** An option may let go what waited. */
function wake(file: SocketFile): void {
  const c = file.connection;
  if (c !== null && !file.over && !file.handshaking) file.host.tcp.activate(c);
}

function setLinger(file: SocketFile, fields: ReadonlyMap<string, Expression>, line: number): CallResult {
  const field = (name: string): number => {
    const value = fields.get(name) ?? fields.get(`l_${name}`);
    if (value === undefined) throw new ScriptError(line, `The linger structure lacks "${name}"`);
    return numberOf(value, line);
  };
  file.options.linger = field('onoff') !== 0 ? field('linger') : null;
  return done(0);
}

function checkLinger(file: SocketFile, args: Arguments): void {
  if (args.isOpen(3)) return;
  const fields = args.struct(3);
  const { linger } = file.options;
  const actual = `{onoff=${linger === null ? 0 : 1}, linger=${linger ?? 0}}`;
  const number = (name: string): number => numberOf(fields.get(name) ?? { type: 'number', value: 0 }, args.line);
  const expected = `{onoff=${number('onoff')}, linger=${number('linger')}}`;
  if (expected !== actual) throw new Mismatch('The value that the call gives is wrong', expected, actual);
}

function setCongestion(file: SocketFile, value: Expression, line: number): CallResult {
  const inner = value.type === 'list' ? value.items[0] : value;
  if (inner?.type !== 'string') throw new ScriptError(line, 'TCP_CONGESTION takes a string');
  const { text } = inner;
  if (!file.host.tcp.congestionControls.has(text)) {
    if (OF_LINUX.has(text)) throw new Unsupported(`congestion control "${text}"`);
    return failed('ENOENT');
  }
  if (file.connection === null) file.options.congestion = text;
  else file.connection.setCongestionControl(text);
  return done(0);
}

/** One key, or a second one behind it, as octets (do_tcp_setsockopt). */
function setFastOpenKey(file: SocketFile, args: Arguments): CallResult {
  const length = args.number(4);
  const value = args.at(3);
  if (length !== FAST_OPEN_KEY && length !== 2 * FAST_OPEN_KEY) return failed('EINVAL');
  if (value.type !== 'string') throw new ScriptError(args.line, 'TCP_FASTOPEN_KEY takes a string');
  if (file.connection !== null) return failed('EINVAL');
  file.options.fastOpenKey = Uint8Array.from({ length }, (_, i) => (value.text.charCodeAt(i) || 0) & 0xff);
  return done(0);
}

/** Algorithms that a kernel may have: a script that wants one expects to get it. */
const OF_LINUX = new Set(
  'cubic bbr bic cdg dctcp highspeed htcp hybla illinois lp nv scalable vegas veno westwood yeah'.split(' '),
);

const congestionOf = (file: SocketFile): string =>
  file.connection?.congestionControl ?? file.options.congestion ?? file.host.sysctls.tcp_congestion_control;

function checkText(expected: Expression, actual: string): void {
  const inner = expected.type === 'list' ? expected.items[0] : expected;
  if (inner?.type === 'string' && inner.text !== actual) {
    throw new Mismatch('The value that the call gives is wrong', `"${inner.text}"`, `"${actual}"`);
  }
}

/** `{tcpi_state=1, ...}`: each field that the script names. */
function checkInfo(args: Arguments, info: Readonly<Record<string, number>>, structure: string): void {
  if (args.isOpen(3)) return;
  for (const [name, value] of args.struct(3)) {
    if (value.type === 'ellipsis') continue;
    const actual = info[name];
    if (actual === undefined) throw new Unsupported(`${name} of ${structure}`);
    const expected = numberOf(value, args.line);
    if (expected !== actual) throw new Mismatch(`${name} is wrong`, `${expected}`, `${actual}`);
  }
}
