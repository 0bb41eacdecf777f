import { EventEmitter } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { TunLink } from '../../src/link/tun.ts';
import { loadPackage, openTuntap2 } from '../../src/link/tuntap2.ts';
import type { Frame } from '../../src/wire/frame.ts';
import { flatten } from '../support/octets.ts';
import { FakeDevice, pattern, tcpFrame, transportSum } from './fake-device.ts';

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

/** A file in place of the device: what is written, one behind the other. */
function makeFile() {
  const folder = mkdtempSync(join(tmpdir(), 'tcpglass-'));
  const path = join(folder, 'device');
  const fd = openSync(path, 'w+');
  cleanUps.push(() => rmSync(folder, { recursive: true }));
  const packets = (): Uint8Array[] => {
    const bytes = readFileSync(path);
    const found: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += found.at(-1)!.length)
      found.push(Uint8Array.from(bytes.subarray(at, at + bytes.readUInt16BE(at + 2))));
    return found;
  };
  return { fd, packets };
}

/** The shape of the package's Tun, as its README describes it. */
class FakeTun extends EventEmitter {
  static last: FakeTun;
  readonly name = 'tun7';
  mtu = 0;
  ipv4 = '';
  ipv6 = '';
  isUp = false;
  destroyed = false;
  readonly file = makeFile();
  readonly _fd = this.file.fd;
  /** Ends the read that `release` waits for. */
  released: (() => void) | null = null;

  constructor() {
    super();
    FakeTun.last = this;
  }

  get written(): Uint8Array[] {
    return this.file.packets();
  }

  paused = false;
  pause(): void {
    this.paused = true;
  }

  /** A stream that flows reads on, and what it reads is lost. */
  release(done: () => void): void {
    expect(this.paused).toBe(true);
    this.destroyed = true;
    this.released = () => {
      closeSync(this._fd);
      done();
    };
  }
}

const options = { address: '10.9.0.1', peer: '10.9.0.2', prefix: 24, address6: 'fd00::1', prefix6: 64, mtu: 1400 };
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** An Echo from us to the kernel, without data. */
const ECHO = Uint8Array.from([
  ...[0x45, 0, 0, 28, 0, 0, 0x40, 0, 64, 1, 0x26, 0xcd, 10, 9, 0, 2, 10, 9, 0, 1],
  ...[8, 0, 0xf7, 0xff, 0, 0, 0, 0],
]);

/** A frame as it is with its checksum completed. */
function summed(frame: Frame): Uint8Array {
  const device = new FakeDevice(false);
  const link = new TunLink(device);
  link.send(frame);
  link.flush();
  return device.written[0]!;
}

async function setUp() {
  const device = await openTuntap2(options, async () => ({ Tun: FakeTun }));
  const tun = FakeTun.last;
  const link = new TunLink(device);
  const log: string[] = [];
  const packets: Uint8Array[] = [];
  link.attach({
    receive({ slab, start, end }) {
      packets.push(slab.bytes.slice(start, end));
      log.push('receive');
    },
    batchEnd: () => log.push('batchEnd'),
    linkDown: (reason) => log.push(reason),
  });
  return { tun, link, log, packets };
}

describe('the tuntap2 driver', () => {
  it('configures the device and brings it up', async () => {
    const { tun, link } = await setUp();
    expect(tun).toMatchObject({ mtu: 1400, ipv4: '10.9.0.1/24', ipv6: 'fd00::1/64', isUp: true });
    expect(link).toMatchObject({ name: 'tun7', mtu: 1400, checksumOffload: false, gsoMaxSize: 0 });
  });

  it('makes one batch of what arrives in one turn', async () => {
    const { tun, log, packets } = await setUp();
    tun.emit('data', flatten(tcpFrame({ seq: 1 })));
    tun.emit('data', flatten(tcpFrame({ seq: 2 })));
    expect(log).toEqual([]);
    await turn();
    expect(log).toEqual(['receive', 'receive', 'batchEnd']);
    expect(packets.map((p) => p[27])).toEqual([1, 2]);
  });

  it('reads on after the limit per wake-up, and drops a flood beyond its queue', async () => {
    const { tun, packets } = await setUp();
    for (let i = 0; i < 3000; i++) tun.emit('data', flatten(tcpFrame({ seq: i })));
    await turn();
    await turn();
    expect(packets).toHaveLength(1024);
  });

  it('writes whole packets, cut and summed, in their order and at once', async () => {
    const { tun, link } = await setUp();
    link.send(tcpFrame({ payload: [pattern(3000)], gsoSize: 1360 }));
    const crumbs = Array.from({ length: 1300 }, (_, i) => pattern(1, i));
    link.send(tcpFrame({ payload: crumbs, seq: 99 }));
    link.flush();
    expect(tun.written.map((p) => p.length)).toEqual([1400, 1400, 320, 1340]);
    expect(tun.written[3]).toEqual(summed(tcpFrame({ payload: crumbs, seq: 99 })));
    for (const packet of tun.written) expect(transportSum(packet)).toBe(0xffff);
  });

  it('goes down on a stream error, and writes nothing any more: the file may be another one', async () => {
    const { tun, log, link } = await setUp();
    tun.destroyed = true;
    link.send(tcpFrame());
    link.flush();
    tun.emit('error', new Error('EIO'));
    tun.emit('close');
    expect(log).toEqual(['The device tun7 was deleted.']);
    expect(tun.written).toEqual([]);
    expect(tun.released).toBeNull();
  });

  it('wakes the thread that reads, when it is closed, until that has let go of the file', async () => {
    const { tun, link } = await setUp();
    const atExit = process.listenerCount('exit');
    link.close();
    link.close();
    expect(tun.written).toEqual([ECHO]);
    expect(process.listenerCount('exit')).toBe(atExit + 1);
    while (tun.written.length < 3) await turn();
    tun.released!();
    expect(process.listenerCount('exit')).toBe(atExit);
    const other = makeFile();
    expect(other.fd).toBe(tun._fd);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(other.packets()).toEqual([]);
    closeSync(other.fd);
  });

  it('wakes it at the end of the process, whatever that ends by', async () => {
    const { tun, link } = await setUp();
    link.close();
    const before = tun.written.length;
    const [wake] = process.listeners('exit').slice(-1);
    (wake as () => void)();
    expect(tun.written.length).toBe(before + 1);
    tun.released!();
  });

  it('leaves alone what is no device, although it has the number of its file', async () => {
    const { tun, link } = await setUp();
    closeSync(tun._fd);
    const null_ = openSync('/dev/null', 'r+');
    expect(null_).toBe(tun._fd);
    link.close();
    expect(tun.written).toEqual([]);
    tun.released!();
  });

  it('says what to install when the package is missing', async () => {
    await expect(openTuntap2(options, () => loadPackage('tuntap2-is-not-there'))).rejects.toThrow(
      /not installed. Run "npm install tuntap2"/,
    );
  });

  it('turns what the package throws, strings included, into an Error', async () => {
    class Refused extends FakeTun {
      constructor() {
        super();
        throw 'no permission';
      }
    }
    await expect(openTuntap2(options, async () => ({ Tun: Refused }))).rejects.toThrow(
      /Cannot open a device with tuntap2: no permission/,
    );
  });
});
