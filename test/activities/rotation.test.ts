/** What a rotation reads, replaces and takes away: the row under its claim, Azure by a few answers. */
import { addSecret } from "../../src/activities/addSecret.ts";
import { proveAtHome } from "../../src/activities/proveAtHome.ts";
import { proveLink } from "../../src/activities/proveLink.ts";
import { readRotation } from "../../src/activities/readRotation.ts";
import { recordRotation } from "../../src/activities/recordRotation.ts";
import { giveUpSecret, lookAtRemoved, removePasswords } from "../../src/activities/retireSecrets.ts";
import type { Link } from "../../src/domain/link.ts";
import { keptSecrets, type PullIdentity } from "../../src/domain/pullIdentity.ts";
import { Secret } from "../../src/domain/secret.ts";
import { born, clusterKey, identity, kept, link, operation, operationId, worldOf } from "./world.ts";

const rotation = `${operationId}-rotation`;
const held: PullIdentity = {
  ...identity,
  secrets: [kept("v1", "current")],
  onCluster: { state: "held", version: "v1", since: born },
  holder: { operationId: rotation, since: born },
};
const grant = { assignmentId: "a", principalId: "p", role: "AcrPull", condition: null, ours: true };
const states = (row: PullIdentity | undefined) =>
  Object.fromEntries(keptSecrets(row ?? identity).map(({ version, state }) => [version, state]));
const about = { operationId: rotation, clusterKey };

describe("what is to be rotated", () => {
  test("is what the nodes hold, and the links that have a grant", async () => {
    const links = [
      { ...link, id: "22", grant, registryTenantId: "tenant-c" },
      { ...link, id: "11", grant },
      { ...link, id: "33", grant: null },
    ];
    const found = await readRotation.run({ clusterKey }, await worldOf({ identities: [held], links }));
    expect(found).toMatchObject({
      outcome: "found",
      appId: "ours",
      before: { version: "v1", keyId: "key-v1" },
      graceUntil: null,
      links: [
        { id: "11", tenantId: "tenant-b" },
        { id: "22", tenantId: "tenant-c" },
      ],
    });
    expect(found).not.toHaveProperty("before.state");
  });

  test.each<[string, readonly PullIdentity[]]>([
    ["there is no pull identity", []],
    ["the nodes hold nothing of ours", [identity]],
    ["there is no application", [{ ...held, appId: null }]],
  ])("is nothing where %s", async (_what, identities) => {
    expect(await readRotation.run({ clusterKey }, await worldOf({ identities }))).toEqual({ outcome: "nothing" });
  });

  test("knows no secret of before where none of those that nodes may hold is kept", async () => {
    const lost: PullIdentity = { ...held, secrets: [], onCluster: { state: "halfway", mayHold: ["v0"] } };
    expect(await readRotation.run({ clusterKey }, await worldOf({ identities: [lost] }))).toMatchObject({
      before: null,
    });
  });
});

describe("a secret of the rotation's own", () => {
  const adding = async (row: PullIdentity) => {
    const asked: string[] = [];
    const world = await worldOf(
      { identities: [row] },
      {
        directory: {
          listPasswords: async () => ({ passwords: [], readAt: born }),
          addPassword: async (_tenant, _object, { displayName, expiresAt }) => {
            asked.push(displayName);
            return { outcome: "added", keyId: "key-v2", value: new Secret("value"), expiresAt };
          },
        },
        vault: { versions: async () => [], put: async () => ({ outcome: "put", version: "v2" }) },
      },
    );
    const run = (more: object = {}) => addSecret.run({ ...about, anew: true, ...more }, world);
    return { asked, run, row: async () => (await world.identities.read(clusterKey))?.value };
  };

  test("is made though another is healthy, and only once", async () => {
    const { asked, run, row } = await adding(held);
    expect(await run()).toMatchObject({ outcome: "ready", secret: { version: "v2" } });
    expect(await run()).toMatchObject({ outcome: "ready", secret: { version: "v2" } });
    expect(asked).toEqual([`crosspull ${rotation}`]);
    expect(states(await row())).toEqual({ v1: "current", v2: "proving" });
  });

  test("is not made where the nodes may hold two already: they get one of these", async () => {
    const halfway: PullIdentity = {
      ...held,
      secrets: [kept("v0", "retiring"), kept("v1", "current")],
      onCluster: { state: "halfway", mayHold: ["v0", "v1"] },
    };
    const { asked, run } = await adding(halfway);
    expect(await run()).toMatchObject({ outcome: "ready", secret: { version: "v1" } });
    expect(asked).toEqual([]);
  });

  test("is made as a third where both that the nodes may hold have leaked, and only once", async () => {
    const halfway: PullIdentity = {
      ...held,
      secrets: [kept("v0", "retiring"), kept("v1", "current")],
      onCluster: { state: "halfway", mayHold: ["v0", "v1"] },
    };
    const { asked, run, row } = await adding(halfway);
    const leaked = { leaked: true };
    expect(await run(leaked)).toMatchObject({ outcome: "ready", secret: { version: "v2" } });
    expect(await run(leaked)).toMatchObject({ outcome: "ready", secret: { version: "v2" } });
    expect(asked).toEqual([`crosspull ${rotation}`]);
    expect(states(await row())).toEqual({ v0: "retiring", v1: "current", v2: "proving" });
  });
});

