import { randomUUID } from "node:crypto";
import { AuthorizationManagementClient } from "@azure/arm-authorization";
import { ContainerServiceClient } from "@azure/arm-containerservice";
import { ClientSecretCredential } from "@azure/identity";
import { Client } from "@microsoft/microsoft-graph-client";
import type { Application } from "@microsoft/microsoft-graph-types";
import { claimsOf, testCloud, type TestCloud } from "../kit/cloud.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await testCloud({ speed: 1000 });
});
afterAll(() => cloud.close());

const acrPull = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
const clusterId = (): string => cloud.env1("CLUSTER_RESOURCE_ID");

interface Pull {
  readonly pulled: boolean;
  readonly stage?: string;
}
const pull = async (): Promise<Pull> => {
  const image = `${cloud.env1("ACR_LOGIN_SERVER")}/${cloud.env1("REPO")}:${cloud.env1("TAG")}`;
  return (await cloud.control<Pull>("POST", "/control/kubelet/pull", { clusterId: clusterId(), image })).body;
};

async function newApplication(): Promise<{ appId: string; secret: string }> {
  const graph = Client.initWithMiddleware({
    baseUrl: cloud.env1("GRAPH_URL"),
    customHosts: new Set(["localhost"]),
    authProvider: {
      getAccessToken: async () =>
        (await cloud.credential("TENANT_A", "").getToken("https://graph.microsoft.com/.default")).token,
    },
  });
  const app: Application = await graph
    .api("/applications")
    .post({ displayName: "pull by hand", signInAudience: "AzureADMultipleOrgs" });
  await graph.api("/servicePrincipals").post({ appId: app.appId });
  const { secretText } = await graph.api(`/applications/${app.id}/addPassword`).post({});
  return { appId: app.appId ?? "", secret: secretText };
}

test("the documented procedure, done by hand with the SDKs, ends with a kubelet that pulls", async () => {
  expect(await pull()).toMatchObject({ pulled: false, stage: "token" });
  const { appId, secret } = await newApplication();
  const consent = { tenantId: cloud.env1("TENANT_B"), clientId: appId, accept: true };
  expect((await cloud.control("POST", "/control/consent", consent)).status).toBe(200);

  const clusters = new ContainerServiceClient(cloud.credential("TENANT_A", ""), cloud.env1("SUBSCRIPTION_ID"), {
    endpoint: cloud.env1("ARM_URL"),
  });
  const [group, name] = [cloud.env1("RESOURCE_GROUP"), cloud.env1("CLUSTER")];
  await clusters.managedClusters.resetServicePrincipalProfile(
    group,
    name,
    { clientId: appId, secret },
    { updateIntervalInMs: 1 },
  );
  const cluster = await clusters.managedClusters.get(group, name);
  expect(cluster.servicePrincipalProfile?.clientId).toBe(appId);
  expect(cluster.provisioningState).toBe("Succeeded");
  expect(await pull()).toMatchObject({ pulled: false });

  const inB = new ClientSecretCredential(cloud.env1("TENANT_B"), appId, secret, cloud.identityOptions);
  const { token } = await inB.getToken("https://containerregistry.azure.net/.default");
  const roles = new AuthorizationManagementClient(cloud.credential("TENANT_B", ""), cloud.env1("SUBSCRIPTION_ID_B"), {
    endpoint: cloud.env1("ARM_URL"),
  });
  await roles.roleAssignments.create(cloud.env1("REGISTRY_RESOURCE_ID"), randomUUID(), {
    principalId: claimsOf(token).oid,
    principalType: "ServicePrincipal",
    roleDefinitionId: `/subscriptions/${cloud.env1("SUBSCRIPTION_ID_B")}/providers/Microsoft.Authorization/roleDefinitions/${acrPull}`,
  });
  expect(await pull()).toMatchObject({ pulled: true });
});
