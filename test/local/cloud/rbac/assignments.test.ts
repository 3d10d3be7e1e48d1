import { randomUUID } from "node:crypto";
import { AuthorizationManagementClient } from "@azure/arm-authorization";
import { setTimeout as sleep } from "node:timers/promises";
import {
  ClientAssertionCredential,
  ClientSecretCredential,
  ManagedIdentityCredential,
  type TokenCredential,
} from "@azure/identity";
import { claimsOf, type TestCloud } from "../kit/cloud.ts";
import {
  arm,
  armScope,
  cloudWithPuller,
  clusterId,
  grant,
  puller,
  pullerIn,
  registryId,
  roles,
  subscriptionA,
  subscriptionB,
} from "../arm/people.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await cloudWithPuller({}, ({ applications, tenants }) => ({
    applications: [
      ...applications,
      {
        key: "newcomer",
        appId: newcomer.appId,
        objectId: "20000000-0000-4000-8000-0000000000e2",
        tenantId: tenants[0]?.id ?? "",
        displayName: "newcomer",
        signInAudience: "AzureADMultipleOrgs" as const,
        identifierUris: [],
        redirectUris: [],
        requestedAccessTokenVersion: 1 as const,
        appRoles: [],
        secrets: [{ value: newcomer.secret }],
        federatedCredentials: [],
        servicePrincipals: [],
      },
    ],
  }));
  process.env["IDENTITY_ENDPOINT"] = cloud.env1("IDENTITY_ENDPOINT");
  process.env["IDENTITY_HEADER"] = cloud.env1("IDENTITY_HEADER");
});
afterEach(() => cloud.control("POST", "/control/reset"));
afterAll(() => cloud.close());

/** In tenant A only, until somebody consents. */
const newcomer = { appId: "10000000-0000-4000-8000-0000000000e1", secret: "local-newcomer-secret" };
const registry = registryId("fabrikamprod");
const definition = (id: string): string => `${subscriptionB}/providers/Microsoft.Authorization/roleDefinitions/${id}`;
const version = "api-version=2022-04-01";

function clientFor(credential: TokenCredential, subscription = subscriptionB): AuthorizationManagementClient {
  return new AuthorizationManagementClient(credential, subscription.split("/")[2] ?? "", {
    endpoint: cloud.env1("ARM_URL"),
    credentialScopes: armScope,
    retryOptions: { maxRetries: 0 },
  });
}

function administrator(): AuthorizationManagementClient {
  return clientFor(cloud.credential("TENANT_B", ""));
}

/** The product's own identity: it may give the two pull roles to service principals, and nothing else. */
function automation(): TokenCredential {
  const identity = new ManagedIdentityCredential({ clientId: cloud.env1("MANAGED_IDENTITY_CLIENT_ID") });
  const assertion = async (): Promise<string> => (await identity.getToken("api://AzureADTokenExchange/.default")).token;
  const clientId = cloud.env1("AUTOMATION_CLIENT_ID");
  return new ClientAssertionCredential(cloud.env1("TENANT_B"), clientId, assertion, cloud.identityOptions);
}

function pullRole(
  roleId: string = roles.acrPull,
  principalId: string = puller.inTenantB,
): object & {
  roleDefinitionId: string;
  principalId: string;
  principalType: "ServicePrincipal";
} {
  return { roleDefinitionId: definition(roleId), principalId, principalType: "ServicePrincipal" };
}

const code = (wanted: string): object => expect.objectContaining({ code: wanted });

test("a role is given, read, listed and taken away", async () => {
  const { roleAssignments } = administrator();
  const name = randomUUID();
  const made = await roleAssignments.create(registry, name, pullRole());
  expect(made).toMatchObject({
    name,
    scope: registry,
    principalId: puller.inTenantB,
    principalType: "ServicePrincipal",
  });
  expect(made.id).toBe(`${registry}/providers/Microsoft.Authorization/roleAssignments/${name}`);
  expect((await roleAssignments.get(registry, name)).roleDefinitionId).toBe(definition(roles.acrPull));
  const found: (string | undefined)[] = [];
  for await (const one of roleAssignments.listForScope(registry, { filter: `principalId eq '${puller.inTenantB}'` }))
    found.push(one.name);
  expect(found).toEqual([name]);
  expect((await roleAssignments.delete(registry, name))?.name).toBe(name);
  const again = `${registry}/providers/Microsoft.Authorization/roleAssignments/${name}?${version}`;
  expect((await arm(cloud, "DELETE", again, { tenant: "TENANT_B" })).status).toBe(204);
  await expect(roleAssignments.get(registry, name)).rejects.toEqual(code("RoleAssignmentNotFound"));
});

