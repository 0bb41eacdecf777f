import { readFileSync } from 'node:fs';
import type { Host } from '../../host/host.ts';
import { type Sysctls, sysctlTable } from '../../host/sysctls.ts';
import { LabError } from '../../lab/terms/errors.ts';
import { kernelSockets } from './proc-net.ts';
import { kernelSysctl } from './sysctls.ts';

/**
 * As much of a host's inside as a kernel shows: its knobs, its counters, the states of its connections. What else a scenario looks at
 * can't be had.
 */
export function kernelInside(): Host {
  const connections = {
    *[Symbol.iterator]() {
      for (const socket of kernelSockets()) if (socket.state !== 'LISTEN' && socket.state !== 'TIME_WAIT') yield socket;
    },
  };
  const timeWait = only({}, 'tcp.timeWait', {
    count: () => kernelSockets().filter(({ state }) => state === 'TIME_WAIT').length,
  });
  const sysctls = new Proxy({}, { get: (_, name) => knob(String(name)) });
  const counters = new Proxy({}, { get: (_, name) => counter(String(name)) });
  return only({}, 'host', {
    sysctls: () => sysctls,
    tcp: () =>
      only({}, 'tcp', {
        ...{ sysctls: () => sysctls, counters: () => counters, connections: () => connections },
        timeWait: () => timeWait,
      }),
  }) as unknown as Host;
}

/** An object that has these properties, and says of all others that they can't be had. */
function only(target: object, what: string, properties: Readonly<Record<string, () => unknown>>): object {
  return new Proxy(target, {
    get(_, name) {
      const property = Object.hasOwn(properties, name) ? properties[String(name)] : undefined;
      if (property !== undefined) return property();
      throw new LabError(`it looks at ${what}.${String(name)} of a host, which the kernel does not show`);
    },
  });
}

function knob(name: string): unknown {
  const text = kernelSysctl(name);
  // What the kernel has no knob for is fixed in it, and our default is its value.
  if (text === null) return sysctlTable[name as keyof Sysctls]?.default;
  const values = text.split(/\s+/).map((word) => (/^-?\d+$/.test(word) ? Number(word) : word));
  return values.length === 1 ? values[0] : values;
}

/** A counter under its SNMP or netstat name (/proc/net/snmp, /proc/net/netstat), of this network namespace. */
function counter(name: string): number {
  for (const path of ['/proc/self/net/snmp', '/proc/self/net/netstat']) {
    const lines = readFileSync(path, 'latin1').split('\n');
    for (let i = 0; i + 1 < lines.length; i += 2) {
      const [kind, ...names] = lines[i]!.split(' ');
      const at = kind === 'Tcp:' || kind === 'TcpExt:' ? names.indexOf(name) : -1;
      if (at >= 0) return Number(lines[i + 1]!.split(' ')[at + 1]);
    }
  }
  throw new LabError(`it looks at the counter ${name} of a host, which this kernel does not have`);
}