describe("the proof of a link", () => {
  const pulled = { outcome: "pulled", digest: "sha256:d", blobHost: "blobs" } as const;
  const proving = async (
    row: Link = { ...link, grant },
    registry: object = { outcome: "found", loginServer: "r.azurecr.io" },
  ) => {
    const asked: unknown[] = [];
    const world = await worldOf(
      { links: [row] },
      {
        registries: { get: async () => registry as never },
        vault: { get: async () => ({ outcome: "read", value: new Secret("value") }) },
        entra: {
          pullToken: async () => ({ outcome: "issued", token: new Secret("token"), principalId: "p" }) as never,
        },
        pulls: {
          withPassword: async (target) => (asked.push(target), pulled),
          withEntraToken: async () => pulled,
        },
      },
    );
    return {
      asked,
      answer: await proveLink.run({ linkId: link.id, appId: "ours", secret: kept("v2", "proving") }, world),
    };
  };

  test("pulls what the link promises, from where the registry is now", async () => {
    const { asked, answer } = await proving({ ...link, grant, image: "team/app:v1" });
    expect(answer).toMatchObject({ outcome: "proved", proof: { image: "team/app:v1", digest: "sha256:d" } });
    expect(asked).toEqual([{ loginServer: "r.azurecr.io", repository: "team/app", reference: "v1", named: true }]);
  });

  test("waits for a registry that cannot be read", async () => {
    const { answer } = await proving(undefined, { outcome: "forbidden", code: "AuthorizationFailed", detail: "no" });
    expect(answer).toEqual({ outcome: "notYet", detail: "AuthorizationFailed: no" });
  });

  test("promises nothing where the link is gone, or its role was taken back", async () => {
    const secret = kept("v2", "proving");
    const answer = await proveLink.run({ linkId: "99", appId: "ours", secret }, await worldOf({}));
    expect([answer, (await proving({ ...link, grant: null })).answer]).toEqual([
      { outcome: "gone" },
      { outcome: "gone" },
    ]);
  });
});

describe("what was replaced", () => {
  const replaced: PullIdentity = {
    ...held,
    secrets: [kept("v1", "retiring"), kept("v2", "current")],
    onCluster: { state: "held", version: "v2", since: born },
  };
  const removing = async (row: PullIdentity, outcome: "removed" | "notYet" = "removed") => {
    const gone: string[] = [];
    const world = await worldOf(
      { identities: [row] },
      {
        directory: {
          removePassword: async (_tenant, _object, keyId) => {
            gone.push(keyId);
            return outcome === "removed" ? { outcome } : { outcome, detail: "still shown" };
          },
        },
      },
    );
    return { gone, answer: await removePasswords.run(about, world), world };
  };

  test("loses its password, and stays on the row until it is seen to be refused", async () => {
    const { gone, answer, world } = await removing(replaced);
    expect(gone).toEqual(["key-v1"]);
    expect(answer).toMatchObject({ outcome: "removed", secrets: [{ version: "v1", keyId: "key-v1" }] });
    expect(states((await world.identities.read(clusterKey))?.value)).toEqual({ v1: "retiring", v2: "current" });
  });

  test("is left alone in its grace, and while a node may hold it", async () => {
    expect((await removing({ ...replaced, graceUntil: "2026-01-02T00:00:00.000Z" })).gone).toEqual([]);
    expect((await removing({ ...replaced, onCluster: { state: "halfway", mayHold: ["v1", "v2"] } })).gone).toEqual([]);
  });

  test("is asked for again while it is still shown", async () => {
    expect((await removing(replaced, "notYet")).answer).toEqual({ outcome: "notYet", detail: "still shown" });
  });

  test("is not touched by an operation that the row does not name", async () => {
    const theirs = await worldOf({ identities: [{ ...replaced, holder: { operationId: "other", since: born } }] });
    await expect(removePasswords.run(about, theirs)).rejects.toThrow("names operation other by now");
  });

  test("has nothing to lose where there is no application", async () => {
    const { gone, answer } = await removing({ ...replaced, appObjectId: null });
    expect([gone, answer]).toEqual([[], { outcome: "removed", secrets: [] }]);
  });

  const looking = async (
    shown: readonly string[],
    accepts: readonly string[],
    read: object = {},
    rows: readonly PullIdentity[] = [replaced],
  ) => {
    const world = await worldOf(
      { identities: rows },
      {
        directory: {
          listPasswords: async () => ({
            passwords: shown.map((keyId) => ({ keyId, displayName: "crosspull x", startsAt: born, expiresAt: born })),
            readAt: born,
          }),
        },
        vault: { get: async () => ({ outcome: "read", value: new Secret("old"), ...read }) as never },
        entra: {
          pullToken: async (tenantId) =>
            (accepts.includes(tenantId)
              ? { outcome: "issued", token: new Secret("token"), principalId: "p" }
              : { outcome: "secretRefused", code: "AADSTS7000215", detail: "wrong" }) as never,
        },
      },
    );
    const tenants = ["tenant-a", "tenant-b"];
    return lookAtRemoved.run({ clusterKey, appId: "ours", secret: kept("v1", "retiring"), tenants }, world);
  };

  test("is gone when no list shows it and every tenant refuses it", async () => {
    expect(await looking(["key-v2"], [])).toEqual({ outcome: "refused" });
    expect(await looking(["key-v1"], [])).toEqual({ outcome: "notYet", detail: "password key-v1 is still shown" });
    expect(await looking([], ["tenant-b"])).toEqual({
      outcome: "notYet",
      detail: "tenant tenant-b still accepts password key-v1",
    });
  });

  test("is gone where nobody can read its value any more, and waits for a vault that refuses us", async () => {
    const everywhere = ["tenant-a", "tenant-b"];
    expect(await looking([], everywhere, { outcome: "gone", detail: "disabled" })).toEqual({ outcome: "refused" });
    expect(await looking([], [], { outcome: "firewall", code: "ForbiddenByFirewall", detail: "no" })).toEqual({
      outcome: "notYet",
      detail: "Key Vault answered ForbiddenByFirewall: no",
    });
  });

  test.each<[string, readonly PullIdentity[]]>([
    ["there is no pull identity any more", []],
    ["there is no application", [{ ...replaced, appObjectId: null }]],
  ])("is gone where %s", async (_what, rows) => {
    expect(await looking(["key-v1"], ["tenant-a"], {}, rows)).toEqual({ outcome: "refused" });
  });
});

