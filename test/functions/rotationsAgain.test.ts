/** Rotations of a whole scope where some are asked for already, or run. */
import type { Operation } from "../../src/domain/operation.ts";
import type { AskedRotation } from "../../src/domain/rotationScope.ts";
import { clusterOf, keyOf, leak, rotation, runningOf, scope, serving, sunday } from "./rotationsWorld.ts";

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
