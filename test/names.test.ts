import { cancelRequested } from "../src/activities/askCancel.ts";
import { activities } from "../src/activities/index.ts";
import { consentAnswered } from "../src/orchestrators/run.ts";
import { registeredFunctions } from "./registered.ts";

const namesOf = (trigger: string): string[] =>
  registeredFunctions()
    .filter(({ bindings }) => Object.values(bindings).some(({ type }) => type === trigger))
    .map(({ name }) => name)
    .sort();

test("names that live in history stay: renaming one breaks the instances in flight", () => {
  expect(namesOf("orchestrationTrigger")).toEqual([
    "offboardLink",
    "onboardLink",
    "rotateCluster",
    "rotateScope",
    "sweepRotations",
  ]);
  expect(namesOf("activityTrigger")).toEqual([
    "addSecret",
    "beginRotations",
    "carryOverRoles",
    "claimCluster",
    "confirmCluster",
    "endCancel",
    "ensureIdentity",
    "findDue",
    "followClusterUpdate",
    "giveUpSecret",
    "grantPull",
    "lookAtOperation",
    "lookAtRemoved",
    "prepareConsent",
    "probeConsent",
    "proveAtHome",
    "proveHomePull",
    "proveLink",
    "provePull",
    "proveRefusal",
    "readRolesPlan",
    "readRotation",
    "recordEnding",
    "recordProgress",
    "recordRemoval",
    "recordRotation",
    "recordSweep",
    "recordUpdate",
    "rejectSecret",
    "releaseCluster",
    "removeIdentityIfUnused",
    "removePasswords",
    "removeSecrets",
    "revokeGrant",
    "startClusterUpdate",
    "takeLink",
    "takeTurns",
    "useSecret",
  ]);
  expect([cancelRequested.name, consentAnswered.name]).toEqual(["cancelRequested", "consentAnswered"]);
});

test("every activity that orchestrators may call is registered: one that is not would hang its instance for ever", () => {
  // That they can call no other is a type: see test/types/calls.test.ts.
  expect(namesOf("activityTrigger")).toEqual(activities.map(({ name }) => name).sort());
});

test("no function can be called with a function key: keys are shared secrets", () => {
  const levels = registeredFunctions().flatMap(({ bindings }) =>
    Object.values(bindings).flatMap(({ authLevel }) => authLevel ?? []),
  );
  expect(new Set(levels)).toEqual(new Set(["anonymous"]));
});
