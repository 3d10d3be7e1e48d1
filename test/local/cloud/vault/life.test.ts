import { arm, cloudWithPuller, type Answer } from "../arm/people.ts";
import type { Estate } from "../../../../local/cloud/estates/types.ts";
import type { TestCloud } from "../kit/cloud.ts";
import { struck, turnAll } from "../life/turning.ts";

const group = "/subscriptions/a0000000-0000-4000-8000-0000000000a1/resourceGroups/rg-crosspull";
const vaultId = (name: string): string => `${group}/providers/Microsoft.KeyVault/vaults/${name}`;
const names = ["kv-crosspull", ...Array.from({ length: 15 }, (_, index) => `kv-more-${index + 1}`)];
const callerAddress = "203.0.113.77";

/** The estate with these vaults, in which the administrator is let into all secrets. */
function withVaults({ applications, roleAssignments }: Estate, vaults: Estate["vaults"]): Partial<Estate> {
  const principalId = applications.find(({ key }) => key === "az")?.servicePrincipals[0]?.objectId ?? "";
  const role = { scope: group, principalId, role: "Key Vault Secrets Officer" };
  return { callerAddress, vaults, roleAssignments: [...roleAssignments, role] };
}

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await cloudWithPuller({}, (estate) =>
    withVaults(
      estate,
      names.flatMap((name) => estate.vaults.slice(0, 1).map((vault) => ({ ...vault, name }))),
    ),
  );
});
afterAll(() => cloud.close());
beforeEach(() => cloud.control("POST", "/control/reset"));

const advance = (advanceInSeconds: number): Promise<unknown> =>
  cloud.control("POST", "/control/clock", { advanceInSeconds });

/** A call of a vault's own endpoint by the administrator. */
async function ask(method: string, path: string, body?: unknown, vault = names[0] ?? ""): Promise<Answer> {
  const shown = await resource(vault);
  const { token } = await cloud.credential("TENANT_A", "").getToken("https://vault.azure.net/.default");
  const answer = await fetch(`${shown.body.properties.vaultUri}${path}?api-version=7.5`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text === "" ? undefined : JSON.parse(text) };
}

interface Listed {
  readonly id: string;
  readonly attributes: { readonly enabled: boolean };
}

const resource = (name = names[0] ?? ""): Promise<Answer> =>
  arm(cloud, "GET", `${vaultId(name)}?api-version=2023-07-01`);
const set = (name: string, vault?: string, more: object = {}): Promise<Answer> =>
  ask("PUT", `secrets/${name}`, { value: "a value", ...more }, vault);
const change = (properties: object, name = names[0] ?? ""): Promise<Answer> =>
  arm(cloud, "PATCH", `${vaultId(name)}?api-version=2023-07-01`, { body: { properties } });
const seen = ({ status, body }: Answer): unknown => [status, body?.error?.innererror?.code];
describe("deleting and recovering", () => {
  test("shows after seconds, and the name stays in conflict after that", async () => {
    await turnAll(cloud, { slowVaultDeletion: true });
    await set("slow");
    expect((await ask("DELETE", "secrets/slow")).status).toBe(200);
    expect((await ask("GET", "secrets/slow")).status).toBe(404);
    expect((await ask("GET", "deletedsecrets/slow")).status).toBe(404);
    await advance(13);
    expect((await ask("GET", "deletedsecrets/slow")).status).toBe(200);
    expect(seen(await set("slow"))).toEqual([409, "ObjectIsBeingDeleted"]);
    expect(seen(await ask("DELETE", "deletedsecrets/slow"))).toEqual([409, "ObjectIsBeingDeleted"]);
    expect(seen(await ask("POST", "deletedsecrets/slow/recover"))).toEqual([409, "ObjectIsBeingDeleted"]);
    await advance(60);
    expect(seen(await set("slow"))).toEqual([409, "ObjectIsDeletedButRecoverable"]);
    expect((await ask("POST", "deletedsecrets/slow/recover")).status).toBe(200);
    expect((await ask("GET", "secrets/slow")).status).toBe(404);
    await advance(13);
    expect((await ask("GET", "secrets/slow")).status).toBe(200);
    expect(seen(await set("slow"))).toEqual([409, "ObjectIsBeingRecovered"]);
    await advance(60);
    expect((await set("slow")).status).toBe(200);
    expect(await struck(cloud, "slowVaultDeletion")).toBe(7);
  });

  test("is at once while the switch is off", async () => {
    await turnAll(cloud, {});
    await set("quick");
    await ask("DELETE", "secrets/quick");
    expect((await ask("GET", "deletedsecrets/quick")).status).toBe(200);
    expect((await ask("POST", "deletedsecrets/quick/recover")).status).toBe(200);
    expect((await set("quick")).status).toBe(200);
    expect(await struck(cloud, "slowVaultDeletion")).toBe(0);
  });

  test("recovered versions are enabled or not as they were", async () => {
    const first = await set("kept");
    await set("kept");
    const version = String(first.body.id).split("/").at(-1);
    await ask("PATCH", `secrets/kept/${version}`, { attributes: { enabled: false } });
    await ask("DELETE", "secrets/kept");
    await ask("POST", "deletedsecrets/kept/recover");
    const { value } = (await ask("GET", "secrets/kept/versions")).body;
    expect(value.map((one: Listed) => one.attributes.enabled)).toEqual([false, true]);
  });

  test("what is deleted goes for good when the retention is over", async () => {
    await change({ softDeleteRetentionInDays: 7 });
    await set("old");
    await ask("DELETE", "secrets/old");
    expect((await ask("GET", "deletedsecrets")).body.value).toHaveLength(1);
    await advance(7 * 86_400 + 1);
    expect((await ask("GET", "deletedsecrets")).body.value).toEqual([]);
    expect((await set("old")).status).toBe(200);
  });
});

