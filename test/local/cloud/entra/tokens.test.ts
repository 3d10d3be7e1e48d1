import { ClientAssertionCredential, ClientSecretCredential, ManagedIdentityCredential } from "@azure/identity";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { claimsOf, jsonOf, testCloud, type TestCloud } from "../kit/cloud.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await testCloud();
});
afterAll(() => cloud.close());

const registry = "https://containerregistry.azure.net/.default";

interface Refused {
  readonly error_codes: readonly number[];
  readonly error_description: string;
  readonly timestamp: string;
}

/** A token request as it goes over the wire. */
async function ask(tenant: string, form: Record<string, string>): Promise<{ status: number; body: Refused }> {
  const answer = await fetch(`${cloud.env1("ENTRA_URL")}/${tenant}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "client_credentials", scope: registry, ...form }),
  });
  return { status: answer.status, body: await jsonOf<Refused>(answer) };
}

async function automationAssertion(): Promise<string> {
  process.env["IDENTITY_ENDPOINT"] = cloud.env1("IDENTITY_ENDPOINT");
  process.env["IDENTITY_HEADER"] = cloud.env1("IDENTITY_HEADER");
  const identity = new ManagedIdentityCredential({ clientId: cloud.env1("MANAGED_IDENTITY_CLIENT_ID") });
  return (await identity.getToken("api://AzureADTokenExchange/.default")).token;
}

test("a client secret gets a v1 token with the object id its service principal has in that tenant", async () => {
  const inA = claimsOf((await cloud.credential("TENANT_A", "").getToken(registry)).token);
  const inB = claimsOf((await cloud.credential("TENANT_B", "").getToken(registry)).token);
  expect(inB).toMatchObject({
    aud: "https://containerregistry.azure.net",
    iss: `https://sts.windows.net/${cloud.env1("TENANT_B")}/`,
    tid: cloud.env1("TENANT_B"),
    appid: cloud.env1("CLIENT_ID"),
    ver: "1.0",
  });
  expect(inB.exp - inB.iat).toBe(3600);
  expect(inA.oid).not.toBe(inB.oid);
});

test.each([
  ["OPERATOR", ["Crosspull.Operator"]],
  ["READER", ["Crosspull.Reader"]],
  ["NOBODY", undefined],
])(
  "the %s client gets a v2 token for our API with the roles %p, verifiable with the published keys",
  async (client, roles) => {
    const scope = `${cloud.env1("API_AUDIENCE")}/.default`;
    const { token } = await cloud.credential("TENANT_A", client).getToken(scope);
    const base = `${cloud.env1("ENTRA_URL")}/${cloud.env1("TENANT_A")}`;
    const keys = createRemoteJWKSet(new URL(`${base}/discovery/v2.0/keys`));
    const { payload } = await jwtVerify(token, keys, { issuer: `${base}/v2.0`, audience: cloud.env1("API_CLIENT_ID") });
    expect(payload).toMatchObject({ ver: "2.0", azp: cloud.env1(`${client}_CLIENT_ID`) });
    expect(payload["roles"]).toEqual(roles);
  },
);

test("a managed identity signs in as the application that trusts it, in both tenants", async () => {
  for (const key of ["TENANT_A", "TENANT_B"]) {
    const tenant = cloud.env1(key);
    const credential = new ClientAssertionCredential(
      tenant,
      cloud.env1("AUTOMATION_CLIENT_ID"),
      automationAssertion,
      cloud.identityOptions,
    );
    const claims = claimsOf((await credential.getToken("https://graph.microsoft.com/.default")).token);
    expect(claims).toMatchObject({ tid: tenant, appid: cloud.env1("AUTOMATION_CLIENT_ID") });
    expect(claims.roles).toEqual(key === "TENANT_A" ? ["Application.ReadWrite.OwnedBy"] : undefined);
  }
});

test("an assertion of a subject, issuer or audience nobody trusts is refused with its own number", async () => {
  const form = (client_assertion: string, client_id = cloud.env1("AUTOMATION_CLIENT_ID")) => ({
    client_id,
    client_assertion,
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
  });
  const tenant = cloud.env1("TENANT_A");
  const exchange = async (scope: string) => (await cloud.credential("TENANT_A", "").getToken(scope)).token;
  const assertion = await automationAssertion();
  const [head, , signature] = assertion.split(".");
  const otherSubject = Buffer.from(JSON.stringify({ ...claimsOf(assertion), sub: "someone-else" })).toString(
    "base64url",
  );
  const otherAudience = Buffer.from(JSON.stringify({ ...claimsOf(assertion), aud: "api://Other" })).toString(
    "base64url",
  );
  const forged = Buffer.from(JSON.stringify({ ...claimsOf(assertion), jti: "1" })).toString("base64url");
  const numbers = [];
  for (const one of [
    await exchange("api://AzureADTokenExchange/.default"),
    `${head}.${otherSubject}.${signature}`,
    `${head}.${otherAudience}.${signature}`,
    `${head}.${forged}.${signature}`,
    "not a token",
  ])
    numbers.push((await ask(tenant, form(one))).body.error_codes[0]);
  expect(numbers).toEqual([700211, 700213, 700212, 700027, 50027]);
  const otherClient = await ask(tenant, form(assertion, cloud.env1("CLIENT_ID")));
  expect(otherClient.body.error_codes).toEqual([700211]);
});

