/** How a rotation is asked for, and started once: the handler with rows in memory and Azure by a few answers. */
import type { Operation } from "../../src/domain/operation.ts";
import type { PullIdentity } from "../../src/domain/pullIdentity.ts";
import type { RotateInput } from "../../src/domain/rotation.ts";
import { standardWaits } from "../../src/domain/waits.ts";
import type { MaintenanceWindow } from "../../src/domain/window.ts";
import type { Instances, InstanceState } from "../../src/durable/instances.ts";
import { answering } from "../../src/functions/http.ts";
import { startRotation } from "../../src/functions/rotateCluster.ts";
import { born, identity, kept, link as linkRow, worldOf } from "../activities/world.ts";
import { cluster as clusterFacts, pool, registry as registryFacts } from "../domain/preflightFacts.ts";
import { ask } from "./ask.ts";
import { instance, operation as operationRow } from "./rows.ts";

const clusterKey = "fedcba9876543210";
const rotationId = `${clusterKey}-00000001`;
const held: PullIdentity = {
  ...identity,
  clusterKey,
  secrets: [kept("v1", "current")],
  onCluster: { state: "held", version: "v1", since: born },
  holder: null,
};
const rotation = (part: Partial<Operation> = {}) =>
  operationRow({ id: rotationId, kind: "rotation", subject: clusterKey, instanceId: `rotate-${clusterKey}`, ...part });
const grant = { assignmentId: "a", principalId: "p", role: "AcrPull", condition: null, ours: true };

type Given = {
  readonly identity?: Partial<PullIdentity>;
  readonly operations?: readonly Operation[];
  readonly states?: Readonly<Record<string, InstanceState>>;
  readonly starts?: readonly Awaited<ReturnType<Instances["start"]>>[];
  readonly window?: MaintenanceWindow | null;
  readonly azure?: Parameters<typeof worldOf>[1];
};

async function serving(given: Given = {}) {
  const links = [
    { ...linkRow, id: "1111111111111111", clusterKey, grant },
    { ...linkRow, id: "2222222222222222", clusterKey, grant: null },
  ];
  const identities = [{ ...held, ...given.identity }];
  const azure = {
    clusters: {
      get: async () => ({ ...clusterFacts, pools: [{ ...pool, name: "a", nodes: 3, maxPods: 30 }] }) as never,
    },
    registries: { get: async () => ({ ...registryFacts, sku: "Premium" }) },
    ...given.azure,
  };
  const world = await worldOf({ links, identities, operations: given.operations ?? [] }, azure);
  const started: RotateInput[] = [];
  const instances: Instances = {
    start: async (_of, id, input) => {
      expect(id).toBe(`rotate-${clusterKey}`);
      started.push(input as unknown as RotateInput);
      return given.starts?.[started.length - 1] ?? { started: true };
    },
    state: async (id) => given.states?.[id],
    wake: async () => undefined,
  };
  const config = {
    waits: standardWaits,
    secretLifetimeInDays: 180,
    rotationFraction: 2 / 3,
    maintenanceWindow: given.window ?? null,
  };
  const handler = answering(
    startRotation(
      async () => ({ world, config }),
      () => instances,
    ),
  );
  const send = (query = "", id = clusterKey) =>
    ask<Record<string, unknown>>(handler, `/api/clusters/${id}/rotation${query}`, { method: "POST", params: { id } });
  return { send, started, world, row: async () => (await world.identities.read(clusterKey))?.value };
}

