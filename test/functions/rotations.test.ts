/** Rotations of a whole scope: which clusters, in which order, what runs already, and what a repeat does. */
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
import { instance, operation as operationRow, tenantA, tenantB } from "./rows.ts";

const subscriptions = ["a1000000-0000-4000-8000-000000000001", "a2000000-0000-4000-8000-000000000002"] as const;
const idOf = (name: string, subscription: string = subscriptions[0]): string =>
  `/subscriptions/${subscription}/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/${name}`;
const clusterOf = (name: string, part: Partial<PullIdentity> = {}): PullIdentity => {
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
const keyOf = (name: string): string => clusterOf(name).clusterKey;
const rotation = (name: string, asked: Partial<AskedRotation> = {}, part: Partial<Operation> = {}): Operation =>
  operationRow({
    id: `${keyOf(name)}-00000001`,
    kind: "rotation",
    subject: keyOf(name),
    instanceId: `rotate-${keyOf(name)}`,
    rotation: { reason: "due", ignoresWindow: false, turn: null, ...asked },
    ...part,
  });
const runningOf = (...some: readonly Operation[]): Readonly<Record<string, InstanceState>> =>
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

async function serving(given: Given = {}) {
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

const scope = { tenantId: tenantA };
const leak = { scope, reason: "leak", confirm: 2 };
const sunday = { zone: "UTC", days: [0], startMinute: 60, endMinute: 180 };

describe("a scope", () => {
  test.each([
    { scope: {}, reason: "leak" },
    { scope: { clusters: [] }, reason: "leak" },
    { scope: { clusters: ["aks-a"] }, reason: "leak" },
    { scope: { clusters: [idOf("aks-a").replace("managedClusters", "other")] }, reason: "leak" },
    { scope: { tenantId: "contoso" }, reason: "leak" },
    { scope: { tenant: tenantA }, reason: "leak" },
    { scope, reason: "because" },
    { scope, reason: "due" },
    { scope },
    { scope, reason: "leak", maxConcurrent: 0 },
    { scope, reason: "leak", ignoreWindows: "yes" },
    { scope, reason: "leak", force: true },
    { reason: "leak" },
  ])("that cannot be read is refused: %j", async (body) => {
    const { send, started } = await serving();
    expect(await send({ confirm: 2, ...body })).toMatchObject({ status: 400, body: { code: "CP-BAD-REQUEST" } });
    expect(started).toEqual([]);
  });

  test.each([
    { tenantId: tenantB },
    { subscriptionId: subscriptions[1] },
    { clusters: ["0000000000000000", keyOf("aks-a")] },
    { clusters: [idOf("aks-z")] },
    { clusters: [keyOf("aks-a")], tenantId: tenantB },
    { clusters: [keyOf("aks-a")], subscriptionId: subscriptions[1] },
  ])("that holds nothing, or names what nobody knows, is refused: %j", async (unknown) => {
    const { send, started } = await serving();
    const answer = await send({ scope: unknown, reason: "leak", confirm: 1 });
    expect(answer).toMatchObject({ status: 400, body: { code: "CP-UNKNOWN-SCOPE" } });
    for (const named of unknown.clusters?.slice(0, 1) ?? []) expect(answer.body.detail).toContain(named);
    expect(started).toEqual([]);
  });

  test("is a tenant, a subscription, clusters by key or resource id in any case, or what is in all of them", async () => {
    const other = clusterOf("aks-c", { clusterId: idOf("aks-c", subscriptions[1]) });
    const away = clusterOf("aks-d", { tenantId: tenantB });
    const { send } = await serving({ identities: [clusterOf("aks-a"), clusterOf("aks-b"), other, away] });
    const found = async (one: unknown): Promise<number> =>
      (await send({ scope: one, reason: "asked" }, "?dryRun=true")).body.count;
    expect(await found({ tenantId: tenantA.toUpperCase() })).toBe(3);
    expect(await found({ subscriptionId: subscriptions[1] })).toBe(1);
    expect(await found({ tenantId: tenantA, subscriptionId: subscriptions[0] })).toBe(2);
    expect(await found({ clusters: [keyOf("aks-a"), idOf("AKS-A"), idOf("aks-b")] })).toBe(2);
  });

  test("names those that have nothing to rotate, with the reason; where all are such it is refused", async () => {
    const none = [clusterOf("aks-b", { onCluster: { state: "foreign" } }), clusterOf("aks-c", { appId: null })];
    const { send } = await serving({ identities: [clusterOf("aks-a"), ...none] });
    const { body } = await send({ ...leak, confirm: 1 });
    expect(body.operations.map(({ clusterKey }) => clusterKey)).toEqual([keyOf("aks-a")]);
    expect(body.leftOut.map(({ clusterKey, reason }) => [clusterKey, reason]).sort()).toEqual(
      [
        [keyOf("aks-b"), "its nodes hold no credential of ours"],
        [keyOf("aks-c"), "it has no pull identity yet"],
      ].sort(),
    );
    const bare = await serving({ identities: none });
    expect(await bare.send({ ...leak, confirm: 0 })).toMatchObject({
      status: 422,
      body: { code: "CP-NOTHING-TO-ROTATE" },
    });
  });
});

describe("a request for many rotations", () => {
  test("shows first what it would do, in its order, and changes nothing", async () => {
    const identities = ["aks-a", "aks-b", "aks-c", "aks-d"].map((name) => clusterOf(name));
    const soon = clusterOf("aks-e", { secrets: [{ ...kept("v1", "current"), expiresAt: "2026-02-01T00:00:00.000Z" }] });
    const nodes: Record<string, number> = { "aks-a": 2, "aks-b": 10, "aks-c": 5, "aks-d": 1, "aks-e": 1 };
    const { send, started, world } = await serving({
      identities: [...identities, soon],
      links: { "aks-a": 3, "aks-b": 1, "aks-c": 4, "aks-d": 1, "aks-e": 1 },
      nodes: async (name) => nodes[name] ?? 0,
      window: sunday,
    });
    const { status, body } = await send({ scope, reason: "asked" }, "?dryRun=true");
    expect([status, body.count]).toEqual([200, 5]);
    const order = ["aks-c", "aks-b", "aks-a", "aks-e", "aks-d"];
    expect(body.clusters.map(({ clusterKey }) => clusterKey)).toEqual(order.map(keyOf));
    expect(body.clusters[0]).toEqual({
      clusterKey: keyOf("aks-c"),
      cluster: idOf("aks-c"),
      nodes: 5,
      links: 4,
      opening: "2026-01-04T01:00:00.000Z",
      expiresAt: "2026-07-01T00:00:00.000Z",
      position: 1,
      operationId: null,
    });
    expect(body).toMatchObject({ leftOut: [], warnings: [] });
    expect(body.tokens).toBeUndefined();
    expect(started).toEqual([]);
    expect((await world.operations.page({}, 10, undefined)).items).toEqual([]);
    const now = await send({ scope, reason: "asked", ignoreWindows: true }, "?dryRun=true");
    expect(now.body.clusters.map(({ opening }) => opening)).toEqual(Array(5).fill(born));
  });

  test.each([undefined, null, 1, 3])("is refused unless it confirms the number of clusters: %j", async (confirm) => {
    const { send, started } = await serving();
    expect(await send({ ...leak, confirm })).toMatchObject({ status: 409, body: { code: "CP-NOT-CONFIRMED" } });
    expect(started).toEqual([]);
  });

  test("writes every operation with its place before one instance is started that begins them", async () => {
    const { send, started, rowOf, world } = await serving({
      nodes: async (name) => (name === "aks-b" ? 9 : 1),
      links: { "aks-a": 1, "aks-b": 1 },
    });
    const { status, body } = await send({ ...leak, ignoreWindows: true, maxConcurrent: 1 });
    expect(status).toBe(202);
    expect(body.operations.map(({ clusterKey, position }) => [clusterKey, position])).toEqual([
      [keyOf("aks-b"), 1],
      [keyOf("aks-a"), 2],
    ]);
    const ids = body.operations.map(({ operationId }) => operationId);
    expect(started).toMatchObject([{ operations: ids, underWay: [], maxConcurrent: 1, waits: standardWaits }]);
    expect(await rowOf(ids[1] ?? "")).toMatchObject({
      state: "waiting",
      waitingFor: { on: "turn", what: "it is number 2 of 2 in turn, 1 at once", who: "nobody" },
      rotation: {
        reason: "leak",
        ignoresWindow: true,
        turn: { position: 2, of: 2, instanceId: started[0]?.instanceId },
      },
    });
    expect((await world.identities.read(keyOf("aks-b")))?.value.rotationId).toBe(ids[0]);
  });

  test("says after a leak how long tokens of the old secret live on, and which clusters wait for their window", async () => {
    const { send } = await serving({ window: sunday });
    const { body } = await send(leak);
    expect(body.tokens).toMatchObject({ registryInSeconds: 10_800, entraInSeconds: 5_400 });
    expect(body.warnings).toEqual([
      "2 clusters will hold the leaked secret until the maintenance window opens, the last at 2026-01-04T01:00:00.000Z: send ignoreWindows: true to begin now",
    ]);
    const now = await serving({ window: sunday });
    expect((await now.send({ ...leak, ignoreWindows: true })).body.warnings).toEqual([]);
  });

  test("says after a leak where nodes may hold two secrets, so that a third is made", async () => {
    const halfway = clusterOf("aks-b", { onCluster: { state: "halfway", mayHold: ["v1", "v2"] } });
    const { send } = await serving({ identities: [clusterOf("aks-a"), halfway] });
    expect((await send(leak, "?dryRun=true")).body.warnings).toEqual([expect.stringContaining("a third is made")]);
  });

  test("does not wait for clusters that cannot be read in time: they count as one node, and it says so", async () => {
    const nodes = async (name: string): Promise<number> => {
      if (name === "aks-a") return new Promise<number>(() => undefined);
      if (name === "aks-b") throw new Error("503");
      return 3;
    };
    const identities = ["aks-a", "aks-b", "aks-c"].map((name) => clusterOf(name));
    const { send } = await serving({ identities, nodes, links: { "aks-a": 1, "aks-b": 2, "aks-c": 1 }, limit: 0.05 });
    const { body } = await send({ scope, reason: "asked" }, "?dryRun=true");
    expect(body.clusters.map(({ clusterKey, nodes: read }) => [clusterKey, read])).toEqual([
      [keyOf("aks-c"), 3],
      [keyOf("aks-b"), null],
      [keyOf("aks-a"), null],
    ]);
    expect(body.warnings).toEqual([expect.stringContaining("2 clusters could not be read")]);
  });
});

describe("a request that is repeated", () => {
  test("is answered with the same operations, and starts nothing again", async () => {
    const { send, started } = await serving();
    const first = await send(leak);
    expect((await send(leak)).body.operations).toEqual(first.body.operations);
    expect(started).toHaveLength(1);
  });

  test("twice at once has one operation for each cluster", async () => {
    const { send, world } = await serving();
    const answers = await Promise.all([send(leak), send(leak)]);
    const [one, two] = answers.map(({ body }) => body.operations.map(({ operationId }) => operationId).sort());
    expect(one).toEqual(two);
    expect((await world.operations.page({}, 10, undefined)).items).toHaveLength(2);
  });

  test("after a crash before anything was started takes the operations that stand on their rows", async () => {
    const turn = { instanceId: "rotate-scope-lost", position: 1, of: 1 };
    const lost = rotation("aks-a", { reason: "leak", ignoresWindow: true, turn }, { state: "waiting" });
    const { send, started, rowOf } = await serving({
      identities: [clusterOf("aks-a", { rotationId: lost.id })],
      operations: [lost],
    });
    const { body } = await send({ ...leak, confirm: 1 });
    expect(body.operations).toEqual([{ clusterKey: keyOf("aks-a"), operationId: lost.id, position: 1 }]);
    expect(started).toMatchObject([{ operations: [lost.id] }]);
    expect((await rowOf(lost.id))?.rotation).toEqual({
      reason: "leak",
      ignoresWindow: true,
      turn: { instanceId: started[0]?.instanceId, position: 1, of: 1 },
    });
  });
});

describe("a cluster whose rotation runs already", () => {
  const withRunning = (asked: Partial<AskedRotation>, part: Partial<Operation> = {}, window = sunday) => {
    const running = rotation("aks-a", asked, part);
    return serving({
      identities: [clusterOf("aks-a", { rotationId: running.id }), clusterOf("aks-b")],
      operations: [running],
      states: runningOf(running),
      window,
    });
  };
  const runningId = `${keyOf("aks-a")}-00000001`;
  const answered = async (given: ReturnType<typeof withRunning>, body: object) => {
    const { send, started } = await given;
    const { operations } = (await send({ scope, confirm: 2, ...body })).body;
    const isIts = operations.some(({ operationId }) => operationId === runningId);
    return { isIts, underWay: started[0]?.underWay ?? [] };
  };

  test("is answered with that one, which takes room, where it does what is asked for", async () => {
    const same = { isIts: true, underWay: [runningId] };
    expect(await answered(withRunning({}), { reason: "asked" })).toEqual(same);
    expect(await answered(withRunning({ reason: "leak" }), { reason: "leak" })).toEqual(same);
    expect(await answered(withRunning({ ignoresWindow: true }), { reason: "asked", ignoreWindows: true })).toEqual(
      same,
    );
  });

  test("gets another where a leak is told of, or its window is to be ignored", async () => {
    const another = { isIts: false, underWay: [] };
    expect(await answered(withRunning({}), { reason: "leak" })).toEqual(another);
    expect(await answered(withRunning({}, { cancel: "closed" }), { reason: "leak" })).toEqual(another);
    expect(await answered(withRunning({}), { reason: "asked", ignoreWindows: true })).toEqual(another);
    expect(await answered(withRunning({ reason: "leak" }), { reason: "leak", ignoreWindows: true })).toEqual(another);
  });

  test("keeps it where only its window is to be ignored and the cluster is being changed already", async () => {
    const asked = { reason: "asked", ignoreWindows: true };
    expect((await answered(withRunning({}, { cancel: "closed" }), asked)).isIts).toBe(true);
  });

  test("is told of in the plan where it will be replaced, and what replaces a leak's is one as well", async () => {
    const { send, rowOf } = await withRunning({ reason: "leak" });
    const asked = { scope, reason: "asked", ignoreWindows: true, confirm: 2 };
    const plan = await send(asked, "?dryRun=true");
    expect(plan.body.warnings).toEqual(["1 rotation under way cannot do what is asked for, and will be replaced"]);
    const { operations } = (await send(asked)).body;
    const other = operations.find(({ clusterKey }) => clusterKey === keyOf("aks-a"));
    expect((await rowOf(other?.operationId ?? ""))?.rotation).toMatchObject({ reason: "leak", ignoresWindow: true });
  });

  test("and only waits for its turn is begun as what is asked for now", async () => {
    const turn = { instanceId: "rotate-scope-other", position: 9, of: 9 };
    const queued = rotation("aks-a", { reason: "asked", turn }, { state: "waiting" });
    const states = { "rotate-scope-other": { running: true, runtimeStatus: "Running", customStatus: null } };
    const given = () =>
      serving({
        identities: [clusterOf("aks-a", { rotationId: queued.id })],
        operations: [queued],
        states,
      });
    const same = await given();
    expect((await same.send({ ...leak, reason: "asked", confirm: 1 })).body.operations[0]?.operationId).toBe(queued.id);
    expect(same.started).toEqual([]);
    const worse = await given();
    expect((await worse.send({ ...leak, confirm: 1 })).body.operations[0]?.operationId).toBe(queued.id);
    expect((await worse.rowOf(queued.id))?.rotation).toMatchObject({ reason: "leak", turn: { position: 1, of: 1 } });
    expect(worse.started).toMatchObject([{ operations: [queued.id] }]);
  });
});
