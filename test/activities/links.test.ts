import { carryOverRoles, copyName } from "../../src/activities/carryOverRoles.ts";
import { confirmCluster } from "../../src/activities/confirmCluster.ts";
import { ensureIdentity } from "../../src/activities/ensureIdentity.ts";
import { grantPull } from "../../src/activities/grantPull.ts";
import { closeCancel, lookAtOperation, recordProgress, reopenCancel } from "../../src/activities/operationRow.ts";
import { prepareConsent } from "../../src/activities/prepareConsent.ts";
import { proveHomePull } from "../../src/activities/proveHomePull.ts";
import { readRolesPlan } from "../../src/activities/readRolesPlan.ts";
import { recordEnding } from "../../src/activities/recordEnding.ts";
import type { Assigned, PullAnswer } from "../../src/azure/clients.ts";
import { StaleOperation } from "../../src/domain/errors.ts";
import type { Assignment } from "../../src/domain/facts.ts";
import type { Operation } from "../../src/domain/operation.ts";
import { assignmentName, pullRoles, repositoryCondition } from "../../src/domain/roles.ts";
import { Secret } from "../../src/domain/secret.ts";
import {
  born,
  cluster,
  clusterId,
  clusterKey,
  identity,
  kept,
  link,
  linkId,
  operation,
  operationId,
  registry,
  registryId,
  worldOf,
} from "./world.ts";

const words = { code: "X", detail: "said Azure" };

describe("the pull identity", () => {
  const make = async (application: object, principal: object, rows = {}) => {
    const asked: unknown[] = [];
    const world = await worldOf(rows, {
      directory: {
        putApplication: async (_tenant, wanted) => (asked.push(wanted), application) as never,
        putServicePrincipal: async () => principal as never,
      },
    });
    const answer = await ensureIdentity.run({ operationId, clusterKey, cluster, linkId }, world);
    return {
      answer,
      asked,
      row: (await world.identities.read(clusterKey))?.value,
      link: (await world.links.read(linkId))?.value,
    };
  };
  const put = { outcome: "put", appId: "ours", objectId: "object" };
  const principal = { outcome: "put", objectId: "sp-a" };

  test("is made under its derived name, with both ways back from consent, and stands on both rows", async () => {
    const { answer, asked, row, link: now } = await make(put, principal);
    expect(answer).toEqual({ outcome: "ready", appId: "ours", principalId: "sp-a", createdAt: born });
    expect(asked).toEqual([
      {
        uniqueName: "crosspull-c1",
        displayName: "Crosspull image pull for aks",
        redirectUris: ["https://crosspull.example/api/consent", "https://www.microsoft.com"],
      },
    ]);
    expect([row?.appId, row?.appObjectId, now?.appId]).toEqual(["ours", "object", "ours"]);
  });

  test("with another application id than before is new: it rests again, and its old secrets are doubted", async () => {
    const old = {
      ...identity,
      appId: "before",
      createdAt: "2025-01-01T00:00:00.000Z",
      secrets: [kept("v1", "current")],
    };
    const { answer, row } = await make(put, principal, { identities: [old] });
    expect(answer).toMatchObject({ createdAt: born });
    expect(row?.secrets[0]?.state).toBe("doubted");
  });

  test.each([
    ["forbidden", "CP-DIRECTORY-FORBIDDEN"],
    ["quotaExceeded", "CP-DIRECTORY-QUOTA"],
    ["policy", "CP-DIRECTORY-POLICY"],
  ])("that Graph refuses (%s) is told as %s", async (outcome, code) => {
    const { answer } = await make({ outcome, ...words }, principal);
    expect(answer).toMatchObject({ outcome: "refused", problem: { code } });
  });

  test("is not written by an operation that lost the cluster", async () => {
    await expect(make(put, principal, { identities: [{ ...identity, holder: null }] })).rejects.toThrow(StaleOperation);
  });
});

