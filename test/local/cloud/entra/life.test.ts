import { automation, administrator, caller, identityToken, later } from "../graph/callers.ts";
import { loadEstate } from "../../../../local/cloud/estates/estate.ts";
import { claimsOf, jsonOf, testCloud, type TestCloud } from "../kit/cloud.ts";
import { struck, turn } from "../life/turning.ts";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await testCloud();
});
afterEach(() => cloud.close());

interface Token {
  readonly access_token: string;
  readonly expires_in: number;
}

async function tokenOf(client: "" | "NOBODY", scope: string, claims?: object): Promise<Token> {
  const prefix = client === "" ? "" : `${client}_`;
  const form = {
    grant_type: "client_credentials",
    client_id: cloud.env1(`${prefix}CLIENT_ID`),
    client_secret: cloud.env1(`${prefix}CLIENT_SECRET`),
    scope,
    ...(claims && { claims: JSON.stringify(claims) }),
  };
  const answer = await fetch(`${cloud.env1("ENTRA_URL")}/${cloud.env1("TENANT_A")}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams(form),
  });
  return jsonOf<Token>(answer);
}

const registry = "https://containerregistry.azure.net/.default";
const graphScope = "https://graph.microsoft.com/.default";
const lifeOf = (token: string): number => claimsOf(token).exp - claimsOf(token).iat;

test("tokenLife: a token lives 60 to 90 minutes, not always the same", async () => {
  expect(await tokenOf("NOBODY", registry)).toMatchObject({ expires_in: 3600 });
  await turn(cloud, { tokenLife: true });
  const lives = new Set<number>();
  for (let asked = 0; asked < 5; asked += 1) {
    const { access_token: token, expires_in: lifetime } = await tokenOf("NOBODY", registry);
    expect(lifeOf(token)).toBe(lifetime);
    lives.add(lifetime);
    await later(cloud, 60);
  }
  expect(Math.min(...lives)).toBeGreaterThanOrEqual(3600);
  expect(Math.max(...lives)).toBeLessThanOrEqual(5400);
  expect(lives.size).toBeGreaterThan(1);
  expect(await struck(cloud, "tokenLife")).toBe(5);
});

test("tokenLife: a managed identity gets the same token for nearly a day, whatever was asked for besides", async () => {
  const vault = "https://vault.azure.net";
  expect(await identityToken(cloud, vault)).not.toBe(await identityToken(cloud, vault));
  await turn(cloud, { tokenLife: true });
  const first = await identityToken(cloud, vault);
  expect(lifeOf(first)).toBe(86_400);
  await later(cloud, 22 * 3600);
  expect(await identityToken(cloud, vault)).toBe(first);
  expect(await identityToken(cloud, "https://management.azure.com")).not.toBe(first);
  await later(cloud, 2 * 3600);
  expect(await identityToken(cloud, vault)).not.toBe(first);
});

describe("continuousAccess", () => {
  const capable = { access_token: { xms_cc: { values: ["cp1"] } } };
  test("gives clients that declare cp1 a token for a day and more, for Graph alone", async () => {
    expect(lifeOf((await tokenOf("", graphScope, capable)).access_token)).toBe(3600);
    await turn(cloud, { continuousAccess: true });
    const { access_token: token } = await tokenOf("", graphScope, capable);
    expect(lifeOf(token)).toBeGreaterThanOrEqual(86_400);
    expect(lifeOf(token)).toBeLessThanOrEqual(28 * 3600);
    expect(lifeOf((await tokenOf("", graphScope)).access_token)).toBe(3600);
    expect(lifeOf((await tokenOf("", registry, capable)).access_token)).toBe(3600);
    expect(await struck(cloud, "continuousAccess")).toBe(1);
  });

  test("challenges such a token once its principal was disabled, and no other", async () => {
    await turn(cloud, { continuousAccess: true });
    const { secret, appId, id } = await ownedClient();
    const tokenFor = async (claims?: object): Promise<string> => {
      const answer = await fetch(`${cloud.env1("ENTRA_URL")}/${cloud.env1("TENANT_A")}/oauth2/v2.0/token`, {
        method: "POST",
        body: new URLSearchParams({
          grant_type: "client_credentials",
          client_id: appId,
          client_secret: secret,
          scope: graphScope,
          ...(claims && { claims: JSON.stringify(claims) }),
        }),
      });
      return (await jsonOf<Token>(answer)).access_token;
    };
    const [continuous, plain] = [await tokenFor(capable), await tokenFor()];
    const admin = await administrator(cloud);
    await admin("PATCH", `/servicePrincipals/${id}`, { accountEnabled: false });
    expect((await caller(cloud, plain)("GET", "/applications")).status).toBe(403);
    const answer = await fetch(`${cloud.env1("GRAPH_URL")}/v1.0/applications`, {
      headers: { authorization: `Bearer ${continuous}` },
    });
    expect(answer.status).toBe(401);
    const challenge = answer.headers.get("www-authenticate") ?? "";
    expect(challenge).toContain('error="insufficient_claims"');
    const [, claims = ""] = /claims="([^"]+)"/.exec(challenge) ?? [];
    expect(JSON.parse(Buffer.from(claims, "base64").toString())).toMatchObject({
      access_token: { nbf: { essential: true } },
    });
    await later(cloud, 2);
    await admin("PATCH", `/servicePrincipals/${id}`, { accountEnabled: true });
    expect((await caller(cloud, continuous)("GET", "/applications")).status).toBe(401);
    await later(cloud, 2);
    expect((await caller(cloud, await tokenFor(capable))("GET", "/applications")).status).toBe(403);
    expect(await struck(cloud, "continuousAccess")).toBeGreaterThan(2);
  });

  test("is nothing while the switch is off", async () => {
    const call = await automation(cloud);
    const admin = await administrator(cloud);
    const path = `/servicePrincipals(appId='${cloud.env1("AUTOMATION_CLIENT_ID")}')`;
    expect((await admin("PATCH", path, { accountEnabled: false })).status).toBe(204);
    expect((await call("GET", "/applications")).status).toBe(200);
    expect(await struck(cloud, "continuousAccess")).toBe(0);
  });

  async function ownedClient(): Promise<{ appId: string; secret: string; id: string }> {
    const admin = await administrator(cloud);
    const { body: app } = await admin("POST", "/applications", { displayName: "robot" });
    const { body: principal } = await admin("POST", "/servicePrincipals", { appId: app.appId });
    const { body: password } = await admin("POST", `/applications/${app.id}/addPassword`, {});
    return { appId: app.appId, secret: password.secretText, id: principal.id };
  }
});

test("registryServiceAbsent: in some tenants that never had a registry there is no token for registries, until the principal is made", async () => {
  const scopeOf = async (tenantId: string, one: TestCloud): Promise<number> => {
    const answer = await fetch(`${one.env1("ENTRA_URL")}/${tenantId}/oauth2/v2.0/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: one.env1("CLIENT_ID"),
        client_secret: one.env1("CLIENT_SECRET"),
        scope: registry,
      }),
    });
    return (await jsonOf<{ error_codes?: number[] }>(answer)).error_codes?.[0] ?? 0;
  };
  const estate = loadEstate();
  const more = Array.from({ length: 20 }, (_, index) => ({
    id: `d0000000-0000-4000-8000-${String(index).padStart(12, "0")}`,
    name: `Without registry ${index}`,
    domain: `without-${index}.example`,
  }));
  const applications = estate.applications.map((one) =>
    one.key === "az"
      ? {
          ...one,
          servicePrincipals: [
            ...one.servicePrincipals,
            ...more.map(({ id }, index) => ({
              tenantId: id,
              objectId: `3d000000-0000-4000-8000-${String(index).padStart(12, "0")}`,
              appRoles: [{ resource: "graph" as const, role: "Application.ReadWrite.All" }],
            })),
          ],
        }
      : one,
  );
  const one = await testCloud({
    estate: { ...estate, applications, tenants: [...estate.tenants, ...more] },
    life: { seed: 1, switches: ["registryServiceAbsent"] },
  });
  const numbers = await Promise.all(more.map(({ id }) => scopeOf(id, one)));
  const without = numbers.filter((number) => number === 500011).length;
  expect(without).toBeGreaterThan(0);
  expect(without).toBeLessThan(more.length / 2);
  expect(await struck(one, "registryServiceAbsent")).toBe(without);
  for (const key of ["TENANT_A", "TENANT_B"]) expect(await scopeOf(one.env1(key), one)).toBe(0);
  await turn(one, { registryServiceAbsent: false });
  expect(new Set(await Promise.all(more.map(({ id }) => scopeOf(id, one))))).toEqual(new Set([0]));
  await one.close();
});
