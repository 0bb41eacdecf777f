/** The core without any I/O: what a lab, a browser or another device needs. */

export { TcpError, type TcpErrorCode } from '../tcp/terms/errors.ts';
export { SocketOptions } from '../tcp/terms/socket-options.ts';
export type { State } from '../tcp/terms/state.ts';
export type { TcpInfo } from '../tcp/terms/tcp-info.ts';
export type { ConnectionUser, ConnectOptions, ListenOptions, TcpConnection, TcpListener } from '../tcp/terms/user.ts';
export { address, parseAddress } from '../wire/address.ts';
export { Host, type HostOptions, type Sysctls } from './host.ts';
export { parseSysctl, sysctlTable } from './sysctls.ts';
