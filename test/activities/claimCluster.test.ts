import { claimCluster, lost, releaseCluster } from "../../src/activities/claimCluster.ts";
import type { Operation } from "../../src/domain/operation.ts";
import type { InstanceState } from "../../src/durable/instances.ts";
import { cluster, clusterKey, identity, instances, operation, operationId, running, worldOf, born } from "./world.ts";

const other: Operation = { ...operation, id: "2f-op", subject: "2f", instanceId: "onboard-2f" };
const heldByOther = { ...identity, holder: { operationId: other.id, since: born } };
const input = { operationId, clusterKey, cluster };

async function claim(row: Partial<Operation> | null, states: Readonly<Record<string, InstanceState>>) {
  const world = await worldOf({ identities: [heldByOther], operations: row === null ? [] : [{ ...other, ...row }] });
  const answer = await claimCluster.run(input, { ...world, instances: instances(states) });
  const holder = (await world.identities.read(clusterKey))?.value.holder?.operationId;
  return { answer, holder, operation: (await world.operations.read(other.id))?.value };
}

test("a cluster that nobody has a row for gets one, claimed, whoever comes first", async () => {
  const world = await worldOf({ identities: [] });
  expect(await claimCluster.run(input, world)).toEqual({ outcome: "claimed" });
  expect(await claimCluster.run(input, world)).toEqual({ outcome: "claimed" });
  expect((await world.identities.read(clusterKey))?.value).toMatchObject({
    holder: { operationId },
    onCluster: { state: "foreign" },
    tenantId: "tenant-a",
  });
});

test("claiming again is harmless, also while the operation that claims is running", async () => {
  const world = await worldOf({ identities: [identity] });
  const alive = { ...world, instances: instances({ [operation.instanceId]: running(operationId) }) };
  expect(await claimCluster.run(input, alive)).toEqual({ outcome: "claimed" });
  expect(await claimCluster.run(input, { ...world, instances: instances() })).toEqual({ outcome: "claimed" });
  expect((await world.operations.read(operationId))?.value.state).toBe("running");
});

test("a cluster that was let go is there for the next", async () => {
  const world = await worldOf({ identities: [{ ...identity, holder: null }] });
  expect(await claimCluster.run(input, world)).toEqual({ outcome: "claimed" });
  expect((await world.identities.read(clusterKey))?.value.holder).toEqual({ operationId, since: born });
});

test("two operations that claim at once do not both get the cluster", async () => {
  const world = await worldOf({ identities: [], operations: [operation, other] });
  const alive = {
    ...world,
    instances: instances({ "onboard-1f": running(operationId), "onboard-2f": running(other.id) }),
  };
  const answers = await Promise.all([
    claimCluster.run(input, alive),
    claimCluster.run({ ...input, operationId: other.id }, alive),
  ]);
  expect(answers.map(({ outcome }) => outcome).sort()).toEqual(["busy", "claimed"]);
});

test("a live operation is never robbed, however old its claim is", async () => {
  for (const customStatus of [running(other.id), running(null)]) {
    const { answer, holder } = await claim({}, { "onboard-2f": customStatus });
    expect(answer).toEqual({ outcome: "busy", holder: other.id });
    expect(holder).toBe(other.id);
  }
});

test.each<[string, Partial<Operation> | null, Readonly<Record<string, InstanceState>>]>([
  ["has ended", { state: "ended" }, { "onboard-2f": running(other.id) }],
  ["has failed", { state: "failed" }, {}],
  ["has no row any more", null, {}],
  ["was terminated by hand", {}, { "onboard-2f": { running: false, runtimeStatus: "Terminated", customStatus: null } }],
  ["was purged", {}, {}],
  ["gave its instance to the next operation of its link", {}, { "onboard-2f": running("2f-next") }],
])("a claim whose operation %s is taken over at once", async (_what, row, states) => {
  const { answer, holder } = await claim(row, states);
  expect([answer, holder]).toEqual([{ outcome: "claimed" }, operationId]);
});

test.each<[string, Readonly<Record<string, InstanceState>>]>([
  ["gone", {}],
  ["Terminated", { "onboard-2f": { running: false, runtimeStatus: "Terminated", customStatus: null } }],
  ["running another operation", { "onboard-2f": running("2f-next") }],
])("an operation that is found dead is written down as failed, with the reason: %s", async (why, states) => {
  const { operation: found } = await claim({ waitingFor: { on: "consent" } as never }, states);
  expect(found).toMatchObject({
    state: "failed",
    endedAt: born,
    waitingFor: null,
    problem: {
      code: "CP-OPERATION-FAILED",
      detail: `operation 2f-op ended without a word: its instance is ${why}`,
    },
  });
});

test("an operation that wrote its end itself in the meantime keeps its own words", () => {
  const ended: Operation = { ...operation, state: "ended", endedAt: born };
  expect(lost(ended, "its instance is gone", new Date())).toBe(ended);
});

test("letting go is for the holder alone", async () => {
  const world = await worldOf({ identities: [heldByOther] });
  await releaseCluster.run(input, world);
  expect((await world.identities.read(clusterKey))?.value.holder?.operationId).toBe(other.id);
  await releaseCluster.run({ ...input, operationId: other.id }, world);
  expect((await world.identities.read(clusterKey))?.value.holder).toBeNull();
});
