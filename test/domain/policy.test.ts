import { effectivePolicy, lifetimeOf, type ClusterPolicy } from "../../src/domain/policy.ts";
import { windowOf } from "./windowOf.ts";

const defaults = {
  secretLifetimeInDays: 180,
  rotationFraction: 2 / 3,
  maintenanceWindow: windowOf("Sat 01:00-05:00"),
};
const unset: ClusterPolicy = { lifetimeInDays: null, fraction: null, window: null };
const always = windowOf("00:00-24:00");

test.each<[string, ClusterPolicy | null | undefined, object]>([
  ["nothing", null, {}],
  ["no row", undefined, {}],
  ["an empty policy", unset, {}],
  ["a life", { ...unset, lifetimeInDays: 30 }, { lifetimeInDays: 30 }],
  ["a part of it", { ...unset, fraction: 0.5 }, { fraction: 0.5 }],
  ["a window", { ...unset, window: always }, { window: always }],
])("of a cluster with %s the rest is as the configuration says", (_what, set, holds) => {
  const expected = {
    lifetimeInDays: 180,
    fraction: 2 / 3,
    window: defaults.maintenanceWindow,
    ...holds,
  };
  expect(effectivePolicy(set, defaults)).toEqual(expected);
  expect(lifetimeOf(set, defaults)).toBe(expected.lifetimeInDays);
});

test("without a window anywhere a cluster may be updated at any time", () => {
  expect(effectivePolicy(unset, { ...defaults, maintenanceWindow: null }).window).toBeNull();
});