describe("a rotation that is asked for", () => {
  test("stands on its row and on the cluster's, and is started with what it may not read later", async () => {
    const { send, started, world, row } = await serving();
    const { status, headers, body } = await send();
    expect([status, body["kind"], body["subject"]]).toEqual([202, "rotation", clusterKey]);
    const id = String(body["id"]);
    expect(headers["location"]).toBe(`/api/operations/${id}`);
    expect((await row())?.rotationId).toBe(id);
    expect((await world.operations.read(id))?.value).toMatchObject({ state: "running", kind: "rotation" });
    expect(started).toEqual([
      {
        operationId: id,
        clusterKey,
        cluster: { id: held.clusterId, tenantId: "tenant-a" },
        route: "servicePrincipal",
        reason: "asked",
        waits: standardWaits,
        window: null,
      },
    ]);
  });

  test("while one of this cluster runs or waits is answered with that one", async () => {
    const states = { [`rotate-${clusterKey}`]: instance(rotationId) };
    const { send, started } = await serving({ identity: { rotationId }, operations: [rotation()], states });
    expect(await send()).toMatchObject({
      status: 202,
      body: { id: rotationId },
      headers: { location: `/api/operations/${rotationId}` },
    });
    expect(started).toEqual([]);
  });

  test("of a cluster that waits for its turn among others is answered with that one", async () => {
    const turn = { instanceId: "rotate-scope-1", position: 2, of: 2 };
    const queued = rotation({ state: "waiting", rotation: { reason: "leak", ignoresWindow: true, turn } });
    const states = { "rotate-scope-1": { running: true, runtimeStatus: "Running", customStatus: null } };
    const { send, started } = await serving({ identity: { rotationId }, operations: [queued], states });
    expect(await send()).toMatchObject({
      status: 202,
      body: { id: rotationId, state: "waiting", rotation: { reason: "leak", ignoresWindow: true, position: 2 } },
    });
    expect(started).toEqual([]);
    // Whoever was to begin it is gone: it is begun as what was asked for.
    const left = await serving({
      identity: { rotationId },
      operations: [queued],
      window: { zone: "UTC", days: [0], startMinute: 60, endMinute: 180 },
    });
    expect((await left.send()).body["id"]).toBe(rotationId);
    expect(left.started).toMatchObject([{ operationId: rotationId, reason: "leak", window: null }]);
  });

  test("whose start was never heard of is started as the operation that stands on its row", async () => {
    const { send, started } = await serving({ identity: { rotationId }, operations: [rotation()] });
    expect((await send()).body["id"]).toBe(rotationId);
    expect(started.map(({ operationId }) => operationId)).toEqual([rotationId]);
  });

  test("after one that died without a word is another, and the dead one is written down as failed", async () => {
    const states = {
      [`rotate-${clusterKey}`]: { ...instance(rotationId), running: false, runtimeStatus: "Terminated" },
    };
    const { send, started, world } = await serving({ identity: { rotationId }, operations: [rotation()], states });
    const { body } = await send();
    expect(body["id"]).not.toBe(rotationId);
    expect(started).toHaveLength(1);
    expect((await world.operations.read(rotationId))?.value).toMatchObject({
      state: "failed",
      problem: { code: "CP-OPERATION-FAILED", detail: expect.stringContaining("Terminated") },
    });
  });

  test("after one that is over is another", async () => {
    const over = rotation({ state: "ended", endedAt: born });
    const { send, started, row } = await serving({ identity: { rotationId }, operations: [over] });
    expect((await send()).body["id"]).toBe((await row())?.rotationId);
    expect(started).toHaveLength(1);
    expect((await row())?.rotationId).not.toBe(rotationId);
  });

  test("twice at once is one", async () => {
    const { send, started, row } = await serving();
    const answers = await Promise.all([send(), send()]);
    const id = (await row())?.rotationId;
    expect(answers.map(({ body }) => body["id"])).toEqual([id, id]);
    expect(new Set(started.map(({ operationId }) => operationId))).toEqual(new Set([id]));
  });

  test("while the instance of an earlier one is about to be over is asked to come again", async () => {
    const starts = [{ started: false, state: instance("an-earlier-one") }] as const;
    expect(await (await serving({ starts })).send()).toMatchObject({ status: 503, headers: { "retry-after": "5" } });
  });
});

