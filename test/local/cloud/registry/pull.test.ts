import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { ContainerRegistryClient, ContainerRegistryContentClient } from "@azure/container-registry";
import type { TokenCredential } from "@azure/identity";
import type { TestCloud } from "../kit/cloud.ts";
import { arm, armScope, cloudWithPuller, grant, puller, pullerIn, registryId, roles } from "../arm/people.ts";

let cloud: TestCloud;
const hosts: Record<string, string> = {};
beforeAll(async () => {
  cloud = await cloudWithPuller();
  for (const name of ["fabrikamprod", "fabrikamabac"]) {
    const { body } = await arm(cloud, "GET", `${registryId(name)}?api-version=2025-11-01`, { tenant: "TENANT_B" });
    hosts[name] = body.properties.loginServer;
  }
});
afterEach(async () => {
  await cloud.control("PUT", "/control/timings", { rolePropagationInSeconds: 0 });
  await cloud.control("POST", "/control/reset");
});
afterAll(() => cloud.close());

const prod = registryId("fabrikamprod");
const abac = registryId("fabrikamabac");
const acrScope = "https://containerregistry.azure.net/.default";
const scope = "repository:team/app:pull";

interface Said {
  readonly status: number;
  readonly body: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- whatever the registry said
  readonly headers: Headers;
}

async function said(answer: Response): Promise<Said> {
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text.startsWith("{") ? JSON.parse(text) : text };
}

async function post(registry: string, path: string, form: Record<string, string>): Promise<Said> {
  const body = new URLSearchParams({ service: hosts[registry] ?? "", ...form });
  return said(await fetch(`https://${hosts[registry]}${path}`, { method: "POST", body }));
}

const byPassword = (registry: string, form: Record<string, string> = {}): Promise<Said> =>
  post(registry, "/oauth2/token", {
    grant_type: "password",
    username: puller.appId,
    password: puller.secret,
    scope,
    ...form,
  });

async function exchange(registry: string, credential: TokenCredential, audience = acrScope): Promise<Said> {
  const token = (await credential.getToken(audience))?.token ?? "";
  return post(registry, "/oauth2/exchange", { grant_type: "access_token", access_token: token });
}

interface Access {
  readonly name: string;
  readonly actions: readonly string[];
}

function accessIn(answer: Said): readonly Access[] {
  const payload = String(answer.body.access_token).split(".")[1] ?? "";
  return JSON.parse(Buffer.from(payload, "base64url").toString()).access;
}

async function get(
  registry: string,
  path: string,
  token?: string,
  headers: Record<string, string> = {},
): Promise<Said> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return said(await fetch(`https://${hosts[registry]}${path}`, { headers: { ...authorization, ...headers } }));
}

const unauthorized = {
  errors: [expect.objectContaining({ code: "UNAUTHORIZED", message: "authentication required" })],
};

test("the challenge names realm and service, without a space after the comma", async () => {
  const { status, headers, body } = await get("fabrikamprod", "/v2/");
  const host = hosts["fabrikamprod"];
  expect(status).toBe(401);
  expect(headers.get("www-authenticate")).toBe(`Bearer realm="https://${host}/oauth2/token",service="${host}"`);
  expect(body).toEqual(unauthorized);
  const manifest = await get("fabrikamprod", "/v2/team/app/manifests/v1");
  expect(manifest.headers.get("www-authenticate")).toMatch(/,scope="repository:team\/app:pull"$/);
  expect(manifest.body.errors[0].detail).toEqual([{ Type: "repository", Name: "team/app", Action: "pull" }]);
});

test("with AcrPull the SDK pulls an image whose every part has its digest", async () => {
  await grant(cloud, prod, puller.inTenantB, roles.acrPull);
  const client = new ContainerRegistryContentClient(
    `https://${hosts["fabrikamprod"]}`,
    "team/app",
    pullerIn(cloud, "TENANT_B"),
  );
  const { digest, mediaType, manifest } = await client.getManifest("v1");
  expect(mediaType).toBe("application/vnd.oci.image.manifest.v1+json");
  const { config, layers } = manifest as { config: { digest: string; size: number }; layers: { digest: string }[] };
  const read = async (wanted: string): Promise<Buffer> => {
    const chunks: Buffer[] = [];
    for await (const chunk of (await client.downloadBlob(wanted)).content) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks);
  };
  const configuration = await read(config.digest);
  expect(configuration.length).toBe(config.size);
  const layer = gunzipSync(await read(layers[0]?.digest ?? ""));
  const diffId = `sha256:${createHash("sha256").update(layer).digest("hex")}`;
  expect(JSON.parse(configuration.toString()).rootfs.diff_ids).toEqual([diffId]);
  expect(layer.subarray(0, 9).toString()).toBe("image.txt");
  expect((await client.getManifest(digest)).digest).toBe(digest);
});

