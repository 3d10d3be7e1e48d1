/** Rows and a clock for activity tests; Azure comes from the simulated cloud, or from a few answers by hand. */
import type { World } from "../../src/activities/world.ts";
import type { Link } from "../../src/domain/link.ts";
import type { Sweep } from "../../src/domain/sweep.ts";
import type { Operation } from "../../src/domain/operation.ts";
import { newIdentity, type PullIdentity } from "../../src/domain/pullIdentity.ts";
import { registered } from "../../src/domain/pullIdentityChanges.ts";
import type { InstanceState, Instances } from "../../src/durable/instances.ts";
import type { AsksDurable } from "../../src/durable/register.ts";
import { identityShape, linkShape, operationShape, sweepShape, type Store } from "../../src/store/store.ts";
import { memoryTable } from "../store/memoryTable.ts";

export const born = "2026-01-01T00:00:00.000Z";
export const clusterId =
  "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/aks";
export const registryId =
  "/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/fabrikam";
export const cluster = { id: clusterId, tenantId: "tenant-a" };
export const registry = { id: registryId, tenantId: "tenant-b" };
export const clusterKey = "c1";
export const linkId = "1f";
export const operationId = "1f-op";

export const operation: Operation = {
  id: operationId,
  kind: "onboarding",
  subject: linkId,
  clusterKey,
  instanceId: "onboard-1f",
  state: "running",
  steps: [],
  waitingFor: null,
  problem: null,
  startedAt: born,
  endedAt: null,
  cancel: "open",
  consentAnswers: [],
};
export const link: Link = {
  id: linkId,
  clusterKey,
  cluster: clusterId,
  registry: registryId,
  clusterTenantId: "tenant-a",
  registryTenantId: "tenant-b",
  repositories: [],
  image: null,
  route: "servicePrincipal",
  status: "onboarding",
  operationId,
  removalId: null,
  createdAt: born,
  updatedAt: born,
  appId: null,
  consent: null,
  grantsIntended: [],
  grant: null,
  proof: null,
  readySince: null,
  problem: null,
  formerGrant: null,
  removal: null,
};
/** The pull identity as it is once its application is there, held by the operation. */
export const identity: PullIdentity = {
  ...registered(newIdentity({ clusterKey, clusterId, tenantId: "tenant-a", createdAt: born }), {
    appId: "ours",
    appObjectId: "object",
    now: born,
  }),
  holder: { operationId, since: born },
};
export const kept = (version: string, state: "proving" | "current" | "retiring" | "rejected") =>
  ({
    name: "pull-c1",
    version,
    keyId: `key-${version}`,
    createdAt: born,
    expiresAt: "2026-07-01T00:00:00.000Z",
    state,
    by: operationId,
  }) as const;

export type Rows = {
  readonly links?: readonly Link[];
  readonly identities?: readonly PullIdentity[];
  readonly operations?: readonly Operation[];
};

export async function storeWith({
  links = [link],
  identities = [identity],
  operations = [operation],
}: Rows = {}): Promise<Store> {
  const store = {
    links: memoryTable<Link>(linkShape),
    identities: memoryTable<PullIdentity>(identityShape),
    operations: memoryTable<Operation>(operationShape),
    sweeps: memoryTable<Sweep>(sweepShape),
  };
  for (const row of links) await store.links.insert(row.id, row);
  for (const row of identities) await store.identities.insert(row.clusterKey, row);
  for (const row of operations) await store.operations.insert(row.id, row);
  return store;
}

/** Durable as it answers for instances by id; none is there unless it is named. */
export function instances(states: Readonly<Record<string, InstanceState>> = {}): Instances {
  return {
    start: async () => ({ started: true }),
    state: async (id) => states[id],
    wake: async () => undefined,
  };
}
export const running = (operation: string | null): InstanceState => ({
  running: true,
  runtimeStatus: "Running",
  customStatus: operation === null ? null : { operationId: operation, steps: [], waitingFor: null },
});

/** A world of rows, and of as much of Azure as a test needs; anything else that is touched fails the test. */
export async function worldOf(
  rows: Rows,
  azure: { readonly [Name in keyof World]?: Partial<World[Name]> } = {},
): Promise<World & AsksDurable> {
  return {
    ...(await storeWith(rows)),
    consentStates: {
      issue: async ({ nonce }: { readonly nonce: string }) => `state-${nonce}`,
      read: async () => ({ outcome: "invalid" }),
    },
    settings: { callbackUrl: "https://crosspull.example/api/consent", secretLifetimeInDays: 180 },
    now: () => new Date(born),
    instances: instances(),
    ...azure,
  } as unknown as World & AsksDurable;
}
