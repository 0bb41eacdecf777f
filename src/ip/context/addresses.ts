import { Address } from '../../wire/address.ts';

/** An address of ours, and how many leading bits of it are the network's. */
export interface InterfaceAddress {
  address: Address;
  prefix: number;
}

/** What a host knows of addresses: which are its own, and which no host can have (RFC 1122, section 3.2.1.3; RFC 4291). */
export class Addresses {
  readonly own: InterfaceAddress[];

  constructor(own: InterfaceAddress[]) {
    this.own = own;
  }

  isLocal(address: Address): boolean {
    const { own } = this;
    for (let i = 0; i < own.length; i++) if (own[i]!.address.equals(address)) return true;
    return false;
  }

  /** What never leaves a host: its own addresses, and those that mean "this host" (127.0.0.0/8 and ::1). */
  isThisHost(address: Address): boolean {
    return this.isLocal(address) || isLoopback(address);
  }

  /** 255.255.255.255, or the last address of one of our networks. IPv6 has no broadcast. */
  isBroadcast(address: Address): boolean {
    if (address.family !== 4) return false;
    if (address.w3 === -1) return true;
    for (const own of this.own) {
      const hostBits = 32 - own.prefix;
      if (hostBits < 2 || own.address.family !== 4) continue;
      const mask = hostBits === 32 ? -1 : (1 << hostBits) - 1;
      if (((own.address.w3 ^ address.w3) & ~mask) === 0 && (address.w3 & mask) === mask) return true;
    }
    return false;
  }

  /** Is this a martian source: one that no host beyond our link can have (RFC 1812, section 5.3.7)? */
  isMartian(src: Address): boolean {
    return isNoHost(src) || this.isLocal(src) || this.isBroadcast(src);
  }

  /** Can a connection be opened to this address (RFC 9293, section 3.9.2.3, MUST-46)? To ourselves, too, by the loopback. */
  isHost(address: Address): boolean {
    return isLoopback(address) || (!isNoHost(address) && !this.isBroadcast(address));
  }

  /**
   * Our address for talking to `dst` (RFC 9293, MUST-44): of its family, and of those the one that has the longest prefix
   * in common with it (RFC 6724, section 5, rule 8). One link, and everything is beyond it, but for ourselves.
   */
  sourceFor(dst: Address): Address | null {
    const { family } = dst;
    if (isLoopback(dst)) return family === 4 ? LOOPBACK_IPV4 : LOOPBACK_IPV6;
    let best: Address | null = null;
    let bestLength = -1;
    for (const { address } of this.own) {
      if (address.family !== family) continue;
      const length = commonPrefix(address, dst);
      if (length > bestLength) [best, bestLength] = [address, length];
    }
    return best;
  }
}

const LOOPBACK_IPV4 = new Address(0, 0, 0xffff, 0x7f000001);
const LOOPBACK_IPV6 = new Address(0, 0, 0, 1);

/** 127.0.0.0/8 (RFC 1122, section 3.2.1.3 (g)) or ::1 (RFC 4291, section 2.5.3). */
export const isLoopback = (address: Address): boolean =>
  address.w0 === 0 &&
  address.w1 === 0 &&
  (address.w2 === 0xffff ? address.w3 >>> 24 === 127 : address.w2 === 0 && address.w3 === 1);

/** In IPv4: "this network", loopback, multicast, reserved. In IPv6: unspecified, loopback, multicast, or an IPv4 one. */
function isNoHost(address: Address): boolean {
  if (address.family === 4) {
    const first = address.w3 >>> 24;
    return first === 0 || first === 127 || first >= 224;
  }
  if (address.w0 >>> 24 === 0xff) return true;
  return address.w0 === 0 && address.w1 === 0 && address.w2 === 0 && address.w3 >>> 0 <= 1;
}

function commonPrefix(a: Address, b: Address): number {
  if (a.w0 !== b.w0) return Math.clz32(a.w0 ^ b.w0);
  if (a.w1 !== b.w1) return 32 + Math.clz32(a.w1 ^ b.w1);
  if (a.w2 !== b.w2) return 64 + Math.clz32(a.w2 ^ b.w2);
  return 96 + Math.clz32(a.w3 ^ b.w3);
}
