import { removeIdentityIfUnused, revokeGrant } from "../../src/activities/withdrawLink.ts";
import { copyName } from "../../src/activities/carryOverRoles.ts";
import { StaleOperation } from "../../src/domain/errors.ts";
import type { Assignment } from "../../src/domain/facts.ts";
import type { Link } from "../../src/domain/link.ts";
import type { Password } from "../../src/domain/passwords.ts";
import { removable, type PullIdentity } from "../../src/domain/pullIdentity.ts";
import type { VaultEnd } from "../../src/domain/removal.ts";
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
  /** What Entra says of the pull identity's own principal. */
  readonly principal?: object;
  /** On the application, and on its service principal. */
  readonly passwords?: readonly Password[];
  readonly ofPrincipal?: readonly Password[];
  readonly removal?: object;
  /** The same, for roles alone. */
  readonly roleRemoval?: object;
  /** What the vault says of a deleted secret. */
  readonly vault?: VaultEnd;
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
        findServicePrincipal: async () => ({ outcome: "found", objectId: "sp-a", ...given.principal }) as never,
        listPasswords: async () => ({ passwords: given.passwords ?? [], readAt: born }),
        listPrincipalPasswords: async () => given.ofPrincipal ?? [],
        deleteApplication: async () => {
          done.push("application");
          return (given.removal ?? { outcome: "removed" }) as never;
        },
      },
      vault: {
        versions: async () => [],
        remove: async () => void done.push("vault"),
        purge: async () => {
          done.push("purge");
          return given.vault ?? { outcome: "purged" };
        },
      },
      roles: {
        assignmentsOf: async (_tenant, holders, subscriptions) => {
          const isAsked = holders.includes("sp-a") && subscriptions?.includes("11111111-1111-4111-8111-111111111111");
          return { assignments: isAsked ? (given.assignments ?? []) : [], seen: [], hidden: [] };
        },
        remove: async (_tenant, id) => {
          done.push(`role ${id}`);
          return (given.roleRemoval ?? given.removal ?? { outcome: "removed" }) as never;
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
    const nothingOfOurs = { outcome: "kept", detail: "there is no grant of ours" };
    const { revoke, done } = await prepared({ links: [{ ...link, grant: { ...grant, ours: false } }] });
    expect(await revoke()).toEqual(nothingOfOurs);
    expect(await (await prepared({ links: [link] })).revoke()).toEqual(nothingOfOurs);
    expect(done).toEqual([]);
  });

  test("of a link that is gone is nothing to take back", async () => {
    const { revoke, done } = await prepared({ links: [] });
    expect((await revoke()).outcome).toBe("kept");
    expect(done).toEqual([]);
  });

  test("of a link that was ready before stays: its cluster pulls with it", async () => {
    const { revoke, done, link: now } = await prepared({ links: [{ ...link, grant, readySince: born }] });
    expect(await revoke()).toEqual({ outcome: "kept", detail: "the link was ready before" });
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
      {
        outcome: "refused",
        problem: { code: "CP-REGISTRY-FORBIDDEN", detail: "removing /assignments/ours was refused with X: x" },
      },
    ],
  ])("that cannot be removed (%j) stays on the row", async (removal, expected) => {
    const { revoke, link: now } = await prepared({ removal });
    expect(await revoke()).toMatchObject(expected);
    expect((await now())?.grant).toEqual(grant);
  });

  test("of a link that another operation has taken over is neither written nor taken back", async () => {
    const { revoke, done } = await prepared({ links: [{ ...link, grant, operationId: "another" }] });
    await expect(revoke()).rejects.toEqual(new StaleOperation("link 1f names operation another by now"));
    expect(done).toEqual([]);
  });

  test("of a link that another operation takes over on the way is not forgotten", async () => {
    const { revoke, link: now, world } = await prepared({ links: [{ ...link, grant }] });
    const taken: typeof world.roles.remove = async () => {
      await world.links.update(linkId, (row) => ({ ...row, operationId: "next" }));
      return { outcome: "removed" };
    };
    Object.assign(world.roles, { remove: taken });
    await expect(revoke()).rejects.toEqual(new StaleOperation("link 1f names operation next by now"));
    expect((await now())?.grant).toEqual(grant);
  });
});

