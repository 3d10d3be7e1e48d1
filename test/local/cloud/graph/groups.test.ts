import { cloudWithPuller, puller } from "../arm/people.ts";
import type { TestCloud } from "../kit/cloud.ts";
import { administrator, automation, type GraphCall } from "./callers.ts";

const nested = "60000000-0000-4000-8000-0000000000f1";
const outer = "60000000-0000-4000-8000-0000000000f2";

let cloud: TestCloud;
let admin: GraphCall;
beforeAll(async () => {
  cloud = await cloudWithPuller({}, ({ tenants }) => {
    const tenantId = tenants[0]?.id ?? "";
    return {
      groups: [
        { objectId: nested, tenantId, displayName: "pullers", members: [puller.inTenantA] },
        { objectId: outer, tenantId, displayName: "all robots", members: [nested] },
      ],
    };
  });
  admin = await administrator(cloud);
});
afterAll(() => cloud.close());

const ids = async (path: string): Promise<string[]> =>
  ((await admin("GET", path)).body.value as { id: string }[]).map(({ id }) => id);

test("a service principal is in the groups of the estate, directly and through groups", async () => {
  expect(await ids(`/servicePrincipals/${puller.inTenantA}/memberOf`)).toEqual([nested]);
  expect(await ids(`/servicePrincipals/${puller.inTenantA}/transitiveMemberOf`)).toEqual([nested, outer]);
  expect(await ids(`/groups/${outer}/members`)).toEqual([nested]);
});

test("directory roles of the estate are memberships, too", async () => {
  const { body } = await admin("GET", "/servicePrincipals/30000000-0000-4000-8000-000000000118/memberOf");
  expect(body.value).toEqual([
    expect.objectContaining({
      "@odata.type": "#microsoft.graph.directoryRole",
      displayName: "Application Administrator",
    }),
  ]);
});

test("a group is made, gets members, loses them and goes", async () => {
  const asked = { displayName: "ops", mailNickname: "ops", mailEnabled: false, securityEnabled: true };
  const { status, body: group } = await admin("POST", "/groups", asked);
  expect({ status, group }).toMatchObject({ status: 201, group: { displayName: "ops", securityEnabled: true } });
  const reference = { "@odata.id": `${cloud.env1("GRAPH_URL")}/v1.0/directoryObjects/${puller.inTenantA}` };
  expect((await admin("POST", `/groups/${group.id}/members/$ref`, reference)).status).toBe(204);
  expect((await admin("POST", `/groups/${group.id}/members/$ref`, reference)).status).toBe(400);
  expect(await ids(`/groups/${group.id}/members`)).toEqual([puller.inTenantA]);
  const found = await admin("GET", "/groups?$filter=displayName eq 'ops' and mailNickname eq 'ops'&$select=Id");
  expect(found.body.value).toEqual([{ id: group.id }]);
  expect((await admin("DELETE", `/groups/${group.id}/members/${puller.inTenantA}/$ref`)).status).toBe(204);
  expect(await ids(`/groups/${group.id}/members`)).toEqual([]);
  expect((await admin("DELETE", `/groups/${group.id}`)).status).toBe(204);
  expect((await admin("GET", `/groups/${group.id}`)).status).toBe(404);
});

test("a member that is nowhere, and a group without a name, are refused", async () => {
  const nobody = {
    "@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/60000000-0000-4000-8000-ffffffffffff",
  };
  expect((await admin("POST", `/groups/${outer}/members/$ref`, nobody)).status).toBe(404);
  expect((await admin("POST", "/groups", { displayName: "no nickname" })).status).toBe(400);
});

test("who may change only its own applications reads no groups but the ids of those a principal is directly in", async () => {
  const owner = await automation(cloud);
  expect((await owner("GET", "/groups")).status).toBe(403);
  expect((await owner("GET", `/servicePrincipals/${puller.inTenantA}/transitiveMemberOf`)).status).toBe(403);
  const { body } = await owner("GET", `/servicePrincipals/${puller.inTenantA}/memberOf`);
  expect(body.value).toEqual([expect.objectContaining({ id: nested, displayName: null })]);
});
