import { describe, expect, it } from 'vitest';
import { Cable, type CableEnd } from '../../src/link/cable.ts';
import { flatten } from '../support/octets.ts';
import { pattern, tcpFrame, transportSum } from './fake-device.ts';

function listen(end: CableEnd) {
  const heard = {
    packets: [] as { bytes: Uint8Array; gsoSize: number; checksumTrusted: boolean }[],
    log: [] as string[],
  };
  end.attach({
    receive({ slab, start, end: to, gsoSize, checksumTrusted }) {
      heard.packets.push({ bytes: slab.bytes.slice(start, to), gsoSize, checksumTrusted });
      heard.log.push('receive');
    },
    batchEnd: () => heard.log.push('batchEnd'),
    linkDown: (reason) => heard.log.push(reason),
  });
  return heard;
}

describe('Cable', () => {
  it('carries what was flushed, one batch per direction, and only when told', () => {
    const cable = new Cable();
    const heard = listen(cable.b);
    cable.a.send(tcpFrame({ seq: 1 }));
    expect(cable.deliver()).toBe(0);
    cable.a.send(tcpFrame({ seq: 2 }));
    cable.a.flush();
    expect(heard.log).toEqual([]);
    expect(cable.deliver()).toBe(2);
    expect(heard.log).toEqual(['receive', 'receive', 'batchEnd']);
  });

  it('carries by itself once it is started, in the next turn of the event loop, until it is stopped', async () => {
    const turn = (): Promise<void> => new Promise((done) => setImmediate(setImmediate, done));
    const cable = new Cable();
    const heard = listen(cable.b);
    const send = (): void => {
      cable.a.send(tcpFrame({ seq: 1 }));
      cable.a.flush();
    };
    send();
    await turn();
    expect(heard.log).toEqual([]);
    cable.start();
    send();
    send();
    expect(heard.log).toEqual([]);
    await turn();
    expect(heard.log).toEqual(['receive', 'receive', 'receive', 'batchEnd']);
    send();
    cable.stop();
    await turn();
    expect(heard.packets.length).toBe(3);
    expect(cable.deliver()).toBe(1);
  });

  it('without offload cuts and sums, as a plain wire needs it', () => {
    const cable = new Cable();
    const heard = listen(cable.b);
    cable.a.send(tcpFrame({ payload: [pattern(2000)], gsoSize: 1000 }));
    cable.a.flush();
    cable.deliver();
    expect(heard.packets.map((p) => [p.bytes.length, p.gsoSize, p.checksumTrusted])).toEqual([
      [1040, 0, false],
      [1040, 0, false],
    ]);
    for (const { bytes } of heard.packets) expect(transportSum(bytes)).toBe(0xffff);
  });

  it('with offload hands super-segments and partial checksums through', () => {
    const cable = new Cable({ offload: true });
    const heard = listen(cable.b);
    const frame = tcpFrame({ payload: [pattern(2000)], gsoSize: 1000 });
    cable.a.send(frame);
    cable.a.flush();
    cable.deliver();
    expect(heard.packets).toEqual([{ bytes: flatten(frame), gsoSize: 1000, checksumTrusted: true }]);
  });

  it('drops what is longer than its MTU', () => {
    const cable = new Cable({ mtu: 100 });
    cable.a.send(tcpFrame({ payload: [pattern(61)] }));
    cable.a.send(tcpFrame({ payload: [pattern(60)] }));
    cable.a.flush();
    expect(cable.a.take()).toHaveLength(1);
    expect(cable.a.tooLong).toBe(1);
  });

  it('lets a world take packets out and put them back in its own order', () => {
    const cable = new Cable();
    const heard = listen(cable.b);
    for (const seq of [1, 2, 3]) cable.a.send(tcpFrame({ seq }));
    cable.a.flush();
    const [first, second, third] = cable.a.take();
    cable.b.inject([third!, first!, first!]);
    expect(heard.packets.map((p) => p.bytes[27])).toEqual([3, 1, 1]);
    expect(second!.bytes[27]).toBe(2);
  });

  it('falls silent when it is closed, and says why when it is cut', () => {
    const cable = new Cable();
    const heard = listen(cable.b);
    cable.b.cut('the digger came');
    cable.b.cut('again');
    cable.a.send(tcpFrame());
    cable.a.flush();
    cable.deliver();
    expect(heard.log).toEqual(['the digger came']);
  });
});