test("a vault is protected from purging by its setting, for ever", async () => {
  await turnAll(cloud, {});
  const answer = await change({ enablePurgeProtection: true });
  expect(answer.body.properties.enablePurgeProtection).toBe(true);
  await set("held");
  expect((await ask("DELETE", "secrets/held")).body.attributes.recoveryLevel).toBe("Recoverable");
  const purged = await ask("DELETE", "deletedsecrets/held");
  expect([purged.status, purged.body.error.message]).toEqual([403, expect.stringContaining("purge protection")]);
  expect((await change({ enablePurgeProtection: false })).status).toBe(400);
  expect(await struck(cloud, "vaultPurgeProtection")).toBe(0);
});

test("purge protection falls on one vault in five, with a retention of its own", async () => {
  const protectedOnes = async (): Promise<readonly string[]> => {
    const all = await Promise.all(names.map((name) => resource(name)));
    return all.filter(({ body }) => body.properties.enablePurgeProtection).map(({ body }) => String(body.name));
  };
  await turnAll(cloud, {});
  expect(await protectedOnes()).toEqual([]);
  await turnAll(cloud, { vaultPurgeProtection: true });
  const found = await protectedOnes();
  expect(found.length).toBeGreaterThan(0);
  expect(found.length).toBeLessThan(9);
  const [name = ""] = found;
  await set("held", name);
  const { attributes } = (await ask("DELETE", "secrets/held", undefined, name)).body;
  expect(attributes.recoverableDays).toBeGreaterThanOrEqual(7);
  expect(attributes.recoverableDays).toBeLessThanOrEqual(90);
  expect((await ask("DELETE", "deletedsecrets/held", undefined, name)).status).toBe(403);
  expect(await struck(cloud, "vaultPurgeProtection")).toBe(1);
});

test("in access-policy mode the policies count and roles do not, through Resource Manager too", async () => {
  await turnAll(cloud, {});
  expect((await change({ enableRbacAuthorization: false })).body.properties.enableRbacAuthorization).toBe(false);
  const refused = await set("one");
  expect(seen(refused)).toEqual([403, "ForbiddenByPolicy"]);
  expect(refused.body.error.message).toContain("does not have secrets set permission on key vault 'kv-crosspull");
  const { token } = await cloud.credential("TENANT_A", "").getToken("https://vault.azure.net/.default");
  const { oid, tid } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Record<
    "oid" | "tid",
    string
  >;
  const policy = { tenantId: tid, objectId: oid, permissions: { secrets: ["Get", "set"] } };
  await change({ accessPolicies: [policy] });
  expect((await set("one")).status).toBe(200);
  expect((await ask("GET", "secrets/one")).status).toBe(200);
  expect(seen(await ask("DELETE", "secrets/one"))).toEqual([403, "ForbiddenByPolicy"]);
  expect((await change({ accessPolicies: [{ objectId: oid }] })).body.error.message).toBe(
    "An invalid value was provided for 'accessPolicies'.",
  );
  await change({ enableRbacAuthorization: true });
  expect((await ask("DELETE", "secrets/one")).status).toBe(200);
});

test("a vault that is put as it was read stays as it is, and what is left out is as in a new one", async () => {
  await turnAll(cloud, {});
  await change({ publicNetworkAccess: "Disabled" });
  const { body } = await resource();
  const put = (properties: object): Promise<Answer> =>
    arm(cloud, "PUT", `${vaultId("kv-crosspull")}?api-version=2023-07-01`, {
      body: { location: body.location, properties },
    });
  expect((await put(body.properties)).body.properties).toEqual(body.properties);
  const { sku, tenantId } = body.properties;
  expect((await put({ sku, tenantId })).body.properties).toMatchObject({
    enableRbacAuthorization: false,
    publicNetworkAccess: "Enabled",
  });
  expect(await put({ sku })).toMatchObject({ status: 400, body: { error: { code: "BadRequest" } } });
});

