/** Whose turn it is among rotations that were asked for together, and what becomes of an earlier one of the same cluster. */
import { TransientError } from "../../src/domain/errors.ts";
import type { Operation, Waiting } from "../../src/domain/operation.ts";
import type { PullIdentity } from "../../src/domain/pullIdentity.ts";
import type { RotateInput } from "../../src/domain/rotation.ts";
import type { AskedRotation } from "../../src/domain/rotationScope.ts";
import type { Instances, InstanceState } from "../../src/durable/instances.ts";
import { takeTurns } from "../../src/activities/takeTurns.ts";
import { scopeInput } from "../orchestrators/scopeWorld.ts";
import { born, identity, instances as asked, kept, operation, running, worldOf } from "./world.ts";

const { instanceId, until, defaults, waits } = scopeInput;
const keyOf = (number: number): string => number.toString(16).padStart(16, "0");
const idOf = (number: number): string => `${keyOf(number)}-00000001`;
const cluster = (number: number, part: Partial<PullIdentity> = {}): PullIdentity => ({
  ...identity,
  clusterKey: keyOf(number),
  secrets: [kept("v1", "current")],
  onCluster: { state: "held", version: "v1", since: born },
  rotationId: idOf(number),
  holder: null,
  ...part,
});
const turnWait: Waiting = { on: "turn", what: "it is number 1 of 3", who: "nobody", url: null, until };
const queued = (number: number, rotation: Partial<AskedRotation> = {}, part: Partial<Operation> = {}): Operation => ({
  ...operation,
  id: idOf(number),
  kind: "rotation",
  subject: keyOf(number),
  clusterKey: keyOf(number),
  instanceId: `rotate-${keyOf(number)}`,
  state: "waiting",
  waitingFor: turnWait,
  rotation: { reason: "leak", ignoresWindow: false, turn: { instanceId, position: number, of: 3 }, ...rotation },
  ...part,
});
const itself: InstanceState = { running: true, runtimeStatus: "Running", customStatus: null };

type Given = {
  readonly operations?: readonly Operation[];
  readonly identities?: readonly PullIdentity[];
  readonly states?: Readonly<Record<string, InstanceState>>;
  readonly start?: Instances["start"];
  readonly at?: string;
};

async function looking(given: Given = {}) {
  const started: RotateInput[] = [];
  const woken: string[] = [];
  const states: Record<string, InstanceState> = { [instanceId]: itself, ...given.states };
  const instances: Instances = {
    ...asked(),
    state: async (id) => states[id],
    start: async (of, id, input) => {
      started.push(input as unknown as RotateInput);
      states[id] = running((input as unknown as RotateInput).operationId);
      return given.start ? given.start(of, id, input) : { started: true };
    },
    wake: async (id, { name }) => void woken.push(`${name} ${id}`),
  };
  const numbers = [1, 2, 3];
  const world = await worldOf(
    {
      operations: given.operations ?? numbers.map((number) => queued(number)),
      identities: given.identities ?? numbers.map((number) => cluster(number)),
    },
    { now: () => new Date(given.at ?? born) },
  );
  const look = (underWay: readonly string[], next: readonly string[], maxConcurrent = 2, window = false) =>
    takeTurns.run(
      {
        instanceId,
        until,
        waits,
        defaults: {
          ...defaults,
          maintenanceWindow: window ? { zone: "UTC", days: [0], startMinute: 0, endMinute: 60 } : null,
        },
        underWay,
        next,
        maxConcurrent,
      },
      { ...world, instances },
    );
  const rowOf = async (id: string) => (await world.operations.read(id))?.value;
  return { look, started, woken, states, rowOf, world };
}

