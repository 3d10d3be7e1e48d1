import { replicasOver } from "../../../../local/cloud/consistency/replicas.ts";
import { parseEstate } from "../../../../local/cloud/estates/estate.ts";
import { lifelikeTimings } from "../../../../local/cloud/kit/clock.ts";
import { lifeOver } from "../../../../local/cloud/life/life.ts";
import { allSwitches } from "../../../../local/cloud/life/switches.ts";

const estate = parseEstate({
  tenants: [{ id: "a0000000-0000-4000-8000-000000000001", name: "A", domain: "a.example" }],
});

function replicasAt(time: { now: number }, enabled: boolean) {
  const life = lifeOver({ switches: allSwitches, seed: 1, estate });
  const clock = { now: () => time.now, after: () => ({ cancel: () => undefined }) };
  return replicasOver(clock, lifelikeTimings, life, { enabled });
}

test("from the moment named on every replica knows, and a little before it some did not", () => {
  const time = { now: 0 };
  const replicas = replicasAt(time, true);
  const at = replicas.knownAt("secret", "key", 1000);
  const answers = (): readonly boolean[] => Array.from({ length: 50 }, () => replicas.know("secret", "key", 1000));
  time.now = at - 1;
  expect(answers()).toContain(false);
  time.now = at;
  expect(answers()).not.toContain(false);
});

test("where nothing lags, all know at once", () => {
  expect(replicasAt({ now: 0 }, false).knownAt("secret", "key", 1000)).toBe(1000);
});
