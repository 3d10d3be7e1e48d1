import { TransientError } from "../../src/domain/errors.ts";
import { standardWaits } from "../../src/domain/waits.ts";
import { sweepRotations } from "../../src/orchestrators/sweepRotations.ts";
import { replay, type World } from "./replay.ts";

const input = {
  defaults: { secretLifetimeInDays: 180, rotationFraction: 2 / 3, maintenanceWindow: null },
  waits: standardWaits,
  limits: { maxConcurrent: 500, failuresInARow: 5 },
};
const keys = (number: number): readonly string[] =>
  Array.from({ length: number }, (_, index) => `key-${index.toString()}`);
type Begin = { readonly keys: readonly string[] };

const sweep = (found: readonly string[], changes: World["activities"] = {}, heldBack: string | null = null) =>
  replay(sweepRotations, input, {
    activities: {
      recordSweep: () => null,
      findDue: () => ({ identities: 1000, due: found.length, keys: found, heldBack }),
      beginRotations: ({ keys: some }: Begin) => ({ begun: some.length, failed: [] }),
      ...changes,
    },
  });

test("a sweep says that it began, finds what is due, begins it some at a time, and writes down how it ended", async () => {
  const run = await sweep(keys(45));
  expect(run.calls.map((call) => call.split("(")[0])).toEqual([
    "recordSweep",
    "findDue",
    ...Array<string>(3).fill("beginRotations"),
    "recordSweep",
  ]);
  const begun = run.inputs.filter(({ name }) => name === "beginRotations").map(({ input: given }) => given as Begin);
  expect(begun.flatMap(({ keys: some }) => some)).toEqual(keys(45));
  const outcome = { identities: 1000, due: 45, begun: 45, put: 0, failed: [], heldBack: null };
  expect(run.output).toEqual(outcome);
  expect(run.inputs.filter(({ name }) => name === "recordSweep").map(({ input: given }) => given)).toEqual([
    { outcome: null },
    { outcome },
  ]);
});

test("a sweep with nothing due begins nothing, and has ended", async () => {
  const run = await sweep([]);
  expect(run.calls).toHaveLength(3);
  expect(run.output).toMatchObject({ due: 0, begun: 0, put: 0 });
});

test("a cluster that cannot be begun keeps no other from it; it is named", async () => {
  const one = { clusterKey: "key-3", words: "busy" };
  const run = await sweep(keys(30), {
    beginRotations: ({ keys: some }: Begin) =>
      some.includes("key-3") ? { begun: some.length - 1, failed: [one] } : { begun: some.length, failed: [] },
  });
  expect(run.output).toEqual({ identities: 1000, due: 30, begun: 29, put: 1, failed: [one], heldBack: null });
});

test("after too many in a row that could not be begun the sweep stops, and says so", async () => {
  const none = (({ keys: some }: Begin) => ({
    begun: 0,
    failed: some.map((clusterKey) => ({ clusterKey, words: "no" })),
  })) as never;
  const run = await sweep(keys(100), { beginRotations: none });
  expect(run.calls.filter((call) => call.startsWith("beginRotations"))).toHaveLength(1);
  expect(run.output).toMatchObject({ begun: 0, put: 100, heldBack: "the last 20 rotations could not be begun" });
});

test("an outage of storage is waited out", async () => {
  const run = await sweep(keys(1), {
    findDue: (_input, call) => {
      if (call < 3) throw new TransientError("503");
      return { identities: 1, due: 1, keys: keys(1), heldBack: null };
    },
  });
  expect(run.output).toMatchObject({ begun: 1 });
});

test("what held the sweep back is written down", async () => {
  expect((await sweep(keys(1), {}, "the last 5 rotations failed")).output.heldBack).toBe("the last 5 rotations failed");
});
