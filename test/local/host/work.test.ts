import { systemClock } from "../../../local/host/clock.ts";
import { openStore, type ActivityWork } from "../../../local/host/durable/engine/store.ts";
import { Work } from "../../../local/host/durable/engine/work.ts";
import { EventType } from "../../../local/host/durable/replay/history.ts";
import { createLog } from "../../../local/host/log.ts";

const longInMs = 600_000;
const activity = (taskId: number): ActivityWork => ({
  instanceId: "i",
  executionId: "e",
  taskId,
  name: "a",
  input: null,
});

/** Activities that end when they are told to. */
function world() {
  const store = openStore(":memory:");
  const ends = new Map<number, () => void>();
  const woken: string[] = [];
  const work = new Work(
    store,
    systemClock,
    createLog(() => undefined),
    {
      maxConcurrentActivities: 20,
      strict: false,
      timerLatenessInMs: 0,
      perform: ({ taskId }) =>
        new Promise((resolve) => {
          ends.set(taskId, () =>
            resolve({ EventType: EventType.TaskCompleted, TaskScheduledId: taskId, Result: null }),
          );
        }),
      ready: () => Promise.resolve(),
      wake: (id) => woken.push(id),
    },
  );
  const add = (...ids: readonly number[]): void => {
    for (const id of ids) store.addActivity(activity(id));
    work.add(ids.map(activity), []);
  };
  return { store, ends, woken, work, add };
}

test("an instance rests until its last activity has ended, and each answer is kept when it comes", async () => {
  const { store, ends, woken, work, add } = world();
  add(0, 1);
  let isOver = false;
  const rest = work.rest("i", longInMs).then(() => (isOver = true));
  ends.get(0)?.();
  await new Promise((resolve) => setImmediate(resolve));
  expect([isOver, woken, store.inbox("i").length]).toEqual([false, ["i"], 1]);
  ends.get(1)?.();
  await rest;
  expect(store.inbox("i")).toHaveLength(2);
});

test("nothing rests for an instance without activities, for longer than it should, or when the host stops", async () => {
  const { work, add } = world();
  await work.rest("i", longInMs);
  add(0);
  await work.rest("i", 1);
  const rest = work.rest("i", longInMs);
  work.stop();
  await rest;
  await work.rest("i", longInMs);
});
