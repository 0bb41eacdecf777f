/**
 * tcpglass: a TCP/IP host in userspace, with node:net's API.
 *
 * @module
 */

export { Host, type HostOptions, type Sysctls } from './host/host.ts';
export { Cable, type CableEnd, type CableOptions } from './link/cable.ts';
export type {
  ImpairmentCounters,
  ImpairmentDrop,
  ImpairmentEvent,
  ImpairmentObserver,
} from './link/impairment/events.ts';
export { ImpairedLink, type ImpairedOptions } from './link/impairment/impaired-link.ts';
export { parseImpairments } from './link/impairment/language/parse.ts';
export { impairmentsText } from './link/impairment/language/print.ts';
export { ImpairmentSyntaxError } from './link/impairment/language/scan.ts';
export type { Impairments } from './link/impairment/language/terms.ts';
export { SoftwareOffload } from './link/offload/gso.ts';
export { openTun, type TunOptions } from './link/open.ts';
export {
  type PacketStreamCounters,
  PacketStreamLink,
  type PacketStreamOptions,
  packetStreamLink,
} from './link/stream/packet-stream-link.ts';
export type { Link, LinkReceiver } from './link/terms/link.ts';
export type { TunLink } from './link/tun.ts';
export type { Connect, Net } from './net/net.ts';
export type { RawConnectOptions, RawListener, RawListenOptions, RawTcp } from './net/raw-tcp.ts';
export type { Server, ServerOptions } from './net/server.ts';
export type { Socket } from './net/socket/socket.ts';
export { createStack, type HostSettings, openStack, type Stack, type StackOptions } from './net/stack.ts';
export type { SocketOptions } from './net/terms/args.ts';
export type { SystemError } from './net/terms/errors.ts';
export type { Connector, ConnectorOptions } from './net/web/connector.ts';
export type { DispatcherOptions } from './net/web/dispatcher.ts';
export type { Web } from './net/web/web.ts';
export type { CountersSnapshot } from './observe/inspect/counters.ts';
export { type Inspection, SNAPSHOT_VERSION } from './observe/inspect/inspection.ts';
export type { SocketDetails, SocketMemory, SocketSnapshot, SocketsAsked } from './observe/inspect/sockets.ts';
export type { SummarySnapshot } from './observe/inspect/summary.ts';
export type { TimeWaitSnapshot } from './observe/inspect/time-wait.ts';
export type { TimerKind, TimerSnapshot } from './observe/inspect/timers.ts';
export type { ConnectionHistory } from './observe/log/history.ts';
export { LogError, LogReader } from './observe/log/read.ts';
export { type RecordOptions, record } from './observe/log/record.ts';
export { LOG_VERSION, type LogEntry } from './observe/log/schema.ts';
export { traceTo } from './observe/trace.ts';
export { TcpError, type TcpErrorCode } from './tcp/terms/errors.ts';
export type { SocketOptions as TcpSocketOptions } from './tcp/terms/socket-options.ts';
export type { State as TcpState } from './tcp/terms/state.ts';
export type { TcpInfo } from './tcp/terms/tcp-info.ts';
export type { ConnectionUser, TcpConnection } from './tcp/terms/user.ts';
export { WANTS } from './tcp/terms/wants.ts';
export type { AckSample } from './tcp/variables/ack-sample.ts';
export type { CongestionControl, CongestionSignal, CongestionWindow } from './tcp/variables/congestion-control.ts';
export { Address, address, parseAddress } from './wire/address.ts';
export { Frame } from './wire/frame.ts';
export { Packet } from './wire/packet.ts';
export { Slab } from './wire/slab.ts';
