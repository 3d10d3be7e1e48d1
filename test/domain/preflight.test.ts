import type { Assignment } from "../../src/domain/facts.ts";
import { notProved, planOf, preflightRules } from "../../src/domain/preflight.ts";
import { intend } from "../../src/domain/pullIdentityChanges.ts";
import { repositoryCondition, repositoryName } from "../../src/domain/roles.ts";
import type { Facts } from "../../src/domain/rules/rule.ts";

import {
  now,
  copyRight,
  freely,
  notAtAll,
  pool,
  cluster,
  registry,
  role,
  roles,
  oldWith,
  principal,
  withSecret,
  held,
  healthy,
  facts,
  ofCluster,
  ofRegistry,
  ask,
  unreadable,
  unknown,
  checkOf,
  lock,
  denied,
  policy,
} from "./preflightFacts.ts";
import type { AksSchedule } from "../../src/domain/aksSchedule.ts";
import { windowOf } from "./windowOf.ts";

test("a healthy pair is allowed, and the plan says what would be made", () => {
  const plan = planOf(healthy, now);
  expect([plan.allowed, plan.problem]).toEqual([true, null]);
  expect(plan.checks.filter(({ verdict }) => verdict !== "pass").map(({ id }) => id)).toEqual(["surge-room"]);
  expect(plan.changes.map(({ action, what }) => `${action} ${what}`)).toEqual([
    "create multitenant application in the cluster tenant",
    "create password and its version in Key Vault",
    "create service principal in the registry tenant, by admin consent",
    "create role AcrPull on the registry",
    "create copies of 1 roles of the old service principal",
    "change service principal of the cluster; 3 nodes are re-imaged, one surge at a time",
  ]);
});

