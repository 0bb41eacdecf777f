import { inPollPhase } from '../../../src/link/poll-phase.ts';
import type { Link, LinkReceiver } from '../../../src/link/terms/link.ts';
import type { NetHost } from '../../../src/net/driver/driver.ts';
import { TcpError } from '../../../src/tcp/terms/errors.ts';
import type { State } from '../../../src/tcp/terms/state.ts';
import type { TcpInfo } from '../../../src/tcp/terms/tcp-info.ts';
import type {
  ConnectionUser,
  ConnectOptions,
  ListenOptions,
  TcpConnection,
  TcpListener,
} from '../../../src/tcp/terms/user.ts';
import { Address, address } from '../../../src/wire/address.ts';
import { Packet } from '../../../src/wire/packet.ts';

/**
 * Hosts without a TCP: connections are joined in memory and behave at their user interface as TCP does (windows,
 * acknowledgements, half-close, resets). It tests src/net alone, and shows whose fault a failure is.
 */
export class FakeNetwork {
  readonly hosts = new Map<string, FakeHost>();

  host(ip: string): { host: FakeHost; link: FakeLink } {
    const host = new FakeHost(this, address(ip));
    this.hosts.set(ip, host);
    return { host, link: host.link };
  }
}

export class FakeLink implements Link {
  readonly mtu = 1500;
  readonly checksumOffload = true;
  readonly gsoMaxSize = 65535;
  receiver: LinkReceiver | null = null;
  closed = false;
  readonly #packet = new Packet();
  #inbox: (() => void)[] = [];

  send(): void {}
  flush(): void {}
  attach(receiver: LinkReceiver): void {
    this.receiver = receiver;
  }
  close(): void {
    this.closed = true;
  }
  /** Runs `arrive` at this end in a later turn of the event loop; what comes in one turn is one batch. */
  carry(arrive: () => void): void {
    if (this.#inbox.push(arrive) === 1) inPollPhase(() => this.#deliver());
  }
  #deliver(): void {
    const batch = this.#inbox;
    this.#inbox = [];
    if (this.closed) return;
    for (const arrive of batch) {
      this.receiver!.receive(this.#packet);
      arrive();
    }
    this.receiver!.batchEnd();
  }
}

const WINDOW = 64 * 1024;
const SEND_BUFFER = 256 * 1024;

export class FakeHost implements NetHost {
  readonly link = new FakeLink();
  readonly ip: { addresses: { own: { address: Address }[] } };
  readonly network: FakeNetwork;
  onPending: (() => void) | null = null;
  onUserFault: ((fault: unknown) => void) | null = null;
  readonly listeners = new Map<number, FakeListener>();
  readonly #changed = new Set<FakeConnection>();
  readonly #acceptable = new Set<FakeListener>();
  #nextPort = 40000;

  constructor(network: FakeNetwork, ip: Address) {
    this.network = network;
    this.ip = { addresses: { own: [{ address: ip }] } };
  }

  readonly tcp = {
    connect: (options: ConnectOptions): TcpConnection => this.#connect(options),
    listen: (options: ListenOptions): TcpListener => this.#listen(options),
    connections: [] as TcpConnection[],
    congestionControls: new Map([['reno', null]]),
    sysctls: { tcp_fastopen: 3 },
    onReleased: null,
  };

  readonly hasLooped = false;
  receiveLooped(): void {}
  receive(): void {}
  advance(): void {}
  nextDeadline(): number {
    return Infinity;
  }

  deliver(): void {
    for (const listener of this.#acceptable) {
      this.#acceptable.delete(listener);
      listener.onAcceptable();
    }
    for (const connection of this.#changed) connection.tellUser();
  }

  flush(): boolean {
    for (const connection of this.#changed) {
      this.#changed.delete(connection);
      connection.transmit();
    }
    return false;
  }

  changed(connection: FakeConnection): void {
    this.#changed.add(connection);
    this.onPending?.();
  }

  acceptable(listener: FakeListener): void {
    this.#acceptable.add(listener);
  }

  #connect(options: ConnectOptions): TcpConnection {
    const local = options.local ?? this.ip.addresses.own[0]!.address;
    if (!this.ip.addresses.own.some((own) => own.address.equals(local)))
      throw new TcpError('EADDRNOTAVAIL', 'not an address of ours');
    const peerHost = this.network.hosts.get(options.remote.toString());
    if (!peerHost) throw new TcpError('ENETUNREACH', 'no such host');
    const mine = new FakeConnection(
      this,
      local,
      options.localPort ?? this.#nextPort++,
      options.remote,
      options.remotePort,
    );
    mine.user = options.user;
    peerHost.link.carry(() => {
      const listener = peerHost.listeners.get(options.remotePort);
      if (!listener) {
        this.link.carry(() => mine.fail(new TcpError('ECONNREFUSED', 'no listener')));
        return;
      }
      const theirs = new FakeConnection(peerHost, options.remote, options.remotePort, mine.local, mine.localPort);
      theirs.join(mine);
      this.link.carry(() => mine.join(theirs));
      listener.queue.push(theirs);
      peerHost.acceptable(listener);
    });
    return mine;
  }