describe("the consent link", () => {
  test("is the same however often it is made for one operation, and another for the next", async () => {
    const world = await worldOf(
      { links: [link] },
      { entra: { adminConsentUrl: ({ state }) => `v2?${state}`, authorizeUrl: ({ state }) => `v1?${state}` } },
    );
    const input = { operationId, linkId, registryTenantId: "tenant-b", appId: "ours", expiresAt: born };
    const first = await prepareConsent.run(input, world);
    expect(await prepareConsent.run(input, world)).toEqual(first);
    const { consent } = (await world.links.read(linkId))?.value ?? link;
    expect(consent).toMatchObject({
      url: first.url,
      authorizeUrl: expect.stringContaining(consent?.nonce ?? "?"),
      expiresAt: born,
    });
    await world.links.update(linkId, (row) => ({ ...row, operationId: "next" }));
    expect((await prepareConsent.run({ ...input, operationId: "next" }, world)).url).not.toBe(first.url);
    await expect(prepareConsent.run(input, world)).rejects.toThrow(StaleOperation);
  });
});

describe("the grant", () => {
  const grantIn = async (roleMode: "legacy" | "abac", answer: Assigned, before: object | null = null) => {
    const asked: unknown[] = [];
    const removed: string[] = [];
    const world = await worldOf(
      { links: [{ ...link, grant: before as never }] },
      {
        registries: { get: async () => ({ outcome: "found", roleMode, loginServer: "fabrikam.azurecr.io" }) as never },
        roles: {
          assign: async (_tenant, wanted) => (asked.push(wanted), answer),
          remove: async (_tenant, id) => (removed.push(id), { outcome: "removed" }),
        },
      },
    );
    const input = { operationId, linkId, registry, repositories: ["team/app"], principalId: "sp-b" };
    return {
      answer: await grantPull.run(input, world),
      asked,
      removed,
      grant: (await world.links.read(linkId))?.value.grant,
    };
  };
  const oursIn = (mode: "legacy" | "abac") =>
    `/x/roleAssignments/${assignmentName(registryId, "sp-b", pullRoles[mode].id)}`;

  test.each(["legacy", "abac"] as const)("is the one role that a registry in %s mode honours", async (mode) => {
    const { answer, asked, grant } = await grantIn(mode, {
      outcome: "assigned",
      id: oursIn(mode).toUpperCase().replace("/X/ROLEASSIGNMENTS", "/x/roleAssignments"),
    });
    expect(answer).toMatchObject({ outcome: "granted", loginServer: "fabrikam.azurecr.io" });
    const condition = mode === "abac" ? repositoryCondition(["team/app"]) : undefined;
    expect(asked).toMatchObject([
      { roleId: pullRoles[mode].id, principalId: "sp-b", scope: registryId, ...(condition && { condition }) },
    ]);
    expect(grant).toMatchObject({ role: pullRoles[mode].name, ours: true, condition: condition?.condition ?? null });
  });

  test("that stood there under another name is not ours", async () => {
    expect((await grantIn("legacy", { outcome: "assigned", id: "/x/roleAssignments/by-hand" })).grant).toMatchObject({
      ours: false,
    });
  });

  test("of ours for the role mode before is taken back once the new one stands", async () => {
    const before = {
      assignmentId: oursIn("legacy"),
      principalId: "sp-b",
      role: "AcrPull",
      condition: null,
      ours: true,
    };
    const { removed } = await grantIn("abac", { outcome: "assigned", id: oursIn("abac") }, before);
    expect(removed).toEqual([oursIn("legacy")]);
    expect((await grantIn("legacy", { outcome: "assigned", id: oursIn("legacy") }, before)).removed).toEqual([]);
    expect(
      (await grantIn("abac", { outcome: "assigned", id: oursIn("abac") }, { ...before, ours: false })).removed,
    ).toEqual([]);
  });

  test.each<[Assigned, object]>([
    [
      { outcome: "principalNotFound", ...words },
      { outcome: "principalNotFound", detail: "said Azure" },
    ],
    [
      { outcome: "locked", ...words },
      { outcome: "refused", problem: { code: "CP-SCOPE-LOCKED" } },
    ],
    [
      { outcome: "limit", ...words },
      { outcome: "refused", problem: { code: "CP-ASSIGNMENT-LIMIT" } },
    ],
    [
      { outcome: "denied", ...words },
      { outcome: "refused", problem: { code: "CP-POLICY-DENIED" } },
    ],
    [
      { outcome: "forbidden", ...words },
      { outcome: "refused", problem: { code: "CP-REGISTRY-FORBIDDEN" } },
    ],
    [
      {
        outcome: "otherCondition",
        assignment: {
          id: "/theirs",
          condition: "only red",
          scope: "",
          principalId: "",
          roleDefinitionId: "",
          conditionVersion: "2.0",
        },
      },
      {
        outcome: "refused",
        problem: { code: "CP-GRANT-CONDITION", detail: expect.stringMatching(/\/theirs.*only red/) },
      },
    ],
  ])("that is not made (%j) is told apart", async (answered, expected) => {
    const { answer, grant } = await grantIn("legacy", answered);
    expect([answer, grant]).toEqual([
      expect.objectContaining({
        ...expected,
        ...("problem" in expected && { problem: expect.objectContaining(expected.problem) }),
      }),
      null,
    ]);
  });
});

