import { addSecret } from "../../src/activities/addSecret.ts";
import { rejectSecret, removeSecrets, useSecret } from "../../src/activities/judgeSecrets.ts";
import type { Password, SecretVersion } from "../../src/azure/clients.ts";
import { StaleOperation, TransientError } from "../../src/domain/errors.ts";
import type { PullIdentity, StoredSecret } from "../../src/domain/pullIdentity.ts";
import { Secret } from "../../src/domain/secret.ts";
import { born, clusterKey, identity, kept, operationId, worldOf } from "./world.ts";

type Given = {
  readonly row?: Partial<PullIdentity>;
  readonly passwords?: readonly Password[];
  readonly versions?: readonly SecretVersion[];
};

/** A directory and a vault in memory, as Graph and Key Vault keep them. */
async function prepared({ row = {}, passwords = [], versions = [] }: Given = {}) {
  const state = {
    passwords: [...passwords],
    versions: [...versions],
    made: 0,
    removals: 0,
    lists: 0,
    daysAskedFor: [] as number[],
  };
  const refuse: {
    add?: object;
    /** A password of so many days is added all the same. */
    addUpToDays?: number;
    put?: object;
    remove?: object;
    addThenCut?: boolean;
    capInDays?: number;
    beforeDisable?: () => Promise<unknown>;
  } = {};
  const world = await worldOf(
    { identities: [{ ...identity, ...row }] },
    {
      directory: {
        listPasswords: async () => {
          state.lists += 1;
          return state.passwords;
        },
        credentialPolicy: async () =>
          refuse.capInDays === undefined
            ? { outcome: "unknown", detail: "no right" }
            : {
                outcome: "known",
                value: { forbidsPasswords: false, longestLifetimeInDays: refuse.capInDays, forbidsMultitenant: false },
              },
        addPassword: async (_tenant, _object, { displayName, expiresAt }) => {
          const days = (Date.parse(expiresAt) - Date.parse(born)) / 86_400_000;
          state.daysAskedFor.push(days);
          if (refuse.add && days > (refuse.addUpToDays ?? 0)) return refuse.add as never;
          const keyId = `made-${(state.made += 1)}`;
          state.passwords.push({ keyId, displayName, expiresAt });
          if (refuse.addThenCut) {
            refuse.addThenCut = false;
            throw new TransientError("cut");
          }
          return { outcome: "added", keyId, value: new Secret(`value of ${keyId}`), expiresAt };
        },
        removePassword: async (_tenant, _object, keyId) => {
          state.removals += 1;
          if (refuse.remove) return refuse.remove as never;
          state.passwords = state.passwords.filter((password) => password.keyId !== keyId);
          return { outcome: "removed" };
        },
      },
      vault: {
        versions: async () => {
          state.lists += 1;
          return state.versions;
        },
        put: async (_name, _value, { expiresAt, tags }) => {
          if (refuse.put) return refuse.put as never;
          const version = `version-${state.versions.length + 1}`;
          state.versions.push({ version, enabled: true, expiresAt, tags });
          return { outcome: "put", version };
        },
        disable: async (_name, version) => {
          await refuse.beforeDisable?.();
          state.versions = state.versions.map((one) => (one.version === version ? { ...one, enabled: false } : one));
        },
      },
    },
  );
  const add = () => addSecret.run({ operationId, clusterKey }, world);
  const secrets = async (): Promise<readonly StoredSecret[]> =>
    (await world.identities.read(clusterKey))?.value.secrets ?? [];
  return { world, state, refuse, add, secrets };
}
const enabled = (version: string, tags: Readonly<Record<string, string>> = {}): SecretVersion => ({
  version,
  enabled: true,
  expiresAt: "2026-07-01T00:00:00.000Z",
  tags,
});
/** A vault version as an earlier run of this operation leaves it when its record is lost. */
const unrecorded = (version: string, keyId: string, tags: Readonly<Record<string, string>> = {}): SecretVersion =>
  enabled(version, { keyId, appId: "ours", operationId, createdAt: born, ...tags });
