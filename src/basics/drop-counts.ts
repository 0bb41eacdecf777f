/** Counts drops by reason. */
export class DropCounts<Reason extends string> {
  private readonly counts = new Map<Reason, number>();

  add(reason: Reason): void {
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + 1);
  }

  get(reason: Reason): number {
    return this.counts.get(reason) ?? 0;
  }

  entries(): [Reason, number][] {
    return [...this.counts].sort((a, b) => (a[0] < b[0] ? -1 : 1));
  }
}
