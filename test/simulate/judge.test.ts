import { judge, shareReady } from "../../local/simulate/judge/judge.ts";
import type { Evidence } from "../../local/simulate/judge/evidence.ts";
import { application, clusterId, evidence, names, node, password, role, version } from "./evidence.ts";

const kinds = (given: Evidence): readonly string[] => judge(given).violations.map(({ kind }) => kind);
const refused = { pulled: false, node: "node-1", stage: "token", status: 401, message: "UNAUTHORIZED" } as const;
const pulled = { pulled: true, nodes: ["node-1"] } as const;
const failed = {
  status: "failed",
  problem: { code: "CP-CLUSTER-UPDATE-FAILED", detail: "it failed" },
} as const;

describe("a world in which all went well", () => {
  test("has no violation, and is told in numbers", () => {
    expect(judge(evidence())).toEqual({
      links: 1,
      ready: 1,
      failed: [],
      ended: [],
      pulls: { tried: 21, refused: 1 },
      secrets: { made: 1, live: 1, orphaned: 0, maxPerApp: 1 },
      leftovers: [],
      violations: [],
      reactionSeconds: {
        consentToGrant: { p50: 8, p95: 8 },
        settledToUpdate: { p50: 12, p95: 12 },
        updateToReady: { p50: 30, p95: 30 },
      },
    });
  });
});

describe("failed-without-cause", () => {
  test("a link that failed while nothing refuses it", () => {
    expect(judge(evidence({ link: failed })).violations).toMatchObject([
      { kind: "failed-without-cause", link: names.link, cluster: "aks", detail: expect.stringContaining("it failed") },
    ]);
  });
  test("a request that was refused while nothing refuses it", () => {
    const refusal = { code: "CP-REGISTRY-FORBIDDEN", detail: "no right", at: "2030-01-07T09:00:00.000Z" };
    expect(kinds(evidence({ asked: { link: undefined, refusal } }))).toContain("failed-without-cause");
  });
  test("a link that is still under way at the end", () => {
    expect(kinds(evidence({ link: { status: "onboarding" } }))).toContain("failed-without-cause");
  });
  test("not where the cluster stopped, is in trouble, has a managed identity, or a pool failed", () => {
    const standing = [
      { powerState: "Stopped" },
      { provisioningState: "Failed" },
      { clientId: "msi" },
      { pools: [{ name: "apps", powerState: "Running", provisioningState: "Failed" }] },
    ];
    for (const cluster of standing) expect(kinds(evidence({ link: failed, cluster }))).toEqual([]);
  });
  test("not where the app has no right at the registry", () => {
    const given = evidence({ link: failed });
    const roleAssignments = given.dump.arm.roleAssignments.filter(({ principalId }) => principalId !== "us-in-b");
    const dump = { ...given.dump, arm: { ...given.dump.arm, roleAssignments } };
    expect(kinds({ ...given, dump })).toEqual([]);
  });
  test("not where a person cancelled it or nobody answered in time", () => {
    expect(kinds(evidence({ link: { status: "cancelled" } }))).toEqual([]);
    const [createdAt, updatedAt] = ["2030-01-07T10:00:00.000Z", "2030-01-14T10:00:00.000Z"];
    const expired = {
      status: "failed",
      problem: { code: "CP-CONSENT-EXPIRED", detail: "nobody" },
      createdAt,
      updatedAt,
    };
    expect(judge(evidence({ link: expired }))).toMatchObject({
      violations: [],
      ended: [{ link: names.link, by: "deadline" }],
    });
    const acts = [{ link: names.link, deed: "decline", at: "2030-01-07T10:00:00.000Z" }];
    const denied = { ...expired, problem: { code: "CP-CONSENT-DENIED", detail: "declined" } };
    for (const link of [expired, denied])
      expect(judge(evidence({ link, evidence: { acts } })).ended).toEqual([{ link: names.link, by: "declined" }]);
    // A decline that nobody spoke, and a deadline that is days away, are the app's word alone.
    expect(kinds(evidence({ link: denied }))).toEqual(["failed-without-cause"]);
    const early = { updatedAt: "2030-01-14T09:59:00.000Z" };
    for (const link of [expired, denied])
      expect(kinds(evidence({ link: { ...link, ...early }, evidence: { acts } }))).toEqual(["failed-without-cause"]);
  });
});

describe("cannot-pull", () => {
  test("a cluster that could pull its own image before and cannot any more", () => {
    const pulls = [{ cluster: clusterId, image: "home.example/base:v1", before: pulled, after: refused }];
    expect(judge(evidence({ evidence: { pulls } })).violations).toMatchObject([
      { kind: "cannot-pull", cluster: "aks", detail: expect.stringContaining("base:v1") },
    ]);
  });
  test("not one that never could", () => {
    const pulls = [{ cluster: clusterId, image: "home.example/base:v1", before: refused, after: refused }];
    expect(kinds(evidence({ evidence: { pulls } }))).toEqual([]);
  });
});