const lostCluster = new StaleOperation("the pull identity c1 names operation another by now");
const takenByAnother = { holder: { operationId: "another", since: born } };
const stray = (keyId: string, by = operationId): Password => ({
  keyId,
  displayName: `crosspull ${by}`,
  expiresAt: born,
});

test("a first secret is added, put into the vault, and waits to be proved", async () => {
  const { add, secrets, state } = await prepared();
  expect(await add()).toMatchObject({
    outcome: "ready",
    appId: "ours",
    secret: { version: "version-1", keyId: "made-1" },
  });
  expect(await secrets()).toMatchObject([{ state: "proving", version: "version-1", by: operationId }]);
  expect(state.versions[0]?.tags).toMatchObject({ keyId: "made-1", appId: "ours", operationId, createdAt: born });
});

test("a cluster's own policy says how long its secret lives", async () => {
  const { add, state } = await prepared({ row: { policy: { lifetimeInDays: 30, fraction: null, window: null } } });
  expect(await add()).toMatchObject({ outcome: "ready", secret: { expiresAt: "2026-01-31T00:00:00.000Z" } });
  expect(state.daysAskedFor).toEqual([30]);
});

test("a healthy secret is used again, and nothing is added", async () => {
  const { add, state } = await prepared({ row: { secrets: [kept("v1", "current")] }, versions: [enabled("v1")] });
  expect(await add()).toEqual({
    outcome: "ready",
    appId: "ours",
    secret: { name: "pull-c1", version: "v1", keyId: "key-v1", createdAt: born, expiresAt: "2026-07-01T00:00:00.000Z" },
  });
  expect([state.made, state.lists]).toEqual([0, 0]);
});

test.each<[string, Partial<PullIdentity>]>([
  ["no application", { appId: null, appObjectId: null }],
  ["an application without its object id", { appObjectId: null }],
  ["an application without its client id", { appId: null }],
])("a pull identity with %s gets no secret: that is a defect, and told as one", async (_what, row) => {
  const { add, state } = await prepared({ row });
  await expect(add()).rejects.toThrow("the pull identity c1 has no application");
  expect(state.made).toBe(0);
});

test("a pull identity that has no row gets no secret", async () => {
  const { add, world } = await prepared();
  await world.identities.remove(clusterKey);
  await expect(add()).rejects.toThrow("the pull identity c1 has no application");
});

test("a secret that has used up two thirds of its life is not handed to one more cluster", async () => {
  const old = {
    ...kept("v1", "current"),
    createdAt: "2025-07-01T00:00:00.000Z",
    expiresAt: "2026-02-01T00:00:00.000Z",
  };
  const { add, secrets } = await prepared({ row: { secrets: [old] }, versions: [enabled("v1")] });
  expect(await add()).toMatchObject({ secret: { keyId: "made-1" } });
  // The old one stays in use until the new one is proved.
  expect((await secrets()).map(({ state }) => state)).toEqual(["current", "proving"]);
});

test("a new secret is made once where the one in use is old, however often the operation asks for it", async () => {
  const old = {
    ...kept("v1", "current"),
    createdAt: "2025-07-01T00:00:00.000Z",
    expiresAt: "2026-02-01T00:00:00.000Z",
  };
  const { add, state } = await prepared({ row: { secrets: [old] }, versions: [enabled("v1")] });
  const first = await add();
  expect(await add()).toEqual(first);
  expect(state.made).toBe(1);
});

test("an answer that was lost leaves a stray, which the next run removes before it adds", async () => {
  const { add, refuse, state, secrets } = await prepared();
  refuse.addThenCut = true;
  await expect(add()).rejects.toThrow("cut");
  expect(await secrets()).toMatchObject([{ state: "adding", by: operationId }]);
  expect(await add()).toMatchObject({ outcome: "ready" });
  expect(state.passwords.map(({ keyId }) => keyId)).toEqual(["made-2"]);
});

