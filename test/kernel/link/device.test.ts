import { expect, it } from 'vitest';
import { DIST, describeKernel, inNamespace, resultOf } from '../namespace.ts';

/** What every child begins with: the API, a shell, a frame that is an ICMP echo request, and a way to say the result. */
const PRELUDE = `
  import { execFileSync } from 'node:child_process';
  import { openTun } from '${DIST}/link/open.js';
  import { loadAddon } from '${DIST}/link/native.js';
  import { Frame } from '${DIST}/wire/frame.js';
  import { foldChecksum, foldSum, sumBytes } from '${DIST}/wire/checksum.js';
  const addon = loadAddon();
  const sh = (command) => execFileSync('sh', ['-c', command], { encoding: 'utf8' });
  const say = (result) => process.stdout.write(JSON.stringify(result));
  const options = { name: 'tg0', address: '10.9.0.1', prefix: 24, mtu: 1500, offload: true };
  const failure = async (action) => {
    try { await action(); return null; } catch ({ code, message, name }) { return { code, message, name }; }
  };
  const deaf = { receive() {}, batchEnd() {}, linkDown() {} };
  /** An echo request from 10.9.0.2 to the kernel; its payload in pieces of the given size. */
  function echo(payloadLength, pieceLength, { partial = false } = {}) {
    const frame = new Frame();
    frame.reset(8);
    frame.ipStart = frame.transportStart - 20;
    const { header, view, ipStart: ip, transportStart: icmp } = frame;
    const payload = Uint8Array.from({ length: payloadLength }, (_, i) => i * 31);
    for (let at = 0; at < payloadLength; at += pieceLength)
      frame.addSlice(payload, at, Math.min(payloadLength, at + pieceLength));
    header.set([0x45, 0, 0, 0, 0, 0, 0, 0, 64, 1, 0, 0, 10, 9, 0, 2, 10, 9, 0, 1, 8, 0, 0, 0, 0, 7, 0, 1], ip);
    view.setUint16(ip + 2, frame.packetLength);
    view.setUint16(ip + 10, foldChecksum(sumBytes(header, ip, ip + 20, 0)));
    if (partial) { frame.checksumPartial = true; frame.checksumOffset = 2; }
    else view.setUint16(icmp + 2, foldChecksum(sumBytes(payload, 0, payloadLength, sumBytes(header, icmp, icmp + 8, 0))));
    return frame;
  }
  /** Sends the frame, and resolves with the length of the kernel's echo reply. */
  const reply = (link, frame) => new Promise((resolve) => {
    link.attach({
      receive({ slab, start, end }) {
        if (slab.bytes[start + 9] === 1 && slab.bytes[start + 20] === 0) resolve(end - start - 28);
      },
      batchEnd() {},
      linkDown() {},
    });
    link.send(frame);
    link.flush();
  });
`;

const child = <T>(body: string, wrapper?: readonly string[]): Promise<T> =>
  resultOf<T>(`${PRELUDE}${body}`, wrapper ? { wrapper } : {});

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly name: string;
}

