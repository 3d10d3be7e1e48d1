import { removeIdentityIfUnused, revokeGrant } from "../../src/activities/withdrawLink.ts";
import { copyName } from "../../src/activities/carryOverRoles.ts";
import { StaleOperation } from "../../src/domain/errors.ts";
import type { Assignment } from "../../src/domain/facts.ts";
import type { Link } from "../../src/domain/link.ts";
import type { PullIdentity } from "../../src/domain/pullIdentity.ts";
import { born, cluster, clusterKey, identity, kept, link, linkId, operationId, registry, worldOf } from "./world.ts";

const grant = { assignmentId: "/assignments/ours", principalId: "sp-b", role: "AcrPull", condition: null, ours: true };
const other: Link = { ...link, id: "2f", operationId: "2f-op", status: "ready" };
const role = "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";
const assignment = (id: string, scope = "/subscriptions/s/resourceGroups/MC"): Assignment => ({
  id,
  scope,
  principalId: "sp-a",
  roleDefinitionId: role,
  condition: null,
  conditionVersion: null,
});

type Given = {
  readonly links?: readonly Link[];
  readonly row?: Partial<PullIdentity>;
  readonly facts?: object;
  readonly assignments?: readonly Assignment[];
  readonly removal?: object;
};

async function prepared(given: Given = {}) {
  const done: string[] = [];
  const world = await worldOf(
    {
      links: given.links ?? [{ ...link, grant, appId: "ours" }],
      identities: [{ ...identity, secrets: [kept("v1", "proving")], ...given.row }],
    },
    {
      clusters: { get: async () => ({ outcome: "found", clientId: "old", ...given.facts }) as never },
      directory: {
        findServicePrincipal: async () => ({ outcome: "found", objectId: "sp-a" }) as never,
        deleteApplication: async () => {
          done.push("application");
          return (given.removal ?? { outcome: "removed" }) as never;
        },
      },
      vault: { remove: async () => void done.push("vault") },
      roles: {
        assignmentsOf: async () => ({ assignments: given.assignments ?? [], seen: [], incomplete: null }),
        remove: async (_tenant, id) => {
          done.push(`role ${id}`);
          return (given.removal ?? { outcome: "removed" }) as never;
        },
      },
    },
  );
  return {
    done,
    world,
    revoke: () => revokeGrant.run({ operationId, linkId, registry }, world),
    remove: () => removeIdentityIfUnused.run({ operationId, linkId, clusterKey, cluster }, world),
    row: async () => (await world.identities.read(clusterKey))?.value,
    link: async () => (await world.links.read(linkId))?.value,
  };
}

describe("the grant", () => {
  test("of ours is removed, and forgotten once it is gone", async () => {
    const { revoke, done, link: now } = await prepared();
    expect(await revoke()).toEqual({ outcome: "removed" });
    expect([done, (await now())?.grant]).toEqual([["role /assignments/ours"], null]);
  });

  test("that was there before us stays", async () => {
    const { revoke, done } = await prepared({ links: [{ ...link, grant: { ...grant, ours: false } }] });
    expect((await revoke()).outcome).toBe("kept");
    expect(done).toEqual([]);
  });

  test("of a link that was ready before stays: its cluster pulls with it", async () => {
    const { revoke, done, link: now } = await prepared({ links: [{ ...link, grant, readySince: born }] });
    expect((await revoke()).outcome).toBe("kept");
    expect([done, (await now())?.grant]).toEqual([[], grant]);
  });

  test.each([
    [{ outcome: "notYet", detail: "still there" }, { outcome: "notYet" }],
    [
      { outcome: "locked", code: "ScopeLocked", detail: "x" },
      { outcome: "refused", problem: { code: "CP-SCOPE-LOCKED" } },
    ],
    [
      { outcome: "forbidden", code: "X", detail: "x" },
      { outcome: "refused", problem: { code: "CP-REGISTRY-FORBIDDEN" } },
    ],
  ])("that cannot be removed (%j) stays on the row", async (removal, expected) => {
    const { revoke, link: now } = await prepared({ removal });
    expect(await revoke()).toMatchObject(expected);
    expect((await now())?.grant).toEqual(grant);
  });

  test("of a link that another operation has taken over is not written", async () => {
    const { revoke } = await prepared({ links: [{ ...link, grant, operationId: "another" }] });
    await expect(revoke()).rejects.toThrow(StaleOperation);
  });
});

describe("the pull identity", () => {
  test("goes with everything it has when nobody needs it: copied roles, application, vault, row", async () => {
    const ours = `/roleAssignments/${copyName("sp-a", assignment(""))}`;
    const {
      remove,
      done,
      row,
      link: now,
    } = await prepared({ assignments: [assignment(ours), assignment("/roleAssignments/by-hand")] });
    expect(await remove()).toEqual({ outcome: "removed" });
    expect(done).toEqual([`role ${ours}`, "application", "vault"]);
    expect([await row(), (await now())?.appId]).toEqual([undefined, null]);
    // Again: there is nothing left, and that is success.
    expect(await remove()).toEqual({ outcome: "removed" });
  });

  test.each<[string, Given]>([
    ["another link lives on it", { links: [link, other] }],
    ["another link failed, and may be asked for again", { links: [link, { ...other, status: "failed" }] }],
    [
      "another link was cancelled and its grant could not be removed",
      { links: [link, { ...other, status: "cancelled", grant }] },
    ],
    ["the link itself was ready before", { links: [{ ...link, readySince: born }] }],
    ["nodes hold its credential", { row: { onCluster: { state: "held", version: "v1", since: born } } }],
    [
      "an update was meant, and its answer was lost",
      { row: { onCluster: { state: "intended", version: "v1", mayHold: ["v1"], before: null } } },
    ],
    [
      "an update runs",
      { row: { onCluster: { state: "accepted", version: "v1", mayHold: ["v1"], operation: "{}", since: born } } },
    ],
    ["an update ended half way", { row: { onCluster: { state: "halfway", mayHold: ["v1"] } } }],
    ["the cluster reports it", { facts: { clientId: "OURS" } }],
    ["the cluster cannot be read", { facts: { outcome: "forbidden", code: "X", detail: "" } }],
    ["another operation holds the cluster", { row: { holder: { operationId: "another", since: born } } }],
  ])("is kept when %s", async (_why, given) => {
    const { remove, done, row } = await prepared(given);
    expect((await remove()).outcome).toBe("kept");
    expect([done, (await row())?.appId]).toEqual([[], "ours"]);
  });

  test("is kept for a link on the last of many pages", async () => {
    const many = Array.from({ length: 1100 }, (_, index): Link => ({
      ...other,
      id: `aa${index}`,
      status: "cancelled",
    }));
    const { remove, done } = await prepared({ links: [link, ...many, { ...other, id: "zz" }] });
    expect(await remove()).toMatchObject({ outcome: "kept", detail: expect.stringContaining("zz") });
    expect(done).toEqual([]);
  });

  test("goes where the only other link was cancelled", async () => {
    const { remove } = await prepared({ links: [link, { ...other, status: "cancelled" }] });
    expect((await remove()).outcome).toBe("removed");
  });

  test("stays on record until reading shows that its application is gone", async () => {
    const { remove, row, done } = await prepared({ removal: { outcome: "notYet", detail: "still listed" } });
    expect(await remove()).toEqual({ outcome: "notYet", detail: "still listed" });
    expect([(await row())?.appId, done]).toEqual(["ours", ["application"]]);
  });
});