describe("a check that fails stops the onboarding with its code", () => {
  test.each<[string, string, string, Facts]>([
    ["cluster-exists", "the cluster is missing", "CP-CLUSTER-NOT-FOUND", facts({ cluster: unreadable("missing") })],
    [
      "cluster-exists",
      "the cluster may not be read",
      "CP-CLUSTER-FORBIDDEN",
      facts({ cluster: unreadable("forbidden") }),
    ],
    ["registry-exists", "the registry is missing", "CP-REGISTRY-NOT-FOUND", facts({ registry: unreadable("missing") })],
    ["registry-exists", "it may not be read", "CP-REGISTRY-FORBIDDEN", facts({ registry: unreadable("forbidden") })],
    ["cluster-service-principal", "a managed identity", "CP-CLUSTER-MANAGED-IDENTITY", ofCluster({ clientId: "MSI" })],
    ["cluster-running", "the cluster is stopped", "CP-CLUSTER-STOPPED", ofCluster({ powerState: "Stopped" })],
    [
      "cluster-settled",
      "the cluster is upgrading",
      "CP-CLUSTER-NOT-SETTLED",
      ofCluster({ provisioningState: "Upgrading" }),
    ],
    [
      "node-pools",
      "a pool has failed for reasons not ours",
      "CP-CLUSTER-NOT-SETTLED",
      ofCluster({ pools: [{ ...pool, name: "apps", provisioningState: "Failed", nodes: 1 }] }),
    ],
    [
      "cluster-right",
      "the cluster may be read but not updated",
      "CP-CLUSTER-FORBIDDEN",
      facts({ clusterPermissions: { outcome: "known", value: [{ actions: ["*/read"], notActions: [] }] } }),
    ],
    ["grant-right", "roles may not be assigned", "CP-REGISTRY-FORBIDDEN", facts({ grantConditions: notAtAll })],
    ["cluster-lock", "the cluster is locked", "CP-SCOPE-LOCKED", facts({ clusterLocks: lock("ReadOnly") })],
    ["registry-lock", "the registry is locked", "CP-SCOPE-LOCKED", facts({ registryLocks: lock("ReadOnly") })],
    [
      "graph-permission",
      "our token has no permission to register",
      "CP-DIRECTORY-FORBIDDEN",
      facts({ graphPermissions: { outcome: "known", value: ["User.Read.All"] } }),
    ],
    [
      "graph-permission",
      "we get no token there",
      "CP-NOT-CONSENTED",
      facts({ graphPermissions: unreadable("noToken") }),
    ],
    [
      "directory-quota",
      "no room for two objects",
      "CP-DIRECTORY-QUOTA",
      facts({ objectsMade: { outcome: "known", value: 249 } }),
    ],
    ["credential-policy", "passwords are forbidden", "CP-SECRET-POLICY", facts(policy({ forbidsPasswords: true }))],
    [
      "credential-policy",
      "multitenant is forbidden",
      "CP-DIRECTORY-POLICY",
      facts(policy({ forbidsMultitenant: true })),
    ],
    [
      "window",
      "it may not open in the life that a tenant allows",
      "CP-WINDOW-TOO-RARE",
      facts({
        ...policy({ longestLifetimeInDays: 14 }),
        window: windowOf("Europe/Paris first Sun of month 01:00-05:00"),
      }),
    ],
    ["vault-access", "no right on the vault", "CP-VAULT-FORBIDDEN", facts({ vault: denied("forbidden") })],
    ["vault-access", "its firewall", "CP-VAULT-UNREACHABLE", facts({ vault: denied("firewall") })],
    ["vault-access", "a policy", "CP-VAULT-POLICY", facts({ vault: denied("policy") })],
    [
      "registry-service",
      "the registry service has no principal",
      "CP-REGISTRY-SERVICE-MISSING",
      facts({ content: { outcome: "noRegistryService", detail: "AADSTS500011" } }),
    ],
    ["image", "the image is of another registry", "CP-BAD-REQUEST", ask({ image: "other.azurecr.io/team/app:v1" })],
    [
      "image",
      "the image is not there",
      "CP-IMAGE-NOT-FOUND",
      ask(
        { image: "team/app:nope" },
        { content: { outcome: "seen", lacking: [{ name: "team/app:nope", detail: "unknown" }] } },
      ),
    ],
    [
      "old-application",
      "it is multitenant",
      "CP-OLD-APPLICATION",
      facts({
        old: {
          principal: { ...principal, audience: "AzureADMultipleOrgs" },
          roles: roles(),
          incomplete: null,
          copyRights: [],
          copied: 0,
        },
      }),
    ],
    [
      "old-application",
      "it is multitenant, and Microsoft Graph leaves out whose it is",
      "CP-OLD-APPLICATION",
      facts({
        old: { ...oldWith([]), principal: { ...principal, audience: "AzureADMultipleOrgs", ownerTenantId: null } },
      }),
    ],
    ["old-application", "another one is accepted", "CP-BAD-REQUEST", ask({ acceptOldApplication: "some-app" })],
    [
      "roles",
      "a role would be lost",
      "CP-ROLES-LOST",
      facts({
        old: {
          principal,
          roles: roles(role({ copied: false, stops: true })),
          incomplete: null,
          copyRights: [],
          copied: 0,
        },
      }),
    ],
    [
      "copy-right",
      "we may not assign roles where one is copied to",
      "CP-ROLES-NOT-COPIED",
      facts({ old: oldWith([copyRight("/hub", ["/1"], notAtAll)]) }),
    ],
    [
      "roles",
      "the loss of what is not lost is accepted",
      "CP-BAD-REQUEST",
      ask({ acceptLost: ["/scope/roleAssignments/9"] }),
    ],
  ])("%s: %s", (id, _why, code, given) => {
    const plan = planOf(given, now);
    expect(plan).toMatchObject({ allowed: false, changes: [] });
    expect(plan.checks.find((check) => check.id === id)).toMatchObject({ verdict: "fail", code });
    expect(plan.problem?.code).toBe(code);
  });
});