describeKernel('a TUN device of the kernel', () => {
  it('is created, configured with both families, and up', async () => {
    const result = await child<{ name: string; mtu: number; gso: number; info: { up: boolean; addresses: object[] } }>(`
      const link = await openTun({ ...options, name: 'tun%d', address6: 'fd00::1', prefix6: 64, mtu: 1400 });
      say({ name: link.name, mtu: link.mtu, gso: link.gsoMaxSize, queueLength: link.queueLength, info: addon.linkInfo(link.name) });
      link.close();
    `);
    expect(result).toMatchObject({ name: 'tun0', mtu: 1400, gso: 65535, info: { up: true, mtu: 1400 } });
    expect(result).toMatchObject({ queueLength: 10_000, info: { queueLength: 10_000 } });
    expect(result.info.addresses).toContainEqual({ address: '10.9.0.1', prefix: 24 });
    expect(result.info.addresses).toContainEqual({ address: 'fd00::1', prefix: 64 });
  });

  it.each([true, false])('carries packets both ways, offload %s', async (offload) => {
    const result = await child<{ length: number; vnetHeader: boolean }>(`
      const link = await openTun({ ...options, offload: ${offload} });
      say({ length: await reply(link, echo(1001, 333, { partial: true })), vnetHeader: link.gsoMaxSize > 0 });
      link.close();
    `);
    expect(result).toEqual({ length: 1001, vnetHeader: offload });
  });

  it('says the sum of each packet without offload, whatever its length', async () => {
    // The kernel passes on from one device to the other what no checksum covers.
    const result = await child<{ sums: number[]; expected: number[] }>(`
      const from = await openTun({ ...options, offload: false });
      const to = await openTun({ ...options, name: 'tg1', address: '10.8.0.1', offload: false });
      sh('cd /proc/sys/net/ipv4 && echo 1 > ip_forward && echo 0 > conf/all/rp_filter');
      const sums = [], expected = [];
      const all = new Promise((resolve) => {
        to.attach({
          ...deaf,
          receive({ slab, start, end, sum }) {
            if (slab.bytes[start + 9] !== 253) return;
            sums.push(sum);
            expected.push(foldSum(sumBytes(slab.bytes, start, end, 0)));
            if (sums.length === 40) resolve();
          },
        });
      });
      from.attach(deaf);
      for (let length = 100; length < 140; length++) {
        const frame = echo(length, length);
        const { header, view, ipStart } = frame;
        header[ipStart + 9] = 253;
        header.set([10, 8, 0, 2], ipStart + 16);
        view.setUint16(ipStart + 10, 0);
        view.setUint16(ipStart + 10, foldChecksum(sumBytes(header, ipStart, ipStart + 20, 0)));
        view.setUint16(ipStart + 26, length * 1607);
        from.send(frame);
      }
      from.flush();
      await all;
      say({ sums, expected });
      from.close();
      to.close();
    `);
    expect(result.sums).toEqual(result.expected);
    expect(new Set(result.sums).size).toBeGreaterThan(30);
  });

  it('takes a frame of more slices than writev does', async () => {
    const length = await child(`
      const link = await openTun({ ...options, mtu: 9000 });
      say(await reply(link, echo(3000, 3)));
      link.close();
    `);
    expect(length).toBe(3000);
  });

  it('is gone when it is closed, at once, and closing lets the process end', async () => {
    const result = await child(`
      const link = await openTun(options);
      link.attach(deaf);
      link.close();
      link.close();
      say(addon.linkInfo('tg0'));
    `);
    expect(result).toBeNull();
  });

  it('does not keep the process alive once it is unreferenced', async () => {
    const { code, stdout } = await inNamespace(`${PRELUDE}
      const link = await openTun(options);
      link.attach(deaf);
      link.unref();
      say('end');
    `);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '"end"' });
  });

  it('is closed with the worker that opened it', async () => {
    const result = await child(`
      import { Worker } from 'node:worker_threads';
      const worker = new Worker(\`
        const { parentPort } = require('node:worker_threads');
        import('${DIST}/link/open.js').then(async ({ openTun }) => {
          const link = await openTun(\${JSON.stringify(options)});
          link.attach({ receive() {}, batchEnd() {}, linkDown() {} });
          parentPort.postMessage('open');
        });
      \`, { eval: true, execArgv: [] });
      await new Promise((resolve) => worker.once('message', resolve));
      const before = addon.linkInfo('tg0') !== null;
      await worker.terminate();
      say([before, addon.linkInfo('tg0')]);
    `);
    expect(result).toEqual([true, null]);
  });
});

