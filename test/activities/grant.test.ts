import { grantPull } from "../../src/activities/grantPull.ts";
import type { Assigned } from "../../src/azure/clients.ts";
import { assignmentName, pullRoles, repositoryCondition } from "../../src/domain/roles.ts";
import { link, linkId, operationId, registry, registryId, worldOf } from "./world.ts";

const words = { code: "X", detail: "said Azure" };

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
