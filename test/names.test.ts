import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cancelRequested, consentAnswered } from "../src/orchestrators/onboarding.ts";
import { registeredFunctions } from "./registered.ts";

const namesOf = (trigger: string): string[] =>
  registeredFunctions()
    .filter(({ bindings }) => Object.values(bindings).some(({ type }) => type === trigger))
    .map(({ name }) => name)
    .sort();

test("names that live in history stay: renaming one breaks the instances in flight", () => {
  expect(namesOf("orchestrationTrigger")).toEqual(["onboardLink"]);
  expect(namesOf("activityTrigger")).toEqual([
    "carryOverRoles",
    "claimCluster",
    "confirmCluster",
    "ensureIdentity",
    "ensureSecret",
    "followClusterUpdate",
    "grantPull",
    "prepareConsent",
    "probeConsent",
    "provePull",
    "recordEnding",
    "releaseCluster",
    "startClusterUpdate",
    "undoLink",
  ]);
  expect([cancelRequested.name, consentAnswered.name]).toEqual(["cancelRequested", "consentAnswered"]);
});

test("every activity an orchestrator calls is registered: one that is not would hang its instance for ever", () => {
  const folder = join(import.meta.dirname, "../src/orchestrators");
  const called = readdirSync(folder).flatMap((file) =>
    [...readFileSync(join(folder, file), "utf8").matchAll(/call\(context, (\w+)/g)].map(([, name]) => name),
  );
  expect(called.length).toBeGreaterThan(10);
  const registered = namesOf("activityTrigger");
  for (const name of called) expect(registered).toContain(name);
});

test("no function can be called with a function key: keys are shared secrets", () => {
  const levels = registeredFunctions().flatMap(({ bindings }) =>
    Object.values(bindings).flatMap(({ authLevel }) => authLevel ?? []),
  );
  expect(new Set(levels)).toEqual(new Set(["anonymous"]));
});