describeKernel('an address that does not lead to the device', () => {
  const opening = (script: string, more = '') =>
    child<{ failed: Failure | null; left: object | null }>(`
      ${script}
      const failed = await failure(() => openTun({ ...options, peer: '10.9.0.2' ${more} }).then((link) => link.close()));
      say({ failed, left: addon.linkInfo('tg0') });
    `);

  it('is refused when another device has the network', async () => {
    const { failed, left } = await opening(`
      const first = await openTun({ ...options, name: 'first', peer: '10.9.0.2' });
      first.attach(deaf);
      first.unref();`);
    expect(failed).toMatchObject({ code: 'ERR_TUN_ROUTE', name: 'LinkError' });
    expect(failed!.message).toMatch(
      /^Cannot be reached as 10\.9\.0\.2 on tg0: the kernel sends what is for it to first\./,
    );
    expect(left).toBeNull();
  });

  it('is refused when a longer prefix leads elsewhere, also by a rule of its own', async () => {
    const dummy = 'ip tuntap add other mode tun && ip addr add 192.0.2.1/24 dev other && ip link set other up';
    for (const route of [
      'ip route add 10.9.0.2/31 dev other',
      'ip route add 10.0.0.0/8 dev other table 7 && ip rule add to 10.9.0.2 table 7',
    ]) {
      const { failed } = await opening(`sh('${dummy} && ${route}');`);
      expect(failed?.message).toMatch(/to other\./);
    }
  });

  it('is refused when it is the IPv6 one', async () => {
    const dummy = 'ip tuntap add other mode tun && ip addr add 192.0.2.1/24 dev other && ip link set other up';
    const addresses = ", address6: 'fd00:9::1', peer6: 'fd00:9::2'";
    const other = await opening(`sh('${dummy} && ip -6 route add fd00:9::2/128 dev other');`, addresses);
    expect(other.failed?.message).toMatch(/^Cannot be reached as fd00:9::2 on tg0: the kernel sends .* to other\./);
    expect((await opening('', addresses)).failed).toBeNull();
  });

  it('is refused when it is an address of this machine, or no route leads there', async () => {
    const own = await opening("sh('ip addr add 10.9.0.2/32 dev lo');");
    expect(own.failed?.message).toMatch(/it is this machine's own address/);
    const prepared = await opening("sh('ip tuntap add tg0 mode tun && ip addr add 192.0.2.7/24 dev tg0');");
    expect(prepared.failed?.message).toMatch(/no route leads to it/);
    const prohibited = await opening("sh('ip route add prohibit 10.9.0.2/32');");
    expect(prohibited.failed?.message).toMatch(/no route leads to it/);
  });

  it('is none when a shorter prefix leads elsewhere, or to the device of which this is a queue', async () => {
    const wide = 'ip tuntap add other mode tun && ip addr add 10.1.0.1/8 dev other && ip link set other up';
    expect((await opening(`sh('${wide}');`)).failed).toBeNull();
    const queue = await opening(
      'const first = await openTun({ ...options, multiQueue: true }); first.attach(deaf); first.unref();',
      ', multiQueue: true',
    );
    expect(queue.failed).toBeNull();
  });
});

describeKernel('a TUN device that was there before', () => {
  const prepare = (more = '') =>
    `sh('ip tuntap add tg0 mode tun ${more} && ip addr add 192.0.2.7/24 dev tg0 && ip link set tg0 mtu 1300 txqueuelen 77 up');`;

  it('is left as it is when it has an address', async () => {
    const result = await child<{ info: { addresses: { address: string }[] }; after: object | null }>(`
      ${prepare()}
      const link = await openTun(options);
      const info = addon.linkInfo('tg0');
      link.close();
      say({ mtu: link.mtu, queueLength: link.queueLength, info, after: addon.linkInfo('tg0') });
    `);
    expect(result).toMatchObject({ mtu: 1300, queueLength: 77 });
    expect(result.info.addresses.map((a) => a.address).filter((a) => !a.startsWith('fe80'))).toEqual(['192.0.2.7']);
    expect(result.after).not.toBeNull();
  });

  it('is configured when it has none, twice if need be', async () => {
    const result = await child<{ up: boolean; addresses: { address: string }[] }>(`
      sh('ip tuntap add tg0 mode tun && ip link set tg0 txqueuelen 77');
      (await openTun(options)).close();
      addon.addAddress('tg0', '10.9.0.1', 24);
      addon.addAddress('tg0', '10.77.0.1', 16);
      say(addon.linkInfo('tg0'));
    `);
    expect(result).toMatchObject({ up: true, queueLength: 77 });
    expect(result.addresses.map((a) => a.address)).toEqual(expect.arrayContaining(['10.9.0.1', '10.77.0.1']));
  });

  it.each([true, false])('may have many queues, asked for: %s', async (multiQueue) => {
    const names = await child(`
      ${prepare('multi_queue')}
      const first = await openTun({ ...options, multiQueue: ${multiQueue} });
      const second = await openTun({ ...options, multiQueue: ${multiQueue} });
      say([first.name, second.name, first.mtu]);
      first.close(); second.close();
    `);
    expect(names).toEqual(['tg0', 'tg0', 1300]);
  });

  it('may have one queue although many are asked for', async () => {
    const name = await child(
      `${prepare()} const link = await openTun({ ...options, multiQueue: true }); say(link.name); link.close();`,
    );
    expect(name).toBe('tg0');
  });

  it('has the packet format of its first queue, whatever the second asks for', async () => {
    const offloads = await child(`
      const first = await openTun({ ...options, multiQueue: true, offload: false });
      const second = await openTun({ ...options, multiQueue: true, offload: true });
      say([first.gsoMaxSize > 0, second.gsoMaxSize > 0]);
      first.close(); second.close();
    `);
    expect(offloads).toEqual([false, false]);
  });
});

describeKernel('a TUN device that fails', () => {
  it('is busy when another one has it', async () => {
    const error = await child<Failure>(`
      const link = await openTun(options);
      say(await failure(() => openTun(options)));
      link.close();
    `);
    expect(error).toMatchObject({ name: 'LinkError', code: 'EBUSY' });
    expect(error.message).toMatch(/^Cannot attach to tg0: another process has it open\. Stop that one/);
  });

  it('is none when the name belongs to something else, or is no name', async () => {
    const errors = await child<Failure[]>(`
      say([await failure(() => openTun({ ...options, name: 'lo' })), await failure(() => openTun({ ...options, name: 'a/b' }))]);
    `);
    for (const error of errors) expect(error).toMatchObject({ name: 'LinkError', code: 'EINVAL' });
    expect(errors[0]!.message).toMatch(/lo: it is not a TUN device/);
  });

  it('is refused without CAP_NET_ADMIN, and the error says what to do', async () => {
    const error = await child<Failure>(`say(await failure(() => openTun(options)));`, [
      'setpriv',
      '--bounding-set=-net_admin',
      '--inh-caps=-net_admin',
    ]);
    expect(error).toMatchObject({ name: 'LinkError', code: 'EPERM' });
    expect(error.message).toMatch(/no CAP_NET_ADMIN in this network namespace\. Run as root, or `tcpglass shell`/);
  });

  it('needs no CAP_NET_ADMIN when someone prepared it', async () => {
    const { code, stdout, stderr } = await inNamespace([
      'sh',
      '-c',
      `ip tuntap add tg0 mode tun && ip addr add 10.9.0.1/24 dev tg0 && ip link set tg0 up &&
       exec setpriv --bounding-set=-net_admin --inh-caps=-net_admin "$@"`,
      'sh',
      process.execPath,
      '--input-type=module',
      '--eval',
      `${PRELUDE} const link = await openTun(options);
      // The device's carrier comes with us, and only some time later (link watch) does the kernel send through it.
      const again = setInterval(() => { link.send(echo(8, 8)); link.flush(); }, 200);
      say(await reply(link, echo(8, 8)));
      clearInterval(again);
      link.close();`,
    ]);
    expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: '8' });
  });

  it('refuses an address without the privilege to set it', async () => {
    const { stdout } = await inNamespace([
      'sh',
      '-c',
      'ip tuntap add tg0 mode tun && exec setpriv --bounding-set=-net_admin --inh-caps=-net_admin "$@"',
      'sh',
      process.execPath,
      '--input-type=module',
      '--eval',
      `${PRELUDE} say(await failure(() => openTun(options)));`,
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      code: 'EPERM',
      message: expect.stringMatching(/^Cannot configure tg0/),
    });
  });

  it('says so when it is deleted, and then lets the process end', async () => {
    const result = await child(`
      const link = await openTun(options);
      link.attach({ ...deaf, linkDown: (reason) => {
        link.send(echo(8, 8));
        link.flush();
        say([reason, link.counters.txClosed]);
      } });
      sh('ip link del tg0');
    `);
    expect(result).toEqual(['The device tg0 was deleted.', 1]);
  });

  it('says so when a write finds it deleted', async () => {
    const result = await child(`
      const link = await openTun(options);
      link.attach({ ...deaf, linkDown: say });
      sh('ip link del tg0');
      link.send(echo(8, 8));
      link.flush();
    `);
    expect(result).toBe('The device tg0 was deleted.');
  });

  it('loses packets while it is down, counts them, and works again when it is up', async () => {
    const result = await child(`
      const link = await openTun(options);
      sh('ip link set tg0 down');
      link.send(echo(8, 8));
      link.flush();
      const lost = link.counters.txDeviceDown;
      sh('ip link set tg0 up');
      say([lost, await reply(link, echo(16, 16))]);
      link.close();
    `);
    expect(result).toEqual([1, 16]);
  });

  it('survives junk: the kernel refuses it, we count it', async () => {
    const result = await child<{ txRefused: number }>(`
      const link = await openTun(options);
      const junk = new Frame();
      junk.reset(20);
      junk.header.fill(0xff);
      for (let i = 0; i < 3; i++) link.send(junk);
      link.flush();
      say({ ...link.counters, echo: await reply(link, echo(24, 24)) });
      link.close();
    `);
    expect(result).toMatchObject({ txRefused: 3, echo: 24 });
  });
});

