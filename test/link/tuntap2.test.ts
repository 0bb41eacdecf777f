import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { TunLink } from '../../src/link/tun.ts';
import { openTuntap2 } from '../../src/link/tuntap2.ts';
import { flat, pattern, tcpFrame, transportSum } from './fake-device.ts';

/** The shape of the package's Tun, as its README describes it. */
class FakeTun extends EventEmitter {
  static last: FakeTun;
  readonly name = 'tun7';
  mtu = 0;
  ipv4 = '';
  ipv6 = '';
  isUp = false;
  released = false;
  takes = true;
  written: Uint8Array[] = [];

  constructor() {
    super();
    FakeTun.last = this;
  }

  write(packet: Uint8Array): boolean {
    this.written.push(packet);
    return this.takes;
  }

  pause(): void {}
  release(): void {
    this.released = true;
  }
}

const options = { address: '10.9.0.1', prefix: 24, address6: 'fd00::1', prefix6: 64, mtu: 1400 };
const turn = () => new Promise((resolve) => setImmediate(resolve));

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
    tun.emit('data', flat(tcpFrame({ seq: 1 })));
    tun.emit('data', flat(tcpFrame({ seq: 2 })));
    expect(log).toEqual([]);
    await turn();
    expect(log).toEqual(['receive', 'receive', 'batchEnd']);
    expect(packets.map((p) => p[27])).toEqual([1, 2]);
  });

  it('reads on after the limit per wake-up, and drops a flood beyond its queue', async () => {
    const { tun, packets } = await setUp();
    for (let i = 0; i < 3000; i++) tun.emit('data', flat(tcpFrame({ seq: i })));
    await turn();
    await turn();
    expect(packets).toHaveLength(1024);
  });

  it('writes whole packets, cut and summed, and waits for drain', async () => {
    const { tun, link } = await setUp();
    tun.takes = false;
    link.send(tcpFrame({ payload: [pattern(3000)], gsoSize: 1360 }));
    link.flush();
    expect(tun.written).toHaveLength(1);
    tun.takes = true;
    tun.emit('drain');
    expect(tun.written.map((p) => p.length)).toEqual([1400, 1400, 320]);
    for (const packet of tun.written) expect(transportSum(Uint8Array.from(packet))).toBe(0xffff);
  });

  it('goes down on a stream error, and releases the device once', async () => {
    const { tun, log } = await setUp();
    tun.emit('error', new Error('EIO'));
    tun.emit('close');
    expect(log).toEqual(['The device tun7 was deleted.']);
    expect(tun.released).toBe(true);
  });

  it('says what to install when the package is missing', async () => {
    await expect(openTuntap2(options)).rejects.toThrow(/not installed. Run "npm install tuntap2"/);
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
