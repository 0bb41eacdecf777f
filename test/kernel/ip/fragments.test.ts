import { expect, it } from 'vitest';
import { DIST, describeKernel, resultOf } from '../namespace.ts';

interface Outcome {
  said: string;
  memory: number;
  most: number;
  counters: { ReasmReqds: number; ReasmOKs: number };
  drops: Record<string, number>;
}

/** 7,500 fragments from 5,000 addresses, by way of a second device and the kernel, which carries from it to ours. */
const ATTACK = `
  import { spawn } from 'node:child_process';
  import { writeFileSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { openTun } from '${DIST}/link/open.js';
  import { openStack } from '${DIST}/net/stack.js';
  import { foldChecksum, sumBytes } from '${DIST}/wire/checksum.js';
  import { Frame } from '${DIST}/wire/frame.js';

  const sysctls = { ipfrag_high_thresh: 1_000_000 };
  const stack = await openStack({ device: 'tg0', kernelAddress: '10.9.0.1', address: '10.9.0.2', sysctls });
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  const attacker = await openTun({ name: 'tg1', address: '10.10.0.1', prefix: 16, mtu: 1500, offload: false });
  attacker.attach({ receive() {}, batchEnd() {}, linkDown() {} });

  const payload = new Uint8Array(1480).fill(0x61);
  const frame = new Frame();
  function attack(source, id, offset, length, more) {
    frame.reset(0);
    frame.ipStart = frame.transportStart - 20;
    frame.addSlice(payload, 0, length);
    const { header, view, ipStart: at } = frame;
    header.set([0x45, 0, 0, 0, 0, 0, 0, 0, 64, 1, 0, 0, 10, 10, source >> 8, source & 255, 10, 9, 0, 2], at);
    view.setUint16(at + 2, frame.packetLength);
    view.setUint16(at + 4, id & 0xffff);
    view.setUint16(at + 6, (offset >> 3) | (more ? 0x2000 : 0));
    view.setUint16(at + 10, foldChecksum(sumBytes(header, at, at + 20, 0)));
    attacker.send(frame);
  }

  const { ip } = stack.host;
  const ping = spawn('ping', ['-q', '-c', '20', '-i', '0.1', '-W', '5', '-s', '8000', '10.9.0.2']);
  let said = '';
  ping.stdout.on('data', (chunk) => (said += chunk));
  const done = new Promise((resolve) => ping.on('close', resolve));
  let most = 0;
  for (let round = 0; round < 150; round++) {
    for (let i = 0; i < 40; i++) {
      const n = round * 40 + i;
      const source = 2 + (n % 5000);
      if (i % 4 === 0) attack(source, n, 0, 1480, true);
      else if (i % 4 === 1) attack(source, n, 65_528, 1000, false);
      else if (i % 4 === 2) {
        attack(source, n, 8, 64, true);
        attack(source, n, 16, 32, true);
      } else attack(source, n, 8 * (n % 8000), 8, true);
    }
    attacker.flush();
    await sleep(10);
    most = Math.max(most, ip.fragments4.table.memory);
  }
  await done;
  const { counters, fragments4 } = ip;
  const drops = Object.fromEntries(ip.drops.entries());
  process.stdout.write(JSON.stringify({ said, most, memory: fragments4.table.memory, counters, drops }));
  attacker.close();
  await stack.close();
`;

describeKernel.with('ping')('an attacker with fragments, behind another device', () => {
  it('fills no more memory than is allowed, and pings in fragments are answered meanwhile', async () => {
    const { said, memory, most, counters, drops } = await resultOf<Outcome>(ATTACK);
    expect(said).toContain('20 packets transmitted, 20 received, 0% packet loss');
    expect(counters.ReasmOKs).toBe(20);
    expect(counters.ReasmReqds).toBeGreaterThan(3000);
    expect(drops.FragmentTooLong).toBeGreaterThan(100);
    expect(drops.FragmentOverlap).toBeGreaterThan(100);
    expect(drops.FragmentMemory).toBeGreaterThan(100);
    expect(most).toBeLessThanOrEqual(1_000_000);
    expect(memory).toBeGreaterThan(0);
  });
});
