import { grantPull } from "../../src/activities/grantPull.ts";
import { revokeGrant } from "../../src/activities/withdrawLink.ts";
import type { Assigned } from "../../src/azure/clients.ts";
import { StaleOperation, TransientError } from "../../src/domain/errors.ts";
import type { Assignment } from "../../src/domain/facts.ts";
import type { Grant } from "../../src/domain/link.ts";
import { assignmentName, pullRoles, repositoryCondition, repositoryName } from "../../src/domain/roles.ts";
import { link, linkId, operationId, registry, registryId, worldOf } from "./world.ts";

const words = { code: "X", detail: "said Azure" };

const found = { outcome: "found", loginServer: "fabrikam.azurecr.io" };
const input = { operationId, linkId, registry, repositories: ["team/app"], principalId: "sp-b" };

describe("the grant", () => {
  type Given = { readonly before?: object; readonly repositories?: readonly string[] };
  const grantIn = async (roleMode: "legacy" | "abac", answer: Assigned, { before, repositories }: Given = {}) => {
    const asked: unknown[] = [];
    const removed: string[] = [];
    const world = await worldOf(
      { links: [{ ...link, grant: (before ?? null) as never }] },
      {
        registries: { get: async () => ({ ...found, roleMode }) as never },
        roles: {
          assign: async (_tenant, wanted) => (asked.push(wanted), answer),
          remove: async (_tenant, id) => (removed.push(id), { outcome: "removed" }),
        },
      },
    );
    return {
      answer: await grantPull.run({ ...input, repositories: repositories ?? input.repositories }, world),
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
    expect(answer).toMatchObject({ outcome: "granted", loginServer: "fabrikam.azurecr.io", wider: null });
    const condition = mode === "abac" ? repositoryCondition(["team/app"]) : undefined;
    expect(asked).toMatchObject([
      { roleId: pullRoles[mode].id, principalId: "sp-b", scope: registryId, ...(condition && { condition }) },
    ]);
    expect(grant).toMatchObject({ role: pullRoles[mode].name, ours: true, condition: condition?.condition ?? null });
  });

  test("that was made though its answer was lost is found by its name, and taken back", async () => {
    const made = new Set<string>();
    const world = await worldOf(
      {},
      {
        registries: { get: async () => ({ ...found, roleMode: "legacy" }) as never },
        roles: {
          assign: async (_tenant, { scope, name }) => {
            made.add(`${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`);
            throw new TransientError("no answer");
          },
          remove: async (_tenant, id) => (made.delete(id), { outcome: "removed" }),
        },
      },
    );
    await expect(grantPull.run(input, world)).rejects.toThrow("no answer");
    expect((await world.links.read(linkId))?.value.grant).toBeNull();
    expect(await revokeGrant.run({ operationId, linkId, registry }, world)).toEqual({ outcome: "removed" });
    expect(made.size).toBe(0);
  });

  test("that was asked for in the name of a principal that is no more is taken back once the new one stands", async () => {
    const made = new Set<string>();
    let isLost = true;
    const world = await worldOf(
      {},
      {
        registries: { get: async () => ({ ...found, roleMode: "legacy" }) as never },
        roles: {
          assign: async (_tenant, { scope, name }) => {
            const id = `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`;
            made.add(id);
            if (isLost) throw new TransientError("no answer");
            return { outcome: "assigned", id };
          },
          remove: async (_tenant, id) => (made.delete(id), { outcome: "removed" }),
        },
      },
    );
    await expect(grantPull.run({ ...input, principalId: "sp-before" }, world)).rejects.toThrow("no answer");
    isLost = false;
    await grantPull.run(input, world);
    const row = (await world.links.read(linkId))?.value;
    expect([...made]).toEqual([row?.grant?.assignmentId]);
    expect(row?.grantsIntended).toEqual([]);
  });

  test("that stood there under another name is not ours", async () => {
    expect((await grantIn("legacy", { outcome: "assigned", id: "/x/roleAssignments/by-hand" })).grant).toMatchObject({
      ours: false,
    });
  });

  test("that stood there without a condition gives all that is asked for, and is not shown as limited", async () => {
    const assignment = {
      id: "/x/roleAssignments/by-hand",
      condition: null,
      conditionVersion: null,
      scope: registryId,
      principalId: "sp-b",
      roleDefinitionId: "",
    };
    const { answer, grant } = await grantIn("abac", { outcome: "otherCondition", assignment });
    expect(answer).toMatchObject({ outcome: "granted", wider: assignment.id });
    expect(grant).toMatchObject({ assignmentId: assignment.id, condition: null, ours: false });
  });

  test("that stood there with a condition that lets all that is asked for through is shown with that condition", async () => {
    const condition = repositoryCondition([...input.repositories, "other/app"])?.condition ?? "";
    const assignment = { ...theirs, id: "/x/roleAssignments/by-hand", condition };
    const { answer, grant } = await grantIn("abac", { outcome: "otherCondition", assignment });
    expect(answer).toMatchObject({ outcome: "granted", wider: assignment.id });
    expect(grant).toMatchObject({ assignmentId: assignment.id, condition, ours: false });
    const narrower = { ...assignment, condition: repositoryCondition(["other/app"])?.condition ?? "" };
    expect((await grantIn("abac", { outcome: "otherCondition", assignment: narrower })).answer).toMatchObject({
      outcome: "refused",
      problem: { code: "CP-GRANT-CONDITION", detail: expect.stringContaining(narrower.condition) },
    });
  });

  test("that stood there with a condition is in the way where every repository is asked for", async () => {
    const condition = `@Request[${repositoryName}] StringNotEquals 'team/secret'`;
    const { answer, grant } = await grantIn(
      "abac",
      { outcome: "otherCondition", assignment: { ...theirs, condition } },
      { repositories: [] },
    );
    expect([answer, grant]).toMatchObject([{ outcome: "refused", problem: { code: "CP-GRANT-CONDITION" } }, null]);
  });

  const inLegacyMode: Grant = {
    assignmentId: oursIn("legacy"),
    principalId: "sp-b",
    role: "AcrPull",
    condition: null,
    ours: true,
  };

  test("of ours for the role mode before is taken back once the new one stands", async () => {
    const removedIn = async (mode: "legacy" | "abac", before: Grant) =>
      (await grantIn(mode, { outcome: "assigned", id: oursIn(mode) }, { before })).removed;
    expect(await removedIn("abac", inLegacyMode)).toEqual([oursIn("legacy")]);
    expect(await removedIn("legacy", inLegacyMode)).toEqual([]);
    expect(await removedIn("abac", { ...inLegacyMode, ours: false })).toEqual([]);
  });

  test("of ours for the role mode before stays on the row until Azure shows it no more", async () => {
    const world = await worldOf(
      { links: [{ ...link, grant: inLegacyMode }] },
      {
        registries: { get: async () => ({ ...found, roleMode: "abac" }) as never },
        roles: {
          assign: async () => ({ outcome: "assigned", id: oursIn("abac") }),
          remove: async () => ({ outcome: "notYet", detail: "still listed" }),
        },
      },
    );
    await expect(grantPull.run(input, world)).rejects.toEqual(
      new TransientError("an earlier grant is still shown: still listed"),
    );
    expect((await world.links.read(linkId))?.value.grant).toEqual(inLegacyMode);
  });

  test.each(["locked", "forbidden"] as const)(
    "of ours for the role mode before is named by the row while it may not be removed (%s), and is removed by the next grant",
    async (outcome) => {
      let refusal: "locked" | "forbidden" | undefined = outcome;
      const removed: string[] = [];
      const world = await worldOf(
        { links: [{ ...link, grant: inLegacyMode }] },
        {
          registries: { get: async () => ({ ...found, roleMode: "abac" }) as never },
          roles: {
            assign: async () => ({ outcome: "assigned", id: oursIn("abac") }),
            remove: async (_tenant, id) => {
              if (refusal) return { outcome: refusal, ...words };
              removed.push(id);
              return { outcome: "removed" };
            },
          },
        },
      );
      expect(await grantPull.run(input, world)).toMatchObject({ outcome: "granted" });
      const row = async () => (await world.links.read(linkId))?.value;
      expect(await row()).toMatchObject({
        grant: { assignmentId: oursIn("abac") },
        grantsIntended: [oursIn("legacy")],
      });
      refusal = undefined;
      await grantPull.run(input, world);
      expect(removed).toEqual([oursIn("legacy")]);
      expect((await row())?.grantsIntended).toEqual([]);
    },
  );

  const theirs: Assignment = {
    id: "/theirs",
    condition: "only red",
    scope: "",
    principalId: "",
    roleDefinitionId: "",
    conditionVersion: "2.0",
  };
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
      { outcome: "refused", ...words },
      { outcome: "refused", problem: { code: "CP-GRANT-REFUSED" } },
    ],
    [
      { outcome: "forbidden", ...words },
      {
        outcome: "refused",
        problem: {
          code: "CP-REGISTRY-FORBIDDEN",
          detail: `assigning AcrPull on ${registryId} was refused with X: said Azure`,
        },
      },
    ],
    [
      { outcome: "otherCondition", assignment: theirs },
      {
        outcome: "refused",
        problem: {
          code: "CP-GRANT-CONDITION",
          detail: "the assignment /theirs of AcrPull stands in the way, with the condition only red",
        },
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

  test("is not made in a registry that may not be read", async () => {
    const world = await worldOf({}, { registries: { get: async () => ({ outcome: "forbidden", ...words }) } });
    expect(await grantPull.run(input, world)).toMatchObject({
      outcome: "refused",
      problem: { code: "CP-REGISTRY-FORBIDDEN" },
    });
  });

  test.each([
    ["names another operation", [{ ...link, operationId: "another" }], "link 1f names operation another by now"],
    ["is gone", [], "link 1f names no operation by now"],
  ])("is not written on a link that %s", async (_what, links, words) => {
    const world = await worldOf(
      { links },
      {
        registries: { get: async () => ({ ...found, roleMode: "legacy" }) as never },
        roles: { assign: async () => ({ outcome: "assigned", id: oursIn("legacy") }) },
      },
    );
    await expect(grantPull.run(input, world)).rejects.toEqual(new StaleOperation(words));
  });
});
