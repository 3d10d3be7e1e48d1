import { TransientError } from "../../src/domain/errors.ts";
import { callsOf, cancelledAfter, first, noPrincipal, onboard, proof, quiet, world } from "./world.ts";

/** One row a step: what keeps the operation there, and when a person cancels. */
test.each<[string, Parameters<typeof world>[0], number]>([
  [
    "identity, while another operation holds the cluster",
    { claimCluster: () => ({ outcome: "busy", holder: "other" }) },
    30,
  ],
  ["consent", { probeConsent: () => noPrincipal }, 20],
  ["grant", { grantPull: () => ({ outcome: "principalNotFound", detail: "not yet" }) }, 25],
  ["proof, between two pulls", {}, 20],
  ["proof, while the role is on its way", { provePull: () => ({ outcome: "notYet", detail: "no pull" }) }, 100],
  ["roles, while the new principal rests", {}, 1000],
  ["roles, while the principal is unknown", { carryOverRoles: () => ({ outcome: "notYet", detail: "not yet" }) }, 1825],
  [
    "update, while AKS is busy with something else",
    { startClusterUpdate: () => ({ outcome: "busy", detail: "Upgrading" }) },
    1830,
  ],
])("a cancel at the step %s takes back what the link made", async (_step, changes, after) => {
  const { activities, events } = cancelledAfter(after);
  const run = await onboard({}, world({ ...changes, ...activities }, { events }));
  expect(run.output).toMatchObject({ state: "cancelled", problem: { code: "CP-CANCELLED" } });
  expect(callsOf(run, "revokeGrant")).toHaveLength(1);
  expect(run.calls.at(-1)).toMatch(/^recordEnding/);
  expect(callsOf(run, "followClusterUpdate")).toEqual([]);
});

test("a cancel that came just before the point of no return wins it, and nothing of the cluster is touched", async () => {
  const run = await onboard({}, world({ startClusterUpdate: () => ({ outcome: "cancelled" }) }));
  expect(run.output.state).toBe("cancelled");
  expect(callsOf(run, "removeIdentityIfUnused")).toHaveLength(1);
});

test("a cancel that comes when the cluster changes is too late, whatever the row says", async () => {
  const { activities, events } = cancelledAfter(1850);
  const run = await onboard(
    {},
    world(
      { ...activities, followClusterUpdate: first(5, { outcome: "running", detail: "" }, { outcome: "succeeded" }) },
      { events },
    ),
  );
  expect(run.output.state).toBe("ended");
  expect(callsOf(run, "revokeGrant")).toEqual([]);
});

test("a cancel that arrives while an activity runs, when nobody waits for it, is obeyed at the next look", async () => {
  let asked = false;
  const run = await onboard(
    {},
    world(
      {
        provePull: (_input: never, call: number) => {
          asked = asked || call === 1;
          return { outcome: "proved", proof };
        },
        lookAtOperation: () => ({ ...quiet, cancel: asked }),
      },
      { during: [{ activity: "provePull", call: 1, name: "cancelRequested" }] },
    ),
  );
  expect(run.output.state).toBe("cancelled");
  expect(run.seconds).toBe(15);
});

test("a cancel that was accepted takes effect, also where the operation fails before its next look", async () => {
  const problem = { code: "CP-REGISTRY-FORBIDDEN", title: "t", detail: "d", remedy: "r" };
  const refused = { grantPull: () => ({ outcome: "refused", problem }) };
  const run = await onboard({}, world({ ...refused, endCancel: () => ({ cancelled: true }) }));
  expect(run.output).toMatchObject({ state: "cancelled", problem: { code: "CP-CANCELLED" } });
  expect(callsOf(run, "revokeGrant")).toHaveLength(1);
});

test("what cannot be removed at once is asked for again, for as long as a replica shows it", async () => {
  const { activities, events } = cancelledAfter(20);
  const run = await onboard(
    {},
    world(
      {
        ...activities,
        revokeGrant: first(2, { outcome: "notYet", detail: "still there" }, { outcome: "removed" }),
        removeIdentityIfUnused: first(3, { outcome: "notYet", detail: "still there" }, { outcome: "removed" }),
      },
      { events },
    ),
  );
  expect(run.output).toMatchObject({ state: "cancelled", problem: { code: "CP-CANCELLED" } });
  expect(callsOf(run, "revokeGrant")).toHaveLength(3);
  expect(callsOf(run, "removeIdentityIfUnused")).toHaveLength(4);
});

test("what a person has to remove is told on the cancelled operation, and the rest is taken back all the same", async () => {
  const { activities, events } = cancelledAfter(20);
  const problem = { code: "CP-SCOPE-LOCKED", title: "t", detail: "a lock", remedy: "r" };
  const run = await onboard(
    {},
    world({ ...activities, revokeGrant: () => ({ outcome: "refused", problem }) }, { events }),
  );
  expect(run.output).toEqual({ state: "cancelled", problem });
  expect(callsOf(run, "removeIdentityIfUnused")).toHaveLength(1);
});

test("an outage while things are taken back is waited out", async () => {
  const { activities, events } = cancelledAfter(20);
  const run = await onboard(
    {},
    world(
      {
        ...activities,
        removeIdentityIfUnused: (_input: never, call: number) => {
          if (call < 4) throw new TransientError("no answer");
          return { outcome: "removed" };
        },
      },
      { events },
    ),
  );
  expect(run.output).toMatchObject({ state: "cancelled", problem: { code: "CP-CANCELLED" } });
});
