import type { Micros } from '../../time/wheel.ts';
import type { Numbers } from '../packets/numbers.ts';
import { capturedText } from '../packets/packet-text.ts';
import type { CapturedTcp } from '../terms/captured.ts';
import type { Mismatch } from '../terms/errors.ts';

/** One thing that happened while a script ran: a packet on its way, or what the host did. */
export interface Rung {
  /** Microseconds of the script's time. */
  at: Micros;
  /** `<`: the peer sends, as the script writes it. `>`: the host sends. Null: none, it happens on the host. */
  direction: '<' | '>' | null;
  /** In the script's language and numbers. */
  text: string;
  /** What the host made of it: a new state, why it drops it, why it sends again. */
  notes: readonly string[];
  /** Where a script fails by a packet: what it expects, and what comes instead. */
  mark: 'expected' | 'came' | null;
}

/** A rung whose text is not needed before the ladder is drawn. */
interface Entry {
  at: Micros;
  direction: Rung['direction'];
  text: () => string;
  notes: string[];
  packet: CapturedTcp | null;
}

const ENTRIES_MAX = 500;

/** What happened while a script ran, for people: the last of it. */
export class Ladder {
  private readonly entries: Entry[] = [];
  /** What is to be said of the next packet of the host's. */
  private readonly ahead: string[] = [];

  sent(at: Micros, text: string): void {
    this.push({ at, direction: '<', text: () => text, notes: [], packet: null });
  }

  /** @param numbersOf the connection by whose numbers it is told, when the ladder is drawn; null: none that is known */
  came(at: Micros, packet: CapturedTcp, numbersOf: () => Numbers | null): void {
    const text = (): string => {
      const numbers = numbersOf();
      const ports = numbers === null ? `${packet.srcPort}>${packet.dstPort} ` : '';
      return ports + capturedText(packet, packet.payload.length, numbers, null);
    };
    this.push({ at, direction: '>', text, notes: this.ahead.splice(0), packet });
  }

  /**
   * A packet of the host's that is not TCP (`>`), or what an application does (null).
   * @returns what is said of it, to which more may be added
   */
  happened(at: Micros, direction: '>' | null, text: string): string[] {
    const notes: string[] = [];
    this.push({ at, direction, text: () => text, notes, packet: null });
    return notes;
  }

  /** What the host made of the last packet or call, or of nothing but time. */
  note(at: Micros, note: string): void {
    const last = this.entries[this.entries.length - 1];
    if (last !== undefined && last.at === at) last.notes.push(note);
    else this.push({ at, direction: null, text: () => '', notes: [note], packet: null });
  }

  noteNext(note: string): void {
    this.ahead.push(note);
  }

  /** @param mismatch why the script fails: its packets are marked */
  rungs(mismatch: Mismatch | null = null): Rung[] {
    const about = mismatch?.packet ?? null;
    const rungs: Rung[] = [];
    const expected = (at: Micros): Rung => ({ at, direction: '>', text: about!.spec, notes: [], mark: 'expected' });
    let marked = false;
    for (const { at, direction, text, notes, packet } of this.entries) {
      const isIt = about?.came != null && packet === about.came;
      if (isIt) rungs.push(expected(about.at));
      rungs.push({ at, direction, text: (isIt && about.text) || text(), notes, mark: isIt ? 'came' : null });
      marked ||= isIt;
    }
    if (about !== null && !marked) rungs.push(expected(about.at));
    return rungs;
  }

  private push(entry: Entry): void {
    if (this.entries.length === ENTRIES_MAX) this.entries.splice(0, ENTRIES_MAX >> 1);
    this.entries.push(entry);
  }
}
