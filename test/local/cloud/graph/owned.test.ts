import { testCloud, type TestCloud } from "../kit/cloud.ts";
import { administrator, automation, later, type GraphCall } from "./callers.ts";
import { struck, turn } from "../life/turning.ts";

let cloud: TestCloud;
let owner: GraphCall;
beforeAll(async () => {
  cloud = await testCloud();
  owner = await automation(cloud);
});
afterAll(() => cloud.close());
afterEach(async () => {
  await turn(cloud, { lookUpsLag: false });
  await cloud.control("POST", "/control/reset");
});

const self = (): string => `/servicePrincipals(appId='${cloud.env1("AUTOMATION_CLIENT_ID")}')`;
const typesIn = async (path: string, call = owner): Promise<readonly string[]> => {
  const { body } = await call("GET", path);
  return body.value.map((one: Record<string, string>) => one["@odata.type"]);
};

async function makeOne(): Promise<{ id: string; appId: string }> {
  const { body: app } = await owner("POST", "/applications", { displayName: "owned" });
  await owner("POST", "/servicePrincipals", { appId: app.appId });
  return app;
}

test("who may change only its own learns what it owns and what it made, with the properties it asks for", async () => {
  expect(await typesIn(`${self()}/ownedObjects`)).toEqual([]);
  const app = await makeOne();
  const both = ["#microsoft.graph.application", "#microsoft.graph.servicePrincipal"];
  expect(await typesIn(`${self()}/ownedObjects`)).toEqual(both);
  expect(await typesIn(`${self()}/createdObjects`)).toEqual(both);
  const { body } = await owner("GET", `${self()}/ownedObjects?$select=id`);
  expect(body.value[0]).toEqual({ "@odata.type": both[0], id: app.id });
});

test("what it owns and is a member of comes in pages, and what a list does not understand is refused", async () => {
  await makeOne();
  const first = await owner("GET", `${self()}/ownedObjects?$top=1&$select=id`);
  expect(first.body.value).toHaveLength(1);
  const second = await owner("GET", first.body["@odata.nextLink"].split("/v1.0")[1]);
  expect([second.body.value.length, second.body["@odata.nextLink"]]).toEqual([1, undefined]);
  for (const list of ["ownedObjects", "createdObjects", "memberOf"])
    for (const query of ["$filter=id eq 'x'", "$skip=1", "unheard=1"])
      expect((await owner("GET", `${self()}/${list}?${query}`)).status).toBe(400);
});

test("others see what it owns too, and of a service principal that is not there nothing", async () => {
  await makeOne();
  const admin = await administrator(cloud);
  expect(await typesIn(`${self()}/ownedObjects`, admin)).toHaveLength(2);
  expect(await typesIn(`/servicePrincipals(appId='${cloud.env1("CLIENT_ID")}')/ownedObjects`, admin)).toEqual([]);
  expect((await admin("GET", `/servicePrincipals/${crypto.randomUUID()}/ownedObjects`)).status).toBe(404);
});

test("the list is behind for a while where look-ups lag, and complete within two hours", async () => {
  await turn(cloud, { lookUpsLag: true });
  for (let made = 0; made < 5; made += 1) await makeOne();
  const lengths = [];
  for (let asked = 0; asked < 5; asked += 1) lengths.push((await typesIn(`${self()}/ownedObjects`)).length);
  expect(Math.min(...lengths)).toBeLessThan(10);
  expect(await struck(cloud, "lookUpsLag")).toBeGreaterThan(0);
  await later(cloud, 7200);
  owner = await automation(cloud);
  expect(await typesIn(`${self()}/ownedObjects`)).toHaveLength(10);
});
