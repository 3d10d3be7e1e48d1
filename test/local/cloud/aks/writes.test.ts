import { arm, clusterId, cloudWithPuller, puller, type Answer } from "../arm/people.ts";
import type { TestCloud } from "../kit/cloud.ts";
import { advance, follow, reset, shown, type NodeShown } from "./switches.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await cloudWithPuller({ timings: { reimagePerNodeInSeconds: 120 } });
});
afterEach(() => cloud.control("POST", "/control/reset"));
afterAll(() => cloud.close());

const version = "?api-version=2025-10-01";
const post = (action: string, name = "aks-staging"): Promise<Answer> =>
  arm(cloud, "POST", `${clusterId(name)}/${action}${version}`);
const pool = async (name = "aks-prod"): Promise<{ id: string; properties: Record<string, unknown> }> =>
  (await arm(cloud, "GET", `${clusterId(name)}/agentPools/system${version}`)).body;
const put = async (properties: object, ifMatch?: string): Promise<Answer> => {
  const { token } = await cloud.credential("TENANT_A", "").getToken("https://management.azure.com/.default");
  const answer = await fetch(`${cloud.env1("ARM_URL")}${clusterId("aks-prod")}/agentPools/system${version}`, {
    method: "PUT",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      ...(ifMatch !== undefined && { "if-match": ifMatch }),
    },
    body: JSON.stringify({ properties }),
  });
  return { status: answer.status, headers: answer.headers, body: await answer.json() };
};
const nodes = async (name: string): Promise<readonly NodeShown[]> => (await shown(cloud, name)).nodes;
const code = ({ status, body }: Answer): [number, string] => [status, body?.error?.code];

test("a cluster that is stopped and started again refuses an update of its credential meanwhile", async () => {
  const stopping = await post("stop");
  expect(stopping.status).toBe(202);
  expect((await shown(cloud)).provisioningState).toBe("Stopping");
  expect(code(await reset(cloud))).toEqual([409, "OperationNotAllowed"]);
  await advance(cloud, 120);
  expect((await follow(cloud, stopping, "azure-asyncoperation")).body.status).toBe("Succeeded");
  expect((await nodes("aks-staging")).some(({ runs }) => runs)).toBe(false);
  expect(code(await reset(cloud))).toEqual([400, "BadRequest"]);
  expect((await post("start")).status).toBe(202);
  expect(code(await reset(cloud))).toEqual([409, "OperationNotAllowed"]);
  await advance(cloud, 120);
  expect((await nodes("aks-staging")).every(({ runs }) => runs)).toBe(true);
  expect((await reset(cloud)).status).toBe(202);
});

test("every other write is refused while the credential is updated, and the update while another write is under way", async () => {
  expect((await reset(cloud, "aks-prod")).status).toBe(202);
  const busy = [409, "OperationNotAllowed"];
  expect(code(await post("stop", "aks-prod"))).toEqual(busy);
  expect(code(await post("agentPools/system/upgradeNodeImageVersion", "aks-prod"))).toEqual(busy);
  expect(code(await put({ count: 2 }))).toEqual(busy);
  await advance(cloud, 3600);
  expect((await post("agentPools/system/upgradeNodeImageVersion", "aks-prod")).status).toBe(202);
  expect((await pool()).properties["provisioningState"]).toBe("Upgrading");
  expect(code(await reset(cloud, "aks-prod"))).toEqual(busy);
  await advance(cloud, 120);
  expect((await reset(cloud, "aks-prod")).status).toBe(202);
});