describe("the roles of the old service principal", () => {
  const scope = `/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/MC_rg_aks`;
  const facts = {
    outcome: "found",
    id: clusterId,
    clientId: "old",
    nodeResourceGroup: "MC_rg_aks",
    subnetIds: [],
    diskEncryptionSetIds: [],
    privateDnsZoneId: null,
    pools: [],
    provisioningState: "Succeeded",
    powerState: "Running",
  };
  const old = {
    outcome: "found",
    objectId: "sp-old",
    appId: "old",
    enabled: true,
    ownerTenantId: "tenant-a",
    audience: "AzureADMyOrg",
  };
  const direct: Assignment = {
    id: "/a/1",
    scope,
    principalId: "sp-old",
    roleDefinitionId: "/roles/contributor",
    condition: null,
    conditionVersion: null,
  };
  const unclear: Assignment = {
    ...direct,
    id: "/a/2",
    scope: "/subscriptions/99999999-9999-4999-8999-999999999999/resourceGroups/else",
  };
  const nobody = { acceptLost: [], acceptOldApplication: null };

  const plan = async (
    given: { clientId?: string; old?: object; assignments?: readonly Assignment[]; accept?: object } = {},
  ) => {
    const world = await worldOf(
      {},
      {
        clusters: { get: async () => ({ ...facts, clientId: given.clientId ?? "old" }) as never },
        directory: {
          findServicePrincipal: async () => ({ ...old, ...given.old }) as never,
          groupsOf: async () => ({ outcome: "known", value: ["group"] }),
        },
        roles: {
          assignmentsOf: async (_tenant, principals) => ({
            assignments: principals.includes("group") ? (given.assignments ?? [direct]) : [],
            seen: [],
            incomplete: null,
          }),
        },
      },
    );
    return readRolesPlan.run({ cluster, appId: "ours", ...nobody, ...given.accept }, world);
  };

  test("are planned where they belong to this cluster", async () => {
    expect(await plan()).toEqual({
      outcome: "planned",
      from: "old",
      copies: [{ scope, roleDefinitionId: "/roles/contributor", condition: null }],
      homeRegistries: [],
      left: 0,
    });
  });

  test("are of no interest where the cluster uses the pull identity already, or the old principal is gone", async () => {
    expect(await plan({ clientId: "OURS" })).toEqual({ outcome: "ours" });
    expect(await plan({ old: { outcome: "missing", ...words } })).toMatchObject({ outcome: "planned", copies: [] });
  });

  test("that would be lost stop the run, unless each is accepted by its id", async () => {
    const assignments = [direct, unclear];
    expect(await plan({ assignments })).toMatchObject({
      outcome: "refused",
      problem: { code: "CP-ROLES-LOST", detail: expect.stringContaining("/a/2") },
    });
    expect((await plan({ assignments, accept: { acceptLost: ["/A/2"] } })).outcome).toBe("planned");
    expect((await plan({ assignments, accept: { acceptLost: ["/a/1"] } })).outcome).toBe("refused");
  });

  test.each([{ audience: "AzureADMultipleOrgs" }, { ownerTenantId: "tenant-c" }])(
    "of an application that may pull elsewhere (%j) stop the run, unless it is accepted by its id",
    async (application) => {
      expect(await plan({ old: application })).toMatchObject({
        outcome: "refused",
        problem: { code: "CP-OLD-APPLICATION" },
      });
      expect((await plan({ old: application, accept: { acceptOldApplication: "OLD" } })).outcome).toBe("planned");
      expect((await plan({ old: application, accept: { acceptOldApplication: "another" } })).outcome).toBe("refused");
    },
  );

  test.each<[Assigned, object]>([
    [{ outcome: "assigned", id: "" }, { outcome: "copied" }],
    [
      { outcome: "principalNotFound", ...words },
      { outcome: "notYet", detail: "said Azure" },
    ],
    [
      { outcome: "forbidden", ...words },
      { outcome: "refused", problem: { code: "CP-ROLES-NOT-COPIED" } },
    ],
  ])("are copied under derived names: %j", async (answer, expected) => {
    const asked: { name: string; condition?: object }[] = [];
    const world = await worldOf({}, { roles: { assign: async (_tenant, wanted) => (asked.push(wanted), answer) } });
    const copies = [{ scope, roleDefinitionId: "/roles/contributor", condition: "only red" }];
    expect(await carryOverRoles.run({ tenantId: "tenant-a", principalId: "sp-a", copies }, world)).toMatchObject(
      expected,
    );
    expect(asked).toMatchObject([
      {
        name: copyName("sp-a", { scope, roleDefinitionId: "contributor" }),
        condition: { condition: "only red", conditionVersion: "2.0" },
      },
    ]);
  });
});

