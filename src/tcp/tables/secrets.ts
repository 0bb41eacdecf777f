import type { Random } from '../../time/random.ts';
import { type SipKey, sipHash } from '../../time/siphash.ts';
import type { Micros } from '../../time/wheel.ts';
import type { Address } from '../../wire/address.ts';
import { type Seq, seqAdd } from '../../wire/seq.ts';

/** What must not be guessable from outside: initial sequence numbers, timestamp offsets, ephemeral ports, SYN cookies. */
export class Secrets {
  private readonly isnKey: SipKey;
  private readonly timestampKey: SipKey;
  private readonly portKey: SipKey;
  private readonly cookieKey: SipKey;
  private readonly words = new Int32Array(11);

  constructor(random: Random) {
    const key = (): SipKey => [random.next(), random.next(), random.next(), random.next()];
    this.isnKey = key();
    this.timestampKey = key();
    this.portKey = key();
    this.cookieKey = key();
  }

  /** ISN = M + F(local, remote, secret) with M a clock of 4 microseconds (RFC 6528, section 3; RFC 9293, MUST-8 and MUST-9). */
  initialSequence(now: Micros, local: Address, localPort: number, remote: Address, remotePort: number): Seq {
    const hash = sipHash(this.isnKey, this.fill(local, remote, (localPort << 16) | remotePort), 9);
    return seqAdd(hash, Math.floor(now / 4) % 2 ** 32);
  }

  /** The same for both directions of a host pair, so that timestamps of successive connections grow (RFC 7323, section 5.4). */
  timestampOffset(local: Address, remote: Address): number {
    return sipHash(this.timestampKey, this.fill(local, remote, 0), 9);
  }

  /** Where the search for a port towards this peer begins (RFC 6056, section 3.3.3: F). */
  portOffset(local: Address, remote: Address, remotePort: number): number {
    return sipHash(this.portKey, this.fill(local, remote, remotePort), 9) >>> 0;
  }

  /** A and B of a SYN cookie (`opening/syn-cookies.ts`). */
  cookie(local: Address, localPort: number, remote: Address, remotePort: number, minute: number, which: 0 | 1): number {
    const words = this.fill(local, remote, (localPort << 16) | remotePort);
    words[9] = minute;
    words[10] = which;
    return sipHash(this.cookieKey, words, 11);
  }

  private fill(local: Address, remote: Address, ports: number): Int32Array {
    const { words } = this;
    words[0] = local.w0;
    words[1] = local.w1;
    words[2] = local.w2;
    words[3] = local.w3;
    words[4] = remote.w0;
    words[5] = remote.w1;
    words[6] = remote.w2;
    words[7] = remote.w3;
    words[8] = ports;
    return words;
  }
}
