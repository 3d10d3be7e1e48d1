import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { SecretClient } from "@azure/keyvault-secrets";
import { lifelikeTimings } from "../../../../local/cloud/kit/clock.ts";
import { arm, armScope, clusterId, cloudWithPuller, grant, puller, registryId, roles } from "../arm/people.ts";
import type { TestCloud } from "../kit/cloud.ts";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await cloudWithPuller({ timings: lifelikeTimings });
});
afterEach(() => cloud.close());

const reset = `${clusterId("aks-prod")}/resetServicePrincipalProfile?api-version=2026-06-01`;
const startUpdate = async (): Promise<string> => {
  const body = { clientId: puller.appId, secret: puller.secret };
  const { status, headers } = await arm(cloud, "POST", reset, { body });
  expect(status).toBe(202);
  const { pathname, search } = new URL(headers.get("azure-asyncoperation") ?? "");
  return pathname + search;
};

test("time can be put forward: what is under way ends in its order, and tokens expire", async () => {
  const monitor = await startUpdate();
  const { token } = await cloud.credential("TENANT_A", "").getToken(armScope);
  const before = await cloud.control<{ aheadInSeconds: number }>("POST", "/control/clock", { advanceInSeconds: 130 });
  expect(before.body.aheadInSeconds).toBe(130);
  expect((await arm(cloud, "GET", monitor, { token })).body).toMatchObject({
    status: "InProgress",
    percentComplete: 33,
  });
  await cloud.control("POST", "/control/clock", { advanceInSeconds: 300 });
  const { startTime, endTime, status } = (await arm(cloud, "GET", monitor, { token })).body as Record<string, string>;
  expect(status).toBe("Succeeded");
  expect((Date.parse(endTime ?? "") - Date.parse(startTime ?? "")) / 1000).toBeCloseTo(360, 0);
  await cloud.control("POST", "/control/clock", { advanceInSeconds: 3600 });
  const late = await arm(cloud, "GET", monitor, { token });
  expect([late.status, late.body.error.code]).toEqual([401, "InvalidAuthenticationToken"]);
});

test("time follows the clock it is told to follow, and goes on alone when that is gone", async () => {
  let aheadInMs = 0;
  const host = createServer((_request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ now: new Date(Date.now() + aheadInMs).toISOString() }));
  });
  await new Promise<void>((resolve) => host.listen(0, "127.0.0.1", resolve));
  const { port } = host.address() as AddressInfo;
  const following = await cloudWithPuller({ virtualTime: `http://127.0.0.1:${port}` });
  const ahead = async (): Promise<number> =>
    (await following.control<{ aheadInSeconds: number }>("GET", "/control/clock")).body.aheadInSeconds;
  try {
    expect(await ahead()).toBe(0);
    aheadInMs = 86_400_000;
    expect(await ahead()).toBe(86_400);
    aheadInMs = 0;
    expect(await ahead()).toBe(86_400);
    host.closeAllConnections();
    host.close();
    expect(await ahead()).toBe(86_400);
  } finally {
    await following.close();
  }
});

test("a moment can be kept, and come back to as often as one likes", async () => {
  const vault = new SecretClient(cloud.env1("VAULT_URL"), cloud.credential("TENANT_A", ""), {
    disableChallengeResourceVerification: true,
  });
  await vault.setSecret("kept", "as-it-was");
  const before = (await cloud.control("GET", "/control/state")).body;
  const { status, body } = await cloud.control<{ id: string }>("POST", "/control/snapshots");
  expect(status).toBe(201);
  for (const time of [1, 2]) {
    await vault.setSecret("kept", `changed-${time}`);
    await grant(cloud, registryId("fabrikamprod"), puller.inTenantB, roles.acrPull);
    await cloud.control("PATCH", "/control/clusters", { clusterId: clusterId("aks-prod"), powerState: "Stopped" });
    expect((await cloud.control("GET", "/control/state")).body).not.toEqual(before);
    expect((await cloud.control("POST", `/control/snapshots/${body.id}/restore`)).status).toBe(204);
    expect((await cloud.control("GET", "/control/state")).body).toEqual(before);
    expect((await vault.getSecret("kept")).value).toBe("as-it-was");
  }
  expect((await cloud.control("DELETE", `/control/snapshots/${body.id}`)).status).toBe(204);
  expect((await cloud.control("POST", `/control/snapshots/${body.id}/restore`)).status).toBe(404);
});

test("no moment is kept while a cluster is being updated", async () => {
  await startUpdate();
  expect((await cloud.control("POST", "/control/snapshots")).status).toBe(409);
});
