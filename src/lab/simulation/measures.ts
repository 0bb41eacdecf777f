/**
 * Jain's index: how evenly `shares` are divided. 1: all alike; 1 / n: one has everything. (R. Jain, D. Chiu, W. Hawe, "A
 * Quantitative Measure of Fairness", DEC-TR-301, 1984.)
 */
export function jainIndex(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return squares === 0 ? 1 : (sum * sum) / (shares.length * squares);
}

/** The mean, and what 95 of 100 don't exceed; both 0 where there is none. */
export function meanAndP95(values: readonly number[]): { mean: number; p95: number } {
  if (values.length === 0) return { mean: 0, p95: 0 };
  const sorted = Float64Array.from(values).sort();
  const mean = sorted.reduce((total, value) => total + value, 0) / sorted.length;
  return { mean, p95: sorted[Math.ceil(sorted.length * 0.95) - 1]! };
}
