import { expect, it } from 'vitest';
import { DIST, describeKernel, resultOf } from '../namespace.ts';

/**
 * What `ping` does, without it: the echo requests come from a second TUN device, and the kernel forwards them to our stack
 * and the replies back.
 */
const SCRIPT = `
  import { writeFileSync } from 'node:fs';
  import { openTun } from '${DIST}/link/open.js';
  import { openStack } from '${DIST}/net/stack.js';
  import { Frame } from '${DIST}/wire/frame.js';
  import { foldChecksum, sumBytes } from '${DIST}/wire/checksum.js';

  const stack = await openStack({ device: 'tun0', kernelAddress: '10.9.0.1', address: '10.9.0.2' });
  const far = await openTun({ name: 'tun1', address: '10.8.0.1', prefix: 24, mtu: 1500, offload: false });
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');

  /** An echo request from 10.8.0.2 to the stack. */
  function request(sequence, payload) {
    const frame = new Frame();
    frame.reset(8);
    frame.ipStart = frame.transportStart - 20;
    const { header, view, ipStart: ip, transportStart: icmp } = frame;
    frame.addSlice(payload, 0, payload.length);
    header.set([0x45, 0, 0, 0, 0, 0, 0, 0, 64, 1, 0, 0, 10, 8, 0, 2, 10, 9, 0, 2, 8, 0, 0, 0, 0, 7, 0, sequence], ip);
    view.setUint16(ip + 2, frame.packetLength);
    view.setUint16(ip + 10, foldChecksum(sumBytes(header, ip, ip + 20, 0)));
    view.setUint16(icmp + 2, foldChecksum(sumBytes(payload, 0, payload.length, sumBytes(header, icmp, icmp + 8, 0))));
    return frame;
  }

  const payload = Uint8Array.from({ length: 1000 }, (_, i) => i * 31);
  const replies = [];
  const all = new Promise((resolve) => {
    far.attach({
      receive({ slab, start, end }) {
        const { bytes } = slab;
        if (bytes[start + 9] !== 1 || bytes[start + 20] !== 0) return;
        replies.push({
          sequence: bytes[start + 27],
          ttl: bytes[start + 8],
          intact: Buffer.compare(bytes.subarray(start + 28, end), payload) === 0,
          sum: foldChecksum(sumBytes(bytes, start + 20, end, 0)),
        });
        if (replies.length === 3) resolve();
      },
      batchEnd() {},
      linkDown() {},
    });
  });
  for (const sequence of [1, 2, 3]) far.send(request(sequence, payload));
  far.flush();
  await all;
  console.log(JSON.stringify(replies));
  far.close();
  await stack.close();
`;

describeKernel('an echo request that the kernel forwards', () => {
  it('is answered, each with its sequence number and data', async () => {
    const replies = await resultOf(SCRIPT);
    const reply = { ttl: 63, intact: true, sum: 0 };
    expect(replies).toEqual([1, 2, 3].map((sequence) => ({ ...reply, sequence })));
  });
});