describeKernel('the addon', () => {
  it('throws on bad arguments, every one of them, and never crashes', async () => {
    const result = await child<{ wrong: unknown[]; calls: number }>(`
      const { handle } = addon.open('tg0', 1, 0);
      const junk = [undefined, null, -1, 1.5, NaN, Infinity, 2 ** 40, 'x', 'x'.repeat(99), 'a\\0b', {}, [], [1], () => {},
        new Uint8Array(0), new Uint8Array(8), new Int32Array(0), new Int32Array([-1, 5, 9, 1 << 30]), new Float64Array(4), Symbol('s'), 1n];
      const good = {
        open: ['tg1', 1, 0], watch: [handle, () => {}], watchWritable: [handle, 1], setRef: [handle, 1],
        read: [handle, new Uint8Array(1 << 17), 0, new Int32Array(8)],
        write: [handle, new Uint8Array(64), new Int32Array([0, 30, 0, 1]), 1, [new Uint8Array(4)], new Int32Array([0, 4]), new Int32Array(3)],
        linkInfo: ['tg0'], routeTo: ['10.9.0.2'], setLink: ['tg0', 0, 0, 0], addAddress: ['tg0', '10.9.0.1', 24],
      };
      let calls = 0;
      const wrong = [];
      for (const [name, args] of Object.entries(good)) {
        for (let position = 0; position < args.length; position++) for (const value of junk) {
          const bad = args.with ? args.with(position, value) : Object.assign([...args], { [position]: value });
          calls++;
          try { addon[name](...bad); } catch (error) {
            const known = error instanceof TypeError || error instanceof RangeError || typeof error.code === 'string';
            if (!known) wrong.push([name, position, String(error)]);
          }
        }
        calls++;
        try { addon[name](); wrong.push([name, 'no arguments']); } catch {}
      }
      addon.close(handle);
      for (const [name, args] of Object.entries(good)) if (args[0] === handle)
        try { addon[name](...args); wrong.push([name, 'after close']); } catch (error) { if (error.code !== 'EBADF') wrong.push([name, error.code]); }
      say({ wrong, calls });
      process.exit(0);
    `);
    expect(result.wrong).toEqual([]);
    expect(result.calls).toBeGreaterThan(400);
  });

  it("hands a receiver's exception to the process, and runs nextTicks before the next event", async () => {
    const result = await child(`
      const order = [];
      process.on('uncaughtException', (error) => { order.push(error.message); });
      const link = await openTun(options);
      let first = true;
      link.attach({ ...deaf, receive() {
        if (!first) return;
        first = false;
        process.nextTick(() => order.push('tick'));
        Promise.resolve().then(() => order.push('job'));
        setImmediate(() => { say(order); link.close(); });
        throw new Error('mine');
      } });
      link.send(echo(8, 8));
      link.flush();
    `);
    expect(result).toEqual(['mine', 'tick', 'job']);
  });
});
