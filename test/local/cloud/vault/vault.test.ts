import { SecretClient } from "@azure/keyvault-secrets";
import { ClientAssertionCredential, ManagedIdentityCredential, type TokenCredential } from "@azure/identity";
import { jsonOf, testCloud, type TestCloud } from "../kit/cloud.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await testCloud();
  process.env["IDENTITY_ENDPOINT"] = cloud.env1("IDENTITY_ENDPOINT");
  process.env["IDENTITY_HEADER"] = cloud.env1("IDENTITY_HEADER");
});
afterAll(() => cloud.close());

function automation(): TokenCredential {
  const identity = new ManagedIdentityCredential({ clientId: cloud.env1("MANAGED_IDENTITY_CLIENT_ID") });
  return new ClientAssertionCredential(
    cloud.env1("TENANT_A"),
    cloud.env1("AUTOMATION_CLIENT_ID"),
    async () => (await identity.getToken("api://AzureADTokenExchange/.default")).token,
    cloud.identityOptions,
  );
}

function vaultOf(credential: TokenCredential): SecretClient {
  return new SecretClient(cloud.env1("VAULT_URL"), credential, {
    disableChallengeResourceVerification: true,
    retryOptions: { maxRetries: 0 },
  });
}

test("a secret is put, read by version and by name, listed, changed and deleted", async () => {
  const vault = vaultOf(automation());
  const expiresOn = new Date(Math.floor(Date.now() / 1000) * 1000 + 86_400_000);
  const first = await vault.setSecret("pull-one", "first value", { expiresOn, tags: { keyId: "k1" } });
  const second = await vault.setSecret("pull-one", "second value");
  expect(first.properties).toMatchObject({
    version: expect.stringMatching(/^[0-9a-f]{32}$/),
    id: `${cloud.env1("VAULT_URL")}/secrets/pull-one/${first.properties.version}`,
    expiresOn,
    enabled: true,
    tags: { keyId: "k1" },
  });
  expect((await vault.getSecret("pull-one")).value).toBe("second value");
  expect((await vault.getSecret("pull-one", { version: first.properties.version ?? "" })).value).toBe("first value");

  await vault.updateSecretProperties("pull-one", first.properties.version ?? "", {
    enabled: false,
    tags: { state: "old" },
  });
  const versions = [];
  for await (const one of vault.listPropertiesOfSecretVersions("pull-one"))
    versions.push([one.version, one.enabled, one.tags?.["state"]]);
  expect(versions).toEqual([
    [first.properties.version, false, "old"],
    [second.properties.version, true, undefined],
  ]);
  await expect(vault.getSecret("pull-one", { version: first.properties.version ?? "" })).rejects.toMatchObject({
    statusCode: 403,
  });

  const poller = await vault.beginDeleteSecret("pull-one", { intervalInMs: 1 });
  expect((await poller.pollUntilDone()).name).toBe("pull-one");
  await expect(vault.getSecret("pull-one")).rejects.toMatchObject({ statusCode: 404, code: "SecretNotFound" });
  await expect(vault.setSecret("pull-one", "again")).rejects.toMatchObject({
    statusCode: 409,
    message: expect.stringContaining("deleted but recoverable"),
  });
  await (await vault.beginRecoverDeletedSecret("pull-one", { intervalInMs: 1 })).pollUntilDone();
  expect((await vault.getSecret("pull-one")).value).toBe("second value");
});

test("lists come in pages and hold no values", async () => {
  const vault = vaultOf(automation());
  for (let number = 1; number <= 5; number += 1) await vault.setSecret(`page-${number}`, `value ${number}`);
  const sizes = [];
  const names = [];
  for await (const page of vault.listPropertiesOfSecrets().byPage({ maxPageSize: 2 })) {
    sizes.push(page.length);
    names.push(...page.map(({ name }) => name));
    expect(JSON.stringify(page)).not.toContain("value ");
  }
  expect(Math.max(...sizes)).toBe(2);
  expect(names).toEqual(expect.arrayContaining(["page-1", "page-2", "page-3", "page-4", "page-5"]));
});

test("without a token the answer is a challenge that says where to sign in and for what", async () => {
  const answer = await fetch(`${cloud.env1("VAULT_URL")}/secrets/any?api-version=7.5`);
  expect(answer.status).toBe(401);
  expect(answer.headers.get("www-authenticate")).toBe(
    `Bearer authorization="${cloud.env1("ENTRA_URL")}/${cloud.env1("TENANT_A")}", resource="https://vault.azure.net"`,
  );
});

test("a client without a role on the vault is refused with the action it lacks", async () => {
  const vault = vaultOf(cloud.credential("TENANT_A", "NOBODY"));
  await expect(vault.setSecret("mine", "x")).rejects.toMatchObject({
    statusCode: 403,
    code: "Forbidden",
    message: expect.stringContaining("Microsoft.KeyVault/vaults/secrets/setSecret/action"),
  });
});

test("a token of another tenant or audience is answered with the challenge", async () => {
  const get = async (token: string): Promise<number> =>
    (
      await fetch(`${cloud.env1("VAULT_URL")}/secrets?api-version=7.5`, {
        headers: { authorization: `Bearer ${token}` },
      })
    ).status;
  const token = async (tenant: string, scope: string): Promise<string> =>
    (await cloud.credential(tenant, "").getToken(scope)).token;
  expect(await get(await token("TENANT_A", "https://vault.azure.net/.default"))).toBe(200);
  expect(await get(await token("TENANT_B", "https://vault.azure.net/.default"))).toBe(401);
  expect(await get(await token("TENANT_A", "https://management.azure.com/.default"))).toBe(401);
});

test.each([
  [
    "a name with other characters",
    "PUT",
    "/secrets/with_underscore?api-version=7.5",
    '{"value":"x"}',
    400,
    "BadParameter",
  ],
  ["a body without a value", "PUT", "/secrets/name?api-version=7.5", "{}", 400, "BadParameter"],
  ["a body that is no JSON", "PUT", "/secrets/name?api-version=7.5", "{", 400, "BadParameter"],
  ["no api-version", "GET", "/secrets", undefined, 400, "BadParameter"],
  ["an api-version nobody published", "GET", "/secrets?api-version=1.0", undefined, 400, "BadParameter"],
  ["a page size beyond the largest", "GET", "/secrets?api-version=7.5&maxresults=26", undefined, 400, "BadParameter"],
  ["a path the vault does not have", "GET", "/nonsense?api-version=7.5", undefined, 404, "ResourceNotFound"],
  [
    "a body beyond the limit",
    "PUT",
    "/secrets/name?api-version=7.5",
    `{"value":"${"x".repeat(200_000)}"}`,
    413,
    "RequestEntityTooLarge",
  ],
])("%s is refused in the vault's envelope", async (_title, method, path, body, status, code) => {
  const { token } = await cloud.credential("TENANT_A", "").getToken("https://vault.azure.net/.default");
  const answer = await fetch(`${cloud.env1("VAULT_URL")}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body !== undefined && { body }),
  });
  expect(answer.status).toBe(status);
  expect(await jsonOf(answer)).toMatchObject({ error: { code, message: expect.any(String) } });
});
