/** Rows and instances for tests of handlers: in memory, with the shapes of the real store. */
import type { Link } from "../../src/domain/link.ts";
import type { Operation } from "../../src/domain/operation.ts";
import type { Instances, InstanceState } from "../../src/durable/instances.ts";
import { linkShape, operationShape } from "../../src/store/store.ts";
import { memoryTable } from "../store/memoryTable.ts";

export const tenantA = "a0000000-0000-4000-8000-000000000001";
export const tenantB = "b0000000-0000-4000-8000-000000000001";
const group = "/subscriptions/a1000000-0000-4000-8000-000000000001/resourceGroups/rg/providers";

export function link(part: Partial<Link> = {}): Link {
  return {
    id: "0123456789abcdef",
    clusterKey: "fedcba9876543210",
    cluster: `${group}/Microsoft.ContainerService/managedClusters/aks-prod`,
    registry: `${group}/Microsoft.ContainerRegistry/registries/fabrikamprod`,
    clusterTenantId: tenantA,
    registryTenantId: tenantB,
    repositories: [],
    image: null,
    route: "servicePrincipal",
    status: "onboarding",
    operationId: "0123456789abcdef-00000001",
    removalId: null,
    createdAt: "2026-11-01T09:00:00.000Z",
    updatedAt: "2026-11-01T09:00:00.000Z",
    appId: null,
    consent: null,
    grantsIntended: [],
    grant: null,
    proof: null,
    readySince: null,
    problem: null,
    formerGrant: null,
    removal: null,
    ...part,
  };
}

export function operation(part: Partial<Operation> = {}): Operation {
  return {
    id: "0123456789abcdef-00000001",
    kind: "onboarding",
    subject: "0123456789abcdef",
    clusterKey: "fedcba9876543210",
    instanceId: "onboard-0123456789abcdef",
    state: "running",
    steps: [],
    waitingFor: null,
    problem: null,
    startedAt: "2026-11-01T09:00:00.000Z",
    endedAt: null,
    cancel: "open",
    consentAnswers: [],
    ...part,
  };
}

export async function rows(oneLink: Link, oneOperation: Operation) {
  const now = (): Date => new Date("2026-11-01T10:00:00.000Z");
  const stored = { links: memoryTable(linkShape), operations: memoryTable(operationShape), now };
  await stored.links.insert(oneLink.id, oneLink);
  await stored.operations.insert(oneOperation.id, oneOperation);
  return stored;
}

/** Instances that only say what they were asked. `states` by instance id. */
export function fakeInstances(states: Readonly<Record<string, InstanceState>> = {}) {
  const woken: string[] = [];
  const started: string[] = [];
  const instances: Instances = {
    start: async (_of, id) => {
      started.push(id);
      return { started: true };
    },
    state: async (id) => states[id],
    wake: async (id, { name }) => void woken.push(`${id} ${name}`),
  };
  return { woken, started, of: () => instances };
}

/** An instance of that operation, as its custom status shows it. */
export function instance(operationId: string, part: Partial<InstanceState> = {}): InstanceState {
  return {
    running: true,
    runtimeStatus: "Running",
    customStatus: { operationId, steps: [], waitingFor: null },
    ...part,
  };
}