describe("a rotation is refused", () => {
  const holder = { operationId: "0123456789abcdef-00000001", since: born };
  const onboarding = operationRow({ state: "running" });

  test("where another operation holds the cluster, which is named; one that has died holds nothing", async () => {
    const states = { [onboarding.instanceId]: instance(onboarding.id) };
    const busy = await serving({ identity: { holder }, operations: [onboarding], states });
    const { status, body } = await busy.send();
    expect([status, body["code"]]).toEqual([409, "CP-CLUSTER-BUSY"]);
    expect(body["detail"]).toContain(onboarding.id);
    expect(busy.started).toEqual([]);
    const dead = { [onboarding.instanceId]: { ...instance(onboarding.id), running: false } };
    const free = await serving({ identity: { holder }, operations: [onboarding], states: dead });
    expect((await free.send()).status).toBe(202);
    const gone = await serving({ identity: { holder }, operations: [] });
    expect((await gone.send()).status).toBe(202);
  });

  test.each(["", "?dryRun=true"])("where the nodes hold nothing of ours (%s)", async (query) => {
    for (const part of [{ onCluster: { state: "foreign" } as const }, { appId: null }]) {
      const { send, started } = await serving({ identity: part });
      expect(await send(query)).toMatchObject({ status: 422, body: { code: "CP-NOTHING-TO-ROTATE" } });
      expect(started).toEqual([]);
    }
  });

  test.each(["0000000000000000", "FEDCBA9876543210", "%2Fsubscriptions%2Fx", ""])("for the key %j", async (id) => {
    const { send } = await serving();
    expect(await send("", id)).toMatchObject({ status: 404, body: { code: "CP-IDENTITY-NOT-FOUND" } });
  });
});

describe("the plan of a rotation", () => {
  test("shows nodes, opening, links, and what re-imaged nodes ask of a registry; nothing is changed", async () => {
    const window = { zone: "UTC", days: [0], startMinute: 60, endMinute: 180 };
    const { send, started, row } = await serving({ window });
    const { status, body } = await send("?dryRun=true");
    expect(status).toBe(200);
    expect(body).toEqual({
      clusterKey,
      cluster: held.clusterId,
      nodes: { reimaged: 3, words: "3 nodes re-imaged, one surge at a time" },
      opening: "2026-01-04T01:00:00.000Z",
      links: [
        {
          id: "1111111111111111",
          registry: linkRow.registry,
          requests: { atMost: 90, limitPerMinute: 20_000, words: expect.stringContaining("90 tokens") },
        },
      ],
    });
    expect(started).toEqual([]);
    expect(await row()).toEqual(held);
  });

  test("without a window begins now; nodes of stopped pools are not re-imaged; a tier that cannot be read has no limit", async () => {
    const pools = [
      { ...pool, name: "a", nodes: 200, maxPods: null },
      { ...pool, name: "b", nodes: 5, powerState: "Stopped" },
      { ...pool, name: "c", nodes: null },
    ];
    const unreadable = { outcome: "forbidden", code: "AuthorizationFailed", detail: "no" } as never;
    const azure = {
      clusters: { get: async () => ({ ...clusterFacts, pools }) as never },
      registries: { get: async () => unreadable },
    };
    const { body } = await (await serving({ azure })).send("?dryRun=true");
    expect(body).toMatchObject({ nodes: { reimaged: 200 }, opening: born });
    expect(body["links"]).toMatchObject([{ requests: { atMost: 50_000, limitPerMinute: null } }]);
  });

  test("says where a smaller tier takes less than all nodes ask for at once", async () => {
    const pools = [{ ...pool, name: "a", nodes: 100, maxPods: 110 }];
    const azure = {
      clusters: { get: async () => ({ ...clusterFacts, pools }) as never },
      registries: { get: async () => ({ ...registryFacts, sku: "Standard" }) },
    };
    const { body } = await (await serving({ azure })).send("?dryRun=true");
    const words = expect.stringContaining("more than a minute takes") as unknown;
    expect(body["links"]).toMatchObject([{ requests: { atMost: 11_000, limitPerMinute: 10_000, words } }]);
  });

  test("of a cluster that cannot be read says why", async () => {
    const azure = {
      clusters: { get: async () => ({ outcome: "missing", code: "ResourceNotFound", detail: "gone" }) as never },
    };
    const { status, body } = await (await serving({ azure })).send("?dryRun=true");
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body["code"]).toMatch(/^CP-CLUSTER/);
  });

  test("takes true or false only", async () => {
    expect(await (await serving()).send("?dryRun=yes")).toMatchObject({ status: 400 });
  });
});
