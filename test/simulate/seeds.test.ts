import type { Simulated } from "../../local/simulate/onboarding.ts";
import { limitInMs, simulated } from "./running.ts";

const kind = { faults: "none", people: "prompt", clusters: 2 } as const;
let one: Simulated;

test(
  "where nothing fails, two clusters are onboarded without a violation",
  async () => {
    one = await simulated(1, kind);
    expect(one.line.violations).toEqual([]);
    expect(one.isPassed).toBe(true);
    expect(one.line.ready + one.line.failed.length + one.line.ended.length).toBe(one.line.links);
    expect(one.line.ready).toBeGreaterThan(0);
    expect(one.line.pulls).toMatchObject({ tried: expect.any(Number), refused: 0 });
  },
  limitInMs,
);

test(
  "the same seed gives the same line, but for how long it took",
  async () => {
    const again = await simulated(1, kind);
    expect({ ...again.line, wallSeconds: 0 }).toEqual({ ...one.line, wallSeconds: 0 });
  },
  limitInMs,
);
