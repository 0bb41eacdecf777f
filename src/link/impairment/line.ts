import type { Micros } from '../../time/wheel.ts';
import type { WirePacket } from './packets/wire-packet.ts';

/** A packet that waits for others to go by waits so long at the most: there may be none. */
export const BEHIND_LIMIT: Micros = 100_000;

interface Waiting {
  due: Micros;
  /** Of two at the same time, the one that came first. */
  order: number;
  readonly packet: WirePacket;
  /** How many packets are still to go by; null: it doesn't wait for any. */
  behind: number | null;
  /** Its time has come, and it lets others by. */
  aside: boolean;
  gone: boolean;
}

/** What is on its way, in the order in which it arrives: a heap by time. */
export class Line {
  readonly #arrived: (packet: WirePacket) => void;
  readonly #heap: Waiting[] = [];
  readonly #aside = new Set<Waiting>();
  #order = 0;

  constructor(arrived: (packet: WirePacket) => void) {
    this.#arrived = arrived;
  }

  add(packet: WirePacket, due: Micros): void {
    const behind = packet.behind > 0 ? packet.behind : null;
    this.#push({ due, order: this.#order++, packet, behind, aside: false, gone: false });
  }

  /** Hands over what has arrived by now, in its order. */
  run(now: Micros): void {
    for (let first = this.#heap[0]; first !== undefined && first.due <= now; first = this.#heap[0]) {
      this.#pop();
      if (first.gone) continue;
      if (first.behind !== null && !first.aside) this.#setAside(first);
      else this.#handOver(first);
    }
  }

  nextDeadline(): Micros {
    return this.#heap[0]?.due ?? Number.POSITIVE_INFINITY;
  }

  /** Everything arrives now, in the order in which it would have. */
  hurry(now: Micros): void {
    const waiting = this.#heap.splice(0).filter(({ gone }) => !gone);
    this.#aside.clear();
    waiting.sort(comesBefore);
    for (const one of waiting) this.#push({ ...one, due: Math.min(one.due, now), order: this.#order++, behind: null });
  }

  /** Its time is up, but others go first; it stays in the heap for the case that none comes. */
  #setAside(waiting: Waiting): void {
    this.#aside.add(waiting);
    waiting.aside = true;
    waiting.due += BEHIND_LIMIT;
    this.#push(waiting);
  }

  #handOver(waiting: Waiting): void {
    waiting.gone = true;
    this.#aside.delete(waiting);
    this.#arrived(waiting.packet);
    if (waiting.behind !== null || this.#aside.size === 0) return;
    for (const other of this.#aside) if (--other.behind! === 0) this.#handOver(other);
  }

  #push(waiting: Waiting): void {
    const heap = this.#heap;
    let at = heap.push(waiting) - 1;
    for (let parent = (at - 1) >> 1; at > 0 && comesBefore(waiting, heap[parent]!) < 0; parent = (at - 1) >> 1) {
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = waiting;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && comesBefore(heap[child + 1]!, heap[child]!) < 0) child++;
      if (comesBefore(last, heap[child]!) <= 0) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

const comesBefore = (a: Waiting, b: Waiting): number => a.due - b.due || a.order - b.order;
