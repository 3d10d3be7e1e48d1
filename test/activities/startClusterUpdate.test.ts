import { startClusterUpdate } from "../../src/activities/startClusterUpdate.ts";
import type { ClusterFacts, Clusters, UpdateStarted } from "../../src/azure/clients.ts";
import type { PullIdentity } from "../../src/domain/link.ts";
import { Secret } from "../../src/domain/secret.ts";
import { memoryTable } from "../store/memoryTable.ts";

const secret = { name: "pull-key", version: "v1", keyId: "k", createdAt: "", expiresAt: "" };
const id =
  "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/aks";
const request = {
  cluster: id,
  registry: "",
  clusterTenantId: "a",
  registryTenantId: "b",
  repositories: [],
  image: null,
};
const settled: ClusterFacts = {
  outcome: "found",
  id,
  location: "",
  provisioningState: "Succeeded",
  powerState: "Running",
  clientId: "ours",
  nodeResourceGroup: "",
  pools: [],
};

async function start(
  facts: Partial<ClusterFacts>,
  identity: Partial<PullIdentity>,
  answer: UpdateStarted = { outcome: "started", operation: "{}" },
) {
  const identities = memoryTable<PullIdentity>(() => ({}));
  await identities.insert("key", { applying: null, updateFailed: false, ...identity } as PullIdentity);
  let asked = 0;
  const clusters = {
    get: async () => ({ ...settled, ...facts }),
    setServicePrincipal: async () => (asked++, answer),
  } as unknown as Clusters;
  const vault = { get: async () => new Secret("value") } as never;
  const result = await startClusterUpdate.run(
    { clusterKey: "key", request, appId: "ours", secret },
    { clusters, vault, identities },
  );
  return { ...result, asked, row: (await identities.read("key"))?.value };
}

test("a cluster that was given this version and has settled is left alone", async () => {
  expect(await start({}, { applying: "v1" })).toMatchObject({ outcome: "already", asked: 0 });
});

test.each<[string, Partial<ClusterFacts>, Partial<PullIdentity>]>([
  ["holds another client id", { clientId: "old" }, { applying: null }],
  ["holds our client id with an older version", {}, { applying: "v0" }],
  ["says all is well after an update that failed half way", {}, { applying: "v1", updateFailed: true }],
  ["is Failed", { provisioningState: "Failed" }, { applying: "v1" }],
])("a cluster that %s is updated, and the row says to which version before", async (_what, facts, identity) => {
  expect(await start(facts, identity)).toMatchObject({
    outcome: "started",
    asked: 1,
    row: { applying: "v1", updateFailed: false },
  });
});

test("a cluster in the middle of something is not touched", async () => {
  expect(await start({ provisioningState: "Upgrading" }, { applying: "v0" })).toMatchObject({
    outcome: "busy",
    asked: 0,
    row: { applying: "v0" },
  });
  expect(await start({ powerState: "Stopped" }, {})).toMatchObject({
    outcome: "refused",
    problem: { code: "CP-CLUSTER-STOPPED" },
    asked: 0,
  });
});

test("what AKS answers comes back in words", async () => {
  const refusal = { code: "X", detail: "said AKS" };
  expect(await start({ clientId: "old" }, {}, { outcome: "busy", ...refusal })).toMatchObject({
    outcome: "busy",
    detail: "said AKS",
  });
  expect(await start({ clientId: "old" }, {}, { outcome: "credentialRefused", ...refusal })).toMatchObject({
    outcome: "credentialRefused",
    detail: "X: said AKS",
  });
  expect(await start({ clientId: "old" }, {}, { outcome: "refused", ...refusal })).toMatchObject({
    outcome: "refused",
    problem: { code: "CP-CLUSTER-REFUSED" },
  });
});
