import { arm, clusterId, grant, puller, roles, type Answer, harshClouds } from "../arm/people.ts";
import { ask, bearer, hostOf, inB, layerOf, patch, prod, read, tokenFor } from "./asking.ts";
import { struck } from "../life/turning.ts";

const cloudWith = harshClouds(11);

test("with redirects a blob is fetched from another host by a signed address, in parts if asked", async () => {
  const cloud = await cloudWith(["blobRedirects"]);
  await grant(cloud, prod, puller.inTenantB, roles.acrPull);
  const host = await hostOf(cloud);
  const headers = await bearer(host);
  const { digest, size } = await layerOf(host, headers);
  const redirect = await ask(host, `/v2/team/app/blobs/${digest}`, headers);
  const location = redirect.headers.get("location") ?? "";
  expect(redirect.status).toBe(307);
  expect(new URL(location).host).not.toBe(host);
  expect(await struck(cloud, "blobRedirects")).toBe(1);
  expect((await (await fetch(location)).arrayBuffer()).byteLength).toBe(size);
  const part = await fetch(location, { headers: { range: "bytes=2-5" } });
  expect([part.status, part.headers.get("content-range"), (await part.arrayBuffer()).byteLength]).toEqual([
    206,
    `bytes 2-5/${size}`,
    4,
  ]);
  expect((await fetch(location, { headers: { range: `bytes=${size}-` } })).status).toBe(416);
  const forged = await fetch(location.replace(/sig=[^&]+/, "sig=AAAA"));
  expect([forged.status, await forged.text()]).toEqual([
    403,
    expect.stringContaining("<Code>AuthenticationFailed</Code>"),
  ]);
  await cloud.control("POST", "/control/clock", { advanceInSeconds: 1800 });
  expect((await fetch(location)).status).toBe(403);
  expect((await ask(host, `/v2/team/app/blobs/${digest}`, { ...(await bearer(host)) })).status).toBe(307);
  await cloud.control("PUT", "/control/life", { blobRedirects: false });
  const own = await ask(host, `/v2/team/app/blobs/${digest}`, { ...(await bearer(host)), range: "bytes=0-1" });
  expect([own.status, (await own.arrayBuffer()).byteLength]).toEqual([206, 2]);
});

test("the host of the blobs can be refused apart from the registry", async () => {
  const cloud = await cloudWith(["blobRedirects"]);
  await patch(cloud, { anonymousPullEnabled: true });
  const image = `${await hostOf(cloud)}/team/app:v1`;
  // A cluster with a managed identity has no password to offer, and pulls as anybody.
  const pull = { clusterId: clusterId("aks-managed"), image };
  expect((await cloud.control("POST", "/control/kubelet/pull", pull)).body).toMatchObject({ pulled: true });
  await cloud.control("POST", "/control/faults", { service: "blobs", operation: "Blob_Download", status: 403 });
  expect((await cloud.control("POST", "/control/kubelet/pull", pull)).body).toMatchObject({
    pulled: false,
    stage: "blob",
    status: 403,
  });
});

test("some clusters reach registries and not the host of the blobs, never the first", async () => {
  const cloud = await cloudWith(["blobsBlocked"], undefined, { clusters: 20 });
  await patch(cloud, { anonymousPullEnabled: true });
  const host = await hostOf(cloud);
  const headers = await bearer(host).catch(() => ({}));
  const anonymous = await fetch(`https://${host}/oauth2/token?service=${host}&scope=repository:team/app:pull`);
  const { access_token: token } = (await anonymous.json()) as { access_token: string };
  const authorization = { ...headers, authorization: `Bearer ${token}` };
  const { digest } = await layerOf(host, authorization);
  const { body } = await cloud.control<{ arm: { clusters: readonly { id: string; egressAddress: string }[] } }>(
    "GET",
    "/control/state",
  );
  const blockedNow = async (): Promise<readonly string[]> => {
    const found: string[] = [];
    for (const { id, egressAddress } of body.arm.clusters) {
      const redirect = await ask(host, `/v2/team/app/blobs/${digest}`, authorization, egressAddress);
      const there = new URL(redirect.headers.get("location") ?? "");
      const answer = await ask(there.host, `${there.pathname}${there.search}`, {}, egressAddress);
      if (answer.status === 403) found.push(id);
      else expect(answer.status).toBe(200);
    }
    return found;
  };
  const blocked = await blockedNow();
  expect(blocked.length).toBeGreaterThan(0);
  expect(blocked).not.toContain(clusterId("aks-prod"));
  expect(await struck(cloud, "blobsBlocked")).toBe(blocked.length);
  await cloud.control("PUT", "/control/life", { blobsBlocked: false, blobRedirects: true });
  expect(await blockedNow()).toEqual([]);
  expect(await struck(cloud, "blobsBlocked")).toBe(blocked.length);
});

test("after a switch of the mode those who signed in before are refused for a while, and a day later are not", async () => {
  const cloud = await cloudWith(["modeSwitchLag"]);
  const host = await hostOf(cloud);
  await grant(cloud, prod, puller.inTenantB, roles.acrPull);
  await grant(cloud, prod, puller.inTenantB, roles.repositoryReader);
  const headers = await bearer(host);
  await patch(cloud, { roleAssignmentMode: "AbacRepositoryPermissions" });
  expect((await tokenFor(host)).status).toBe(401);
  expect((await ask(host, "/v2/team/app/manifests/v1", headers)).status).toBe(401);
  expect(await struck(cloud, "modeSwitchLag")).toBe(2);
  await cloud.control("POST", "/control/clock", { advanceInSeconds: 86_400 });
  expect((await tokenFor(host)).status).toBe(200);
});