describe("a check that warns, or does not know, stops nothing", () => {
  test.each<[string, string, "warn" | "unknown" | "pass", Facts]>([
    ["cluster-running", "Azure does not say", "unknown", ofCluster({ powerState: null })],
    [
      "cluster-settled",
      "a cluster that failed may be cured by the new credential",
      "warn",
      ofCluster({ provisioningState: "Failed" }),
    ],
    ["cluster-settled", "Azure does not say", "unknown", ofCluster({ provisioningState: null })],
    [
      "node-pools",
      "a stopped pool",
      "warn",
      ofCluster({
        pools: [{ ...pool, name: "night", provisioningState: "Succeeded", powerState: "Stopped", nodes: 0 }],
      }),
    ],
    [
      "node-pools",
      "a pool whose nodes Azure does not count",
      "pass",
      ofCluster({ pools: [{ ...pool, name: "vms", provisioningState: "Succeeded", nodes: null }] }),
    ],
    [
      "node-pools",
      "a pool that our own last update left failed",
      "warn",
      facts({
        identity: intend(withSecret, "v1"),
        cluster: { ...cluster, pools: [{ ...pool, name: "apps", provisioningState: "Failed", nodes: 1 }] },
      }),
    ],
    ["surge-room", "our rights show neither cores nor addresses", "unknown", healthy],
    ["cluster-lock", "locks may not be listed", "unknown", facts({ clusterLocks: unknown })],
    ["cluster-lock", "what is made cannot be deleted", "warn", facts({ clusterLocks: lock("CanNotDelete") })],
    ["registry-lock", "locks may not be listed", "unknown", facts({ registryLocks: unknown })],
    ["graph-permission", "our token does not say", "unknown", facts({ graphPermissions: unknown })],
    ["directory-quota", "Graph does not count for us", "unknown", facts({ objectsMade: unknown })],
    [
      "directory-quota",
      "room for exactly two objects",
      "pass",
      facts({ objectsMade: { outcome: "known", value: 248 } }),
    ],
    [
      "directory-quota",
      "full, but our identity has a directory role",
      "pass",
      facts({ objectsMade: { outcome: "known", value: 400 }, directoryRole: { outcome: "known", value: true } }),
    ],
    [
      "directory-quota",
      "full, and nothing shows whether our identity has a directory role",
      "unknown",
      facts({ objectsMade: { outcome: "known", value: 249 }, directoryRole: unknown }),
    ],
    [
      "directory-quota",
      "full, but the application is there already",
      "pass",
      facts({ objectsMade: { outcome: "known", value: 250 }, there: { ...healthy.there, application: "there" } }),
    ],
    ["credential-policy", "it may not be read", "unknown", facts({ credentialPolicy: unknown })],
    ["credential-policy", "shorter lives only", "warn", facts(policy({ longestLifetimeInDays: 90 }))],
    ["credential-policy", "as long a life as ours", "pass", facts(policy({ longestLifetimeInDays: 180 }))],
    ["pull-role", "the role cannot be limited to repositories", "warn", ask({ repositories: ["team/app"] })],
    [
      "pull-role",
      "in ABAC mode it can",
      "pass",
      ofRegistry({ roleMode: "abac" }, { request: { ...healthy.request, repositories: ["team/app"] } }),
    ],
    [
      "registry-network-here",
      "the network rules refuse where we are",
      "warn",
      facts({ content: { outcome: "networkRefused", detail: "client with IP 1.2.3.4" } }),
    ],
    ["registry-network-here", "nothing answered", "unknown", facts({ content: unknown })],
    [
      "registry-network-nodes",
      "an allow list whose addresses may be the nodes'",
      "unknown",
      ofRegistry({ defaultNetworkAction: "Deny", allowedAddresses: ["1.2.3.0/24"] }),
    ],
    ["registry-network-nodes", "no public access at all", "unknown", ofRegistry({ publicNetworkAccess: "Disabled" })],
    ["image", "our rights do not show contents", "unknown", ask({ image: "team/app:v1" }, { content: unknown })],
    ["image", "the image is there", "pass", ask({ image: "fabrikam.azurecr.io/team/app:v1" })],
    [
      "old-application",
      "it is gone",
      "warn",
      facts({ old: { principal: unreadable("missing"), roles: roles(), incomplete: null, copyRights: [], copied: 0 } }),
    ],
    [
      "old-application",
      "it may not be read",
      "unknown",
      facts({
        old: { principal: unreadable("forbidden"), roles: roles(), incomplete: null, copyRights: [], copied: 0 },
      }),
    ],
    [
      "old-application",
      "it is multitenant, and accepted by its id in any case",
      "warn",
      ask(
        { acceptOldApplication: "OLD-app" },
        {
          old: {
            principal: { ...principal, audience: "AzureADMultipleOrgs" },
            roles: roles(),
            incomplete: null,
            copyRights: [],
            copied: 0,
          },
        },
      ),
    ],
    [
      "roles",
      "not all could be seen",
      "warn",
      facts({ old: { principal, roles: roles(role()), incomplete: "one subscription", copyRights: [], copied: 0 } }),
    ],
    [
      "roles",
      "a loss that is accepted by its id in any case",
      "pass",
      ask(
        { acceptLost: ["/SCOPE/roleassignments/1"] },
        {
          old: {
            principal,
            roles: roles(role({ copied: false, stops: true })),
            incomplete: null,
            copyRights: [],
            copied: 0,
          },
        },
      ),
    ],
    [
      "copy-right",
      "Azure does not say what we may do there",
      "unknown",
      facts({ old: oldWith([copyRight("/hub", ["/1"], unknown)]) }),
    ],
    [
      "copy-right",
      "we may assign roles there",
      "pass",
      facts({
        old: oldWith([copyRight("/hub", ["/1"], freely)]),
      }),
    ],
    [
      "copy-right",
      "what cannot be copied there is accepted as lost, in any case of its id",
      "pass",
      ask(
        { acceptLost: ["/SCOPE/roleAssignments/1"] },
        {
          old: oldWith([copyRight("/hub", ["/scope/roleassignments/1"], notAtAll)]),
        },
      ),
    ],
    [
      "roles",
      "a role of others stops nothing",
      "pass",
      facts({ old: { principal, roles: roles(role({ copied: false })), incomplete: null, copyRights: [], copied: 0 } }),
    ],
  ])("%s: %s (%s)", (id, _why, verdict, given) => {
    expect(checkOf(given, id)).toMatchObject({ id, verdict, code: null });
    expect(planOf(given, now).allowed).toBe(true);
  });

  test("a rule whose resource was not found says nothing", () => {
    const ids = planOf(facts({ cluster: unreadable("missing"), old: null }), now).checks.map(({ id }) => id);
    expect(ids).not.toContain("cluster-running");
    expect(ids).toContain("registry-exists");
  });

  test("every check names the page that explains it", () => {
    for (const { id, page } of planOf(healthy, now).checks) expect(page).toBe(`docs/preflight.md#${id}`);
    expect(preflightRules.length).toBeGreaterThan(20);
  });
});

