/** What the daily sweep finds, begins and writes down. */
import { beginRotations, findDue, recordSweep, sweepRow } from "../../src/activities/sweep.ts";
import { newIdentity, type PullIdentity } from "../../src/domain/pullIdentity.ts";
import type { RotateInput } from "../../src/domain/rotation.ts";
import { standardWaits } from "../../src/domain/waits.ts";
import type { Instances } from "../../src/durable/instances.ts";
import { born, identity, instances as asked, kept, operation, running, worldOf } from "./world.ts";

const defaults = { secretLifetimeInDays: 180, rotationFraction: 2 / 3, maintenanceWindow: null };
const limits = { maxConcurrent: 100, failuresInARow: 3 };
const later = (days: number): string => new Date(new Date(born).getTime() + days * 86_400_000).toISOString();

/** Of a cluster whose secret was made at `born` and lives 180 days. */
const made = (number: number, part: Partial<PullIdentity> = {}): PullIdentity => ({
  ...identity,
  clusterKey: number.toString(16).padStart(16, "0"),
  secrets: [{ ...kept("v1", "current"), expiresAt: later(180) }],
  onCluster: { state: "held", version: "v1", since: born },
  holder: null,
  ...part,
});
const keyOf = (number: number): string => made(number).clusterKey;
const find = async (identities: readonly PullIdentity[], days: number, rows: Parameters<typeof worldOf>[0] = {}) => {
  const at = { now: () => new Date(later(days)) };
  return findDue.run({ defaults, limits }, await worldOf({ operations: [], ...rows, identities }, at));
};

describe("what is due", () => {
  test("is what has used up two thirds of its life, and nothing before nine days earlier", async () => {
    const some = Array.from({ length: 30 }, (_, number) => made(number));
    expect(await find(some, 110)).toEqual({ identities: 30, due: 0, keys: [], heldBack: null });
    const within = await find(some, 116);
    expect(within.due).toBeGreaterThan(5);
    expect(within.due).toBeLessThan(25);
    const all = await find(some, 120.1);
    expect([all.due, all.keys.length]).toEqual([30, 30]);
  });

  test("is never a cluster whose nodes hold nothing of ours", async () => {
    const bare = newIdentity({ clusterKey: keyOf(3), clusterId: "/c", tenantId: "t", createdAt: born });
    const none = [bare, made(1, { onCluster: { state: "foreign" } }), made(2, { appId: null })];
    expect(await find(none, 400)).toEqual({ identities: 3, due: 0, keys: [], heldBack: null });
  });

  test("goes by the policy of the cluster where it has one", async () => {
    const policy = { lifetimeInDays: null, fraction: 0.3, window: null };
    expect((await find([made(1, { policy }), made(2)], 60)).keys).toEqual([keyOf(1)]);
  });

  test("counts those that are under way against the room, and asks for them again", async () => {
    const states = ["running", "waiting"] as const;
    const operations = states.map((state, number) => ({
      ...operation,
      id: `${keyOf(number)}-00000001`,
      kind: "rotation" as const,
      subject: keyOf(number),
      state,
    }));
    const some = Array.from({ length: 5 }, (_, number) => made(number));
    const at = { now: () => new Date(later(130)) };
    const world = await worldOf({ identities: some, operations }, at);
    const found = await findDue.run({ defaults, limits: { ...limits, maxConcurrent: 3 } }, world);
    expect(found.due).toBe(5);
    expect(found.keys).toHaveLength(3);
    expect(found.keys).toEqual(expect.arrayContaining([keyOf(0), keyOf(1)]));
  });

  test("is begun one a sweep after too many failures in a row", async () => {
    const failed = (number: number) =>
      made(number, {
        lastAttempt: { operationId: "o", at: later(125 + number / 100), outcome: "failed", words: "w" },
      });
    const found = await find([failed(1), failed(2), failed(3), made(4)], 130);
    expect(found).toMatchObject({
      due: 4,
      keys: [keyOf(4)],
      heldBack: expect.stringContaining("the last 3") as unknown,
    });
  });

  test("presses where a twelfth of the life is left, whatever failed before", async () => {
    const failed = (number: number, expiresAt: string) =>
      made(number, {
        secrets: [{ ...kept("v1", "current"), expiresAt }],
        lastAttempt: { operationId: "o", at: later(160), outcome: "failed", words: "w" },
      });
    const some = [failed(1, later(180)), failed(2, later(180)), failed(3, later(220))];
    expect((await find(some, 166)).keys).toEqual([keyOf(1), keyOf(2), keyOf(3)]);
  });
});

describe("beginning rotations", () => {
  const begin = async (identities: readonly PullIdentity[], part: Partial<Instances> = {}) => {
    const started: RotateInput[] = [];
    const instances: Instances = {
      ...asked(),
      start: async (_of, _id, input) => {
        started.push(input as unknown as RotateInput);
        return { started: true };
      },
      ...part,
    };
    const world = { ...(await worldOf({ identities, operations: [] })), instances };
    const keys = [keyOf(1), keyOf(2), "ffffffffffffffff"];
    const run = () => beginRotations.run({ keys, defaults, waits: standardWaits }, world);
    return { run, started, row: async (number: number) => (await world.identities.read(keyOf(number)))?.value };
  };

  test("begins one for each that has something to rotate, with the cluster's own window", async () => {
    const window = { zone: "UTC", days: [0], startMinute: 60, endMinute: 180 };
    const policy = { lifetimeInDays: null, fraction: null, window };
    const { run, started, row } = await begin([made(1, { policy }), made(2, { onCluster: { state: "foreign" } })]);
    expect(await run()).toEqual({ begun: 1, failed: [] });
    expect(started).toMatchObject([{ clusterKey: keyOf(1), reason: "due", window }]);
    expect((await row(1))?.rotationId).toBe(started[0]?.operationId);
  });

  test("again begins nothing twice", async () => {
    const { run, started } = await begin([made(1), made(2)]);
    await run();
    await run();
    expect(new Set(started.map(({ operationId }) => operationId)).size).toBe(2);
  });

  test("of one that cannot be begun says why, and begins the others", async () => {
    const { run } = await begin([made(1), made(2)], {
      start: async (_of, id) =>
        id.endsWith(keyOf(1)) ? { started: false, state: running("an-earlier-one") } : { started: true },
    });
    expect(await run()).toEqual({
      begun: 1,
      failed: [{ clusterKey: keyOf(1), words: expect.stringContaining("is not over yet") as unknown }],
    });
  });
});

test("the sweep's row is made by the first look, and keeps when one began and how the last ended", async () => {
  let at = born;
  const world = await worldOf({ identities: [] }, { now: () => new Date(at) });
  const first = { knownSince: born, startedAt: null, lastEndedAt: null, last: null };
  expect(await sweepRow(world)).toEqual(first);
  at = later(1);
  expect(await sweepRow(world)).toEqual(first);
  await recordSweep.run({ outcome: null }, world);
  expect(await sweepRow(world)).toEqual({ ...first, startedAt: at });
  at = later(2);
  const outcome = { identities: 3, due: 1, begun: 1, put: 0, failed: [], heldBack: null };
  await recordSweep.run({ outcome }, world);
  expect(await sweepRow(world)).toEqual({ ...first, startedAt: later(1), lastEndedAt: at, last: outcome });
});