test("without the switch a change of the mode is felt at once", async () => {
  const cloud = await cloudWith();
  const host = await hostOf(cloud);
  await grant(cloud, prod, puller.inTenantB, roles.repositoryReader);
  await grant(cloud, prod, puller.inTenantB, roles.acrPull);
  await bearer(host);
  await patch(cloud, { roleAssignmentMode: "AbacRepositoryPermissions" });
  expect((await tokenFor(host)).status).toBe(200);
});

test("clients of older versions are told of a slow update with 201, the one answer they take", async () => {
  const cloud = await cloudWith(["slowRegistryUpdates"]);
  const body = { properties: { adminUserEnabled: true } };
  const made = await arm(cloud, "PATCH", `${prod}?api-version=2022-02-01-preview`, { ...inB, body });
  expect([made.status, made.headers.has("azure-asyncoperation")]).toEqual([201, true]);
});

test("a slow update is accepted, followed and done later; another meanwhile is refused", async () => {
  const cloud = await cloudWith(["slowRegistryUpdates"]);
  const accepted = await patch(cloud, { adminUserEnabled: true });
  const address = accepted.headers.get("azure-asyncoperation") ?? "";
  expect([accepted.status, accepted.body.properties.provisioningState]).toEqual([202, "Updating"]);
  expect(address.length).toBeGreaterThan(3000);
  expect(address.length).toBeLessThan(4000);
  const follow = (): Promise<Answer> => arm(cloud, "GET", address.replace(cloud.env1("ARM_URL"), ""), inB);
  expect((await follow()).body).toEqual({ status: "Updating" });
  expect(await patch(cloud, { adminUserEnabled: false })).toMatchObject({
    status: 409,
    body: { error: { code: "Conflict" } },
  });
  expect((await read(cloud)).body.properties.adminUserEnabled).toBe(false);
  await cloud.control("POST", "/control/clock", { advanceInSeconds: 120 });
  expect((await follow()).body).toEqual({ status: "Succeeded" });
  expect((await read(cloud)).body.properties).toMatchObject({ adminUserEnabled: true, provisioningState: "Succeeded" });
  expect(await struck(cloud, "slowRegistryUpdates")).toBe(2);
  await cloud.control("PUT", "/control/life", { slowRegistryUpdates: false });
  expect((await patch(cloud, { adminUserEnabled: false })).status).toBe(200);
});

test("a password that comes with the request counts, and a wrong one is challenged as Basic", async () => {
  const cloud = await cloudWith();
  const host = await hostOf(cloud);
  await grant(cloud, prod, puller.inTenantB, roles.acrPull);
  const basic = (password: string): Record<string, string> => ({
    authorization: `Basic ${Buffer.from(`${puller.appId}:${password}`).toString("base64")}`,
  });
  expect((await ask(host, "/v2/", basic(puller.secret))).status).toBe(200);
  expect((await ask(host, "/v2/team/app/manifests/v1", basic(puller.secret))).status).toBe(200);
  const wrong = await ask(host, "/v2/team/app/manifests/v1", basic("not-the-password"));
  expect([wrong.status, wrong.headers.get("www-authenticate")]).toEqual([
    401,
    'Basic realm="Azure Container Registry"',
  ]);
});

test("tags are listed in pages, and an empty scope is refused", async () => {
  const cloud = await cloudWith([], ({ registries }) => ({
    registries: registries.map((one) => ({ ...one, repositories: [{ name: "team/app", tags: ["v1", "v2", "v3"] }] })),
  }));
  const host = await hostOf(cloud);
  await grant(cloud, prod, puller.inTenantB, roles.acrPull);
  const headers = await bearer(host);
  const first = await ask(host, "/v2/team/app/tags/list?n=1", headers);
  expect([await first.json(), first.headers.get("link")]).toEqual([
    { name: "team/app", tags: ["v1"] },
    '</v2/team/app/tags/list?last=v1&n=1>; rel="next"',
  ]);
  const next = await ask(host, "/v2/team/app/tags/list?last=v1&n=5", headers);
  expect([await next.json(), next.headers.get("link")]).toEqual([{ name: "team/app", tags: ["v2", "v3"] }, null]);
  expect((await tokenFor(host, "")).status).toBe(400);
});

test("an image that is locked for reading is refused as the registry does, until it is unlocked", async () => {
  const cloud = await cloudWith();
  const host = await hostOf(cloud);
  await grant(cloud, prod, puller.inTenantB, roles.acrPush);
  const pull = await bearer(host);
  const change = await bearer(host, "repository:team/app:metadata_read,metadata_write");
  const lock = async (path: string, readEnabled: boolean): Promise<unknown> => {
    const body = JSON.stringify({ readEnabled });
    const type = { "content-type": "application/json" };
    const answer = await fetch(`https://${host}/acr/v1/team/app${path}`, {
      method: "PATCH",
      headers: { ...change, ...type },
      body,
    });
    expect(answer.status).toBe(200);
    return answer.json();
  };
  const image = (): Promise<Response> => ask(host, "/v2/team/app/manifests/v1", pull);
  for (const path of ["", "/_tags/v1"]) {
    expect(JSON.stringify(await lock(path, false))).toContain('"readEnabled":false');
    const refused = await image();
    expect([refused.status, await refused.json()]).toMatchObject([
      405,
      { errors: [{ code: "REGISTRY_DISALLOWED_OPERATION" }] },
    ]);
    await lock(path, true);
    expect((await image()).status).toBe(200);
  }
  const shown = await ask(host, "/acr/v1/team/app", change);
  expect(await shown.json()).toMatchObject({
    imageName: "team/app",
    tagCount: 1,
    changeableAttributes: { readEnabled: true },
  });
});
