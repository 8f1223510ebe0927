/** The value below which the share `p` of the values lies. NaN for none. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(p * sorted.length) - 1)] ?? NaN;
}

/** The middle of the rounds, so that one disturbed round does not count. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}
