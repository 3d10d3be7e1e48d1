/** Numbers in [0, 1) that come again with the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** From a log-normal distribution with this median and this 95th percentile, never more than four times the latter. */
export function logNormal(random: () => number, median: number, p95: number): number {
  if (median <= 0) return 0;
  const deviate = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const spread = Math.log(Math.max(p95, median) / median) / 1.645;
  return Math.min(median * Math.exp(deviate * spread), 4 * p95);
}