describe("what is planned is judged by what is there now, not by what the rows remember", () => {
  const grant = (part: Partial<Assignment> = {}): Assignment => ({
    id: "/registry/roleAssignments/ours",
    scope: "/registry",
    principalId: "p",
    roleDefinitionId: "/roles/AcrPull",
    condition: null,
    conditionVersion: null,
    ...part,
  });
  const there = { application: "there", secret: true, consent: "there", grants: [grant()] } as const;
  const whole = facts({ identity: held, there, old: null, cluster: { ...cluster, clientId: "OURS" } });
  const actions = (given: Facts) => planOf(given, now).changes.map(({ action }) => action);

  test("copies of roles that an earlier run made are reused, and the others made", () => {
    const three = roles(...["1", "2", "3"].map((id) => role({ assignmentId: `/scope/roleAssignments/${id}` })));
    const copies = (copied: number) =>
      planOf(facts({ old: { ...oldWith([]), roles: three, copied } }), now).changes.find(({ what }) =>
        what.startsWith("copies"),
      );
    expect(copies(0)).toMatchObject({ action: "create", what: "copies of 3 roles of the old service principal" });
    expect(copies(2)).toMatchObject({
      action: "create",
      what: "copies of 3 roles of the old service principal, 2 of them made already",
    });
    expect(copies(3)).toMatchObject({ action: "reuse", what: "copies of 3 roles of the old service principal" });
  });

  test("with everything there, there is nothing to do", () => {
    expect(actions(whole)).toEqual(["reuse", "reuse", "reuse", "reuse", "none", "none"]);
    expect(planOf(whole, now).changes.at(-1)?.what).toBe("service principal of the cluster");
  });

  test.each<[string, Partial<Facts>, number, string]>([
    ["the application was deleted", { there: { ...there, application: "missing" } }, 0, "create"],
    ["the secret was removed from the vault", { there: { ...there, secret: false } }, 1, "create"],
    ["consent was withdrawn", { there: { ...there, consent: "missing", grants: [] } }, 2, "create"],
    ["and the grant with it", { there: { ...there, consent: "missing", grants: [] } }, 3, "create"],
    ["nothing shows whether consent is given", { there: { ...there, consent: "unknown", grants: [] } }, 2, "unknown"],
    ["and so not whether there is a grant", { there: { ...there, consent: "unknown", grants: [] } }, 3, "unknown"],
    ["we may not look for the application", { there: { ...there, application: "unknown" } }, 0, "unknown"],
    ["the role was taken away", { there: { ...there, grants: [] } }, 3, "create"],
    [
      "the role is another person's, with a condition",
      { there: { ...there, grants: [grant({ condition: "narrow" })] } },
      3,
      "create",
    ],
    [
      "the role has no condition in a mode that knows none, whatever repositories are named",
      { request: { ...healthy.request, repositories: ["team/app"] } },
      3,
      "reuse",
    ],
    [
      "the role is another person's, limited to what is named, in a mode that cannot be limited",
      {
        request: { ...healthy.request, repositories: ["team/app"] },
        there: { ...there, grants: [grant({ condition: repositoryCondition(["team/app"])?.condition ?? "" })] },
      },
      3,
      "create",
    ],
    [
      "the role is another person's, limited to all but one, and every repository is meant",
      {
        registry: { ...registry, roleMode: "abac" },
        there: { ...there, grants: [grant({ condition: `@Request[${repositoryName}] StringNotEquals 'secret'` })] },
      },
      3,
      "create",
    ],
    [
      "every repository is meant in a mode that can limit them",
      { registry: { ...registry, roleMode: "abac" } },
      3,
      "reuse",
    ],
    [
      "the role is limited, and the link has none of its own",
      { link: { grant: null } as Facts["link"], there: { ...there, grants: [grant({ condition: "narrow" })] } },
      3,
      "create",
    ],
    [
      "the role is ours, has no condition, and the mode knows none",
      {
        request: { ...healthy.request, repositories: ["team/app"] },
        link: { grant: { assignmentId: grant().id, ours: true } } as Facts["link"],
      },
      3,
      "reuse",
    ],
    ["a secret is in the vault, and no row knows it", { identity: undefined }, 1, "create"],
    ["nothing of the old principal's is to be copied", { old: { ...oldWith([]), roles: roles() } }, 4, "none"],
    ["the cluster was given another credential", { old: healthy.old, cluster }, 5, "change"],
    ["the secret that the nodes hold was removed from the vault", { there: { ...there, secret: false } }, 5, "change"],
    ["nobody saw the nodes take the secret", { identity: intend(withSecret, "v1") }, 5, "change"],
  ])("%s", (_what, part, index, action) => {
    expect(actions({ ...whole, ...part })[index]).toBe(action);
  });

  test("a secret past two thirds of its life is not handed on", () => {
    expect(planOf(whole, new Date("2027-04-01T00:00:00Z")).changes[1]?.action).toBe("create");
  });

  test("a grant of ours with an older condition is corrected, and one with the same is reused", () => {
    const abac = { ...registry, roleMode: "abac" } as const;
    const request = { ...healthy.request, repositories: ["team/app"] };
    const link = { grant: { assignmentId: "/REGISTRY/roleAssignments/ours", ours: true } } as Facts["link"];
    const given = { ...whole, registry: abac, request, link };
    expect(actions({ ...given, there: { ...there, grants: [grant({ condition: "older" })] } })[3]).toBe("change");
    const same = repositoryCondition(["team/app"])?.condition ?? "";
    expect(actions({ ...given, there: { ...there, grants: [grant({ condition: ` ${same}\n` })] } })[3]).toBe("reuse");
    const wider = grant({ id: "/registry/roleAssignments/by-hand", condition: null });
    expect(actions({ ...given, there: { ...there, grants: [wider] } })[3]).toBe("reuse");
    const withMore = { ...wider, condition: repositoryCondition(["other/app", "team/app"])?.condition ?? "" };
    expect(actions({ ...given, there: { ...there, grants: [withMore] } })[3]).toBe("reuse");
    const narrower = { ...wider, condition: "only red" };
    expect(actions({ ...given, there: { ...there, grants: [narrower] } })[3]).toBe("create");
  });
});

