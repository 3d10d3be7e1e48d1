import { readFileSync } from "node:fs";
import { join } from "node:path";
import { allSwitches } from "../../local/cloud/life/switches.ts";
import { limitInMs, simulated } from "./running.ts";

const protocol = join(import.meta.dirname, "../local/cloud");

/**
 * Chosen among the first four hundred for what they meet: with most seeds a switch falls on what every link
 * needs, and no link can be ready. 3: a link is cancelled and undone. 4: locks, a locked down node group, a network that stops
 * people. 5 and 8: three links ready each, beside a policy and a private registry. 314: an update that AKS refuses.
 */
const seeds = [3, 4, 5, 8, 314] as const;

const struck = new Set<string>();
let ready = 0;

test.each(seeds)(
  "seed %i: as in life, four clusters are onboarded without a violation",
  async (seed) => {
    const { line, isPassed } = await simulated(seed, { faults: "life", people: "all" });
    for (const [name, times] of Object.entries(line.life)) if (times > 0) struck.add(name);
    ready += line.ready;
    expect(line.violations).toEqual([]);
    expect(isPassed).toBe(true);
    expect(line.ready + line.failed.length + line.ended.length).toBe(line.links);
    // Some pulls are refused in seed 5; which of them are a violation is the judge's to say.
    expect(line.pulls.tried).toBeGreaterThan(0);
  },
  limitInMs,
);

test("several links are ready among them", () => {
  expect(ready).toBeGreaterThanOrEqual(6);
});

/** Switches that strike in none of these seeds, by the test that strikes them by protocol. */
const elsewhere: Readonly<Record<string, readonly string[]>> = {
  // An onboarding can meet these; a property of these seeds is that none does.
  "consistency/life.test.ts": ["newPrincipalsUnknownToRoles", "newPasswordsFlip"],
  "aks/operations.test.ts": ["noContentAtTheEnd", "youngOperations", "forgottenOperations"],
  "aks/nodes.test.ts": ["autoscaledNodes"],
  "aks/credentials.test.ts": ["credentialValidation"],
  "aks/controllers.test.ts": ["clusterControllers"],
  "resourceGraph/life.test.ts": ["resourceGraphLag"],
  // Nothing in an onboarding of four clusters meets the others.
  "consistency/life.test.ts#removal": ["removedPasswordsLinger", "removedPrincipalsLinger"],
  "limits/life.test.ts": ["throttling", "longThrottling"],
  "entra/life.test.ts": ["continuousAccess", "registryServiceAbsent"],
  "graph/life.test.ts": ["audienceAtSignIn", "directoryQuota", "applicationLimits", "instanceLock"],
  "graph/policies.test.ts": ["appManagementPolicies"],
  "arm/governance.test.ts": ["deleteLocks", "policyModify"],
  "rbac/life.test.ts": ["withdrawnRolesLinger", "armReplicas", "principalTypeChecked", "groupRoleLag"],
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
  expect([...struck, ...listed].sort()).toEqual(allSwitches.map(({ name }) => name).sort());
});

test.each(Object.entries(elsewhere))("%s has the switches named with it", (file, names) => {
  const text = readFileSync(join(protocol, file.split("#")[0] ?? ""), "utf8");
  for (const name of names) expect(text).toContain(name);
});
