/** What the peer sends: octet `i` of its stream. Its period is a prime, so that no slip by a round number goes unseen. */
export const peerOctet = (i: number): number => (i % 251) & 0xff;

/** What our application writes where the script leaves the octets open (`...`): another prime, other octets. */
export const ownOctet = (i: number): number => ((i % 241) + 7) & 0xff;

/** The octets that an application wrote, in order, so that what is on the wire can be compared with them. */
export class Ledger {
  private bytes = new Uint8Array(4096);
  length = 0;

  append(octets: Uint8Array): void {
    if (this.length + octets.length > this.bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.bytes.length, this.length + octets.length));
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes.set(octets, this.length);
    this.length += octets.length;
  }

  /** Where octets that should stand at `offset` differ; -1: nowhere. */
  firstDifference(octets: Uint8Array, offset: number): number {
    for (let i = 0; i < octets.length; i++) {
      if (offset + i >= this.length || this.bytes[offset + i] !== octets[i]) return i;
    }
    return -1;
  }
}
