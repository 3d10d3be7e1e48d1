import { join } from "node:path";
import { simulateYear } from "../../local/simulate/year/year.ts";
import { limitInMs } from "./running.ts";

const root = join(import.meta.dirname, "../..");

/** In days enough for each secret to be replaced once, with two weeks without the app, a lost timer and an administrator who revokes. */
test(
  "seed 4: two clusters get new secrets by the app's own timer, no pull is refused but by an administrator, and no secret expires",
  async () => {
    const { line, isPassed } = await simulateYear({
      seed: 4,
      clusters: 2,
      registries: 4,
      days: 130,
      pullEveryInSeconds: 21_600,
      estate: "two-tenants",
      faults: "none",
      app: root,
      folder: join(root, ".crosspull/test", `year-${process.pid}`),
    });
    expect(line.violations).toEqual([]);
    expect(isPassed).toBe(true);
    expect(line).toMatchObject({ ready: 2, expired: 0, secondsWithoutValidCredential: 0, secrets: { maxPerApp: 2 } });
    expect(line.rotations.started).toBeGreaterThanOrEqual(2);
    expect(line.rotations.ended).toBeGreaterThanOrEqual(1);
    expect(line.pulls.refused).toBe(0);
    expect(line.pulls.refusedByPeople).toBeGreaterThan(0);
    expect(line.pulls.tried).toBeGreaterThan(1500);
  },
  limitInMs,
);