test("the SDK lists repositories and tags", async () => {
  await grant(cloud, prod, puller.inTenantB, roles.acrPull);
  const client = new ContainerRegistryClient(`https://${hosts["fabrikamprod"]}`, pullerIn(cloud, "TENANT_B"));
  const names: string[] = [];
  for await (const name of client.listRepositoryNames()) names.push(name);
  expect(names).toEqual(["team/app"]);
  const tags: string[] = [];
  for await (const { name } of client.getArtifact("team/app", "v1").listTagProperties()) tags.push(name);
  expect(tags).toEqual(["v1"]);
});

test("client id and secret are enough for a token, by form and by Basic", async () => {
  await grant(cloud, prod, puller.inTenantB, roles.acrPull);
  const byForm = await byPassword("fabrikamprod");
  expect([byForm.status, accessIn(byForm)]).toEqual([
    200,
    [{ type: "repository", name: "team/app", actions: ["pull"] }],
  ]);
  const basic = Buffer.from(`${puller.appId}:${puller.secret}`).toString("base64");
  const query = new URLSearchParams({ service: hosts["fabrikamprod"] ?? "", scope }).toString();
  const byBasic = await get("fabrikamprod", `/oauth2/token?${query}`, undefined, { authorization: `Basic ${basic}` });
  expect(accessIn(byBasic)).toEqual(accessIn(byForm));
  const manifest = await get("fabrikamprod", "/v2/team%2Fapp/manifests/v1", byForm.body.access_token);
  expect(manifest.status).toBe(200);
});

test("a wrong secret, an unknown application and no role at all are refused, the second in its own words", async () => {
  expect(await byPassword("fabrikamprod")).toMatchObject({ status: 401, body: unauthorized });
  await grant(cloud, prod, puller.inTenantB, roles.acrPull);
  expect(await byPassword("fabrikamprod", { password: "wrong" })).toMatchObject({ status: 401, body: unauthorized });
  const unknown = await byPassword("fabrikamprod", { username: "10000000-0000-4000-8000-00000000dead" });
  expect([unknown.status, unknown.body.errors[0].message]).toEqual([401, "Application not registered with AAD."]);
});

test("a token gives what the role gives and no more", async () => {
  await grant(cloud, prod, puller.inTenantB, roles.acrPull);
  const answer = await byPassword("fabrikamprod", { scope: "repository:team/app:pull,push,delete" });
  expect(accessIn(answer)).toEqual([{ type: "repository", name: "team/app", actions: ["pull"] }]);
  const none = await byPassword("fabrikamprod", { scope: "registry:catalog:*" });
  const refused = await get("fabrikamprod", "/v2/team/app/manifests/v1", none.body.access_token);
  expect(refused.status).toBe(401);
  expect(refused.headers.get("www-authenticate")).toContain('error="insufficient_scope"');
});

test("in repository mode AcrPull signs in and pulls nothing; Repository Reader pulls", async () => {
  await grant(cloud, abac, puller.inTenantB, roles.acrPull);
  expect(accessIn(await byPassword("fabrikamabac"))).toEqual([]);
  await grant(cloud, abac, puller.inTenantB, roles.repositoryReader);
  expect(accessIn(await byPassword("fabrikamabac"))).toHaveLength(1);
});

test("in the old mode Repository Reader pulls nothing", async () => {
  await grant(cloud, prod, puller.inTenantB, roles.repositoryReader);
  const answer = await byPassword("fabrikamprod");
  expect([answer.status, accessIn(answer)]).toEqual([200, []]);
});

test.each([
  ["team/", "@Request", 1],
  ["team/", "@Resource", 1],
  ["other/", "@Request", 0],
])("a repository condition on %s by %s leaves %i scopes of team/app", async (prefix, source, count) => {
  const acr = "Microsoft.ContainerRegistry/registries/repositories";
  const condition = `((!(ActionMatches{'${acr}/content/read'}) AND !(ActionMatches{'${acr}/metadata/read'})) OR (${source}[${acr}:name] StringStartsWithIgnoreCase '${prefix}'))`;
  await grant(cloud, abac, puller.inTenantB, roles.repositoryReader, { condition, conditionVersion: "2.0" });
  expect(accessIn(await byPassword("fabrikamabac"))).toHaveLength(count);
});

test("the catalog of a registry in repository mode takes the Catalog Lister", async () => {
  await grant(cloud, abac, puller.inTenantB, roles.repositoryReader);
  const asked = { scope: "registry:catalog:*" };
  expect(accessIn(await byPassword("fabrikamabac", asked))).toEqual([]);
  await grant(cloud, abac, puller.inTenantB, roles.catalogLister);
  expect(accessIn(await byPassword("fabrikamabac", asked))).toHaveLength(1);
});