test("a password that reached the vault before the record was lost is adopted, with its age", async () => {
  const tags = { keyId: "made-0", appId: "ours", operationId, createdAt: "2025-12-31T23:00:00.000Z" };
  const { add, state, secrets } = await prepared({
    row: { secrets: [{ state: "adding", by: operationId, since: born }] },
    passwords: [stray("made-0")],
    versions: [enabled("v7", tags)],
  });
  expect(await add()).toMatchObject({
    secret: { version: "v7", keyId: "made-0", createdAt: "2025-12-31T23:00:00.000Z" },
  });
  expect([state.made, state.removals, (await secrets()).length]).toEqual([0, 0, 1]);
});

test("an operation that replaces its own secret adopts nothing that is on the row already", async () => {
  const tags = { keyId: "key-v1", appId: "ours", operationId, createdAt: born };
  const { add } = await prepared({
    row: { secrets: [kept("v1", "rejected"), { state: "adding", by: operationId, since: born }] },
    passwords: [stray("key-v1")],
    versions: [enabled("v1", tags)],
  });
  expect(await add()).toMatchObject({ secret: { version: "version-2", keyId: "made-1" } });
});

test("strays of an operation that died are removed by the next one, passwords of others never", async () => {
  const foreign: Password = { keyId: "theirs", displayName: "made by hand", expiresAt: born };
  const { add, state, secrets } = await prepared({
    row: { secrets: [{ state: "adding", by: "dead-op", since: born }] },
    passwords: [stray("lost", "dead-op"), foreign],
  });
  await add();
  expect(state.passwords.map(({ keyId }) => keyId)).toEqual(["theirs", "made-1"]);
  // Nor is anything of it meant any more.
  expect(await secrets()).toMatchObject([{ state: "proving", keyId: "made-1" }]);
});

test("strays of two operations are removed together", async () => {
  const { add, state } = await prepared({
    row: {
      secrets: [
        { state: "adding", by: "dead-op", since: born },
        { state: "adding", by: operationId, since: born },
      ],
    },
    passwords: [stray("lost", "dead-op"), stray("cut")],
  });
  await add();
  expect(state.passwords.map(({ keyId }) => keyId)).toEqual(["made-1"]);
});

test.each<[string, SecretVersion]>([
  ["is disabled", { ...unrecorded("v7", "made-0"), enabled: false }],
  ["was made by another operation", unrecorded("v7", "made-0", { operationId: "another-op" })],
  ["belongs to an application that is gone", unrecorded("v7", "made-0", { appId: "before" })],
  ["does not say when it expires", { ...unrecorded("v7", "made-0"), expiresAt: null }],
  ["does not say which password it is", { ...enabled("v7", { operationId, appId: "ours" }) }],
])("a version in the vault that %s is not adopted", async (_what, version) => {
  const { add } = await prepared({
    row: { secrets: [{ state: "adding", by: operationId, since: born }] },
    versions: [version],
  });
  expect(await add()).toMatchObject({ outcome: "ready", secret: { version: "version-2", keyId: "made-1" } });
});

test("a version that does not say when it was made is as old as now", async () => {
  const { createdAt, ...tags } = unrecorded("v7", "made-0").tags;
  const { add } = await prepared({
    row: { secrets: [{ state: "adding", by: operationId, since: createdAt ?? "" }] },
    versions: [enabled("v7", tags)],
  });
  expect(await add()).toMatchObject({ secret: { version: "v7", keyId: "made-0", createdAt: born } });
});

test("a stray that a replica still shows is waited for: a secret is not recorded as removed before it is", async () => {
  const { add, refuse, secrets } = await prepared({
    row: { secrets: [{ state: "adding", by: operationId, since: born }] },
    passwords: [stray("lost")],
  });
  refuse.remove = { outcome: "notYet", detail: "still listed" };
  await expect(add()).rejects.toEqual(new TransientError("a stray password is still shown: still listed"));
  expect(await secrets()).toMatchObject([{ state: "adding" }]);
});

