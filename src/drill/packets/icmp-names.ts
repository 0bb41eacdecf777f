import { ICMP_UNREACHABLE, UNREACHABLE_FRAGMENTATION } from '../../wire/icmp/icmp.ts';
import { ICMPV6_TOO_BIG } from '../../wire/icmp/icmpv6.ts';
import type { IcmpAction } from '../script/ast.ts';
import { ScriptError, Unsupported } from '../terms/errors.ts';

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

/** The same for ICMPv6 (RFC 4443; IANA's registry). */
const TYPES6: Readonly<Record<string, number>> = {
  unreachable: 1,
  packet_too_big: 2,
  time_exceeded: 3,
  parameter_problem: 4,
  echo_request: 128,
  echo_reply: 129,
};

const CODES6: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  unreachable: {
    no_route: 0,
    net_unreachable: 0,
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

const NAMES = { 4: { types: TYPES, codes: CODES }, 6: { types: TYPES6, codes: CODES6 } } as const;

/** Type and code of an ICMP message, by name or as `type_9` and `code_9`; a code that is left out is 0. */
export function icmpTypeAndCode(
  { typeName, codeName, family: spelt }: IcmpAction,
  family: 4 | 6,
): { type: number; code: number } {
  const [own, other] = family === 4 ? [NAMES[4], NAMES[6]] : [NAMES[6], NAMES[4]];
  const elsewhere = (what: string): Unsupported => new Unsupported(`${what} over IPv${family}`);
  if (spelt !== null && spelt !== family) throw elsewhere('ICMPv6');
  const type = own.types[typeName] ?? numbered('type', typeName);
  if (type === null) {
    if (Object.hasOwn(other.types, typeName)) throw elsewhere(`icmp ${typeName}`);
    throw new ScriptError(0, `There is no ICMP type "${typeName}"`);
  }
  if (codeName === null) return { type, code: 0 };
  const code = own.codes[typeName]?.[codeName] ?? numbered('code', codeName);
  if (code === null) {
    if (other.codes[typeName]?.[codeName] !== undefined) throw elsewhere(`icmp ${typeName} ${codeName}`);
    throw new ScriptError(0, `ICMP ${typeName} has no code "${codeName}"`);
  }
  return { type, code };
}

/** Is it the message that says how long a packet may be? */
export const tellsMtu = (type: number, code: number, family: 4 | 6): boolean =>
  family === 4
    ? type === ICMP_UNREACHABLE && code === UNREACHABLE_FRAGMENTATION
    : type === ICMPV6_TOO_BIG && code === 0;

function numbered(what: 'type' | 'code', text: string): number | null {
  const match = /^(type|code)_(\d{1,3})$/.exec(text);
  return match?.[1] === what && Number(match[2]) <= 255 ? Number(match[2]) : null;
}