test("the same name again keeps the one assignment; the same grant under another name exists already", async () => {
  const { roleAssignments } = administrator();
  const name = randomUUID();
  await roleAssignments.create(registry, name, pullRole());
  expect((await roleAssignments.create(registry, name, pullRole())).name).toBe(name);
  const other = roleAssignments.create(registry, randomUUID(), pullRole());
  await expect(other).rejects.toMatchObject({
    statusCode: 409,
    code: "RoleAssignmentExists",
    message: `The role assignment already exists. The ID of the existing role assignment is ${name.replaceAll("-", "")}.`,
  });
  const moved = roleAssignments.create(registry, name, pullRole(roles.acrPush));
  await expect(moved).rejects.toMatchObject({ statusCode: 400, code: "RoleAssignmentUpdateNotPermitted" });
});

test("principals of the other tenant, unknown roles and names that are no guid are refused", async () => {
  const { roleAssignments } = administrator();
  const foreign = roleAssignments.create(registry, randomUUID(), pullRole(roles.acrPull, puller.inTenantA));
  await expect(foreign).rejects.toMatchObject({
    statusCode: 400,
    code: "PrincipalNotFound",
    message: expect.stringContaining(`does not exist in the directory ${cloud.env1("TENANT_B")}`),
  });
  const unknown = roleAssignments.create(registry, randomUUID(), pullRole(randomUUID()));
  await expect(unknown).rejects.toMatchObject({ statusCode: 404, code: "RoleDefinitionDoesNotExist" });
  await expect(roleAssignments.create(registry, "my-name", pullRole())).rejects.toEqual(
    code("InvalidRoleAssignmentId"),
  );
});

test.each([
  ["unfinished", "(@Request[Microsoft.ContainerRegistry/registries/repositories:name] StringEquals 'a'", "2.0"],
  ["with an operator nobody has", "@Request[a:b] Sounds 'x'", "2.0"],
  ["without its version", "ActionMatches{'*'}", undefined],
])("a condition %s is refused", async (_what, condition, conditionVersion) => {
  const { roleAssignments } = administrator();
  const given = { ...pullRole(), condition, ...(conditionVersion && { conditionVersion }) };
  const made = roleAssignments.create(registry, randomUUID(), given);
  await expect(made).rejects.toMatchObject({ statusCode: 400, code: "InvalidRoleAssignmentCondition" });
});

test("delegation is held to its condition: pull roles to service principals, and no others", async () => {
  const { roleAssignments } = clientFor(automation());
  const name = randomUUID();
  await roleAssignments.create(registry, name, pullRole());
  await roleAssignments.create(registry, randomUUID(), pullRole(roles.repositoryReader));
  for (const given of [pullRole(roles.acrPush), { ...pullRole(), principalType: "User" }])
    await expect(roleAssignments.create(registry, randomUUID(), given)).rejects.toMatchObject({
      statusCode: 403,
      code: "AuthorizationFailed",
      message: expect.stringContaining(
        "does not have authorization or an ABAC condition not fulfilled to perform action",
      ),
    });
  const beyond = roleAssignments.create(registryId("fabrikamclosed"), randomUUID(), pullRole());
  await expect(beyond).rejects.toMatchObject({ statusCode: 403 });

  const owners = (await grant(cloud, registry, puller.inTenantB, roles.acrPush)).split("/").at(-1) ?? "";
  await expect(roleAssignments.delete(registry, owners)).rejects.toMatchObject({ statusCode: 403 });
  expect((await roleAssignments.delete(registry, name))?.name).toBe(name);
});

test("a role above a resource reaches it, and one beside it does not", async () => {
  const { token } = await pullerIn(cloud, "TENANT_A").getToken(armScope);
  const status = async (id: string): Promise<number> =>
    (await arm(cloud, "GET", `${id}?api-version=2026-06-01`, { token })).status;
  await grant(cloud, `${subscriptionA}/resourceGroups/rg-clu`, puller.inTenantA, roles.reader);
  expect(await status(clusterId("aks-prod"))).toBe(403);
  await grant(cloud, `${subscriptionA}/resourceGroups/RG-Clusters`, puller.inTenantA, roles.reader);
  expect(await status(clusterId("aks-prod"))).toBe(200);
  expect(await status(clusterId("aks-readonly").replace("rg-clusters", "rg-readonly"))).toBe(403);
});