test("only network rules that refuse where we are leave something unproved", () => {
  expect(notProved(healthy)).toEqual([]);
  const content = { outcome: "networkRefused", detail: "words" } as const;
  expect(notProved(facts({ content }))).toEqual([
    "a pull from fabrikam.azurecr.io: its network rules refuse where Crosspull runs (words)",
  ]);
  expect(notProved(facts({ content, registry: unreadable("missing") }))).toEqual([]);
});

test.each([
  ["all of them", [3, 2], "5 nodes are"],
  ["one alone", [1], "1 node is"],
  [
    "those that Azure counts, and not the others as none",
    [null, 2],
    "2 nodes and those of pools that Azure does not count are",
  ],
  ["none where no pool runs", [], "its nodes are"],
])("the plan says how many nodes are re-imaged: %s", (_what, counts, words) => {
  const running = counts.map((nodes) => ({ ...pool, name: "a", provisioningState: "Succeeded", nodes }));
  const stopped = { ...pool, name: "night", provisioningState: "Succeeded", powerState: "Stopped", nodes: 7 };
  expect(planOf(ofCluster({ pools: [...running, stopped] }), now).changes.at(-1)?.what).toBe(
    `service principal of the cluster; ${words} re-imaged, one surge at a time`,
  );
});

describe("the window against the life of a secret", () => {
  const judged = (text: string | null, days: number, cap: number | null = null) => {
    const window = text === null ? null : windowOf(text);
    const { checks } = planOf(
      facts({ ...policy({ longestLifetimeInDays: cap }), window, secretLifetimeInDays: days }),
      now,
    );
    return checks.find(({ id }) => id === "window");
  };

  test.each<[string | null, number, number | null, string]>([
    [null, 1, null, "pass"],
    ["Sun 01:00-05:00", 180, null, "pass"],
    ["Sun 01:00-05:00", 180, 14, "pass"],
    ["Sun 01:00-05:00", 14, null, "pass"],
    ["Sun 01:00-05:00", 13, null, "warn"],
    ["Sun 01:00-05:00", 7, null, "warn"],
    ["Sun 01:00-05:00", 6, null, "fail"],
    ["01:00-05:00", 1, null, "warn"],
    ["first Sun of month 01:00-05:00", 180, null, "pass"],
    ["first Sun of month 01:00-05:00", 180, 35, "warn"],
    // The next opening comes within 34 days; a later one does not.
    ["first Sun of month 01:00-05:00", 34, null, "fail"],
    ["Europe/Paris first Sun of month 01:00-05:00", 180, 14, "fail"],
  ])("%s, %s days, cap %s: %s", (text, days, cap, verdict) => {
    expect(judged(text, days, cap)?.verdict).toBe(verdict);
  });

  test("says both figures, and what to do", () => {
    expect(judged("Europe/Paris first Sun of month 01:00-05:00", 180, 14)).toMatchObject({
      code: "CP-WINDOW-TOO-RARE",
      detail:
        "life and window cannot be met: the window stays closed for up to 35 days, and a secret lives 14; shorten the window's interval or lengthen the cap",
    });
  });
});