test("the managed identity endpoint wants its header, a known identity and its api-version", async () => {
  const get = async (query: string, header = cloud.env1("IDENTITY_HEADER")): Promise<number> =>
    (await fetch(`${cloud.env1("IDENTITY_ENDPOINT")}?${query}`, { headers: { "x-identity-header": header } })).status;
  const good = `api-version=2019-08-01&resource=https://vault.azure.net&client_id=${cloud.env1("MANAGED_IDENTITY_CLIENT_ID")}`;
  expect(await get(good)).toBe(200);
  expect(await get(good, "wrong")).toBe(401);
  expect(await get(good.replace("2019-08-01", "2017-09-01"))).toBe(400);
  expect(await get(good.replace(/client_id=.*/, "client_id=10000000-0000-4000-8000-ffffffffffff"))).toBe(400);
});

describe("refusals carry Entra's number, status, OAuth error and document", () => {
  const cases: [string, () => [tenant: string, form: Record<string, string>], number, number, string][] = [
    ["an unknown tenant", () => ["d0000000-0000-4000-8000-000000000001", good()], 90002, 400, "invalid_request"],
    ["an unknown client", () => [tenantA(), { ...good(), client_id: tenantA() }], 700016, 400, "unauthorized_client"],
    [
      "a multitenant app without service principal",
      () => [cloud.env1("TENANT_C"), good()],
      7000229,
      401,
      "invalid_client",
    ],
    [
      "a single-tenant app of another tenant",
      () => [cloud.env1("TENANT_B"), { ...good(), client_id: cloud.env1("READER_CLIENT_ID") }],
      700016,
      400,
      "unauthorized_client",
    ],
    [
      "a wrong secret",
      () => [tenantA(), { ...good(), client_secret: "wrong-secret-value" }],
      7000215,
      401,
      "invalid_client",
    ],
    [
      "an expired secret",
      () => [tenantA(), { client_id: "10000000-0000-4000-8000-000000000113", client_secret: "local-expired-secret" }],
      7000222,
      401,
      "invalid_client",
    ],
    ["no secret at all", () => [tenantA(), { client_id: good()["client_id"] ?? "" }], 7000218, 401, "invalid_client"],
    [
      "a resource nobody has",
      () => [tenantA(), { ...good(), scope: "https://r.azurecr.io/.default" }],
      500011,
      400,
      "invalid_resource",
    ],
    ["a scope without .default", () => [tenantA(), { ...good(), scope: "User.Read" }], 1002012, 400, "invalid_scope"],
    ["another grant", () => [tenantA(), { ...good(), grant_type: "implicit" }], 70003, 400, "unsupported_grant_type"],
  ];
  const tenantA = (): string => cloud.env1("TENANT_A");
  const good = () => ({ client_id: cloud.env1("CLIENT_ID"), client_secret: cloud.env1("CLIENT_SECRET") });

  test.each(cases)("%s", async (_title, request, number, status, error) => {
    const [tenant, form] = request();
    const refused = await ask(tenant, form);
    expect(refused).toMatchObject({ status, body: { error, error_codes: [number] } });
    expect(refused.body.error_description).toMatch(
      new RegExp(
        `^AADSTS${number}: .* Trace ID: \\S{36} Correlation ID: \\S{36} Timestamp: \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\dZ$`,
      ),
    );
    expect(refused.body.timestamp).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/);
  });

  test("MSAL hands the number on", async () => {
    const credential = new ClientSecretCredential(
      tenantA(),
      cloud.env1("CLIENT_ID"),
      "wrong-secret",
      cloud.identityOptions,
    );
    await expect(credential.getToken(registry)).rejects.toThrow(/AADSTS7000215/);
  });
});

test("metadata names this cloud, and an unknown tenant has none", async () => {
  const metadata = async (tenant: string) =>
    fetch(`${cloud.env1("ENTRA_URL")}/${tenant}/v2.0/.well-known/openid-configuration`);
  const known = await jsonOf<Record<string, string>>(await metadata("contoso-apps.example"));
  expect(known["issuer"]).toBe(`${cloud.env1("ENTRA_URL")}/${cloud.env1("TENANT_A")}/v2.0`);
  expect(known["token_endpoint"]).toMatch(/^https:\/\/localhost:\d+\/.*\/oauth2\/v2\.0\/token$/);
  expect((await metadata("nowhere.example")).status).toBe(400);
  const first = await fetch(`${cloud.env1("ENTRA_URL")}/${cloud.env1("TENANT_A")}/.well-known/openid-configuration`);
  expect(await jsonOf<Record<string, string>>(first)).toMatchObject({
    issuer: `https://sts.windows.net/${cloud.env1("TENANT_A")}/`,
    token_endpoint: `${cloud.env1("ENTRA_URL")}/${cloud.env1("TENANT_A")}/oauth2/token`,
  });
  const instance = await fetch(
    `${cloud.env1("ENTRA_URL")}/common/discovery/instance?api-version=1.1&authorization_endpoint=https://localhost/common/oauth2/v2.0/authorize`,
  );
  expect((await jsonOf<Record<string, string>>(instance))["tenant_discovery_endpoint"]).toContain(
    "/common/v2.0/.well-known/openid-configuration",
  );
});