describe("a look", () => {
  test("begins as many as there is room for, in their order, and no more", async () => {
    const { look, started, rowOf } = await looking();
    expect(await look([], [idOf(1), idOf(2), idOf(3)])).toEqual({
      underWay: [idOf(1), idOf(2)],
      taken: 2,
      isStarting: false,
    });
    expect(started.map(({ operationId, reason }) => [operationId, reason])).toEqual([
      [idOf(1), "leak"],
      [idOf(2), "leak"],
    ]);
    expect(await rowOf(idOf(1))).toMatchObject({ state: "running", waitingFor: null });
    expect(await rowOf(idOf(3))).toMatchObject({ state: "waiting", waitingFor: { on: "turn" } });
  });

  test("begins the next when one is over; the same look again starts nothing twice", async () => {
    const { look, started, world } = await looking();
    await look([], [idOf(1), idOf(2)]);
    await look([], [idOf(1), idOf(2)]);
    expect(started).toHaveLength(2);
    await world.operations.update(idOf(1), (row) => ({ ...row, state: "ended" }));
    expect(await look([idOf(1), idOf(2)], [idOf(3)])).toMatchObject({ underWay: [idOf(2), idOf(3)], taken: 1 });
  });

  test("starts with the window of the cluster, and with none where it is to be ignored", async () => {
    const operations = [queued(1), queued(2, { ignoresWindow: true })];
    const { look, started } = await looking({ operations });
    await look([], [idOf(1), idOf(2)], 2, true);
    expect(started.map(({ window }) => window?.days ?? null)).toEqual([[0], null]);
  });

  test("counts one that runs for somebody else, and leaves it alone", async () => {
    const other = queued(1, { turn: null });
    const { look, started } = await looking({
      operations: [other, queued(2)],
      states: { [other.instanceId]: running(other.id) },
    });
    expect(await look([other.id], [idOf(2)], 1)).toEqual({ underWay: [other.id], taken: 0, isStarting: false });
    expect(started).toEqual([]);
  });

  test("gives up one that died, whose place another took, whose cluster is gone, or whose turn comes too late", async () => {
    const dead = { [`rotate-${keyOf(1)}`]: { ...running(idOf(1)), running: false, runtimeStatus: "Failed" } };
    const given: readonly Given[] = [
      { states: dead },
      { identities: [cluster(1, { rotationId: "another" })] },
      { identities: [] },
      { at: "2027-12-31T00:00:00.000Z" },
    ];
    for (const one of given) {
      const { look, started, rowOf } = await looking(one);
      expect(await look([], [idOf(1)])).toEqual({ underWay: [], taken: 1, isStarting: false });
      expect(await rowOf(idOf(1))).toMatchObject({ state: "failed", problem: { code: "CP-OPERATION-FAILED" } });
      expect(started).toEqual([]);
    }
  });

  test("drops one that another request has taken over", async () => {
    const turn = { instanceId: "rotate-scope-2", position: 1, of: 1 };
    const { look, started, rowOf } = await looking({ operations: [queued(1, { turn })] });
    expect(await look([], [idOf(1)])).toMatchObject({ underWay: [], taken: 1 });
    expect(started).toEqual([]);
    expect((await rowOf(idOf(1)))?.state).toBe("waiting");
  });

  test("starts again what could not be started, and one that can never be keeps no other from it", async () => {
    const busy = await looking({ start: async () => Promise.reject(new TransientError("503")) });
    expect(await busy.look([], [idOf(1)])).toEqual({ underWay: [idOf(1)], taken: 1, isStarting: true });
    const broken = await looking({
      start: async (_of, id) => (id.endsWith("1") ? Promise.reject(new Error("a defect")) : { started: true }),
    });
    expect(await broken.look([], [idOf(1), idOf(2)])).toMatchObject({ underWay: [idOf(2)], taken: 2 });
    expect((await broken.rowOf(idOf(1)))?.problem?.detail).toBe("a defect");
  });
});

describe("an earlier rotation of the cluster that runs", () => {
  const earlierId = `${keyOf(1)}-0000000e`;
  const withEarlier = (
    cancel: Operation["cancel"],
    asked: Partial<AskedRotation> = {},
    waitsFor: Waiting["on"] = "window",
  ) =>
    looking({
      operations: [
        queued(1, asked),
        queued(1, { reason: "due", turn: null }, { id: earlierId, cancel, waitingFor: null, state: "running" }),
      ],
      states: {
        [`rotate-${keyOf(1)}`]: {
          ...itself,
          customStatus: { operationId: earlierId, steps: [], waitingFor: { ...turnWait, on: waitsFor } },
        },
      },
    });
  const wake = `cancelRequested rotate-${keyOf(1)}`;

  test("is cancelled where it has not begun to change the cluster; the other says what it waits for", async () => {
    const { look, started, woken, rowOf } = await withEarlier("open");
    expect(await look([], [idOf(1)])).toEqual({ underWay: [idOf(1)], taken: 1, isStarting: true });
    expect(await rowOf(earlierId)).toMatchObject({ cancel: "asked" });
    expect((await rowOf(earlierId))?.isHurried).toBeUndefined();
    expect(woken).toEqual([wake]);
    expect(started).toEqual([]);
    expect((await rowOf(idOf(1)))?.waitingFor).toMatchObject({
      on: "turn",
      what: `rotation ${earlierId} of this cluster has to end first`,
    });
  });

  test.each(["window", "replication"] as const)(
    "waits for no %s any more after a leak, and no wake is lost",
    async (on) => {
      const { look, woken, rowOf } = await withEarlier("closed", {}, on);
      await look([], [idOf(1)]);
      await look([idOf(1)], []);
      expect(await rowOf(earlierId)).toMatchObject({ cancel: "closed", isHurried: true });
      expect(woken).toEqual([wake, wake]);
    },
  );

  test("is left to its end without a leak where the cluster is being changed, and not woken where it works", async () => {
    const ordinary = await withEarlier("closed", { reason: "asked" });
    await ordinary.look([], [idOf(1)]);
    expect((await ordinary.rowOf(earlierId))?.isHurried).toBeUndefined();
    expect(ordinary.woken).toEqual([]);
    const working = await withEarlier("closed", {}, "cluster");
    await working.look([], [idOf(1)]);
    expect((await working.rowOf(earlierId))?.isHurried).toBe(true);
    expect(working.woken).toEqual([]);
  });

  test("that is over makes room", async () => {
    const { look, started, states } = await withEarlier("closed");
    await look([], [idOf(1)]);
    states[`rotate-${keyOf(1)}`] = { ...running(earlierId), running: false };
    expect(await look([idOf(1)], [])).toEqual({ underWay: [idOf(1)], taken: 0, isStarting: false });
    expect(started.map(({ operationId }) => operationId)).toEqual([idOf(1)]);
  });
});
