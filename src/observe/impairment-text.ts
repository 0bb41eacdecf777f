import type { ImpairmentDrop, ImpairmentEvent } from '../link/impairment/events.ts';
import type { SeenPacket } from '../link/impairment/packets/seen-packet.ts';
import { clockText, segmentText } from './segment-text.ts';

/**
 * One line of a trace about a packet that met an impairment, or null for one that is only late with all others. Sequence numbers
 * are absolute: on its way a packet belongs to no host.
 */
export function impairmentLine(event: ImpairmentEvent): string | null {
  if (event.action === 'delayed') return null;
  const way = event.direction === 'in' ? '<' : '>';
  return `${clockText(event.now)} ~${way} ${whatText(event)} by "${event.by}": ${packetText(event.packet)}`;
}

const SAID: readonly ImpairmentDrop[] = ['Loss', 'Rule', 'Blackhole'];

function whatText(event: Exclude<ImpairmentEvent, { action: 'delayed' }>): string {
  switch (event.action) {
    case 'dropped':
      // What chance or a rule drops, `by` says already.
      return SAID.includes(event.reason) ? 'dropped' : `dropped (${event.reason})`;
    case 'held':
      return `held for ${(event.until - event.since) / 1e6} s`;
    case 'reordered':
      return event.behind === null ? 'reordered' : `let ${event.behind} by`;
    case 'corrupted':
      return `corrupted (octet ${event.octet}, bit ${event.bit})`;
    case 'truncated':
      return `truncated (from ${event.from} octets)`;
    default:
      return event.action;
  }
}

function packetText({ type, segment, bytes, packet, srcPort, dstPort }: SeenPacket): string {
  switch (type) {
    case 'TCP':
      return segmentText(segment, null);
    case 'UDP':
      return `${packet.src}.${srcPort} > ${packet.dst}.${dstPort}: UDP, length ${bytes.length}`;
    case 'ICMP':
      return `${packet.src} > ${packet.dst}: ICMP, length ${bytes.length}`;
    default:
      return `a packet of ${bytes.length} octets`;
  }
}
