import { addSecret } from "../../src/activities/addSecret.ts";
import { doubtSecret, removeSecrets, useSecret } from "../../src/activities/judgeSecrets.ts";
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
  const state = { passwords: [...passwords], versions: [...versions], made: 0, removals: 0 };
  const refuse: { add?: object; put?: object; remove?: object; addThenCut?: boolean; capInDays?: number } = {};
  const world = await worldOf(
    { identities: [{ ...identity, ...row }] },
    {
      directory: {
        listPasswords: async () => state.passwords,
        credentialPolicy: async () =>
          refuse.capInDays === undefined
            ? { outcome: "unknown", detail: "no right" }
            : {
                outcome: "known",
                value: { forbidsPasswords: false, longestLifetimeInDays: refuse.capInDays, forbidsMultitenant: false },
              },
        addPassword: async (_tenant, _object, { displayName, expiresAt }) => {
          const days = (Date.parse(expiresAt) - Date.parse(born)) / 86_400_000;
          if (refuse.add && days > (refuse.capInDays ?? 0)) return refuse.add as never;
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
        versions: async () => state.versions,
        put: async (_name, _value, { expiresAt, tags }) => {
          if (refuse.put) return refuse.put as never;
          const version = `version-${state.versions.length + 1}`;
          state.versions.push({ version, enabled: true, expiresAt, tags });
          return { outcome: "put", version };
        },
        disable: async (_name, version) => {
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

test("a healthy secret is used again, and nothing is added", async () => {
  const { add, state } = await prepared({ row: { secrets: [kept("v1", "current")] }, versions: [enabled("v1")] });
  expect(await add()).toEqual({
    outcome: "ready",
    appId: "ours",
    secret: { name: "pull-c1", version: "v1", keyId: "key-v1", createdAt: born, expiresAt: "2026-07-01T00:00:00.000Z" },
  });
  expect(state.made).toBe(0);
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
    row: { secrets: [kept("v1", "doubted"), { state: "adding", by: operationId, since: born }] },
    passwords: [stray("key-v1")],
    versions: [enabled("v1", tags)],
  });
  expect(await add()).toMatchObject({ secret: { version: "version-2", keyId: "made-1" } });
});

test("strays of an operation that died are removed by the next one, passwords of others never", async () => {
  const foreign: Password = { keyId: "theirs", displayName: "made by hand", expiresAt: born };
  const { add, state } = await prepared({
    row: { secrets: [{ state: "adding", by: "dead-op", since: born }] },
    passwords: [stray("lost", "dead-op"), foreign],
  });
  await add();
  expect(state.passwords.map(({ keyId }) => keyId)).toEqual(["theirs", "made-1"]);
});

test("a stray that a replica still shows is waited for: a secret is not recorded as removed before it is", async () => {
  const { add, refuse, secrets } = await prepared({
    row: { secrets: [{ state: "adding", by: operationId, since: born }] },
    passwords: [stray("lost")],
  });
  refuse.remove = { outcome: "notYet", detail: "still listed" };
  await expect(add()).rejects.toThrow(TransientError);
  expect(await secrets()).toMatchObject([{ state: "adding" }]);
});

test.each([
  ["policy", "CP-SECRET-POLICY"],
  ["forbidden", "CP-DIRECTORY-FORBIDDEN"],
])("a password that is refused (%s) is told as %s, and nothing is intended any more", async (outcome, code) => {
  const { add, refuse, secrets } = await prepared();
  refuse.add = { outcome, code: "X", detail: "no" };
  expect(await add()).toMatchObject({ outcome: "refused", problem: { code } });
  expect(await secrets()).toEqual([]);
});

test("a tenant that allows a shorter life only gets a secret of that life", async () => {
  const { add, refuse } = await prepared();
  refuse.add = { outcome: "policy", code: "X", detail: "too long" };
  refuse.capInDays = 30;
  expect(await add()).toMatchObject({ outcome: "ready", secret: { expiresAt: "2026-01-31T00:00:00.000Z" } });
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

test("an operation that lost the cluster adds nothing", async () => {
  const { add, state } = await prepared({ row: { holder: { operationId: "another", since: born } } });
  await expect(add()).rejects.toThrow(StaleOperation);
  expect(state.made).toBe(0);
});

test("what was proved is current, what was refused is doubted, by the holder alone", async () => {
  const { world, secrets } = await prepared({ row: { secrets: [kept("v1", "current"), kept("v2", "proving")] } });
  await useSecret.run({ operationId, clusterKey, version: "v2" }, world);
  expect((await secrets()).map(({ state }) => state)).toEqual(["retiring", "current"]);
  await doubtSecret.run({ operationId, clusterKey, version: "v2" }, world);
  expect((await secrets()).map(({ state }) => state)).toEqual(["retiring", "doubted"]);
  await expect(useSecret.run({ operationId: "another", clusterKey, version: "v1" }, world)).rejects.toThrow(
    StaleOperation,
  );
});

describe("removing secrets", () => {
  const row: Partial<PullIdentity> = {
    secrets: [kept("v1", "retiring"), kept("v2", "doubted"), kept("v3", "current")],
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
