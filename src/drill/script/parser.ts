import type { Micros } from '../../time/wheel.ts';
import { ScriptError } from '../terms/errors.ts';
import type { Action, CommandAction, Event, EventTime, Script } from './ast.ts';
import { tokenize } from './lexer.ts';
import { parseCall } from './parse-call.ts';
import { parsePacket } from './parse-packet.ts';
import { Tokens } from './tokens.ts';

/**
 * Reads a packetdrill script.
 * @param defines what words stand for (`-D NAME=VALUE`)
 * @throws ScriptError with the line
 */
export function parseScript(source: string, defines: ReadonlyMap<string, string> = new Map()): Script {
  const all = tokenize(source);
  const symbols = new Map(defines);
  const options: Script['options'] = [];
  let from = 0;
  for (; all[from]!.kind === 'option'; from++) {
    const { text, line } = all[from]!;
    const equals = text.indexOf('=');
    const name = equals < 0 ? text : text.slice(0, equals);
    const value = equals < 0 ? null : unquoted(text.slice(equals + 1));
    options.push({ name, value, line });
    const definition = name === 'define' ? /^(\w+)=(.*)$/s.exec(value ?? '') : null;
    if (definition && !symbols.has(definition[1]!)) symbols.set(definition[1]!, definition[2]!);
  }
  const tokens = new Tokens(all.slice(from), symbols);
  const init = tokens.isKind('command') ? parseCommand(tokens) : null;
  const events: Event[] = [];
  let cleanup: CommandAction | null = null;
  while (!tokens.isKind('end')) {
    if (tokens.isKind('command')) {
      cleanup = parseCommand(tokens);
      if (!tokens.isKind('end')) throw new ScriptError(cleanup.line, 'This command has no time');
      break;
    }
    events.push(parseEvent(tokens));
  }
  return { options, init, cleanup, events };
}

const unquoted = (text: string): string => (/^".*"$/s.test(text) ? text.slice(1, -1) : text);

function parseEvent(tokens: Tokens): Event {
  const { line } = tokens.peek();
  const time = parseTime(tokens);
  const action = parseAction(tokens);
  const leaves =
    (action.type === 'tcp' || action.type === 'icmp' || action.type === 'other') && action.direction === 'out';
  if (!leaves && time.type === 'any') throw new ScriptError(line, 'Only a packet that leaves may come at any time (*)');
  if (!leaves && time.type !== 'any' && time.until !== null) {
    throw new ScriptError(line, 'Only a packet that leaves may come within a range of time');
  }
  return { line, time, action };
}

function parseTime(tokens: Tokens): EventTime {
  const { line } = tokens.peek();
  if (tokens.accept('*')) return { type: 'any' };
  const type = tokens.accept('+') ? 'relative' : 'absolute';
  const at = tokens.seconds();
  let until: Micros | null = null;
  if (tokens.accept('~')) {
    if (type === 'relative') tokens.expect('+');
    until = tokens.seconds();
    if (until < at) throw new ScriptError(line, 'This range of time runs backwards');
  }
  return { type, at, until };
}

function parseAction(tokens: Tokens): Action {
  const token = tokens.peek();
  if (token.kind === 'command') return parseCommand(tokens);
  if (token.kind === 'code') return { type: 'code', text: tokens.take().text };
  if (tokens.is('<') || tokens.is('>')) return parsePacket(tokens);
  if (token.kind === 'word' || token.kind === 'ellipsis') return parseCall(tokens);
  return tokens.fail('a packet (< or >), a system call, a `command` or a %{ snippet }%');
}

function parseCommand(tokens: Tokens): CommandAction {
  const { text, line } = tokens.take();
  return { type: 'command', text, line };
}
