import { record } from "../../../local/host/durable/engine/episode.ts";
import { historyEvent, type EventRaised } from "../../../local/host/durable/replay/history.ts";
import { createInstance, newInstance } from "../../../local/host/durable/engine/instances.ts";
import type { Turn } from "../../../local/host/durable/replay/replay.ts";
import { openStore } from "../../../local/host/durable/engine/store.ts";

const [then, now] = [new Date("2026-01-01T00:00:00.000Z"), new Date("2026-01-02T00:00:00.000Z")];
const turn: Turn = {
  actions: [],
  completion: undefined,
  carryOver: [],
  customStatus: null,
  suspended: false,
  hazards: [],
  stuck: undefined,
};

test("a new generation begins its history and its life anew, with the events that came too late for the one before", () => {
  const store = openStore(":memory:");
  const before = newInstance({ id: "i", name: "n", version: "1.0", input: "1" }, then);
  createInstance(store, before, "1", then);
  const event = historyEvent({ EventType: 15, Name: "Go", Input: "2" }, then) as EventRaised;
  const completion = { id: 0, status: "ContinuedAsNew", result: "2" } as const;
  const { woken } = record(store, before, [], { ...turn, completion, carryOver: [event] }, { now, storeInputs: false });
  const after = store.instance("i");
  expect(woken).toEqual(["i"]);
  expect(after).toMatchObject({ status: "Running", version: "1.0", input: "2", createdAt: now.getTime() });
  expect(after?.executionId).not.toBe(before.executionId);
  expect(store.history("i").map(({ EventType, IsPlayed }) => [EventType, IsPlayed])).toEqual([
    [12, false],
    [0, false],
    [15, true],
    [13, false],
  ]);
  store.close();
});

test("an ended instance has no timers left, and its parent is told", () => {
  const store = openStore(":memory:");
  const parent = {
    Name: "p",
    OrchestrationInstance: { InstanceId: "p", ExecutionId: "x" },
    TaskScheduleId: 7,
    Version: "",
  };
  const child = newInstance({ id: "c", name: "n", version: "", input: null, parent }, then);
  const completion = { id: 1, status: "Completed", result: "42" } as const;
  const timer = { kind: "timer", id: 0, fireAt: now } as const;
  const { woken, timers } = record(
    store,
    child,
    [],
    { ...turn, actions: [timer], completion },
    { now, storeInputs: false },
  );
  expect([woken, timers, store.pending().timers]).toEqual([["p"], [], []]);
  expect(store.inbox("p")).toMatchObject([{ executionId: "x", event: { TaskScheduledId: 7, Result: "42" } }]);
  store.close();
});