  #listen(options: ListenOptions): TcpListener {
    const port = options.port || this.#nextPort++;
    if (options.local && !this.ip.addresses.own.some((own) => own.address.equals(options.local!))) {
      throw new TcpError('EADDRNOTAVAIL', 'not an address of ours');
    }
    if (this.listeners.has(port)) throw new TcpError('EADDRINUSE', 'taken');
    const listener = new FakeListener(this, options.local ?? new Address(0, 0, 0xffff, 0), port, options.onAcceptable);
    this.listeners.set(port, listener);
    return listener;
  }
}

class FakeListener implements TcpListener {
  readonly queue: FakeConnection[] = [];
  readonly host: FakeHost;
  readonly local: Address;
  readonly port: number;
  readonly onAcceptable: () => void;

  constructor(host: FakeHost, local: Address, port: number, onAcceptable: () => void) {
    this.host = host;
    this.local = local;
    this.port = port;
    this.onAcceptable = onAcceptable;
  }
  accept(): TcpConnection | null {
    return this.queue.shift() ?? null;
  }
  close(): void {
    this.host.listeners.delete(this.port);
    for (const connection of this.queue.splice(0)) connection.abort();
  }
}

class FakeConnection implements TcpConnection {
  state = 'ESTABLISHED' as unknown as State;
  user: ConnectionUser | null = null;
  bytesAcked = 0;
  detached = false;
  peer: FakeConnection | null = null;

  readonly id = 0;
  readonly urgentLength = 0;
  readonly host: FakeHost;
  readonly local: Address;
  readonly localPort: number;
  readonly remote: Address;
  readonly remotePort: number;
  #queue: Uint8Array[] = [];
  #queued = 0;
  #sent = 0;
  #window = WINDOW;
  #finWanted = false;
  #finSent = false;
  #peerFin = false;
  #received: Uint8Array[] = [];
  readableLength = 0;
  #toAck = 0;
  #read = 0;
  #advertised = WINDOW;
  #userDone = false;
  #over = false;
  #news = { connected: false, readable: false, writable: false };
  #error: TcpError | null | undefined;

  constructor(host: FakeHost, local: Address, localPort: number, remote: Address, remotePort: number) {
    this.host = host;
    this.local = local;
    this.localPort = localPort;
    this.remote = remote;
    this.remotePort = remotePort;
  }

  join(peer: FakeConnection): void {
    if (this.#over) {
      this.host.link.carry(() => peer.fail(new TcpError('ECONNRESET', 'reset')));
      return;
    }
    this.peer = peer;
    this.#news.connected = this.user !== null;
    this.host.changed(this);
  }

