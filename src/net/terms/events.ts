// biome-ignore-all lint/suspicious/noExplicitAny: what an event of another name brings is its own affair
import type { EventEmitter } from 'node:events';
import type { DropArgument } from 'node:net';
import type { Duplex, Readable } from 'node:stream';

/** The events of sockets and servers, and what their listeners get, so that TypeScript knows it as it does of node:net's. */

/** Of sockets. */
export interface SocketEvents {
  close: [hadError: boolean];
  connect: [];
  connectionAttempt: [ip: string, port: number, family: number];
  connectionAttemptFailed: [ip: string, port: number, family: number, error: Error];
  connectionAttemptTimeout: [ip: string, port: number, family: number];
  data: [data: Buffer];
  drain: [];
  end: [];
  error: [error: Error];
  finish: [];
  lookup: [error: Error, address: string, family: string | number, host: string];
  pause: [];
  pipe: [source: Readable];
  readable: [];
  ready: [];
  resume: [];
  timeout: [];
  unpipe: [source: Readable];
}

/** Of servers, whose sockets are of the class `S`. */
export interface ServerEvents<S> {
  close: [];
  connection: [socket: S];
  drop: [data?: DropArgument];
  error: [error: Error];
  listening: [];
}

type AnyListener = (...args: any[]) => void;

export interface SocketEmitter extends Duplex {
  addListener<E extends keyof SocketEvents>(event: E, listener: (...args: SocketEvents[E]) => void): this;
  addListener(event: string | symbol, listener: AnyListener): this;
  on<E extends keyof SocketEvents>(event: E, listener: (...args: SocketEvents[E]) => void): this;
  on(event: string | symbol, listener: AnyListener): this;
  once<E extends keyof SocketEvents>(event: E, listener: (...args: SocketEvents[E]) => void): this;
  once(event: string | symbol, listener: AnyListener): this;
  prependListener<E extends keyof SocketEvents>(event: E, listener: (...args: SocketEvents[E]) => void): this;
  prependListener(event: string | symbol, listener: AnyListener): this;
  prependOnceListener<E extends keyof SocketEvents>(event: E, listener: (...args: SocketEvents[E]) => void): this;
  prependOnceListener(event: string | symbol, listener: AnyListener): this;
  emit<E extends keyof SocketEvents>(event: E, ...args: SocketEvents[E]): boolean;
  emit(event: string | symbol, ...args: any[]): boolean;
}

export interface ServerEmitter<S> extends EventEmitter {
  addListener<E extends keyof ServerEvents<S>>(event: E, listener: (...args: ServerEvents<S>[E]) => void): this;
  addListener(event: string | symbol, listener: AnyListener): this;
  on<E extends keyof ServerEvents<S>>(event: E, listener: (...args: ServerEvents<S>[E]) => void): this;
  on(event: string | symbol, listener: AnyListener): this;
  once<E extends keyof ServerEvents<S>>(event: E, listener: (...args: ServerEvents<S>[E]) => void): this;
  once(event: string | symbol, listener: AnyListener): this;
  prependListener<E extends keyof ServerEvents<S>>(event: E, listener: (...args: ServerEvents<S>[E]) => void): this;
  prependListener(event: string | symbol, listener: AnyListener): this;
  prependOnceListener<E extends keyof ServerEvents<S>>(event: E, listener: (...args: ServerEvents<S>[E]) => void): this;
  prependOnceListener(event: string | symbol, listener: AnyListener): this;
  emit<E extends keyof ServerEvents<S>>(event: E, ...args: ServerEvents<S>[E]): boolean;
  emit(event: string | symbol, ...args: any[]): boolean;
}
