import { addSecret } from "../../src/activities/addSecret.ts";
import { rejectSecret, removeSecrets, useSecret } from "../../src/activities/judgeSecrets.ts";
import type { SecretVersion } from "../../src/azure/clients.ts";
import { StaleOperation, TransientError } from "../../src/domain/errors.ts";
import type { Password } from "../../src/domain/passwords.ts";
import type { AddingSecret, PullIdentity, StoredSecret } from "../../src/domain/pullIdentity.ts";
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
    directoryTime?: string;
    beforeAdd?: () => void;
    /** What the directory does whatever was asked for. */
    answer?: { readonly expiresAt?: string; readonly displayName?: string };
    beforeDisable?: () => Promise<unknown>;
  } = {};
  const world = await worldOf(
    { identities: [{ ...identity, ...row }] },
    {
      directory: {
        listPasswords: async () => {
          state.lists += 1;
          return { passwords: state.passwords, readAt: refuse.directoryTime ?? born };
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
          refuse.beforeAdd?.();
          if (refuse.add && days > (refuse.addUpToDays ?? 0)) return refuse.add as never;
          const keyId = `made-${(state.made += 1)}`;
          state.passwords.push({ keyId, displayName, startsAt: born, expiresAt, ...refuse.answer });
          if (refuse.addThenCut) {
            refuse.addThenCut = false;
            throw new TransientError("cut");
          }
          return { outcome: "added", keyId, value: new Secret(`value of ${keyId}`), expiresAt, ...refuse.answer };
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
const password = (keyId: string, displayName: string, startsAt = born): Password => ({
  keyId,
  displayName,
  startsAt,
  expiresAt: "2026-07-01T00:00:00.000Z",
});
const stray = (keyId: string, by = operationId): Password => password(keyId, `crosspull ${by}`);
const adding = (by = operationId, seen: readonly string[] | null = []): AddingSecret => ({
  state: "adding",
  by,
  since: born,
  seen,
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
    row: { secrets: [adding()] },
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
    row: { secrets: [kept("v1", "rejected"), adding()] },
    passwords: [stray("key-v1")],
    versions: [enabled("v1", tags)],
  });
  expect(await add()).toMatchObject({ secret: { version: "version-2", keyId: "made-1" } });
});

test("strays of an operation that died are removed by the next one, passwords of others never", async () => {
  const foreign = password("theirs", "made by hand");
  const { add, state, secrets } = await prepared({
    row: { secrets: [adding("dead-op")] },
    passwords: [stray("lost", "dead-op"), foreign],
  });
  await add();
  expect(state.passwords.map(({ keyId }) => keyId)).toEqual(["theirs", "made-1"]);
  // Nor is anything of it meant any more.
  expect(await secrets()).toMatchObject([{ state: "proving", keyId: "made-1" }]);
});

describe("a password whose name the directory passed over", () => {
  const intent = { secrets: [adding(operationId, ["theirs"])] };

  test("is found by its key id, which was not there before, where the answer was lost", async () => {
    const { add, refuse, state } = await prepared({ passwords: [password("theirs", "")] });
    refuse.addThenCut = true;
    refuse.answer = { displayName: "" };
    await expect(add()).rejects.toThrow("cut");
    expect(await add()).toMatchObject({ outcome: "ready" });
    expect(state.passwords.map(({ keyId }) => keyId)).toEqual(["theirs", "made-2"]);
  });

  test.each<[string, Password, Partial<PullIdentity>]>([
    ["was there before", password("theirs", ""), intent],
    ["has a name that somebody gave it", password("new", "made in the portal"), intent],
    ["was added long after the intent", password("new", "", "2026-01-01T00:06:00.000Z"), intent],
    ["was added long before it", password("new", "", "2025-12-31T23:54:00.000Z"), intent],
    ["does not say when it was added", { ...password("new", ""), startsAt: null }, intent],
    ["may have been there before", password("new", ""), { secrets: [adding(operationId, null)] }],
  ])("is told from one of others that %s", async (_what, other, row) => {
    const { add, state } = await prepared({ row, passwords: [other] });
    await add();
    expect(state.passwords.map(({ keyId }) => keyId)).toEqual([other.keyId, "made-1"]);
  });
});

test("a password that the row knows is no stray, though its version is gone from the vault", async () => {
  const { add, state } = await prepared({
    row: {
      secrets: [kept("v1", "current"), adding()],
      onCluster: { state: "held", version: "v1", since: born },
    },
    passwords: [stray("key-v1")],
  });
  await add();
  expect(state.passwords.map(({ keyId }) => keyId)).toEqual(["key-v1"]);
});

describe("there are at most two passwords of ours", () => {
  const old = { createdAt: "2025-07-01T00:00:00.000Z", expiresAt: "2026-02-01T00:00:00.000Z" };
  const two = (onCluster: PullIdentity["onCluster"], more: Partial<PullIdentity> = {}) => ({
    row: { secrets: [kept("v1", "retiring"), { ...kept("v2", "current"), ...old }], onCluster, ...more },
    passwords: [stray("key-v1"), stray("key-v2"), password("theirs", "made by hand")],
  });
  const keyIds = (passwords: readonly Password[]) => passwords.map(({ keyId }) => keyId);

  test("so that one that no node may hold goes before the next comes, and stays on the row until it is refused", async () => {
    const { add, state, secrets } = await prepared(two({ state: "held", version: "v2", since: born }));
    expect(await add()).toMatchObject({ secret: { keyId: "made-1" } });
    expect(keyIds(state.passwords)).toEqual(["key-v2", "theirs", "made-1"]);
    expect((await secrets()).map((one) => one.state)).toEqual(["retiring", "current", "proving"]);
  });

  test("so that an old one that works is handed out while nodes may hold both", async () => {
    const { add, state } = await prepared(two({ state: "halfway", mayHold: ["v1", "v2"] }));
    expect(await add()).toMatchObject({ outcome: "ready", secret: { version: "v2" } });
    expect([state.made, keyIds(state.passwords)]).toEqual([0, ["key-v1", "key-v2", "theirs"]]);
  });

  test("unless neither can be handed out: a cluster is not left without", async () => {
    const secrets = [kept("v1", "rejected"), kept("v2", "rejected")];
    const { add } = await prepared(two({ state: "halfway", mayHold: ["v1", "v2"] }, { secrets }));
    expect(await add()).toMatchObject({ secret: { keyId: "made-1" } });
    const expired = [kept("v1", "retiring"), { ...kept("v2", "current"), ...old, expiresAt: born }];
    const late = await prepared(two({ state: "halfway", mayHold: ["v1", "v2"] }, { secrets: expired }));
    expect(await late.add()).toMatchObject({ secret: { keyId: "made-1" } });
  });

  test("in a grace as well, which only a rotation that gives none cuts short", async () => {
    const given = two({ state: "held", version: "v2", since: born }, { graceUntil: "2026-01-02T00:00:00.000Z" });
    const { add, state } = await prepared(given);
    expect(await add()).toMatchObject({ secret: { version: "v2" } });
    expect(keyIds(state.passwords)).toEqual(["key-v1", "key-v2", "theirs"]);
    const leak = await prepared(given);
    const own = { ...given.row, holder: { operationId: "leak", since: born } };
    await leak.world.identities.update(clusterKey, (row) => ({ ...row, ...own }));
    await addSecret.run({ operationId: "leak", clusterKey, anew: true }, leak.world);
    expect(keyIds(leak.state.passwords)).toEqual(["key-v2", "theirs", "made-1"]);
  });

  test("and one that a replica still shows is waited for", async () => {
    const { add, refuse, state } = await prepared(two({ state: "held", version: "v2", since: born }));
    refuse.remove = { outcome: "notYet", detail: "still listed" };
    await expect(add()).rejects.toThrow(TransientError);
    expect(state.made).toBe(0);
  });
});

test("strays of two operations are removed together", async () => {
  const { add, state } = await prepared({
    row: {
      secrets: [adding("dead-op"), adding()],
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
    row: { secrets: [adding()] },
    versions: [version],
  });
  expect(await add()).toMatchObject({ outcome: "ready", secret: { version: "version-2", keyId: "made-1" } });
});

test("a version that does not say when it was made is as old as now", async () => {
  const tags = { keyId: "made-0", appId: "ours", operationId };
  const { add } = await prepared({
    row: { secrets: [adding()] },
    versions: [enabled("v7", tags)],
  });
  expect(await add()).toMatchObject({ secret: { version: "v7", keyId: "made-0", createdAt: born } });
});

test("a stray that a replica still shows is waited for: a secret is not recorded as removed before it is", async () => {
  const { add, refuse, secrets } = await prepared({
    row: { secrets: [adding()] },
    passwords: [stray("lost")],
  });
  refuse.remove = { outcome: "notYet", detail: "still listed" };
  await expect(add()).rejects.toEqual(new TransientError("a password of ours is still shown: still listed"));
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

describe("the life of a secret", () => {
  const tooLong = { outcome: "tooLong", code: "X", detail: "too long" };
  const within = async (addUpToDays: number, capInDays?: number, row: Partial<PullIdentity> = {}) => {
    const prepare = await prepared({ row });
    Object.assign(prepare.refuse, { add: tooLong, addUpToDays, capInDays });
    return prepare;
  };
  const capOf = async ({ world }: Awaited<ReturnType<typeof prepared>>) =>
    (await world.identities.read(clusterKey))?.value.lifetimeCap;

  test("is what the tenant's policy allows, which is remembered", async () => {
    const capped = await within(30, 30);
    expect(await capped.add()).toMatchObject({ outcome: "ready", secret: { expiresAt: "2026-01-31T00:00:00.000Z" } });
    expect(capped.state.daysAskedFor).toEqual([180, 30]);
    expect(await capOf(capped)).toEqual({ days: 30, seenAt: born });
  });

  test("is found by trying where the policy may not be read, and remembered", async () => {
    const capped = await within(45);
    expect(await capped.add()).toMatchObject({ outcome: "ready" });
    expect(capped.state.daysAskedFor).toEqual([180, 120, 90, 60, 30]);
    expect(await capOf(capped)).toEqual({ days: 30, seenAt: born });
  });

  test("is an hour shorter than the policy says where the directory's own clocks differ", async () => {
    const capped = await within(29.99, 30);
    await capped.add();
    expect(capped.state.daysAskedFor).toEqual([180, 30, 30 - 1 / 24]);
  });

  test("begins with what is remembered, so that nothing is refused", async () => {
    const capped = await within(30, undefined, { lifetimeCap: { days: 30, seenAt: "2025-11-01T00:00:00.000Z" } });
    await capped.add();
    expect(capped.state.daysAskedFor).toEqual([30]);
    expect(await capOf(capped)).toEqual({ days: 30, seenAt: "2025-11-01T00:00:00.000Z" });
  });

  test("is tried at full length again after three months, and the cap forgotten where it is lifted", async () => {
    const lifted = await within(365, undefined, { lifetimeCap: { days: 30, seenAt: "2025-10-03T00:00:00.000Z" } });
    await lifted.add();
    expect([lifted.state.daysAskedFor, await capOf(lifted)]).toEqual([[180], null]);
  });

  test("of less than a day is allowed by no policy that a cluster can live with", async () => {
    const none = await within(0);
    expect(await none.add()).toMatchObject({ outcome: "refused", problem: { code: "CP-SECRET-POLICY" } });
    expect([none.state.daysAskedFor.at(-1), await none.secrets()]).toEqual([1, []]);
  });

  test("is reckoned from the time by the directory's clock, and is what the directory answers", async () => {
    const { add, refuse, state } = await prepared();
    refuse.directoryTime = "2026-03-01T00:00:00.000Z";
    await add();
    expect(state.passwords).toMatchObject([{ expiresAt: "2026-08-28T00:00:00.000Z" }]);
    const other = await prepared();
    other.refuse.answer = { expiresAt: "2028-01-01T00:00:00.000Z", displayName: "" };
    expect(await other.add()).toMatchObject({ secret: { expiresAt: "2028-01-01T00:00:00.000Z" } });
    expect(other.state.versions).toMatchObject([{ expiresAt: "2028-01-01T00:00:00.000Z" }]);
  });
});

describe("an end that the directory refuses", () => {
  const dates = { outcome: "dates", code: "KeyCredentialsInvalidEndDate", detail: "not after now" };

  test("is reckoned once more from its clock as it is now", async () => {
    const { add, refuse, state } = await prepared();
    refuse.add = dates;
    refuse.addUpToDays = 200;
    refuse.directoryTime = "2026-03-01T00:00:00.000Z";
    refuse.beforeAdd = () => {
      if (state.daysAskedFor.length > 0) refuse.directoryTime = "2026-01-02T00:00:00.000Z";
    };
    expect(await add()).toMatchObject({ outcome: "ready" });
    expect(state.daysAskedFor).toEqual([239, 181]);
  });

  test("twice is told with both clocks, and nothing is intended any more", async () => {
    const { add, refuse, state, secrets } = await prepared();
    refuse.add = dates;
    refuse.directoryTime = "2026-01-01T00:07:00.000Z";
    const { problem } = (await add()) as { problem: { code: string; detail: string } };
    expect(problem.code).toBe("CP-SECRET-DATES");
    for (const word of ["KeyCredentialsInvalidEndDate", "2026-01-01T00:07:00.000Z", born, "2026-06-30T00:07:00.000Z"])
      expect(problem.detail).toContain(word);
    expect([state.daysAskedFor.length, await secrets()]).toEqual([2, []]);
  });
});

test.each([
  ["a policy forbids passwords, and a shorter life besides", "policy", 30],
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

  test("asks Entra no more about a password that was seen to be refused, and looks for no others where that is spared", async () => {
    const { world, state, secrets } = await prepared({ row, passwords: [stray("key-v9")], versions: [enabled("v2")] });
    const spared = { refused: ["v2"], sweeps: false };
    expect(await removeSecrets.run({ operationId, clusterKey, ...spared }, world)).toEqual({ outcome: "removed" });
    expect([state.removals, state.lists, state.passwords.length]).toEqual([0, 0, 1]);
    expect(state.versions.filter((one) => one.enabled)).toEqual([]);
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
      row: { secrets: [adding("another-op")] },
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

  const orphan = (keyId: string, startsAt = "2025-12-31T22:59:59.000Z") =>
    password(keyId, "crosspull dead-op", startsAt);

  test("leaves a password of our kind of name alone for an hour, unless this operation made it itself", async () => {
    const young = orphan("young", "2025-12-31T23:00:00.000Z");
    const unknown = { ...orphan("unknown"), startsAt: null };
    const { world, state } = await prepared({ passwords: [young, unknown, orphan("old"), stray("own")] });
    await removeSecrets.run({ operationId, clusterKey }, world);
    expect(state.passwords.map(({ keyId }) => keyId)).toEqual(["young", "unknown"]);
  });

  test("disables again what came back with a secret that somebody recovered, and nothing that others put there", async () => {
    const { world, state } = await prepared({
      row: { secrets: [kept("v3", "current")] },
      versions: [unrecorded("v1", "key-v1"), unrecorded("v2", "key-v3"), unrecorded("v3", "key-v3"), enabled("theirs")],
    });
    await removeSecrets.run({ operationId, clusterKey }, world);
    expect(state.versions.filter((one) => one.enabled).map(({ version }) => version)).toEqual(["v3", "theirs"]);
  });

  test("disables nothing while a password is being added: its version may be there already", async () => {
    const { world, state } = await prepared({ row: { secrets: [adding()] }, versions: [unrecorded("v1", "key-v1")] });
    await removeSecrets.run({ operationId, clusterKey }, world);
    expect(state.versions.map((one) => one.enabled)).toEqual([true]);
  });

  test("sweeps passwords of ours that nothing knows, and leaves those that people made", async () => {
    const byHand = password("theirs", "crosspulling by hand", "2025-01-01T00:00:00.000Z");
    const { world, state } = await prepared({
      row: { secrets: [kept("v1", "current")] },
      passwords: [stray("key-v1"), orphan("lost"), byHand],
    });
    await removeSecrets.run({ operationId, clusterKey }, world);
    expect(state.passwords.map(({ keyId }) => keyId)).toEqual(["key-v1", "theirs"]);
  });
});