test.each([
  ["policy", "CP-SECRET-POLICY"],
  ["forbidden", "CP-DIRECTORY-FORBIDDEN"],
])("a password that is refused (%s) is told as %s, and nothing is intended any more", async (outcome, code) => {
  const { add, refuse, secrets } = await prepared();
  refuse.add = { outcome, code: "X", detail: "no" };
  expect(await add()).toMatchObject({
    outcome: "refused",
    problem: { code, detail: "Microsoft Graph in tenant tenant-a answered X: no" },
  });
  expect(await secrets()).toEqual([]);
});

test("a tenant that allows a shorter life only gets a secret of that life", async () => {
  const { add, refuse } = await prepared();
  refuse.add = { outcome: "policy", code: "X", detail: "too long" };
  refuse.capInDays = refuse.addUpToDays = 30;
  expect(await add()).toMatchObject({ outcome: "ready", secret: { expiresAt: "2026-01-31T00:00:00.000Z" } });
});

test.each([
  ["a policy refuses it, and allows as long a life as ours", "policy", 180],
  ["a policy refuses it, and allows a longer life than ours", "policy", 365],
  ["a right is missing, and a policy asks for a shorter life besides", "forbidden", 30],
])("a password is asked for once where %s", async (_what, outcome, capInDays) => {
  const { add, refuse, state } = await prepared();
  Object.assign(refuse, { add: { outcome, code: "X", detail: "no" }, capInDays });
  expect((await add()).outcome).toBe("refused");
  expect(state.daysAskedFor).toEqual([180]);
});

test.each([
  ["forbidden", "CP-VAULT-FORBIDDEN"],
  ["firewall", "CP-VAULT-UNREACHABLE"],
  ["policy", "CP-VAULT-POLICY"],
])("a vault that refuses (%s) is told as %s, and the password is taken away again", async (outcome, code) => {
  const { add, refuse, state, secrets } = await prepared();
  refuse.put = { outcome, code: "X", detail: "no" };
  expect(await add()).toMatchObject({ outcome: "refused", problem: { code } });
  expect([state.passwords, await secrets()]).toEqual([[], []]);
});

test("a password that the vault refused and a replica still shows stays on record, for the next run to remove", async () => {
  const { add, refuse, secrets } = await prepared();
  refuse.put = { outcome: "forbidden", code: "X", detail: "no" };
  refuse.remove = { outcome: "notYet", detail: "still listed" };
  expect((await add()).outcome).toBe("refused");
  expect(await secrets()).toMatchObject([{ state: "adding", by: operationId }]);
});

test("an operation that lost the cluster adds nothing", async () => {
  const { add, state } = await prepared({ row: takenByAnother });
  await expect(add()).rejects.toEqual(lostCluster);
  expect(state.made).toBe(0);
});

test("what was proved is current, what was refused is rejected, by the holder alone", async () => {
  const { world, secrets } = await prepared({ row: { secrets: [kept("v1", "current"), kept("v2", "proving")] } });
  await useSecret.run({ operationId, clusterKey, version: "v2" }, world);
  expect((await secrets()).map(({ state }) => state)).toEqual(["retiring", "current"]);
  await rejectSecret.run({ operationId, clusterKey, version: "v2" }, world);
  expect((await secrets()).map(({ state }) => state)).toEqual(["retiring", "rejected"]);
  const taken = (await prepared({ row: { secrets: [kept("v1", "current")], ...takenByAnother } })).world;
  for (const judge of [useSecret, rejectSecret])
    await expect(judge.run({ operationId, clusterKey, version: "v1" }, taken)).rejects.toEqual(lostCluster);
});

