/** RFC 7413, section 4.1.1: a cookie has 4 to 16 octets, an even number of them. */
export const COOKIE_MIN = 4;
export const COOKIE_MAX = 16;

/** The TCP Fast Open option of a SYN or SYN-ACK (RFC 7413, section 4.1.1): a request for a cookie, or a cookie. */
export class FastOpenOption {
  /** Octets of the cookie; 0: a request; -1: there is no option. */
  length = -1;
  /** In the form that it had as an experiment (kind 254, magic number 0xF989: RFC 6994). */
  experimental = false;
  readonly cookie = new Uint8Array(COOKIE_MAX);

  get hasCookie(): boolean {
    return this.length > 0;
  }

  clear(): void {
    this.length = -1;
    this.experimental = false;
  }

  /** @param bytes at `from`: `length` octets of a cookie, none: a request */
  read(bytes: Uint8Array, from: number, length: number, experimental: boolean): void {
    // Too short or too long for a cookie: as if it were not there (as Linux, tcp_parse_fastopen_option).
    this.length = length === 0 || (length >= COOKIE_MIN && length <= COOKIE_MAX) ? length : -1;
    this.experimental = experimental;
    for (let i = 0; i < this.length; i++) this.cookie[i] = bytes[from + i]!;
  }

  copyFrom(other: FastOpenOption): void {
    this.length = other.length;
    this.experimental = other.experimental;
    // Not `set`, a call into the runtime: mostly there is no cookie.
    for (let i = 0; i < other.length; i++) this.cookie[i] = other.cookie[i]!;
  }

  /** Do both hold the same cookie? In whichever form. */
  matches(other: FastOpenOption): boolean {
    if (this.length !== other.length) return false;
    let difference = 0;
    for (let i = 0; i < this.length; i++) difference |= this.cookie[i]! ^ other.cookie[i]!;
    return difference === 0;
  }

  /** The cookie in hexadecimal; nothing for a request. */
  get text(): string {
    let text = '';
    for (let i = 0; i < this.length; i++) text += this.cookie[i]!.toString(16).padStart(2, '0');
    return text;
  }
}