test("a replacement that no node can hold is given up, and what the nodes hold is current again", async () => {
  const given = async (onCluster: PullIdentity["onCluster"]) => {
    const row: PullIdentity = { ...held, secrets: [kept("v1", "retiring"), kept("v2", "current")], onCluster };
    const world = await worldOf({ identities: [row] });
    await giveUpSecret.run({ ...about, version: "v2" }, world);
    return states((await world.identities.read(clusterKey))?.value);
  };
  expect(await given({ state: "held", version: "v1", since: born })).toEqual({ v1: "current", v2: "rejected" });
  expect(await given({ state: "held", version: "v2", since: born })).toEqual({ v1: "retiring", v2: "current" });
  expect(await given({ state: "halfway", mayHold: ["v1", "v2"] })).toEqual({ v1: "retiring", v2: "current" });
});

test("the end is written on the cluster and on the operation, and the cluster is let go", async () => {
  const own = { ...operation, id: rotation, kind: "rotation" as const };
  const world = await worldOf({ identities: [{ ...held, rotationId: rotation }], operations: [own] });
  await recordRotation.run({ ...about, state: "ended", problem: null, dead: ["11"], steps: [] }, world);
  expect((await world.identities.read(clusterKey))?.value).toMatchObject({
    holder: null,
    lastAttempt: { operationId: rotation, at: born, outcome: "ended", words: expect.stringContaining("11") },
  });
  expect((await world.operations.read(rotation))?.value).toMatchObject({ state: "ended", endedAt: born });
});

test.each<[string, object, object]>([
  ["is taken", { outcome: "issued", token: new Secret("token") }, { outcome: "proved" }],
  ["is let in where there has never been a registry", { outcome: "noRegistryService" }, { outcome: "proved" }],
  ["may be too young for a replica", { outcome: "secretRefused" }, { outcome: "secretRefused" }],
  ["is over", { outcome: "secretExpired" }, { outcome: "secretLost" }],
  ["may be asked of a replica without the principal", { outcome: "noPrincipal" }, { outcome: "noPrincipal" }],
  ["is blocked", { outcome: "refused" }, { outcome: "refused", problem: { code: "CP-SECRET-REFUSED" } }],
])("at home a secret %s", async (_what, token, answer) => {
  const asked: string[] = [];
  const world = await worldOf(
    {},
    {
      vault: { get: async () => ({ outcome: "read", value: new Secret("value") }) },
      entra: {
        pullToken: async (tenantId) => {
          asked.push(tenantId);
          return { code: "AADSTS1", detail: "words", ...token } as never;
        },
      },
    },
  );
  const secret = kept("v2", "proving");
  expect(await proveAtHome.run({ tenantId: "tenant-a", appId: "ours", secret }, world)).toMatchObject(answer);
  expect(asked).toEqual(["tenant-a"]);
});

test("at home a secret that is gone from the vault is lost, and one that the vault refuses says so", async () => {
  const secret = kept("v2", "proving");
  const read = async (answer: object) =>
    proveAtHome.run(
      { tenantId: "tenant-a", appId: "ours", secret },
      await worldOf({}, { vault: { get: async () => answer as never } }),
    );
  expect(await read({ outcome: "gone", detail: "disabled" })).toMatchObject({ outcome: "secretLost" });
  expect(await read({ outcome: "forbidden", code: "Forbidden", detail: "no" })).toMatchObject({ outcome: "refused" });
});