test("an Entra token is exchanged only for the right tenant, audience and role", async () => {
  const own = pullerIn(cloud, "TENANT_B");
  expect((await exchange("fabrikamprod", own)).status).toBe(401);
  await grant(cloud, prod, puller.inTenantB, roles.acrPull);
  await grant(cloud, abac, puller.inTenantB, roles.repositoryReader);
  expect((await exchange("fabrikamprod", own)).status).toBe(200);
  expect((await exchange("fabrikamprod", pullerIn(cloud, "TENANT_A"))).status).toBe(401);
  expect((await exchange("fabrikamprod", own, "https://vault.azure.net/.default")).status).toBe(401);
  expect((await exchange("fabrikamprod", own, armScope)).status).toBe(200);
  expect(await exchange("fabrikamabac", own, armScope)).toMatchObject({ status: 401, body: unauthorized });
  expect((await exchange("fabrikamabac", own)).status).toBe(200);
});

test("a refresh token is good at its own registry only, and as a password too", async () => {
  await grant(cloud, prod, puller.inTenantB, roles.acrPull);
  await grant(cloud, abac, puller.inTenantB, roles.repositoryReader);
  const { refresh_token: refresh } = (await exchange("fabrikamprod", pullerIn(cloud, "TENANT_B"))).body;
  const swap = (registry: string): Promise<Said> =>
    post(registry, "/oauth2/token", { grant_type: "refresh_token", refresh_token: refresh, scope });
  expect(accessIn(await swap("fabrikamprod"))).toHaveLength(1);
  expect((await swap("fabrikamabac")).status).toBe(401);
  const user = "00000000-0000-0000-0000-000000000000";
  expect(accessIn(await byPassword("fabrikamprod", { username: user, password: refresh }))).toHaveLength(1);
});

test("a role is honoured only when it has reached the registry", async () => {
  await cloud.control("PUT", "/control/timings", { rolePropagationInSeconds: 3600 });
  await grant(cloud, prod, puller.inTenantB, roles.acrPull);
  expect((await byPassword("fabrikamprod")).status).toBe(401);
  const { body } = await arm(
    cloud,
    "GET",
    `${prod}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01`,
    {
      tenant: "TENANT_B",
    },
  );
  expect(JSON.stringify(body)).toContain(puller.inTenantB);
});

test("a registry closed to the public says so to everybody, whatever is asked", async () => {
  await grant(cloud, prod, puller.inTenantB, roles.acrPull);
  const body = { properties: { publicNetworkAccess: "Disabled" } };
  await arm(cloud, "PATCH", `${prod}?api-version=2025-11-01`, { tenant: "TENANT_B", body });
  for (const answer of [
    await get("fabrikamprod", "/v2/"),
    await byPassword("fabrikamprod"),
    await get("fabrikamprod", "/x"),
  ])
    expect([answer.status, answer.body.errors[0]]).toEqual([
      403,
      {
        code: "DENIED",
        message:
          "client with IP '203.0.113.50' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.",
      },
    ]);
});

test("what is not there is not found, each in its own words", async () => {
  await grant(cloud, prod, puller.inTenantB, roles.acrPull);
  const token = (await byPassword("fabrikamprod")).body.access_token as string;
  const code = async (path: string, headers = {}): Promise<unknown[]> => {
    const { status, body } = await get("fabrikamprod", path, token, headers);
    return [status, body.errors[0].code];
  };
  expect(await code("/v2/team/app/manifests/v9")).toEqual([404, "MANIFEST_UNKNOWN"]);
  expect(await code(`/v2/team/app/blobs/sha256:${"0".repeat(64)}`)).toEqual([404, "BLOB_UNKNOWN"]);
  expect(await code("/v2/team/app/manifests/v1", { accept: "text/html" })).toEqual([404, "MANIFEST_UNKNOWN"]);
  expect(await code("/v3/anything")).toEqual([404, "UNSUPPORTED"]);
  const elsewhere = (await byPassword("fabrikamprod", { scope: "repository:team/none:pull" })).body
    .access_token as string;
  const none = await get("fabrikamprod", "/v2/team/none/manifests/v1", elsewhere);
  expect([none.status, none.body.errors[0].code]).toEqual([404, "NAME_UNKNOWN"]);
});

test.each([
  ["another registry's name", { service: "elsewhere.azurecr.io" }, "BAD_REQUEST"],
  ["an unknown grant", { grant_type: "magic" }, "UNSUPPORTED"],
])("a token request with %s is refused", async (_what, form, code) => {
  const { status, body } = await byPassword("fabrikamprod", form);
  expect([status, body.errors[0].code]).toEqual([400, code]);
});

test("a tampered access token is no token", async () => {
  await grant(cloud, prod, puller.inTenantB, roles.acrPull);
  const token = (await byPassword("fabrikamprod")).body.access_token as string;
  const [header, , signature] = token.split(".");
  const claims = { access: [{ type: "repository", name: "team/app", actions: ["pull"] }], aud: hosts["fabrikamprod"] };
  const forged = [header, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".");
  for (const bad of [forged, "x.y.z", "x"])
    expect((await get("fabrikamprod", "/v2/team/app/manifests/v1", bad)).status).toBe(401);
});
