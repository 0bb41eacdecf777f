import type { Micros } from '../../time/wheel.ts';
import type { Expression } from '../script/ast.ts';
import { CONSTANTS } from '../terms/constants.ts';
import { Mismatch, ScriptError } from '../terms/errors.ts';
import { type Arguments, numberOf } from './arguments.ts';
import { type CallResult, done, type EpollFile, type File, failed, type Operation } from './operation.ts';

const C = CONSTANTS as Record<string, number>;
/** Told whether asked for or not. */
const ALWAYS = C.POLLERR! | C.POLLHUP!;
const EPOLL_ONESHOT = C.EPOLLONESHOT!;
const EPOLL_EDGE = C.EPOLLET!;

type Files = (fd: number) => File | undefined;

const eventsOf = (file: File | undefined, wanted: number): number => {
  if (file === undefined) return C.POLLNVAL!;
  return file.type === 'socket' ? file.pollEvents() & ((wanted & 0xffff) | ALWAYS) : 0;
};

/** When a wait of `milliseconds` is over; undefined: never. */
const deadlineOf = (now: Micros, milliseconds: number): Micros | undefined =>
  milliseconds < 0 ? undefined : now + milliseconds * 1000;

function waiting(attempt: () => CallResult | null, milliseconds: number, now: Micros): Operation {
  const none = (): CallResult => done(0);
  if (milliseconds === 0) return { attempt: () => attempt() ?? none(), blocking: false };
  const deadline = deadlineOf(now, milliseconds);
  return { attempt, blocking: true, timedOut: none, ...(deadline === undefined ? {} : { deadline }) };
}

const names = (mask: number): string => {
  const list = ['IN', 'PRI', 'OUT', 'ERR', 'HUP', 'NVAL', 'RDNORM', 'RDBAND', 'WRNORM', 'WRBAND', 'RDHUP'];
  const set = list.filter((name) => mask & C[`POLL${name}`]!);
  return set.length > 0 ? set.map((name) => `POLL${name}`).join('|') : '0';
};

/** poll([{fd=4, events=POLLIN, revents=POLLIN}], 1, timeout). */
export function poll(args: Arguments, files: Files, now: Micros): Operation {
  const watched = args.list(0).map((item) => pollFd(item, args.line));
  const attempt = (): CallResult | null => {
    const found = watched.map(({ fd, events }) => eventsOf(files(fd), events));
    const count = found.filter((mask) => mask !== 0).length;
    if (count === 0) return null;
    return done(count, () => verify(found));
  };
  const verify = (found: number[]): void => {
    for (const [i, { fd, revents }] of watched.entries()) {
      if (revents !== null && revents !== found[i]) {
        throw new Mismatch(`What poll tells of descriptor ${fd} is wrong`, names(revents), names(found[i]!));
      }
    }
  };
  return waiting(attempt, args.numberOr(2, -1), now);
}

function pollFd(item: Expression, line: number): { fd: number; events: number; revents: number | null } {
  if (item.type !== 'struct') throw new ScriptError(line, 'poll() takes [{fd=..., events=..., revents=...}]');
  const field = (name: string): Expression | undefined => item.fields.get(name);
  const [fd, events, revents] = [field('fd'), field('events'), field('revents')];
  if (fd === undefined || events === undefined) throw new ScriptError(line, 'A pollfd has fd and events');
  return {
    fd: numberOf(fd, line),
    events: numberOf(events, line),
    revents: revents === undefined ? 0 : revents.type === 'ellipsis' ? null : numberOf(revents, line),
  };
}

/** epoll_ctl(epfd, op, fd, {events=EPOLLIN, fd=4}). */
export function epollControl(epoll: EpollFile, args: Arguments, files: Files): CallResult {
  const [operation, fd] = [args.number(1), args.number(2)];
  if (files(fd) === undefined) return failed('EBADF');
  const known = epoll.watched.has(fd);
  if (operation === C.EPOLL_CTL_DEL!) return epoll.watched.delete(fd) ? done(0) : failed('ENOENT');
  if (operation === C.EPOLL_CTL_ADD! && known) return failed('EEXIST');
  if (operation === C.EPOLL_CTL_MOD! && !known) return failed('ENOENT');
  const { events, data } = epollEvent(args.at(3), args.line);
  epoll.watched.set(fd, { events, data: data ?? fd, told: -1, disabled: false });
  return done(0);
}

function epollEvent(expression: Expression, line: number): { events: number; data: number | null } {
  const inner = expression.type === 'list' && expression.items.length === 1 ? expression.items[0]! : expression;
  if (inner.type !== 'struct') throw new ScriptError(line, 'An epoll_event is {events=..., fd=...}');
  const events = inner.fields.get('events');
  if (events === undefined) throw new ScriptError(line, 'An epoll_event has events');
  const data = ['fd', 'ptr', 'u32', 'u64'].map((name) => inner.fields.get(name)).find((value) => value !== undefined);
  const open = data === undefined || data.type === 'ellipsis';
  return { events: numberOf(events, line), data: open ? null : numberOf(data, line) };
}

/** epoll_wait(epfd, {events=EPOLLIN, fd=4}, max, timeout). */
export function epollWait(epoll: EpollFile, args: Arguments, files: Files, now: Micros): Operation {
  const attempt = (): CallResult | null => {
    const ready: { events: number; data: number }[] = [];
    for (const [fd, watch] of epoll.watched) {
      const file = files(fd);
      if (file?.type !== 'socket' || watch.disabled) continue;
      const events = eventsOf(file, watch.events);
      // Edge-triggered: only when something happened since it was told.
      if (events === 0 || (watch.events >= EPOLL_EDGE && watch.told === file.activity)) continue;
      watch.told = file.activity;
      if (watch.events & EPOLL_ONESHOT) watch.disabled = true;
      ready.push({ events, data: watch.data });
    }
    if (ready.length === 0) return null;
    return done(ready.length, () => verify(ready));
  };
  const verify = (ready: { events: number; data: number }[]): void => {
    if (args.isOpen(1)) return;
    const expression = args.at(1);
    const items = expression.type === 'list' ? expression.items : [expression];
    for (const [i, item] of items.entries()) {
      if (item.type === 'ellipsis') continue;
      const expected = epollEvent(item, args.line);
      const actual = ready[i];
      const differs = actual === undefined || (expected.events & 0xffff) !== actual.events;
      if (differs || (expected.data !== null && expected.data !== actual.data)) {
        throw new Mismatch('What epoll tells is wrong', names(expected.events), names(actual?.events ?? 0));
      }
    }
  };
  return waiting(attempt, args.numberOr(3, -1), now);
}