describe("the pull identity", () => {
  const gone = { outcome: "removed", vault: { outcome: "purged" } };

  test("goes with everything it has when nobody needs it: copied roles, application, vault, row", async () => {
    const ours = `/roleAssignments/${copyName("sp-a", assignment(""))}`;
    const {
      remove,
      done,
      row,
      link: now,
    } = await prepared({ assignments: [assignment(ours), assignment("/roleAssignments/by-hand")] });
    expect(await remove()).toEqual(gone);
    expect(done).toEqual([`role ${ours}`, "application", "vault", "purge"]);
    expect([await row(), (await now())?.appId]).toEqual([undefined, null]);
    // Again: there is nothing left, and that is success.
    expect(await remove()).toEqual(gone);
  });

  const onNodes = { by: "cluster", detail: "nodes may hold its credential" };
  const byLink = { by: "link", detail: "link 2f lives on it" };
  const password = (keyId: string, displayName: string): Password => ({
    keyId,
    displayName,
    startsAt: born,
    expiresAt: born,
  });
  const heldByOthers = { by: "operation", detail: "another operation holds the cluster" };
  test.each<[string, Given, object]>([
    ["another link lives on it", { links: [link, other] }, byLink],
    ["another link failed, and may be asked for again", { links: [link, { ...other, status: "failed" }] }, byLink],
    [
      "another link was cancelled and its grant could not be removed",
      { links: [link, { ...other, status: "cancelled", grant }] },
      byLink,
    ],
    [
      "another link was cancelled and a grant that was asked for may stand",
      { links: [link, { ...other, status: "cancelled", grantsIntended: ["/assignments/asked"] }] },
      byLink,
    ],
    [
      "the link itself was ready before",
      { links: [{ ...link, readySince: born }] },
      { by: "link", detail: "the link was ready before" },
    ],
    ["nodes hold its credential", { row: { onCluster: { state: "held", version: "v1", since: born } } }, onNodes],
    [
      "an update was meant, and its answer was lost",
      { row: { onCluster: { state: "intended", version: "v1", mayHold: ["v1"], before: null } } },
      onNodes,
    ],
    [
      "an update runs",
      { row: { onCluster: { state: "accepted", version: "v1", mayHold: ["v1"], operation: "{}", since: born } } },
      onNodes,
    ],
    ["an update ended half way", { row: { onCluster: { state: "halfway", mayHold: ["v1"] } } }, onNodes],
    [
      "the cluster reports it",
      { facts: { clientId: "OURS" } },
      { by: "cluster", detail: "the cluster reports it as its service principal" },
    ],
    [
      "the cluster cannot be read",
      { facts: { outcome: "forbidden", code: "X", detail: "" } },
      { by: "cluster", detail: "the cluster cannot be read (X), so its nodes may hold the credential" },
    ],
    [
      "others made a password on the application",
      { passwords: [password("key-v1", "crosspull x"), password("theirs", "for CI"), password("more", "")] },
      {
        by: "password",
        detail: 'others made passwords: theirs ("for CI") of the application, more ("") of the application',
      },
    ],
    [
      "others made a password on the service principal",
      { ofPrincipal: [password("theirs", "")] },
      { by: "password", detail: 'others made passwords: theirs ("") of the service principal' },
    ],
    ["another operation holds the cluster", { row: { holder: { operationId: "another", since: born } } }, heldByOthers],
    ["the operation has let the cluster go", { row: { holder: null } }, heldByOthers],
  ])("is kept when %s", async (_why, given, why) => {
    const { remove, done, row } = await prepared(given);
    expect(await remove()).toEqual({ outcome: "kept", ...why });
    expect([done, (await row())?.appId]).toEqual([[], "ours"]);
  });

  test("goes with a password of our kind of name that nothing knows", async () => {
    const { remove } = await prepared({ passwords: [password("lost", "crosspull x")] });
    expect(await remove()).toEqual(gone);
  });

  test("goes where the two links on it are cancelled at the same time, with the one that comes second", async () => {
    const second: Link = { ...other, status: "onboarding" };
    const { revoke, remove, row, world } = await prepared({ links: [{ ...link, grant }, second] });
    await revoke();
    await revokeGrant.run({ operationId: "2f-op", linkId: "2f", registry }, world);
    expect((await remove()).outcome).toBe("removed");
    expect(await row()).toBeUndefined();
  });

  test("of an operation that lost the cluster on the way stays on record for the one that has it", async () => {
    const { remove, row, world } = await prepared();
    const taken: typeof world.vault.remove = async () => {
      await world.identities.update(clusterKey, (now) => ({ ...now, holder: { operationId: "next", since: born } }));
    };
    Object.assign(world.vault, { remove: taken });
    await expect(remove()).rejects.toEqual(new StaleOperation("the pull identity c1 names operation next by now"));
    expect((await row())?.holder?.operationId).toBe("next");
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

  test.each<[string, Link]>([
    ["was cancelled", { ...other, status: "cancelled" }],
    ["was ready once, and is cancelled", { ...other, status: "cancelled", readySince: born }],
    ["is of another cluster", { ...other, clusterKey: "c2" }],
  ])("goes where the only other link %s", async (_what, second) => {
    const { remove } = await prepared({ links: [link, second] });
    expect((await remove()).outcome).toBe("removed");
  });

  const copy = `/roleAssignments/${copyName("sp-a", assignment(""))}`;
  test.each<[string, object, object]>([
    ["is on its way out", { outcome: "notYet", detail: "still listed" }, { outcome: "notYet", detail: "still listed" }],
    [
      "is locked",
      { outcome: "locked", code: "ScopeLocked", detail: "x" },
      {
        outcome: "refused",
        problem: { code: "CP-SCOPE-LOCKED", detail: `removing ${copy} was refused with ScopeLocked: x` },
      },
    ],
    [
      "may not be removed",
      { outcome: "forbidden", code: "X", detail: "x" },
      { outcome: "refused", problem: { code: "CP-ROLES-NOT-COPIED" } },
    ],
  ])("stays as long as a copied role %s: it would be left without an owner", async (_what, roleRemoval, expected) => {
    const { remove, done, row } = await prepared({ roleRemoval, assignments: [assignment(copy)] });
    expect(await remove()).toMatchObject(expected);
    expect([done, (await row())?.appId]).toEqual([[`role ${copy}`], "ours"]);
  });

  test("has no roles where its principal is gone, and is kept where nobody can tell", async () => {
    const orphan = await prepared({ principal: { outcome: "missing" }, assignments: [assignment(copy)] });
    expect(await orphan.remove()).toEqual(gone);
    expect(orphan.done).toEqual(["application", "vault", "purge"]);
    const unread = await prepared({ principal: { outcome: "forbidden", code: "X", detail: "x" } });
    expect(await unread.remove()).toMatchObject({
      outcome: "refused",
      problem: {
        code: "CP-DIRECTORY-FORBIDDEN",
        detail: "reading the service principal of ours was refused with X: x",
      },
    });
    expect(unread.done).toEqual([]);
  });

  test.each<[string, Partial<PullIdentity>]>([
    ["was never made", { appId: null, appObjectId: null }],
    ["has no object id on the row", { appObjectId: null }],
    ["has no client id on the row", { appId: null }],
  ])("whose application %s goes from the vault and from the record", async (_what, given) => {
    const { remove, done, row } = await prepared({ row: given, assignments: [assignment(copy)] });
    expect(await remove()).toEqual(gone);
    expect([done, await row()]).toEqual([["vault", "purge"], undefined]);
  });

  test("is taken off a link by the operation of that link alone", async () => {
    const { remove } = await prepared({ links: [{ ...link, status: "cancelled", operationId: "another" }] });
    await expect(remove()).rejects.toEqual(new StaleOperation("link 1f names operation another by now"));
  });

  test("stays on record until reading shows that its application is gone", async () => {
    const { remove, row, done } = await prepared({ removal: { outcome: "notYet", detail: "still listed" } });
    expect(await remove()).toEqual({ outcome: "notYet", detail: "still listed" });
    expect([(await row())?.appId, done]).toEqual(["ours", ["application"]]);
  });

  test("says until when its secret can be recovered, where the vault keeps what was deleted", async () => {
    const vault: VaultEnd = { outcome: "recoverable", until: "2026-04-01T00:00:00.000Z", detail: "purge protection" };
    const { remove, row } = await prepared({ vault });
    expect(await remove()).toEqual({ outcome: "removed", vault });
    // The answer was lost, and the row is gone: the vault is asked again.
    expect([await row(), await remove()]).toEqual([undefined, { outcome: "removed", vault }]);
  });
});

describe("a link that is being removed", () => {
  const removing: Link = { ...link, grant, status: "offboarding", readySince: born, appId: "ours" };
  const held = { state: "held", version: "v1", since: born } as const;

  test("loses its grant though it was ready, and goes on being removed", async () => {
    const { revoke, done, link: now } = await prepared({ links: [removing] });
    expect(await revoke()).toEqual({ outcome: "removed" });
    expect([done, await now()]).toMatchObject([["role /assignments/ours"], { status: "offboarding", grant: null }]);
  });

  const missing = (code: string) => ({ outcome: "missing", code, detail: "not found" });
  test.each<[string, object, string]>([
    ["has left it for another credential", { provisioningState: "Succeeded" }, "removed"],
    ["is being moved to another credential", { provisioningState: "Updating" }, "kept"],
    ["still reports it", { clientId: "ours", provisioningState: "Succeeded" }, "kept"],
    ["is gone", missing("ResourceNotFound"), "removed"],
    ["is in a subscription that nobody finds", missing("SubscriptionNotFound"), "kept"],
  ])("takes the pull identity with it as evidence says: the cluster %s", async (_what, facts, outcome) => {
    const { remove } = await prepared({ links: [{ ...removing, grant: null }], row: { onCluster: held }, facts });
    expect((await remove()).outcome).toBe(outcome);
  });

  test("takes a pull identity with it that the cluster has left half way, or that was never an application", async () => {
    const links = [{ ...removing, grant: null }];
    const left = { facts: { provisioningState: "Succeeded" } };
    const halfway = { state: "halfway", mayHold: ["v1"] } as const;
    expect((await (await prepared({ links, row: { onCluster: halfway }, ...left })).remove()).outcome).toBe("removed");
    const accepted = { state: "accepted", version: "v1", mayHold: ["v1"], operation: "{}", since: born } as const;
    expect((await (await prepared({ links, row: { onCluster: accepted }, ...left })).remove()).outcome).toBe("kept");
    const unread = { facts: { outcome: "forbidden", code: "X", detail: "" } };
    const none = await prepared({ links, row: { appId: null, appObjectId: null }, ...unread });
    expect((await none.remove()).outcome).toBe("removed");
    const odd = await prepared({ links, row: { appId: null, onCluster: halfway }, ...unread });
    expect((await odd.remove()).outcome).toBe("kept");
  });

  test("gives up its own secrets where the application stays for others alone", async () => {
    const theirs = { keyId: "theirs", displayName: "for CI", startsAt: born, expiresAt: born };
    const { remove, row } = await prepared({
      links: [{ ...removing, grant: null }],
      row: { onCluster: held },
      facts: { provisioningState: "Succeeded" },
      passwords: [theirs],
    });
    expect(await remove()).toMatchObject({ outcome: "kept", by: "password" });
    const now = await row();
    expect(now && removable(now, born).map(({ version }) => version)).toEqual(["v1"]);
  });

  test("does not take a cluster for gone that one replica does not find", async () => {
    const { remove, world } = await prepared({ links: [{ ...removing, grant: null }], row: { onCluster: held } });
    let reads = 0;
    const get = async () => (reads++ === 0 ? missing("ResourceNotFound") : { outcome: "found", clientId: "ours" });
    Object.assign(world.clusters, { get });
    expect(await remove()).toMatchObject({ outcome: "kept", by: "cluster" });
  });

  test("keeps the identity for no other link that is being removed, once its grant is gone", async () => {
    const second: Link = { ...removing, id: "2f", operationId: "2f-op", grant: null };
    const { remove } = await prepared({ links: [{ ...removing, grant: null }, second] });
    expect((await remove()).outcome).toBe("removed");
    const still = await prepared({
      links: [
        { ...removing, grant: null },
        { ...second, grant },
      ],
    });
    expect(await still.remove()).toMatchObject({ outcome: "kept", by: "link" });
  });
});