test("atScope leaves out what is below; without a filter it is there", async () => {
  await grant(cloud, registry, puller.inTenantB, roles.acrPull);
  const { roleAssignments } = administrator();
  const scopes = async (filter?: string): Promise<(string | undefined)[]> => {
    const found: (string | undefined)[] = [];
    for await (const one of roleAssignments.listForSubscription(filter ? { filter } : {})) found.push(one.scope);
    return found;
  };
  expect(await scopes()).toContain(registry);
  expect(await scopes("atScope()")).not.toContain(registry);
  expect(await scopes(`assignedTo('${puller.inTenantB}')`)).toEqual([registry]);
  await expect(scopes("colour eq 'red'")).rejects.toEqual(code("InvalidFilterInQueryString"));
});

test("role definitions are found by name, built-in and custom", async () => {
  const { roleDefinitions } = administrator();
  const found = async (client: AuthorizationManagementClient, scope: string, name: string): Promise<unknown[]> => {
    const all: unknown[] = [];
    for await (const one of client.roleDefinitions.list(scope, { filter: `roleName eq '${name}'` })) all.push(one);
    return all;
  };
  const [acrPull] = await found(administrator(), registry, "AcrPull");
  expect(acrPull).toMatchObject({
    id: definition(roles.acrPull),
    name: roles.acrPull,
    roleType: "BuiltInRole",
    permissions: [{ actions: ["Microsoft.ContainerRegistry/registries/pull/read"], dataActions: [] }],
  });
  expect((await roleDefinitions.get(subscriptionB, roles.reader)).roleName).toBe("Reader");
  const ofTenantA = clientFor(cloud.credential("TENANT_A", ""), subscriptionA);
  expect(await found(ofTenantA, subscriptionA, "Crosspull Cluster Operator")).toHaveLength(1);
  expect(await found(administrator(), subscriptionB, "Crosspull Cluster Operator")).toEqual([]);
});

test("callers see their own permissions at a resource, and none where they have none", async () => {
  const at = async (credential: TokenCredential): Promise<unknown[]> => {
    const found: unknown[] = [];
    const client = clientFor(credential);
    const asked = client.permissions.listForResource(
      ...(["rg-registries", "Microsoft.ContainerRegistry", "", "registries", "fabrikamprod"] as const),
    );
    for await (const one of asked) found.push(one);
    return found;
  };
  const own = await at(automation());
  expect(own).toContainEqual({ actions: ["*/read"], notActions: [], dataActions: [], notDataActions: [] });
  expect(own).toContainEqual(
    expect.objectContaining({ actions: expect.arrayContaining(["Microsoft.Authorization/roleAssignments/write"]) }),
  );
  expect(await at(pullerIn(cloud, "TENANT_B"))).toEqual([]);
});

test("a put without role or principal is refused, and makes nothing", async () => {
  const path = `${registry}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}?${version}`;
  const { status, body } = await arm(cloud, "PUT", path, { tenant: "TENANT_B", body: { properties: {} } });
  expect([status, body.error.code]).toEqual([400, "InvalidRequestContent"]);
  expect((await arm(cloud, "GET", path, { tenant: "TENANT_B" })).status).toBe(404);
});

test("a service principal is not found until it has been replicated", async () => {
  await cloud.control("PUT", "/control/timings", { principalReplicationInSeconds: 1 });
  const tenantId = cloud.env1("TENANT_B");
  await cloud.control("POST", "/control/consent", { tenantId, clientId: newcomer.appId, accept: true });
  await cloud.control("PUT", "/control/timings", { principalReplicationInSeconds: 0 });
  const { token } = await new ClientSecretCredential(
    ...([tenantId, newcomer.appId, newcomer.secret, cloud.identityOptions] as const),
  ).getToken("https://containerregistry.azure.net/.default");
  const { roleAssignments } = administrator();
  const give = (): Promise<unknown> =>
    roleAssignments.create(registry, randomUUID(), pullRole(roles.acrPull, claimsOf(token).oid));
  await expect(give()).rejects.toEqual(code("PrincipalNotFound"));
  for (let tries = 0; tries < 100; tries += 1) {
    const made = await give().catch(() => undefined);
    if (made) return;
    await sleep(50);
  }
  throw new Error("the service principal was never found");
});
