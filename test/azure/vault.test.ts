import { inspect } from "node:util";
import type { Vault } from "../../src/azure/clients.ts";
import { connectAzure } from "../../src/azure/index.ts";
import { TransientError } from "../../src/domain/errors.ts";
import { Secret } from "../../src/domain/secret.ts";
import { simulate, type Simulated } from "./simulated.ts";

const canary = new Secret("canary-Ab1~secret-of-vault-4711");
const about = { expiresAt: "2027-05-20T00:00:00.000Z", tags: { keyId: "k1", state: "pending" } };
const name = "pull-0123456789abcdef";
const noVersion = "0123456789abcdef0123456789abcdef";

describe("the vault", () => {
  let simulated: Simulated;
  let vault: Vault;

  beforeAll(async () => {
    simulated = await simulate();
    vault = simulated.azure.vault;
  });
  afterAll(() => simulated.close());
  beforeEach(() => simulated.control("POST", "/control/reset"));

  async function put(by = vault, value = canary): Promise<string> {
    const answer = await by.put(name, value, about);
    if (answer.outcome !== "put") throw new Error(answer.detail);
    return answer.version;
  }
  async function read(version: string): Promise<string> {
    const answer = await vault.get(name, version);
    return answer.outcome === "read" ? answer.value.reveal() : answer.outcome;
  }

  it("keeps a version with its end and tags, and gives it back by version", async () => {
    const version = await put();
    expect(await read(version)).toBe(canary.reveal());
    expect(await vault.versions(name)).toEqual([{ version, enabled: true, ...about }]);
  });

  it("adds a version each time", async () => {
    const first = await put();
    const second = await put(vault, new Secret("another-secret"));
    expect(second).not.toBe(first);
    expect(await read(first)).toBe(canary.reveal());
    expect(await vault.versions(name)).toHaveLength(2);
  });

  it("has nothing for names and versions that are not there", async () => {
    expect(await vault.versions(name)).toEqual([]);
    expect(await vault.get(name, noVersion)).toMatchObject({ outcome: "gone" });
  });

  it("has nothing for a disabled version, whether it says so or not", async () => {
    const version = await put();
    await vault.disable(name, version);
    for (const error of [
      { code: "Forbidden", message: `Not ${canary.reveal()}.`, innererror: { code: "SecretDisabled" } },
      { code: "Forbidden", message: "Operation get is not allowed on a disabled secret." },
    ]) {
      await simulated.fault({ service: "vault", operation: "GetSecret", status: 403, body: { error } });
      expect(await vault.get(name, version)).toMatchObject({ outcome: "gone" });
    }
  });

  it.each([
    ["ForbiddenByRbac", "forbidden"],
    ["ForbiddenByPolicy", "forbidden"],
    ["ForbiddenByFirewall", "firewall"],
  ])("tells %s apart, and repeats no secret then", async (code, outcome) => {
    const version = await put();
    const body = { error: { code: "Forbidden", message: `Not ${canary.reveal()}.`, innererror: { code } } };
    await simulated.fault({ service: "vault", operation: "*", status: 403, body, times: 3 });
    const answers = [await vault.get(name, version), await vault.put(name, canary, about), await vault.access()];
    const refused = { outcome, code };
    expect(answers).toMatchObject([refused, refused, refused]);
    expect(JSON.stringify(answers.slice(0, 2))).not.toContain("canary");
  });

  it.each([
    ["Forbidden", "ForbiddenByPolicy", "Secret set operation is disallowed by policy 'content type'."],
    ["RequestDisallowedByPolicy", undefined, "Resource was disallowed by policy."],
    ["Forbidden", undefined, "Azure Policy: the validity period may be 90 days at most."],
  ])("is refused by a rule on contents and lifetimes (%s %s)", async (code, inner, message) => {
    const body = { error: { code, message, innererror: inner ? { code: inner } : undefined } };
    await simulated.fault({ service: "vault", operation: "SetSecret", status: 403, body });
    const detail = inner ? `${message} (${inner})` : message;
    expect(await vault.put(name, canary, about)).toMatchObject({ outcome: "policy", detail });
  });

  it("is usable with our rights", async () => {
    expect(await vault.access()).toEqual({ outcome: "usable" });
    expect(await vault.versions("crosspull-access")).toEqual([]);
  });

  it("is not usable for who may read secrets and not write them", async () => {
    const body = { error: { code: "Forbidden", message: "No.", innererror: { code: "ForbiddenByRbac" } } };
    await simulated.fault({ service: "vault", operation: "UpdateSecret", status: 403, body });
    expect(await vault.access()).toMatchObject({ outcome: "forbidden", code: "ForbiddenByRbac" });
  });

  it("replaces the tags of a version, and does not mind one that is gone", async () => {
    const version = await put();
    await vault.tag(name, version, { keyId: "k1", state: "current" });
    await vault.tag(name, noVersion, {});
    expect(await vault.versions(name)).toMatchObject([{ tags: { keyId: "k1", state: "current" } }]);
  });

  it("removes all versions, twice without complaint, and takes the name into use again", async () => {
    await vault.put(name, canary, about);
    await vault.remove(name);
    await vault.remove(name);
    expect(await vault.versions(name)).toEqual([]);
    const version = await put();
    expect(await read(version)).toBe(canary.reveal());
    expect((await vault.versions(name)).filter(({ enabled }) => enabled)).toMatchObject([{ version }]);
  });

  it("purges what was deleted, twice without complaint, and what never was", async () => {
    await put();
    await vault.remove(name);
    expect([await vault.purge(name), await vault.purge(name)]).toEqual([{ outcome: "purged" }, { outcome: "purged" }]);
    expect(await vault.purge("pull-never")).toEqual({ outcome: "purged" });
  });

  it.each([
    [
      "is protected from purging",
      "ForbiddenByPolicy",
      'Operation "purge" is not allowed because purge protection is enabled',
    ],
    ["does not let us", "ForbiddenByRbac", "Caller is not authorized to perform action"],
  ])("keeps what was deleted where the vault %s, and says until when", async (_what, code, message) => {
    const version = await put();
    await vault.remove(name);
    const body = { error: { code: "Forbidden", message, innererror: { code } } };
    await simulated.fault({ service: "vault", operation: "PurgeDeletedSecret", status: 403, body });
    const end = await vault.purge(name);
    expect(end).toMatchObject({ outcome: "recoverable", detail: expect.stringContaining(message) });
    const until = "until" in end && end.until !== null ? Date.parse(end.until) : NaN;
    expect(until - Date.now()).toBeGreaterThan(80 * 86_400_000);
    expect(await vault.get(name, version)).toMatchObject({ outcome: "gone" });
    // Where even that is hidden, nothing is made up.
    await simulated.fault({ service: "vault", operation: "PurgeDeletedSecret", status: 403, body });
    await simulated.fault({ service: "vault", operation: "GetDeletedSecret", status: 403, body });
    expect(await vault.purge(name)).toMatchObject({ outcome: "recoverable", until: null });
  });

  it("purges later what is being deleted, and what lies behind a firewall", async () => {
    await put();
    await vault.remove(name);
    for (const [status, inner] of [
      [409, "ObjectIsBeingDeleted"],
      [403, "ForbiddenByFirewall"],
    ] as const) {
      const body = {
        error: { code: status === 409 ? "Conflict" : "Forbidden", message: "x", innererror: { code: inner } },
      };
      await simulated.fault({ service: "vault", operation: "PurgeDeletedSecret", status, body });
      await expect(vault.purge(name)).rejects.toThrow(TransientError);
    }
    expect(await vault.purge(name)).toEqual({ outcome: "purged" });
  });

  it("leaves one enabled version after a lost answer, and gives that one back", async () => {
    await vault.versions(name);
    await simulated.fault({ service: "vault", operation: "SetSecret", effect: "after", cut: true });
    const version = await put();
    expect(await vault.versions(name)).toMatchObject([{ version, enabled: true }]);
    expect(await read(version)).toBe(canary.reveal());
  });

  it("keeps the newest of several versions of the same password", async () => {
    await put();
    await put();
    await put(vault, new Secret("another-secret"));
    await simulated.fault({ service: "vault", operation: "SetSecret", effect: "before", cut: true });
    const kept = await put();
    const enabled = (await vault.versions(name)).filter((one) => one.enabled);
    expect(enabled).toMatchObject([{ version: kept }]);
  });

  it("sends no secret before it knows whom it talks to, even when two are put at once", async () => {
    const { vault: fresh } = simulated.connect();
    await simulated.calls();
    await Promise.all([fresh.put("one", canary, about), fresh.put("two", canary, about), fresh.versions("one")]);
    const calls = (await simulated.control("GET", "/control/calls")) as { last: { path: string; status: number }[] };
    const unauthorized = calls.last.filter(({ status }) => status === 401);
    expect(unauthorized).toHaveLength(1);
  });

  it("goes on after a first call that failed", async () => {
    const { vault: fresh } = simulated.connect();
    await simulated.fault({ service: "vault", operation: "SetSecret", status: 429, body: {} });
    await expect(fresh.put(name, canary, about)).rejects.toThrow(TransientError);
    expect(await fresh.put(name, canary, about)).toMatchObject({
      outcome: "put",
      version: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it("costs two calls the first time, one after that", async () => {
    const { vault: fresh } = simulated.connect();
    await simulated.azure.vault.put(name, canary, about);
    await simulated.calls();
    await fresh.put(name, canary, about);
    await fresh.put(name, canary, about);
    expect(await simulated.calls()).toMatchObject({ "vault SetSecret": 3 });
  });

  it.each([
    ["a lost request", { effect: "before", cut: true, times: 9 }],
    ["a garbled answer", { status: 200, body: `{"value":"${canary.reveal()}` }],
    ["an outage that repeats it", { status: 503, body: { error: { code: "x", message: canary.reveal() } } }],
    ["throttling without Retry-After", { status: 429, body: {} }],
    ["an outage", { status: 503, times: 9, headers: { "retry-after-ms": "1" } }],
  ])("takes %s for something time cures, and shows no secret then", async (_name, fault) => {
    await vault.versions(name);
    await simulated.fault({ service: "vault", operation: "SetSecret", ...fault });
    const error: unknown = await vault.put(name, canary, about).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TransientError);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(canary.reveal());
  });

  it("does not repeat a secret that the service put into its own sentence", async () => {
    const body = { error: { code: "BadParameter", message: `The value ${canary.reveal()} is not welcome.` } };
    await simulated.fault({ service: "vault", operation: "SetSecret", status: 400, body });
    const error: unknown = await vault.put(name, canary, about).catch((caught: unknown) => caught);
    expect(inspect(error)).toContain("The value [secret] is not welcome.");
  });

  it("is reachable only with an identity that it knows", async () => {
    expect(await vault.reachable()).toBe(true);
    const stranger = { kind: "managedIdentity", automationClientId: simulated.env["API_CLIENT_ID"] ?? "" } as const;
    const managedIdentityClientId = simulated.env["MANAGED_IDENTITY_CLIENT_ID"] ?? "";
    const unknown = connectAzure({
      cloud: simulated.cloud,
      vaultUrl: simulated.env["VAULT_URL"] ?? "",
      credential: { ...stranger, managedIdentityClientId },
    });
    expect(await unknown.vault.reachable()).toBe(false);
  });
});