test("a pool that grows gets nodes with names of their own and the cluster's credential, one that shrinks loses the newest", async () => {
  await reset(cloud, "aks-prod");
  await advance(cloud, 3600);
  const before = (await nodes("aks-prod")).map(({ name }) => name);
  expect((await put({ count: 3 })).status).toBe(200);
  await advance(cloud, 120);
  const after = await nodes("aks-prod");
  expect(after).toHaveLength(before.length + 2);
  expect(after.every(({ clientId }) => clientId === puller.appId)).toBe(true);
  await put({ count: 1 });
  await advance(cloud, 120);
  expect((await nodes("aks-prod")).map(({ name }) => name)).toEqual(before);
  expect(code(await put({ count: -1 }))).toEqual([400, "InvalidParameter"]);
});

test("a pool that is stopped keeps the old credential through an update, and starts with the new one", async () => {
  await put({ powerState: { code: "Stopped" } });
  await advance(cloud, 120);
  await reset(cloud, "aks-prod");
  await advance(cloud, 3600);
  const system = async (): Promise<readonly NodeShown[]> =>
    (await nodes("aks-prod")).filter((node) => node.pool === "system");
  expect((await system()).map(({ runs, clientId }) => [runs, clientId === puller.appId])).toEqual([[false, false]]);
  await put({ powerState: { code: "Running" } });
  await advance(cloud, 120);
  expect((await system()).map(({ runs, clientId }) => [runs, clientId === puller.appId])).toEqual([[true, true]]);
});

test("a pool is changed only if it is as the caller has seen it", async () => {
  const seen = String((await pool()).properties["eTag"]);
  expect(seen).toMatch(/^[0-9a-f-]{36}$/);
  expect((await put({ count: 2 }, `"${seen}"`)).status).toBe(200);
  await advance(cloud, 120);
  expect(code(await put({ count: 1 }, seen))).toEqual([412, "PreconditionFailed"]);
  expect((await put({ count: 1 }, "*")).status).toBe(200);
});

describe("the cluster as a whole", () => {
  const at = `${clusterId("aks-prod")}${version}`;
  const read = async (): Promise<any> => (await arm(cloud, "GET", at)).body; // eslint-disable-line @typescript-eslint/no-explicit-any -- whatever ARM said

  test("is put as it was read, with other tags and one node more, which takes its time", async () => {
    const body = await read();
    const [system, ...others] = body.properties.agentPoolProfiles;
    const agentPoolProfiles = [{ ...system, count: 2 }, ...others];
    const before = (await nodes("aks-prod")).length;
    const put = await arm(cloud, "PUT", at, {
      body: { ...body, tags: { owner: "platform" }, properties: { ...body.properties, agentPoolProfiles } },
    });
    expect([put.status, put.body.properties.provisioningState]).toEqual([200, "Updating"]);
    expect(code(await reset(cloud, "aks-prod"))).toEqual([409, "OperationNotAllowed"]);
    await advance(cloud, 120);
    expect((await follow(cloud, put, "azure-asyncoperation")).body.status).toBe("Succeeded");
    const { tags, properties } = await read();
    expect([tags, properties.provisioningState]).toEqual([{ owner: "platform" }, "Succeeded"]);
    expect(await nodes("aks-prod")).toHaveLength(before + 1);
  });

  test("is refused another service principal, another place, and a change of what somebody else changed meanwhile", async () => {
    const body = await read();
    const servicePrincipalProfile = { clientId: puller.appId, secret: puller.secret };
    const other = { ...body, properties: { ...body.properties, servicePrincipalProfile } };
    expect(code(await arm(cloud, "PUT", at, { body: other }))).toEqual([400, "PropertyChangeNotAllowed"]);
    expect(code(await arm(cloud, "PUT", at, { body: { ...body, location: "northeurope" } }))).toEqual([
      400,
      "PropertyChangeNotAllowed",
    ]);
    expect((await arm(cloud, "PATCH", at, { body: { tags: {} }, headers: { "if-match": body.eTag } })).status).toBe(
      200,
    );
    await advance(cloud, 120);
    const late = await arm(cloud, "PATCH", at, { body: { tags: {} }, headers: { "if-match": body.eTag } });
    expect(code(late)).toEqual([412, "PreconditionFailed"]);
  });
});
