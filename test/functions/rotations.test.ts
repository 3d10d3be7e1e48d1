/** Rotations of a whole scope: which clusters, and in which order. */
import { standardWaits } from "../../src/domain/waits.ts";
import { born, kept } from "../activities/world.ts";
import { tenantA, tenantB } from "./rows.ts";
import { clusterOf, idOf, keyOf, leak, scope, serving, subscriptions, sunday } from "./rotationsWorld.ts";

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
