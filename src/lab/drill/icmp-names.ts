import { ScriptError, Unsupported } from './errors.ts';

/** ICMP types by packetdrill's names (RFC 792, RFC 1122, RFC 1812; IANA's registry). */
const TYPES: Readonly<Record<string, number>> = {
  echo_reply: 0,
  unreachable: 3,
  source_quench: 4,
  redirect: 5,
  echo_request: 8,
  time_exceeded: 11,
  parameter_problem: 12,
  timestamp_request: 13,
  timestamp_reply: 14,
  information_request: 15,
  information_reply: 16,
  address_mask_request: 17,
  address_mask_reply: 18,
};

const CODES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  unreachable: {
    net_unreachable: 0,
    host_unreachable: 1,
    protocol_unreachable: 2,
    port_unreachable: 3,
    frag_needed: 4,
    source_route_failed: 5,
    net_unknown: 6,
    host_unknown: 7,
    source_host_isolated: 8,
    net_prohibited: 9,
    host_prohibited: 10,
    net_unreachable_for_tos: 11,
    host_unreachable_for_tos: 12,
    packet_filtered: 13,
    comm_prohibited: 13,
    precedence_violation: 14,
    precedence_cutoff: 15,
  },
  redirect: { net_redirect: 0, host_redirect: 1, net_redirect_for_tos: 2, host_redirect_for_tos: 3 },
  time_exceeded: { exceeded_ttl: 0, exceeded_frag_time: 1 },
};

/** The same for ICMPv6 (RFC 4443): for the day that the host speaks IPv6. */
export const ICMP6_TYPES: Readonly<Record<string, number>> = {
  unreachable: 1,
  packet_too_big: 2,
  time_exceeded: 3,
  parameter_problem: 4,
  echo_request: 128,
  echo_reply: 129,
};

export const ICMP6_CODES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  unreachable: {
    no_route: 0,
    admin_prohibited: 1,
    not_neighbour: 2,
    not_neighbor: 2,
    address_unreachable: 3,
    port_unreachable: 4,
    source_address_failed: 5,
    reject_route: 6,
  },
  time_exceeded: { exceeded_hop_limit: 0, exceeded_frag_time: 1 },
  parameter_problem: { header_field: 0, unknown_next_header: 1, unknown_option: 2 },
};

/** Type and code of an ICMP message, by name or as `type_9` and `code_9`; a code that is left out is 0. */
export function icmpTypeAndCode(type: string, code: string | null): { type: number; code: number } {
  const number = TYPES[type] ?? numbered('type', type);
  if (number === null) {
    if (Object.hasOwn(ICMP6_TYPES, type)) throw new Unsupported(`IPv6 (icmp ${type})`);
    throw new ScriptError(0, `There is no ICMP type "${type}"`);
  }
  if (code === null) return { type: number, code: 0 };
  const known = CODES[type]?.[code] ?? numbered('code', code);
  if (known === null) {
    if (ICMP6_CODES[type]?.[code] !== undefined) throw new Unsupported(`IPv6 (icmp ${type} ${code})`);
    throw new ScriptError(0, `ICMP ${type} has no code "${code}"`);
  }
  return { type: number, code: known };
}

function numbered(what: 'type' | 'code', text: string): number | null {
  const match = /^(type|code)_(\d{1,3})$/.exec(text);
  return match?.[1] === what && Number(match[2]) <= 255 ? Number(match[2]) : null;
}