describe("a pull from a registry of the cluster's own tenant", () => {
  const pull = async (answer: PullAnswer, facts: object = { outcome: "found", loginServer: "home.azurecr.io" }) => {
    const world = await worldOf(
      {},
      {
        registries: { get: async () => facts as never },
        vault: { get: async () => ({ outcome: "read", value: new Secret("value") }) },
        pulls: { withPassword: async () => answer },
      },
    );
    return proveHomePull.run({ registry, appId: "ours", secret: kept("v1", "current") }, world);
  };
  const refused = { outcome: "refused", stage: "accessList", status: 401, detail: "no" } as const;

  test.each<[string, PullAnswer, object | undefined, string]>([
    ["works", { outcome: "pulled", digest: null, blobHost: null }, undefined, "proved"],
    ["may work later", { ...refused, curedBy: "time" }, undefined, "notYet"],
    ["is refused", { ...refused, curedBy: "person" }, undefined, "refused"],
    ["is refused to us by the network alone", { ...refused, stage: "network", curedBy: "person" }, undefined, "proved"],
    [
      "is of no use: the registry is gone",
      { ...refused, curedBy: "person" },
      { outcome: "missing", ...words },
      "proved",
    ],
  ])("that %s", async (_what, answer, facts, outcome) => {
    expect((await pull(answer, facts)).outcome).toBe(outcome);
  });
});

test("a cluster is confirmed when it reports our application, in any case, and has settled", async () => {
  const confirm = async (facts: object) => {
    const world = await worldOf({}, { clusters: { get: async () => facts as never } });
    return (await confirmCluster.run({ cluster, appId: "ours" }, world)).outcome;
  };
  expect(await confirm({ outcome: "found", clientId: "OURS", provisioningState: "Succeeded" })).toBe("confirmed");
  expect(await confirm({ outcome: "found", clientId: "ours", provisioningState: "Updating" })).toBe("notYet");
  expect(await confirm({ outcome: "found", clientId: "old", provisioningState: "Succeeded" })).toBe("notYet");
  expect(await confirm({ outcome: "missing", ...words })).toBe("notYet");
});

