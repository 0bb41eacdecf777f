import type { Host } from '../../host/host.ts';
import type { ImpairmentDrop, ImpairmentEvent } from '../../link/impairment/events.ts';
import type { SeenPacket } from '../../link/impairment/packets/seen-packet.ts';
import { flagsText } from './flags-text.ts';
import type { ImpairmentEntry } from './schema.ts';

/** What chance or a rule drops, the rule says already. */
const SAID_BY_RULE: readonly ImpairmentDrop[] = ['Loss', 'Rule', 'Blackhole'];

/** The entry of what the path did to a packet. On its way a packet belongs to no host: its numbers are absolute. */
export function impairmentEntry(host: Host, event: ImpairmentEvent): ImpairmentEntry {
  const { direction, action, now } = event;
  const entry: ImpairmentEntry = {
    ...{ id: host.tcp.events.takeNumber(), time: now, type: 'impairment' },
    ...{ direction, action, rule: event.by },
  };
  if (event.action === 'dropped' && !SAID_BY_RULE.includes(event.reason)) entry.reason = event.reason;
  if ('until' in event) entry.delay = Math.max(0, event.until - ('since' in event ? event.since : now));
  addPacket(entry, host, event.packet);
  return entry;
}

function addPacket(entry: ImpairmentEntry, host: Host, { type, segment, packet, srcPort, dstPort }: SeenPacket): void {
  if (type === 'other') return;
  const out = entry.direction === 'out';
  const [local, localPort] = out ? [packet.src, srcPort] : [packet.dst, dstPort];
  const [remote, remotePort] = out ? [packet.dst, dstPort] : [packet.src, srcPort];
  entry.local = local.toString();
  entry.remote = remote.toString();
  if (type === 'ICMP') return;
  entry.localPort = localPort;
  entry.remotePort = remotePort;
  if (type === 'UDP') return;
  entry.flags = flagsText(segment.flags);
  entry.seq = segment.seq >>> 0;
  entry.length = segment.length;
  const connection = host.tcp.connections.find(remote, remotePort, local, localPort);
  if (connection !== null) entry.connection = connection.id;
}
