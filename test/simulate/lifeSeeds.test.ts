import { readFileSync } from "node:fs";
import { join } from "node:path";
import { allSwitches } from "../../local/cloud/life/switches.ts";
import { limitInMs, simulated } from "./running.ts";

const protocol = join(import.meta.dirname, "../local/cloud");

/**
 * Chosen for what they meet in little time. 2: a locked down node group, a network that stops people. 5: all links ready but one to a
 * registry that is closed to the app. 8: a policy, a private registry. 15: a lock, a way out without blobs, a full scope. 117: a cancelled link.
 */
const seeds = [2, 5, 8, 15, 117] as const;

const struck = new Set<string>();
let ready = 0;

/** Two at a time (`maxConcurrency`): one alone waits for one process while the other works, and leaves a core idle. */
test.concurrent.each(seeds)(
  "seed %i: as in life, four clusters are onboarded without a violation",
  async (seed) => {
    const { line, isPassed } = await simulated(seed, { faults: "life", people: "all" });
    for (const [name, times] of Object.entries(line.life)) if (times > 0) struck.add(name);
    ready += line.ready;
    expect(line.violations).toEqual([]);
    expect(isPassed).toBe(true);
    expect(line.ready + line.failed.length + line.ended.length).toBe(line.links);
    expect(line.pulls).toMatchObject({ tried: expect.any(Number), refused: 0 });
  },
  seeds.length * limitInMs,
);

test("most links are ready among them", () => {
  expect(ready).toBeGreaterThanOrEqual(15);
});

/** Switches that strike in none of these seeds, by the test that strikes them by protocol. */
const elsewhere: Readonly<Record<string, readonly string[]>> = {
  // The app looks for locks and deny assignments before it begins, so that none has to strike; young secrets and principals rest before AKS sees them; an
  // operation is looked at while it runs, and its end is seen at its first address.
  "arm/governance.test.ts": ["readOnlyLocks", "deleteLocks", "policyModify"],
  "consistency/life.test.ts": ["newPasswordsFlip"],
  "aks/credentials.test.ts": ["credentialValidation"],
  "aks/operations.test.ts": ["noContentAtTheEnd", "forgottenOperations"],
  // Nothing in an onboarding of four clusters meets the others.
  "aks/controllers.test.ts": ["clusterControllers"],
  "resourceGraph/life.test.ts": ["resourceGraphLag"],
  "consistency/life.test.ts#removal": ["removedPasswordsLinger", "removedPrincipalsLinger"],
  "limits/life.test.ts": ["throttling", "longThrottling"],
  "entra/life.test.ts": ["continuousAccess", "registryServiceAbsent"],
  "graph/life.test.ts": ["audienceAtSignIn", "directoryQuota", "applicationLimits", "instanceLock"],
  "graph/policies.test.ts": ["appManagementPolicies"],
  "rbac/life.test.ts": [
    "nodeGroupLockdown",
    "withdrawnRolesLinger",
    "armReplicas",
    "principalTypeChecked",
    "groupRoleLag",
  ],
  "vault/life.test.ts": [
    "vaultPurgeProtection",
    "vaultAccessPolicies",
    "vaultFirewall",
    "vaultDataPolicies",
    "versionsInNoOrder",
  ],
  "registry/life.test.ts": ["slowRegistryUpdates", "modeSwitchLag"],
};

test("every switch strikes in one of them, or is named with the test by protocol that strikes it", () => {
  const listed = Object.values(elsewhere).flat();
  expect(allSwitches.map(({ name }) => name).filter((name) => !struck.has(name) && !listed.includes(name))).toEqual([]);
});

test.each(Object.entries(elsewhere))("%s has the switches named with it", (file, names) => {
  const text = readFileSync(join(protocol, file.split("#")[0] ?? ""), "utf8");
  for (const name of names) expect(text).toContain(name);
});