describe("removing secrets", () => {
  const row: Partial<PullIdentity> = {
    secrets: [kept("v1", "retiring"), kept("v2", "rejected"), kept("v3", "current")],
    onCluster: { state: "halfway", mayHold: ["v1", "v3"] },
  };
  const passwords = ["v1", "v2", "v3"].map((version) => stray(`key-${version}`));

  test("takes what no node may hold from Entra, vault and row, and nothing else", async () => {
    const { world, state, secrets } = await prepared({
      row,
      passwords,
      versions: [enabled("v1"), enabled("v2"), enabled("v3")],
    });
    expect(await removeSecrets.run({ operationId, clusterKey }, world)).toEqual({ outcome: "removed" });
    expect(state.passwords.map(({ keyId }) => keyId)).toEqual(["key-v1", "key-v3"]);
    expect(state.versions.filter((one) => one.enabled).map(({ version }) => version)).toEqual(["v1", "v3"]);
    expect((await secrets()).map((one) => (one.state === "adding" ? "" : one.version))).toEqual(["v1", "v3"]);
  });

  test("has nothing to do where there is no row, or no application yet", async () => {
    const { world, state } = await prepared({ row: { appObjectId: null, secrets: [kept("v1", "retiring")] } });
    expect(await removeSecrets.run({ operationId, clusterKey }, world)).toEqual({ outcome: "removed" });
    await world.identities.remove(clusterKey);
    expect(await removeSecrets.run({ operationId, clusterKey }, world)).toEqual({ outcome: "removed" });
    expect([state.removals, state.lists]).toEqual([0, 0]);
  });

  test("takes several at once", async () => {
    const { world, secrets } = await prepared({ row: { secrets: [kept("v1", "retiring"), kept("v2", "rejected")] } });
    await removeSecrets.run({ operationId, clusterKey }, world);
    expect(await secrets()).toEqual([]);
  });

  test("leaves on the row what came into use while it was being removed", async () => {
    const { world, refuse, secrets } = await prepared({
      row: { secrets: [kept("v1", "retiring"), kept("v2", "retiring")] },
    });
    refuse.beforeDisable = async () =>
      world.identities.update(clusterKey, (row) => ({
        ...row,
        secrets: [kept("v1", "current"), kept("v2", "retiring")],
      }));
    await removeSecrets.run({ operationId, clusterKey }, world);
    expect(await secrets()).toMatchObject([{ version: "v1", state: "current" }]);
  });

  test("is not written by an operation that lost the cluster", async () => {
    const { world } = await prepared({ row: { secrets: [kept("v1", "retiring")], ...takenByAnother } });
    await expect(removeSecrets.run({ operationId, clusterKey }, world)).rejects.toEqual(lostCluster);
  });

  test("sweeps nothing while a password is being added: it may be the one", async () => {
    const { world, state } = await prepared({
      row: { secrets: [{ state: "adding", by: "another-op", since: born }] },
      passwords: [stray("fresh", "another-op")],
    });
    await removeSecrets.run({ operationId, clusterKey }, world);
    expect(state.passwords.map(({ keyId }) => keyId)).toEqual(["fresh"]);
  });

  test("keeps on record what a replica still shows", async () => {
    const { world, refuse, secrets } = await prepared({ row, passwords });
    refuse.remove = { outcome: "notYet", detail: "still listed" };
    expect(await removeSecrets.run({ operationId, clusterKey }, world)).toEqual({
      outcome: "notYet",
      detail: "still listed",
    });
    expect(await secrets()).toHaveLength(3);
  });

  test("sweeps passwords of ours that nothing knows, and leaves those that people made", async () => {
    const byHand: Password = { keyId: "theirs", displayName: "crosspulling by hand", expiresAt: born };
    const { world, state } = await prepared({
      row: { secrets: [kept("v1", "current")] },
      passwords: [stray("key-v1"), stray("lost", "dead-op"), byHand],
    });
    await removeSecrets.run({ operationId, clusterKey }, world);
    expect(state.passwords.map(({ keyId }) => keyId)).toEqual(["key-v1", "theirs"]);
  });
});
