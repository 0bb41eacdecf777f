import type { Host } from '../../host/host.ts';
import type { Connection } from '../../tcp/user/connection.ts';
import type { Address } from '../../wire/address.ts';
import type { KernelUser } from '../calls/kernel.ts';
import type { SocketFile } from '../calls/socket-file.ts';
import { socketInfo } from '../calls/socket-info.ts';
import { Numbers } from '../packets/numbers.ts';
import type { TcpAction } from '../script/ast.ts';
import type { Settings } from '../script/settings.ts';

/** Where the peer's ports begin, when the script names none. */
const FIRST_PEER_PORT = 43_000;

/**
 * Which connection the script is about. As in packetdrill it is the one that came up last: a socket that was made, a SYN
 * for one that listens. Packets that name their ports (`50000>8080`) go their own way.
 */
export class Connections implements KernelUser {
  private readonly settings: Settings;
  private all: Numbers[] = [];
  /** The host's connection, the last one that was seen. */
  private readonly ofHost = new Map<Numbers, Connection>();
  private underTest: Numbers | null = null;
  /** The last one that was made or began to listen: under test as long as no connection is. */
  private lastSocket: SocketFile | null = null;
  private listeningPort: number | null = null;
  private nextPeerPort = FIRST_PEER_PORT;

  constructor(settings: Settings) {
    this.settings = settings;
  }

  // ---- What the system calls tell

  socketMade(file: SocketFile): void {
    this.lastSocket = file;
    this.underTest = null;
    this.listeningPort = null;
  }

  listening(file: SocketFile): void {
    this.lastSocket = file;
    this.listeningPort = file.listener?.port ?? null;
    this.underTest = null;
  }

  connecting(file: SocketFile): void {
    const c = file.connection;
    if (c === null) return;
    const numbers = this.make(c.localPort, c.remotePort, true, c.local, c.remote);
    this.ofHost.set(numbers, c);
    this.underTest = numbers;
  }

  // ---- What packets ask

  /** The connection that an injected packet is for. */
  forInbound(spec: TcpAction): Numbers {
    if (spec.ports !== null && spec.ports.src !== 0 && spec.ports.dst !== 0) {
      this.underTest = this.find(spec.ports.dst, spec.ports.src) ?? this.make(spec.ports.dst, spec.ports.src, false);
      return this.underTest;
    }
    return this.current();
  }

  /** The connection that a packet of ours is expected from. Ports that no connection has are compared, and found wrong. */
  forOutbound(spec: TcpAction): Numbers {
    const named = spec.ports === null ? null : this.find(spec.ports.src, spec.ports.dst);
    return named ?? this.current();
  }

  /** The connection under test; a packet makes one, where there is none. */
  current(): Numbers {
    this.underTest ??= this.make(this.listeningPort ?? this.settings.bindPort, this.nextPeerPort++, false);
    return this.underTest;
  }

  get numbersUnderTest(): Numbers | null {
    return this.underTest;
  }

  find(localPort: number, remotePort: number): Numbers | null {
    return this.all.find((f) => f.localPort === localPort && f.remotePort === remotePort) ?? null;
  }

  /** Without addresses it is one between the two that the script runs between. It takes the place of an older one. */
  private make(localPort: number, remotePort: number, active: boolean, local?: Address, remote?: Address): Numbers {
    const { localIp, remoteIp } = this.settings;
    const made = new Numbers(local ?? localIp, localPort, remote ?? remoteIp, remotePort, active);
    const known = this.find(localPort, remotePort);
    this.all = this.all.filter((numbers) => numbers !== known);
    this.all.push(made);
    return made;
  }

  // ---- The host's side of it

  /** Does the host hold anything of this connection, be it in TIME_WAIT? */
  isKnownTo(host: Host, numbers: Numbers): boolean {
    if (this.connectionOf(numbers, host) !== null) return true;
    return host.tcp.timeWait.find(numbers.remote, numbers.remotePort, numbers.local, numbers.localPort) >= 0;
  }

  /** The host's connection behind these numbers, while it has one. */
  connectionOf(numbers: Numbers, host: Host): Connection | null {
    const c = host.tcp.connections.find(numbers.remote, numbers.remotePort, numbers.local, numbers.localPort);
    if (c !== null) this.ofHost.set(numbers, c);
    return c;
  }

  /** tcp_info of the socket under test that has no connection yet; null: there is none. */
  socketInfo(): Readonly<Record<string, number>> | null {
    return this.underTest !== null || this.lastSocket === null ? null : socketInfo(this.lastSocket);
  }

  /** The connection under test, even if it is over. */
  connectionUnderTest(host: Host): Connection | null {
    const numbers = this.underTest;
    if (numbers === null) return null;
    return this.connectionOf(numbers, host) ?? this.ofHost.get(numbers) ?? null;
  }
}
