import type { cloudWithPuller } from "../arm/people.ts";
import { clusterId, extraRegistries, registryId, withMoreRegistries, harshClouds } from "../arm/people.ts";
import { ask, hostOf, patch, prod, read } from "./asking.ts";
import { struck } from "../life/turning.ts";

const cloudWith = harshClouds(11);

const addresses = { caller: "203.0.113.7", nodes: "198.51.100.4" };
const withAddresses: Parameters<typeof cloudWithPuller>[1] = ({ clusters }) => ({
  callerAddress: addresses.caller,
  clusters: clusters.map((one) => (one.name === "aks-prod" ? { ...one, egressAddress: addresses.nodes } : one)),
});

test("address rules let in those they name: nodes by their cluster's address, everybody else by one other", async () => {
  const cloud = await cloudWith([], withAddresses);
  const host = await hostOf(cloud);
  const rules = (...values: string[]): object => ({
    networkRuleSet: { defaultAction: "Deny", ipRules: values.map((value) => ({ action: "Allow", value })) },
  });
  expect((await patch(cloud, rules("198.51.100.0/24"))).body.properties.networkRuleSet).toEqual({
    defaultAction: "Deny",
    ipRules: [{ action: "Allow", value: "198.51.100.0/24" }],
  });
  const refused = await ask(host, "/v2/");
  expect([refused.status, await refused.json()]).toMatchObject([
    403,
    {
      errors: [
        {
          code: "DENIED",
          message: `client with IP '${addresses.caller}' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.`,
        },
      ],
    },
  ]);
  expect((await ask(host, "/v2/", {}, addresses.nodes)).status).toBe(401);
  await patch(cloud, rules(addresses.caller));
  expect((await ask(host, "/v2/")).status).toBe(401);
  expect((await ask(host, "/v2/", {}, addresses.nodes)).status).toBe(403);
  expect((await patch(cloud, rules("300.1.1.1"))).body.error.code).toBe("InvalidParameter");
  await patch(cloud, { publicNetworkAccess: "Disabled" });
  expect((await ask(host, "/v2/")).status).toBe(403);
});

test("a node's pull is refused with the address of its cluster, and let in by a private endpoint", async () => {
  const cloud = await cloudWith([], (estate) => ({
    ...withAddresses(estate),
    registries: estate.registries.map((one) =>
      one.name === "fabrikamabac"
        ? {
            ...one,
            publicNetworkAccess: "Disabled" as const,
            privateEndpoints: [{ name: "pe", addresses: [addresses.nodes] }],
          }
        : one,
    ),
  }));
  const pull = (image: string): Promise<{ body: { stage?: string; message?: string } }> =>
    cloud.control("POST", "/control/kubelet/pull", { clusterId: clusterId("aks-prod"), image });
  await patch(cloud, { networkRuleSet: { defaultAction: "Deny", ipRules: [{ value: addresses.caller }] } });
  expect((await pull(`${await hostOf(cloud)}/team/app:v1`)).body.message).toContain(`'${addresses.nodes}'`);
  const closed = await hostOf(cloud, registryId("fabrikamabac"));
  expect((await ask(closed, "/v2/")).status).toBe(403);
  expect((await ask(closed, "/v2/", {}, addresses.nodes)).status).toBe(401);
  const { body } = await read(cloud, registryId("fabrikamabac"));
  expect(body.properties.privateEndpointConnections).toMatchObject([
    { name: "pe", properties: { privateLinkServiceConnectionState: { status: "Approved" } } },
  ]);
});

test.each(["registryFirewalls", "privateRegistries"])("%s falls on some registries, not on the first", async (name) => {
  const cloud = await cloudWith([name], withMoreRegistries(20));
  const closed: string[] = [];
  for (const id of [prod, ...extraRegistries(20)])
    if ((await ask(await hostOf(cloud, id), "/v2/")).status === 403) closed.push(id);
  expect(closed.length).toBeGreaterThan(0);
  expect(closed.length).toBeLessThan(15);
  expect(closed).not.toContain(prod);
  expect(await struck(cloud, name)).toBe(closed.length);
  const [first = ""] = closed;
  const { networkRuleSet, publicNetworkAccess } = (await read(cloud, first)).body.properties;
  expect(networkRuleSet?.defaultAction === "Deny" || publicNetworkAccess === "Disabled").toBe(true);
  await cloud.control("PUT", "/control/life", { [name]: false });
  expect((await ask(await hostOf(cloud, first), "/v2/")).status).toBe(401);
});