test("a firewall refuses every address but those it names, and says which one called", async () => {
  await turnAll(cloud, {});
  await change({ networkAcls: { defaultAction: "Deny", ipRules: [{ value: "198.51.100.0/24" }] } });
  const refused = await set("one");
  expect(seen(refused)).toEqual([403, "ForbiddenByFirewall"]);
  expect(refused.body.error.message).toContain(`Client address: ${callerAddress}`);
  await change({ networkAcls: { defaultAction: "Deny", ipRules: [{ value: "203.0.113.0/24" }] } });
  expect((await set("one")).status).toBe(200);
  expect((await change({ networkAcls: { ipRules: [{ value: "everywhere" }] } })).status).toBe(400);
  await change({ publicNetworkAccess: "Disabled" });
  expect(seen(await set("one"))).toEqual([403, "ForbiddenByConnection"]);
});

test.each([
  ["vaultAccessPolicies", "ForbiddenByPolicy"],
  ["vaultFirewall", "ForbiddenByFirewall"],
  ["vaultDataPolicies", "ForbiddenByPolicy"],
])("%s falls on one vault in five, never on the first", async (name, code) => {
  const refusals = async (): Promise<readonly string[]> => {
    const answers = await Promise.all(names.map(async (vault) => ({ vault, answer: await set("one", vault) })));
    expect(answers.map(({ answer }) => answer.status)).not.toContain(500);
    return answers.filter(({ answer }) => answer.body?.error?.innererror?.code === code).map(({ vault }) => vault);
  };
  await turnAll(cloud, {});
  expect(await refusals()).toEqual([]);
  await turnAll(cloud, { [name]: true });
  const refused = await refusals();
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.length).toBeLessThan(9);
  expect(refused).not.toContain(names[0]);
  expect(await struck(cloud, name)).toBe(refused.length);
});

test("versions are listed in no order of time", async () => {
  const made: string[] = [];
  for (let count = 0; count < 6; count += 1) made.push(String((await set("many")).body.id));
  const listed = async (): Promise<readonly string[]> =>
    (await ask("GET", "secrets/many/versions")).body.value.map(({ id }: Listed) => id);
  await turnAll(cloud, {});
  expect(await listed()).toEqual(made);
  await turnAll(cloud, { versionsInNoOrder: true });
  expect(await listed()).not.toEqual(made);
  expect([...(await listed())].sort()).toEqual([...made].sort());
  expect(await struck(cloud, "versionsInNoOrder")).toBe(2);
});

describe("what Azure Policy demands of the secrets of a vault stands in the estate", () => {
  let strict: TestCloud;
  beforeAll(async () => {
    const policies = {
      contentTypeRequired: true,
      expiryRequired: true,
      maximumValidityInDays: 90,
      minimumDaysBeforeExpiry: 7,
    };
    strict = await cloudWithPuller({}, (estate) =>
      withVaults(
        estate,
        estate.vaults.map((vault) => ({ ...vault, policies })),
      ),
    );
  });
  afterAll(() => strict.close());

  test.each([
    ["without content type", { attributes: { exp: 30 } }, "Secrets should have content type set"],
    ["without an end", { contentType: "text/plain" }, "Key Vault secrets should have an expiration date"],
    ["that lives too long", { contentType: "text/plain", attributes: { exp: 91 } }, "maximum validity period"],
    ["that ends too soon", { contentType: "text/plain", attributes: { exp: 6 } }, "days before expiration"],
    ["as it should be", { contentType: "text/plain", attributes: { exp: 89 } }, undefined],
  ])(
    "a secret %s",
    async (_what, { attributes, ...more }: { contentType?: string; attributes?: { exp: number } }, words) => {
      const exp = attributes && Math.floor(Date.now() / 1000) + attributes.exp * 86_400;
      const operator = strict.credential("TENANT_A", "");
      const { token } = await operator.getToken("https://vault.azure.net/.default");
      const answer = await fetch(`${strict.env1("VAULT_URL")}/secrets/one?api-version=7.5`, {
        method: "PUT",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ value: "a value", ...more, ...(exp && { attributes: { exp } }) }),
      });
      const { error } = (await answer.json()) as { error?: { message: string; innererror: { code: string } } };
      expect([answer.status, error?.innererror.code]).toEqual(words ? [403, "ForbiddenByPolicy"] : [200, undefined]);
      if (words) expect(error?.message).toContain(words);
    },
  );
});