  send(bytes: Uint8Array, from = 0, to = bytes.length): number {
    if (this.#over) throw new TcpError('ENOTCONN', 'closed');
    if (this.#finWanted) throw new TcpError('EPIPE', 'shut down');
    if (to > from) this.#queue.push(bytes.subarray(from, to));
    this.#queued += to - from;
    this.host.changed(this);
    return this.#queued;
  }
  get sendQueueLength(): number {
    return this.#queued - this.bytesAcked;
  }
  get sendSpace(): number {
    return SEND_BUFFER - this.sendQueueLength;
  }
  detachSendQueue(): void {
    this.detached = true;
    this.#queue = this.#queue.map((bytes) => new Uint8Array(bytes));
  }
  shutdown(): void {
    this.#finWanted = true;
    this.host.changed(this);
  }
  get atEnd(): boolean {
    return this.#peerFin && this.readableLength === 0;
  }
  read(): Uint8Array | null {
    const bytes = this.#received.shift() ?? null;
    if (bytes) this.#take(bytes.length);
    return bytes;
  }
  readInto(target: Uint8Array): number {
    const first = this.#received[0];
    if (!first) return 0;
    const count = Math.min(first.length, target.length);
    target.set(first.subarray(0, count));
    if (count === first.length) this.#received.shift();
    else this.#received[0] = first.subarray(count);
    this.#take(count);
    return count;
  }
  skip(): number {
    const count = this.readableLength;
    this.#received = [];
    this.#take(count);
    return count;
  }
  #take(count: number): void {
    this.readableLength -= count;
    this.#read += count;
    this.host.changed(this);
  }
  close(): void {
    this.#userDone = true;
    if (this.readableLength > 0) this.abort();
    else this.shutdown();
  }
  abort(): void {
    this.#userDone = true;
    if (this.#over) return;
    this.#over = true;
    const { peer } = this;
    peer?.host.link.carry(() => peer.fail(new TcpError('ECONNRESET', 'reset')));
  }
  setNoDelay(): void {}
  setKeepAlive(): void {}
  setUserTimeout(): void {}
  setTypeOfService(): void {}
  setQuickAck(): void {}
  setReceiveBuffer(): void {}
  setSendBuffer(): void {}
  readonly congestionControl = 'reno';
  setCongestionControl(): void {}
  setMaxPacingRate(): void {}
  info(): TcpInfo {
    return { tcpi_state: 1 } as TcpInfo;
  }

  // ---- What a wire would do -------------------------------------------------------------------------------------

  transmit(): void {
    const { peer } = this;
    if (!peer || this.#over) return;
    while (this.#queue.length > 0 && this.#sent - this.bytesAcked < this.#window) {
      const bytes = this.#queue[0]!;
      const room = Math.min(bytes.length, this.#window - (this.#sent - this.bytesAcked), 65483);
      if (room === bytes.length) this.#queue.shift();
      else this.#queue[0] = bytes.subarray(room);
      this.#sent += room;
      const copy = new Uint8Array(bytes.subarray(0, room)); // A Buffer's own `slice` would not copy.
      peer.host.link.carry(() => peer.#data(copy));
    }
    if (this.#finWanted && !this.#finSent && this.#queue.length === 0) {
      this.#finSent = true;
      peer.host.link.carry(() => peer.#fin());
      this.#maybeOver();
    }
    const window = WINDOW - this.readableLength;
    const acked = this.#toAck;
    if (acked > 0 || window > this.#advertised) {
      this.#toAck = 0;
      this.#advertised = window;
      const upTo = this.#read + this.readableLength;
      peer.host.link.carry(() => peer.#ack(upTo, window));
    }
  }

  #data(bytes: Uint8Array): void {
    if (this.#over) return;
    if (this.#userDone) {
      this.abort();
      return;
    }
    this.#received.push(bytes);
    this.readableLength += bytes.length;
    this.#toAck += bytes.length;
    this.#news.readable = true;
    this.host.changed(this);
  }
  #ack(upTo: number, window: number): void {
    if (this.#over) return;
    this.bytesAcked = upTo;
    this.#window = window;
    this.#news.writable = true;
    this.host.changed(this);
  }
  #fin(): void {
    if (this.#over) return;
    this.#peerFin = true;
    this.#news.readable = true;
    this.host.changed(this);
    this.#maybeOver();
  }
  #maybeOver(): void {
    if (this.#finSent && this.#peerFin) this.#error = null;
    this.host.changed(this);
  }
  fail(error: TcpError): void {
    if (this.#over) return;
    this.#over = true;
    this.#received = [];
    this.readableLength = 0;
    this.#error = error;
    this.host.changed(this);
  }

  tellUser(): void {
    const { connected, readable, writable } = this.#news;
    this.#news = { connected: false, readable: false, writable: false };
    if (!this.user || this.#userDone) return;
    if (this.#error) {
      this.#userDone = true;
      this.user.onClosed(this.#error);
      return;
    }
    if (connected) this.user.onConnected?.();
    if (writable && !this.#userDone) this.user.onWritable?.();
    if (readable && !this.#userDone) this.user.onReadable();
    if (this.#error === null && !this.#userDone) {
      this.#error = undefined;
      this.user.onClosed(null);
    }
  }
}
