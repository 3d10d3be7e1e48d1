/** POST /api/rotations with rows in memory, and clusters by a few answers. */
import type { Operation } from "../../src/domain/operation.ts";
import type { PullIdentity } from "../../src/domain/pullIdentity.ts";
import type { AskedRotation, ScopeInput } from "../../src/domain/rotationScope.ts";
import { standardWaits } from "../../src/domain/waits.ts";
import type { MaintenanceWindow } from "../../src/domain/window.ts";
import type { Instances, InstanceState } from "../../src/durable/instances.ts";
import { answering } from "../../src/functions/http.ts";
import { startRotations } from "../../src/functions/rotations.ts";
import { clusterKeyOf, parseResourceId } from "../../src/domain/ids.ts";
import { born, identity, kept, link as linkRow, worldOf } from "../activities/world.ts";
import { cluster as clusterFacts, pool } from "../domain/preflightFacts.ts";
import { ask } from "./ask.ts";
import { instance, operation as operationRow, tenantA } from "./rows.ts";

export const subscriptions = ["a1000000-0000-4000-8000-000000000001", "a2000000-0000-4000-8000-000000000002"] as const;
export const idOf = (name: string, subscription: string = subscriptions[0]): string =>
  `/subscriptions/${subscription}/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/${name}`;
export const clusterOf = (name: string, part: Partial<PullIdentity> = {}): PullIdentity => {
  const clusterId = part.clusterId ?? idOf(name);
  return {
    ...identity,
    clusterId,
    clusterKey: clusterKeyOf(clusterId),
    tenantId: tenantA,
    secrets: [kept("v1", "current")],
    onCluster: { state: "held", version: "v1", since: born },
    holder: null,
    ...part,
  };
};
export const keyOf = (name: string): string => clusterOf(name).clusterKey;
export const rotation = (name: string, asked: Partial<AskedRotation> = {}, part: Partial<Operation> = {}): Operation =>
  operationRow({
    id: `${keyOf(name)}-00000001`,
    kind: "rotation",
    subject: keyOf(name),
    instanceId: `rotate-${keyOf(name)}`,
    rotation: { reason: "due", ignoresWindow: false, turn: null, ...asked },
    ...part,
  });
export const runningOf = (...some: readonly Operation[]): Readonly<Record<string, InstanceState>> =>
  Object.fromEntries(some.map(({ id, instanceId }) => [instanceId, instance(id)]));

type Given = {
  readonly identities?: readonly PullIdentity[];
  readonly operations?: readonly Operation[];
  readonly states?: Readonly<Record<string, InstanceState>>;
  readonly window?: MaintenanceWindow | null;
  /** Links, and nodes, of a cluster by its name. */
  readonly links?: Readonly<Record<string, number>>;
  readonly nodes?: (name: string) => Promise<number>;
  readonly limit?: number;
};
type Body = {
  readonly code?: string;
  readonly detail?: string;
  readonly count: number;
  readonly clusters: readonly {
    readonly clusterKey: string;
    readonly nodes: number | null;
    readonly opening: string;
  }[];
  readonly operations: readonly {
    readonly clusterKey: string;
    readonly operationId: string;
    readonly position: number;
  }[];
  readonly leftOut: readonly { readonly clusterKey: string; readonly reason: string }[];
  readonly warnings: readonly string[];
  readonly tokens?: { readonly registryInSeconds: number; readonly entraInSeconds: number; readonly words: string };
};

export async function serving(given: Given = {}) {
  const identities = given.identities ?? [clusterOf("aks-a"), clusterOf("aks-b")];
  const grant = { assignmentId: "a", principalId: "p", role: "AcrPull", condition: null, ours: true };
  const links = Object.entries(given.links ?? {}).flatMap(([name, number]) =>
    Array.from({ length: number }, (_, index) => ({
      ...linkRow,
      id: `${keyOf(name)}${index.toString()}`,
      clusterKey: keyOf(name),
      grant,
    })),
  );
  const get = async ({ id }: { readonly id: string }) => {
    const parsed = parseResourceId(id);
    const name = parsed.outcome === "parsed" ? parsed.ref.name : "";
    const nodes = (await given.nodes?.(name)) ?? 1;
    return { ...clusterFacts, pools: [{ ...pool, nodes }] } as never;
  };
  const world = await worldOf({ links, identities, operations: given.operations ?? [] }, { clusters: { get } });
  const started: ScopeInput[] = [];
  const states: Record<string, InstanceState> = { ...given.states };
  const instances: Instances = {
    start: async (_of, id, input) => {
      started.push(input as unknown as ScopeInput);
      states[id] = { running: true, runtimeStatus: "Running", customStatus: null };
      return { started: true };
    },
    state: async (id) => states[id],
    wake: async () => undefined,
  };
  const config = {
    waits: standardWaits,
    sweepLimits: { maxConcurrent: 500, failuresInARow: 5 },
    secretLifetimeInDays: 180,
    rotationFraction: 2 / 3,
    maintenanceWindow: given.window ?? null,
    preflightLimitInSeconds: given.limit ?? 20,
  };
  const handler = answering(
    startRotations(
      async () => ({ world, config }),
      () => instances,
    ),
  );
  const send = (body: unknown, query = "") => ask<Body>(handler, `/api/rotations${query}`, { method: "POST", body });
  const rowOf = async (id: string) => (await world.operations.read(id))?.value;
  return { send, started, states, world, rowOf };
}

export const scope = { tenantId: tenantA };
export const leak = { scope, reason: "leak", confirm: 2 };
export const sunday = { zone: "UTC", days: [0], startMinute: 60, endMinute: 180 };
