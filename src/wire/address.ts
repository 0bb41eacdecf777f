/**
 * An IP address of either family: 128 bits in four 32-bit words, an IPv4 address as ::ffff:a.b.c.d (RFC 4291, section
 * 2.5.5.2). The rest of the stack copies and compares addresses without knowing the family.
 *
 * A parsed packet's addresses are borrowed and overwritten by the next packet: `copy()` one to keep it.
 */
export class Address {
  w0: number;
  w1: number;
  w2: number;
  w3: number;

  constructor(w0 = 0, w1 = 0, w2 = 0, w3 = 0) {
    this.w0 = w0 | 0;
    this.w1 = w1 | 0;
    this.w2 = w2 | 0;
    this.w3 = w3 | 0;
  }

  get family(): 4 | 6 {
    return this.w0 === 0 && this.w1 === 0 && this.w2 === 0xffff ? 4 : 6;
  }

  equals(other: Address): boolean {
    return this.w3 === other.w3 && this.w2 === other.w2 && this.w1 === other.w1 && this.w0 === other.w0;
  }

  setIpv4(word: number): void {
    this.w0 = 0;
    this.w1 = 0;
    this.w2 = 0xffff;
    this.w3 = word | 0;
  }

  set(other: Address): void {
    this.w0 = other.w0;
    this.w1 = other.w1;
    this.w2 = other.w2;
    this.w3 = other.w3;
  }

  copy(): Address {
    return new Address(this.w0, this.w1, this.w2, this.w3);
  }

  /** 0.0.0.0 or ::, "any of mine". */
  get isUnspecified(): boolean {
    return this.w3 === 0 && this.w0 === 0 && this.w1 === 0 && (this.w2 === 0 || this.w2 === 0xffff);
  }

  /** 224.0.0.0/4 (RFC 1112) or ff00::/8 (RFC 4291, section 2.7). */
  get isMulticast(): boolean {
    return this.family === 4 ? this.w3 >>> 28 === 0xe : this.w0 >>> 24 === 0xff;
  }

  toString(): string {
    return this.family === 4 ? ipv4Text(this.w3) : ipv6Text(this);
  }
}

const ipv4Text = (word: number): string => `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;

/** The canonical text of RFC 5952: lower case, no leading zeros, the longest run of zeros (two or more) as `::`. */
function ipv6Text(a: Address): string {
  const groups = [a.w0, a.w1, a.w2, a.w3].flatMap((w) => [w >>> 16, w & 0xffff]);
  let bestStart = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length++;
    if (length > bestLength) {
      bestStart = i;
      bestLength = length;
    }
  }
  const hex = groups.map((g) => g.toString(16));
  if (bestStart < 0) return hex.join(':');
  return `${hex.slice(0, bestStart).join(':')}::${hex.slice(bestStart + bestLength).join(':')}`;
}

/** Parses dotted IPv4 or textual IPv6; `null` when it is neither. */
export function parseAddress(text: string): Address | null {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/** Parses an address that is known to be good: throws a `TypeError` that names it when it is not. */
export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed) throw new TypeError(`Not an IP address: ${text}`);
  return parsed;
}

function parseIpv4Word(text: string): number | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  let word = 0;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return null;
    word = (word << 8) | Number(part);
  }
  return word | 0;
}

function parseIpv4(text: string): Address | null {
  const word = parseIpv4Word(text);
  return word === null ? null : new Address(0, 0, 0xffff, word);
}

function parseIpv6(text: string): Address | null {
  let body = text;
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted) {
    const word = parseIpv4Word(dotted[2]!);
    if (word === null) return null;
    body = `${dotted[1]}${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`;
  }
  const halves = body.split('::');
  if (halves.length > 2) return null;
  const head = halves[0] === '' ? [] : halves[0]!.split(':');
  const tail = halves.length === 2 && halves[1] !== '' ? halves[1]!.split(':') : [];
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const groups = [...head, ...Array<string>(halves.length === 2 ? missing : 0).fill('0'), ...tail];
  if (!groups.every((g) => /^[0-9a-fA-F]{1,4}$/.test(g))) return null;
  const n = groups.map((g) => Number.parseInt(g, 16));
  return new Address((n[0]! << 16) | n[1]!, (n[2]! << 16) | n[3]!, (n[4]! << 16) | n[5]!, (n[6]! << 16) | n[7]!);
}