describe("the window against AKS' own schedules", () => {
  const weekly = (name: string, day: number, startMinute: number, offsetInMinutes = 0): AksSchedule => ({
    name,
    hours: [],
    window: {
      repeats: { unit: "week", interval: 1, day },
      startMinute,
      durationInHours: 4,
      offsetInMinutes,
      startsOn: null,
    },
    notAllowed: [],
  });
  const judged = (text: string | null, aksSchedules: Facts["aksSchedules"]) =>
    planOf(facts({ window: text === null ? null : windowOf(text), aksSchedules }), now).checks.find(
      ({ id }) => id === "aks-schedule",
    );
  const known = (...value: AksSchedule[]) => ({ outcome: "known", value }) as const;

  test.each<[string, Facts["aksSchedules"], string, string]>([
    ["Sun 01:00-05:00", known(), "pass", "no schedule of its own"],
    ["Sun 01:00-05:00", known(weekly("default", 0, 60)), "pass", "default"],
    ["Sun 01:00-05:00", known(weekly("default", 6, 60)), "warn", "none lies in default"],
    ["Sun 01:00-05:00", known(weekly("default", 0, 60), weekly("other", 0, 61)), "warn", "none lies in other"],
    // Its clock does not know of summer.
    [
      "Europe/Paris Sun 01:00-05:00",
      known(weekly("default", 0, 60, 60)),
      "warn",
      "26 of 57 lie in default (outside first: 2027-04-03T23:00",
    ],
    [
      "Sun 01:00-05:00",
      known(weekly("default", 0, 60), weekly("other", 0, 60)),
      "pass",
      "own schedule: default, other",
    ],
    [
      "Sun 01:00-05:00",
      known(weekly("default", 1, 60), weekly("other", 2, 60)),
      "warn",
      "2026-11-08T05:00:00.000Z); none lies in other",
    ],
    ["Sun 01:00-05:00", { outcome: "unknown", detail: "AuthorizationFailed" }, "unknown", "AuthorizationFailed"],
  ])("%s: %j is %s", (text, schedules, verdict, says) => {
    const found = judged(text, schedules);
    expect([found?.verdict, found?.code]).toEqual([verdict, null]);
    expect(found?.detail).toContain(says);
  });

  test("is not judged where there is no window", () => {
    expect(judged(null, null)).toBeUndefined();
  });
});
