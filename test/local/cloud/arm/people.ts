import { ClientSecretCredential } from "@azure/identity";
import { loadEstate, type Estate, type EstateInput } from "../../../../local/cloud/estates/estate.ts";
import { testCloud, type TestCloud } from "../kit/cloud.ts";

/** Ids of the estate used here, written out so that a test can be read alone. */
export const subscriptionA = "/subscriptions/a0000000-0000-4000-8000-0000000000a1";
export const subscriptionB = "/subscriptions/b0000000-0000-4000-8000-0000000000a1";
export const clusterId = (name: string): string =>
  `${subscriptionA}/resourceGroups/rg-clusters/providers/Microsoft.ContainerService/managedClusters/${name}`;
export const registryId = (name: string): string =>
  `${subscriptionB}/resourceGroups/rg-registries/providers/Microsoft.ContainerRegistry/registries/${name}`;

export const puller = {
  appId: "10000000-0000-4000-8000-0000000000f1",
  secret: "local-puller-secret-1",
  inTenantA: "30000000-0000-4000-8000-0000000000f2",
  inTenantB: "30000000-0000-4000-8000-0000000000f3",
} as const;

/** The estate of two tenants with an application that is in both and has no role anywhere. */
export function estateWithPuller(change: (estate: Estate) => Partial<Estate> = () => ({})): EstateInput {
  const loaded = loadEstate();
  const estate = { ...loaded, ...change(loaded) };
  const [tenantA, tenantB] = estate.tenants;
  const application = {
    key: "puller",
    appId: puller.appId,
    objectId: "20000000-0000-4000-8000-0000000000f4",
    tenantId: tenantA?.id ?? "",
    displayName: "puller",
    signInAudience: "AzureADMultipleOrgs" as const,
    secrets: [{ value: puller.secret }],
    servicePrincipals: [
      { tenantId: tenantA?.id ?? "", objectId: puller.inTenantA },
      { tenantId: tenantB?.id ?? "", objectId: puller.inTenantB },
    ],
  };
  return { ...estate, applications: [...estate.applications, application] };
}

export async function cloudWithPuller(
  options: Parameters<typeof testCloud>[0] = {},
  change?: (estate: Estate) => Partial<Estate>,
): Promise<TestCloud> {
  return testCloud({ estate: estateWithPuller(change), ...options });
}

/** Makes clouds as harsh as asked for, all by one seed; each is closed after the test that made it. */
export function harshClouds(
  seed: number,
): (
  switches?: readonly string[],
  change?: Parameters<typeof cloudWithPuller>[1],
  options?: Parameters<typeof cloudWithPuller>[0],
) => Promise<TestCloud> {
  const clouds: TestCloud[] = [];
  afterEach(async () => {
    for (const cloud of clouds.splice(0)) await cloud.close();
  });
  return async (switches = [], change, options = {}) => {
    const cloud = await cloudWithPuller({ life: { seed, switches }, ...options }, change);
    clouds.push(cloud);
    return cloud;
  };
}

export function pullerIn(cloud: TestCloud, tenantKey: "TENANT_A" | "TENANT_B"): ClientSecretCredential {
  return new ClientSecretCredential(cloud.env1(tenantKey), puller.appId, puller.secret, cloud.identityOptions);
}

export const armScope = "https://management.azure.com/.default";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- whatever the service said
}

/** A plain call of ARM by the administrator of a tenant, or by whom is given. */
export async function arm(
  cloud: TestCloud,
  method: string,
  path: string,
  options: {
    token?: string;
    tenant?: "TENANT_A" | "TENANT_B";
    body?: unknown;
    headers?: Readonly<Record<string, string>>;
  } = {},
): Promise<Answer> {
  const own = async (): Promise<string> =>
    (await cloud.credential(options.tenant ?? "TENANT_A", "").getToken(armScope)).token;
  const token = options.token ?? (await own());
  const answer = await fetch(`${cloud.env1("ARM_URL")}${path}`, {
    method,
    headers: {
      ...options.headers,
      "content-type": "application/json",
      ...(token !== "" && { authorization: `Bearer ${token}` }),
    },
    ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
  });
  return { status: answer.status, headers: answer.headers, body: parsed(await answer.text()) };
}

function parsed(text: string): unknown {
  return text === "" ? undefined : JSON.parse(text);
}

/** Gives a role by its name; answers with the id of the assignment. */
export async function grant(
  cloud: TestCloud,
  scope: string,
  principalId: string,
  roleId: string,
  extra: object = {},
): Promise<string> {
  const tenant = scope.startsWith(subscriptionB) ? "TENANT_B" : "TENANT_A";
  const subscription = scope.split("/").slice(0, 3).join("/");
  const properties = {
    roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${roleId}`,
    principalId,
    principalType: "ServicePrincipal",
    ...extra,
  };
  const path = `${scope}/providers/Microsoft.Authorization/roleAssignments/${crypto.randomUUID()}?api-version=2022-04-01`;
  const answer = await arm(cloud, "PUT", path, { tenant, body: { properties } });
  if (answer.status !== 201) throw new Error(`grant: ${answer.status} ${JSON.stringify(answer.body)}`);
  return String(answer.body.id);
}

export const roles = {
  acrPull: "7f951dda-4ed3-4680-a7ca-43fe172d538d",
  acrPush: "8311e382-0749-4cb8-b61a-304f252e45ec",
  repositoryReader: "b93aa761-3e63-49ed-ac28-beffa264f7ac",
  catalogLister: "bfdb9389-c9a5-478a-bb2f-ba9ca092c3c7",
  reader: "acdd72a7-3385-48ef-bd42-f606fba81ae7",
  accessAdministrator: "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
  contributor: "b24988ac-6180-42a0-ab88-20f7382dd24c",
} as const;

/** The estate's registries and `count` more like the first, `extra01` ..., in the same group. */
export function withMoreRegistries(count: number): (estate: Estate) => Partial<Estate> {
  return ({ registries }) => {
    const [first] = registries;
    if (!first) throw new Error("the estate has no registry");
    const more = Array.from({ length: count }, (_, index) => ({
      ...first,
      name: `extra${String(index + 1).padStart(2, "0")}`,
    }));
    return { registries: [...registries, ...more] };
  };
}

export const extraRegistries = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => registryId(`extra${String(index + 1).padStart(2, "0")}`));