describe("the operation's row", () => {
  const stored = async (row: Partial<Operation> = {}) => worldOf({ operations: [{ ...operation, ...row }] });

  test("tells each look what people have said", async () => {
    const answer = (kind: "declined" | "other", detail: string) => ({ answer: kind, detail, at: born });
    const world = await stored({
      cancel: "asked",
      consentAnswers: [answer("declined", "no"), answer("other", "wrong account")],
    });
    expect(await lookAtOperation.run({ operationId }, world)).toEqual({
      cancel: true,
      isOver: false,
      answered: "wrong account",
      declined: "no",
    });
    expect(await lookAtOperation.run({ operationId: "none" }, world)).toMatchObject({ isOver: true });
    expect(await lookAtOperation.run({ operationId }, await stored({ state: "failed" }))).toMatchObject({
      isOver: true,
      cancel: false,
    });
  });

  test("shows a wait and its address in one write, and never reopens what is over", async () => {
    const waitingFor = {
      on: "consent",
      who: "an administrator",
      what: "open it",
      url: "https://consent",
      until: born,
    } as const;
    const world = await stored();
    await recordProgress.run({ operationId, steps: [], waitingFor }, world);
    expect((await world.operations.read(operationId))?.value).toMatchObject({ state: "waiting", waitingFor });
    await recordProgress.run({ operationId, steps: [], waitingFor: null }, world);
    expect((await world.operations.read(operationId))?.value).toMatchObject({ state: "running", waitingFor: null });
    const over = await stored({ state: "failed" });
    await recordProgress.run({ operationId, steps: [], waitingFor }, over);
    expect((await over.operations.read(operationId))?.value.state).toBe("failed");
  });

  test("lets a cancel or the point of no return win, never both", async () => {
    const world = await stored();
    const cancel = async () =>
      (await world.operations.update(operationId, (row) => (row.cancel === "open" ? { ...row, cancel: "asked" } : row)))
        ?.cancel;
    const [isClosed, asked] = await Promise.all([closeCancel(operationId, world), cancel()]);
    expect([true, "closed"]).toContainEqual(isClosed ? asked : true);
    expect(isClosed).toBe(asked !== "asked");
    const asking = await stored({ cancel: "asked" });
    expect(await closeCancel(operationId, asking)).toBe(false);
    await reopenCancel(operationId, asking);
    expect((await asking.operations.read(operationId))?.value.cancel).toBe("asked");
    const closed = await stored({ cancel: "closed" });
    expect(await closeCancel(operationId, closed)).toBe(true);
    await reopenCancel(operationId, closed);
    expect((await closed.operations.read(operationId))?.value.cancel).toBe("open");
  });
});

describe("an ending", () => {
  const proof = { provedAt: born } as never;
  const end = async (state: "ended" | "failed" | "cancelled", rows = {}) => {
    const world = await worldOf(rows);
    await recordEnding.run(
      { operationId, linkId, clusterKey, state, problem: null, proof: state === "ended" ? proof : null, steps: [] },
      world,
    );
    return {
      link: (await world.links.read(linkId))?.value,
      operation: (await world.operations.read(operationId))?.value,
      holder: (await world.identities.read(clusterKey))?.value.holder,
    };
  };

  test.each([
    ["ended", "ready"],
    ["failed", "failed"],
    ["cancelled", "cancelled"],
  ] as const)("that %s makes the link %s, lets go of the cluster, and closes the operation", async (state, status) => {
    const { link: now, operation: row, holder } = await end(state);
    expect([now?.status, row?.state, row?.endedAt, holder]).toEqual([status, state, born, null]);
    expect([now?.readySince, now?.proof]).toEqual(state === "ended" ? [born, proof] : [null, null]);
  });

  test("of a repeat keeps what was proved before, and since when", async () => {
    const before = { ...link, readySince: "2025-01-01T00:00:00.000Z", proof };
    expect((await end("ended", { links: [before] })).link?.readySince).toBe("2025-01-01T00:00:00.000Z");
    expect((await end("failed", { links: [before] })).link).toMatchObject({
      status: "failed",
      proof,
      readySince: "2025-01-01T00:00:00.000Z",
    });
  });

  test("of an operation that was overtaken writes its own row alone", async () => {
    const taken = { ...identity, holder: { operationId: "next", since: born } };
    const {
      link: now,
      operation: row,
      holder,
    } = await end("failed", { links: [{ ...link, operationId: "next" }], identities: [taken] });
    expect([now?.status, row?.state, holder?.operationId]).toEqual(["onboarding", "failed", "next"]);
  });

  test("is written once: what was written down before stays", async () => {
    const over = { ...operation, state: "failed" as const, endedAt: "2025-01-01T00:00:00.000Z" };
    expect((await end("ended", { operations: [over] })).operation).toEqual(over);
  });
});