describe("extra-secret", () => {
  test("two passwords on one application", () => {
    const applications = [application({ passwordCredentials: [password(names.keyId), password("key-2")] })];
    expect(kinds(evidence({ applications }))).toEqual(["extra-secret"]);
  });
  test("two enabled versions in the vault, but not one beside a disabled one", () => {
    const applications = [application({ passwordCredentials: [password(names.keyId), password("key-2")] })];
    const both = evidence({ applications, versions: [version(names.keyId), version("key-2")] });
    expect(kinds(both)).toEqual(["extra-secret", "extra-secret"]);
    expect(kinds(evidence({ versions: [version(names.keyId), version("key-2", { enabled: false })] }))).toEqual([]);
  });
});

describe("unowned", () => {
  test("an application of the app's that no link names", () => {
    const stray = application({
      id: "object-2",
      appId: "app-stray",
      uniqueName: "crosspull-stray",
      passwordCredentials: [],
    });
    expect(judge(evidence({ applications: [application(), stray] })).violations).toMatchObject([
      { kind: "unowned", detail: "the application crosspull-stray" },
    ]);
  });
  test("an enabled version in the vault whose password is not there", () => {
    const gone = version("key-gone", { tags: { keyId: "key-gone", appId: names.appId } });
    const given = evidence({ versions: [version(names.keyId, { enabled: false }), gone], cluster: { nodes: [] } });
    expect(kinds(given)).toEqual(["unowned"]);
  });
  test("a role at a registry that no link names as its grant", () => {
    expect(kinds(evidence({ link: { ...failed, grant: null } }))).toContain("unowned");
  });
});

describe("false-ready", () => {
  test("a node that holds another secret, or another application's", () => {
    const old = evidence({ cluster: { nodes: [node("node-1", names.keyId), node("node-2", "key-old")] } });
    expect(judge(old).violations).toMatchObject([{ kind: "false-ready", detail: expect.stringContaining("node-2") }]);
    const foreign = evidence({ cluster: { nodes: [node("node-1", names.keyId, "app-old")] } });
    expect(kinds(foreign)).toEqual(["false-ready"]);
  });
  test("a link that is ready while its operation goes on", () => {
    const operation = { id: "operation", state: "running", steps: [], endedAt: null };
    expect(kinds(evidence({ evidence: { operations: new Map([["operation", operation]]) } }))).toEqual(["false-ready"]);
  });
  test("nodes that cannot pull what the link promises", () => {
    const promised = new Map([[names.link, refused]]);
    expect(kinds(evidence({ evidence: { promised } }))).toEqual(["false-ready"]);
  });
});

test("what serves no ready link is left over", () => {
  const { leftovers } = judge(evidence({ link: failed, evidence: { instances: ["onboard-1"], claims: ["op-1"] } }));
  expect(leftovers).toEqual([
    { kind: "application", id: "crosspull-0123456789abcdef" },
    { kind: "password", id: "crosspull-0123456789abcdef" },
    { kind: "vaultVersion", id: "pull-0123456789abcdef" },
    { kind: "roleAssignment", id: "grant" },
    { kind: "claim", id: "op-1" },
    { kind: "instance", id: "onboard-1" },
  ]);
});

test("a password whose value the vault does not have is orphaned", () => {
  const versions = [version(names.keyId, { enabled: false })];
  expect(judge(evidence({ versions })).secrets).toMatchObject({ live: 1, orphaned: 1 });
});

test("the share of ready links leaves out what is refused or ended for a reason", () => {
  expect(shareReady(evidence())).toBe(1);
  expect(shareReady(evidence({ link: failed }))).toBe(0);
  expect(shareReady(evidence({ link: { status: "cancelled" } }))).toBe(1);
  expect(shareReady(evidence({ link: failed, cluster: { powerState: "Stopped" } }))).toBe(1);
});

test("a role that the cluster lives on is carried over without being taken for a grant", () => {
  const given = evidence();
  const carried = role("carried", "tenant-a", "/subscriptions/a/resourceGroups/MC_rg", "Contributor", "pull-in-a");
  const dump = {
    ...given.dump,
    arm: { ...given.dump.arm, roleAssignments: [...given.dump.arm.roleAssignments, carried] },
  };
  expect(kinds({ ...given, dump })).toEqual([]);
});

test("what the line says has nothing in it that is another in every run", () => {
  const detail = "shop.example said no to 0123456789abcdef-89abcdef, and so did https://localhost:40543/x";
  const { failed: failures, violations } = judge(evidence({ link: { ...failed, problem: { code: "CP-X", detail } } }));
  const told = "shop said no to 0123456789abcdef, and so did https://localhost/x";
  expect(failures[0]?.detail).toBe(told);
  expect(violations[0]?.detail).toContain(told);
});
