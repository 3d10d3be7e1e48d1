/** How rotations that were asked for together are begun in turn. */
import { TransientError } from "../../src/domain/errors.ts";
import type { ScopeInput } from "../../src/domain/rotationScope.ts";
import { rotateScope } from "../../src/orchestrators/rotateScope.ts";
import { replay } from "./replay.ts";
import { scopeInput as input, turnsOf } from "./scopeWorld.ts";

const ids = (number: number): readonly string[] =>
  Array.from({ length: number }, (_, index) => `op-${index.toString()}`);
const rotate = (part: Partial<ScopeInput>, takeTurns: (given: never, call: number, at: Date) => unknown) =>
  replay(rotateScope, { ...input, ...part }, { activities: { takeTurns } });

test("so many are begun as are allowed, and the next when one is over, until the last has begun", async () => {
  const turns = turnsOf(600);
  const run = await rotate({ operations: ids(5), maxConcurrent: 2 }, turns.take);
  expect(run.output).toEqual({ begun: 5 });
  expect(turns.begun).toEqual(ids(5));
  expect(turns.most()).toBe(2);
});

test("those that run already take room", async () => {
  const turns = turnsOf(600, ["other-1", "other-2"]);
  await rotate({ operations: ids(2), underWay: ["other-1", "other-2"], maxConcurrent: 2 }, turns.take);
  expect(turns.begun).toEqual(ids(2));
  expect(turns.most()).toBe(2);
});

test("many are begun at once where there is room, some by each look", async () => {
  const turns = turnsOf(600);
  const run = await rotate({ operations: ids(120), maxConcurrent: 500 }, turns.take);
  expect(run.calls).toHaveLength(3);
  expect(run.seconds).toBe(0);
  expect(run.output).toEqual({ begun: 120 });
});

test("one that waits for an earlier rotation of its cluster is looked at until it has started", async () => {
  const answers = [{ underWay: ["op-0"], taken: 1, isStarting: true }];
  const run = await rotate(
    { operations: ids(1) },
    (_given, call) => answers[call] ?? { underWay: ["op-0"], taken: 0, isStarting: false },
  );
  expect(run.calls).toHaveLength(2);
});

test("an outage of hours ends nothing, and rotations that wait for days are looked at rarely", async () => {
  const outage = turnsOf(600);
  const out = await rotate({ operations: ids(3), maxConcurrent: 1 }, (given, call, at) => {
    if (call > 0 && call < 200) throw new TransientError("503");
    return outage.take(given, call, at);
  });
  expect(out.output).toEqual({ begun: 3 });
  const long = turnsOf(2 * 86_400);
  const run = await rotate({ operations: ids(3), maxConcurrent: 1 }, long.take);
  expect(run.output).toEqual({ begun: 3 });
  expect(long.most()).toBe(1);
  expect(run.calls.length).toBeLessThan(400);
  expect(Math.max(...run.histories)).toBeLessThan(500);
});
