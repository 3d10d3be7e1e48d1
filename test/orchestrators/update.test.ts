import { TransientError } from "../../src/domain/errors.ts";
import { standardWaits } from "../../src/domain/waits.ts";
import {
  acts,
  born,
  callsOf,
  cancelledAfter,
  ending,
  first,
  input,
  onboard,
  proof,
  quiet,
  secret,
  startedWith,
  timesOf,
  world,
} from "./world.ts";

const running = { outcome: "running", detail: "AKS re-images" };
const succeeded = { outcome: "succeeded" };

test("another operation's hold on the cluster is waited for", async () => {
  const run = await onboard(
    {},
    world({ claimCluster: first(2, { outcome: "busy", holder: "other" }, { outcome: "claimed" }) }),
  );
  expect(run.output.state).toBe("ended");
  expect(timesOf(run, "claimCluster").slice(0, 3)).toEqual([0, 60, 120]);
});

test("a hold that never ends is given up, naming its holder", async () => {
  const run = await onboard({}, world({ claimCluster: () => ({ outcome: "busy", holder: "other" }) }));
  expect(run.output).toMatchObject({ state: "failed", problem: { code: "CP-CLUSTER-BUSY" } });
  expect(run.output.problem?.detail).toContain("other");
  expect(run.seconds).toBe(7200);
});

test("a cluster that is busy with something else is asked again", async () => {
  const run = await onboard(
    {},
    world({ startClusterUpdate: first(2, { outcome: "busy", detail: "Upgrading" }, { outcome: "held" }) }),
  );
  expect(run.output.state).toBe("ended");
  expect(timesOf(run, "startClusterUpdate")).toEqual([1800, 1860, 1920]);
});

test("a service principal that AKS does not know yet is asked for again", async () => {
  const unknown = { outcome: "principalUnknown", detail: "ServicePrincipalNotFound" };
  const run = await onboard({}, world({ startClusterUpdate: first(3, unknown, { outcome: "held" }) }));
  expect(run.output.state).toBe("ended");
  const stays = await onboard({}, world({ startClusterUpdate: () => unknown }));
  expect(stays.output).toMatchObject({ state: "failed", problem: { code: "CP-PRINCIPAL-NOT-FOUND" } });
});

test("the secret that is chosen days later is the one the row has then, and it is proved before a node gets it", async () => {
  // Another operation replaced the first secret while this one waited for a person.
  const second = { ...secret, version: "v2", keyId: "k2" };
  const run = await onboard(
    {},
    world({
      addSecret: first(
        1,
        { outcome: "ready", appId: "app", secret },
        { outcome: "ready", appId: "app", secret: second },
      ),
    }),
  );
  expect(run.output.state).toBe("ended");
  const proved = run.inputs
    .filter(({ name }) => name === "provePull")
    .map(({ input }) => (input as { secret: typeof secret }).secret.version);
  expect(proved).toEqual(["v1", "v1", "v1", "v2", "v2", "v2", "v2"]);
  expect(run.inputs.find(({ name }) => name === "startClusterUpdate")?.input).toMatchObject({ version: "v2" });
});

test("a secret that AKS refuses when it is no longer young is replaced, proved, and given again", async () => {
  const second = { ...secret, version: "v2", keyId: "k2", createdAt: "2026-01-01T00:31:00.000Z" };
  const answers = (_input: never, call: number) => ({
    outcome: "ready",
    appId: "app",
    secret: call < 2 ? secret : second,
  });
  const run = await onboard(
    {},
    world({
      addSecret: answers,
      startClusterUpdate: (asked: { version: string }, call: number, at: Date) =>
        call === 0 ? { outcome: "secretRefused", detail: "AADSTS7000215" } : startedWith(asked, at),
    }),
  );
  expect(run.output.state).toBe("ended");
  expect(callsOf(run, "rejectSecret")).toHaveLength(1);
  expect(run.inputs.filter(({ name }) => name === "startClusterUpdate").at(-1)?.input).toMatchObject({ version: "v2" });
});

test("an update that AKS ends as failed is written down and run again, and given up after the third", async () => {
  const failed = { outcome: "failed", detail: "CreateRoleAssignmentError: half of the nodes" };
  const run = await onboard({}, world({ followClusterUpdate: () => failed }));
  expect(run.output).toMatchObject({
    state: "failed",
    problem: { code: "CP-CLUSTER-UPDATE-FAILED", detail: "CreateRoleAssignmentError: half of the nodes" },
  });
  expect(callsOf(run, "startClusterUpdate")).toHaveLength(3);
  const recorded = run.inputs
    .filter(({ name }) => name === "recordUpdate")
    .map(({ input }) => (input as { outcome: string }).outcome);
  expect(recorded).toEqual(["failed", "failed", "failed"]);
  expect(ending(run).steps.find(({ name }) => name === "update")?.state).toBe("failed");
});

test("an update that failed by chance is ready after the next", async () => {
  const failed = { outcome: "failed", detail: "by chance" };
  const run = await onboard({}, world({ followClusterUpdate: first(1, failed, succeeded) }));
  expect(run.output.state).toBe("ended");
});

test("an update that an earlier run had begun with another secret is followed, and then the cluster gets the one that was proved", async () => {
  const run = await onboard(
    {},
    world({
      startClusterUpdate: (asked: { version: string }, call: number, at: Date) =>
        startedWith(call === 0 ? { version: "v0" } : asked, at),
    }),
  );
  expect(run.output.state).toBe("ended");
  expect(callsOf(run, "startClusterUpdate")).toHaveLength(2);
  expect(callsOf(run, "recordUpdate")).toHaveLength(2);
});

test("an update that AKS cannot begin for now is asked for again in its turn, and given up after the third time", async () => {
  const short = { outcome: "cannotNow", detail: "AKS answered QuotaExceeded: cores are used up" };
  const passes = await onboard({}, world({ startClusterUpdate: first(1, short, { outcome: "held" }) }));
  expect(passes.output.state).toBe("ended");
  expect(timesOf(passes, "startClusterUpdate")).toEqual([1800, 2400]);
  const stays = await onboard({}, world({ startClusterUpdate: () => short }));
  expect(stays.output).toMatchObject({
    state: "failed",
    problem: { code: "CP-CLUSTER-REFUSED", detail: "AKS answered QuotaExceeded: cores are used up" },
  });
  expect(callsOf(stays, "startClusterUpdate")).toHaveLength(3);
  // Whoever waits for the cluster gets it meanwhile.
  expect(callsOf(stays, "releaseCluster").length).toBeGreaterThanOrEqual(3);
});

test("an update is followed through an outage of an hour, over many histories, and the claim stays", async () => {
  const run = await onboard(
    {},
    world({
      followClusterUpdate: (_input: never, call: number, at: Date) => {
        if (call > 20 && at.getTime() < Date.parse("2026-01-01T02:30:00Z"))
          throw new TransientError("ARM does not answer");
        return at.getTime() < Date.parse("2026-01-01T04:00:00Z") ? running : succeeded;
      },
    }),
  );
  expect(run.output.state).toBe("ended");
  expect(callsOf(run, "startClusterUpdate")).toHaveLength(1);
  expect(callsOf(run, "readRolesPlan")).toHaveLength(1);
  expect(run.histories.length).toBeGreaterThan(3);
  expect(Math.max(...run.histories)).toBeLessThanOrEqual(300);
  expect(ending(run).steps.find(({ name }) => name === "update")?.detail).toBe("AKS reports the update as succeeded");
  // The claim of the start is kept through all generations, and let go only after the end was written down.
  const order = run.calls
    .map((call) => call.replace(/\(.*/, ""))
    .filter((name) => /Cluster(Update)?$|recordUpdate/.test(name));
  const update = order.slice(order.indexOf("startClusterUpdate"), order.indexOf("confirmCluster"));
  expect(order.slice(0, order.indexOf("startClusterUpdate")).at(-1)).toBe("claimCluster");
  expect(update.slice(-2)).toEqual(["recordUpdate", "releaseCluster"]);
  expect(update.filter((name) => name === "releaseCluster")).toHaveLength(1);
});

test("rows that cannot be read while a cluster has its rest are read again soon, and the rest goes on", async () => {
  let failed = 0;
  const run = await onboard(
    {},
    world({
      lookAtOperation: (_input, _call, at) => {
        const rests = at.getTime() > Date.parse(born) + 100_000;
        if (rests && (failed += 1) <= 2) throw new TransientError("could not use the table operations now");
        return quiet;
      },
    }),
  );
  expect(failed).toBeGreaterThan(2);
  expect(run.output.state).toBe("ended");
  expect(run.seconds).toBeLessThan(2 * 3600);
});

test("an update that never ends is given up at its deadline, and may be followed again", async () => {
  const waits = { ...standardWaits, clusterDeadlineInSeconds: 600 };
  const run = await onboard({ waits }, world({ followClusterUpdate: () => running }));
  expect(run.output).toMatchObject({ state: "failed", problem: { code: "CP-CLUSTER-UPDATE-TIMEOUT" } });
  expect(run.seconds).toBe(1800 + 600);
  expect(callsOf(run, "recordUpdate")).toEqual([]);
});

test("a cluster that AKS never begins to update is told as busy, not as an update that takes too long", async () => {
  const busy = { outcome: "busy", detail: "another operation (Upgrading) is in progress" };
  const run = await onboard({}, world({ startClusterUpdate: () => busy }));
  expect(run.output).toMatchObject({ state: "failed", problem: { code: "CP-CLUSTER-BUSY" } });
  expect(run.output.problem?.detail).toContain("AKS began no update");
  expect(run.output.problem?.detail).toContain("Upgrading");
});

test("a cluster that blinks after the update is looked at again, and one that never reports it has a code of its own", async () => {
  const blink = { outcome: "notYet", detail: "the cluster is Updating" };
  const blinks = await onboard({}, world({ confirmCluster: first(5, blink, { outcome: "confirmed" }) }));
  expect(blinks.output.state).toBe("ended");
  const never = await onboard({}, world({ confirmCluster: () => blink }));
  expect(never.output).toMatchObject({ state: "failed", problem: { code: "CP-CLUSTER-NOT-CONFIRMED" } });
  expect(callsOf(never, "startClusterUpdate")).toHaveLength(1);
});

test("a pull from the cluster's own registries is proved before a node is touched, and its refusal stops the run", async () => {
  const homeRegistries = [{ id: "/registries/home", rights: [{ mode: "legacy", condition: null }] }];
  const plan = {
    outcome: "planned",
    from: "old",
    copies: [{ assignmentId: "/a", scope: "/s", roleDefinitionId: "r", condition: null }],
    homeRegistries,
    left: 1,
  };
  const run = await onboard(
    {},
    world({
      readRolesPlan: () => plan,
      proveHomePull: first(2, { outcome: "notYet", detail: "401" }, { outcome: "proved" }),
    }),
  );
  expect(run.output.state).toBe("ended");
  const order = acts(run).filter((call) => /proveHomePull|startClusterUpdate/.test(call));
  // Two failures, and as many successes as the secret has to be proved by: replicas disagree for a while.
  expect(order.map((call) => call.replace(/\(.*/, ""))).toEqual([
    ...Array.from({ length: 2 + 3 }, () => "proveHomePull"),
    "startClusterUpdate",
  ]);
  const refused = await onboard(
    {},
    world({ readRolesPlan: () => plan, proveHomePull: () => ({ outcome: "notYet", detail: "401" }) }),
  );
  expect(refused.output).toMatchObject({ state: "failed", problem: { code: "CP-HOME-PULL-REFUSED" } });
  expect(callsOf(refused, "startClusterUpdate")).toEqual([]);
});

test("a registry of the cluster's own that lets in here and refuses there is tried until it lets in each time", async () => {
  const plan = {
    outcome: "planned",
    from: "old",
    copies: [],
    homeRegistries: [{ id: "/registries/home", rights: [] }],
    left: 0,
  };
  const answers = ["proved", "notYet", "proved", "proved", "proved"];
  const run = await onboard(
    {},
    world({
      readRolesPlan: () => plan,
      proveHomePull: (_input: never, call: number) => ({ outcome: answers[call] ?? "proved", detail: "401" }),
    }),
  );
  expect(run.output.state).toBe("ended");
  expect(callsOf(run, "proveHomePull")).toHaveLength(5);
});

test("of forty registries of the cluster's own each is proved once a turn, however many histories that takes and however long AKS is busy", async () => {
  const homeRegistries = Array.from({ length: 40 }, (_, index) => ({ id: `/registries/home${index}`, rights: [] }));
  const plan = { outcome: "planned", from: "old", copies: [], homeRegistries, left: 0 };
  const busy = first(180, { outcome: "busy", detail: "AKS is busy" }, startedWith({ version: "v1" }, new Date(born)));
  const run = await onboard({}, world({ readRolesPlan: () => plan, startClusterUpdate: busy }));
  expect(run.output.state).toBe("ended");
  expect(callsOf(run, "proveHomePull")).toHaveLength(40 * 3);
});

describe("what one look at the old service principal calls missing or hidden", () => {
  const planned = { outcome: "planned", from: "old", copies: [], homeRegistries: [], left: 0, unseen: "old is gone" };
  const uncertain = { outcome: "uncertain", detail: "not found", ifSo: planned };

  test("is believed when as many looks agree as prove a secret, and told with the step", async () => {
    const run = await onboard({}, world({ readRolesPlan: () => uncertain }));
    expect(run.output.state).toBe("ended");
    expect(callsOf(run, "readRolesPlan")).toHaveLength(1 + input.waits.secretProofs);
    const step = ending(run).steps.find(({ name }) => name === "roles");
    expect(step?.detail).toContain("not seen: old is gone");
  });

  test("is not believed when a later look finds it: its roles are copied", async () => {
    const found = { ...planned, copies: [{ assignmentId: "/a", scope: "/s", roleDefinitionId: "r", condition: null }] };
    const run = await onboard({}, world({ readRolesPlan: first(2, uncertain, found) }));
    const copied = run.inputs.find(({ name }) => name === "carryOverRoles")?.input;
    expect(copied).toMatchObject({ copies: found.copies });
  });

  test("stops the run, before a node is touched, where it would lose roles", async () => {
    const problem = { code: "CP-ROLES-LOST", title: "", detail: "/subscriptions/hub", remedy: "" };
    const ifSo = { outcome: "refused", problem };
    const run = await onboard({}, world({ readRolesPlan: () => ({ ...uncertain, ifSo }) }));
    expect(run.output).toMatchObject({ state: "failed", problem: { code: "CP-ROLES-LOST" } });
    expect(callsOf(run, "startClusterUpdate")).toEqual([]);
  });
});

const saturday = { zone: "UTC", days: [6], startMinute: 60, endMinute: 180 };
const saturdayAt = (hours: number) => 2 * 86_400 + hours * 3600;

test("the cluster update waits for the maintenance window", async () => {
  // 2026-01-01 is a Thursday; the window opens on Saturday at one.
  const run = await onboard({ maintenanceWindow: saturday }, world());
  expect(timesOf(run, "startClusterUpdate")).toEqual([saturdayAt(1)]);
});

test("a window that closed while another operation held the cluster is waited for again, and the claim is let go", async () => {
  const from = Date.parse("2026-01-03T01:00:00Z");
  const run = await onboard(
    { maintenanceWindow: saturday },
    world({
      claimCluster: (_input: never, _call: number, at: Date) =>
        at.getTime() >= from && at.getTime() < from + 7_150_000
          ? { outcome: "busy", holder: "other" }
          : { outcome: "claimed" },
      carryOverRoles: (_input: never, _call: number, at: Date) =>
        at.getTime() < from + 7_210_000 ? { outcome: "notYet", detail: "not known" } : { outcome: "copied" },
    }),
  );
  expect(run.output.state).toBe("ended");
  expect(timesOf(run, "startClusterUpdate")).toEqual([saturdayAt(1) + 7 * 86_400]);
});

test("AKS that is busy until the window closes is not asked again before the next opening", async () => {
  const until = Date.parse("2026-01-03T03:30:00Z");
  const run = await onboard(
    { maintenanceWindow: saturday },
    world({
      startClusterUpdate: (asked: { version: string }, _call: number, at: Date) =>
        at.getTime() < until ? { outcome: "busy", detail: "an upgrade" } : startedWith(asked, at),
    }),
  );
  const starts = timesOf(run, "startClusterUpdate");
  expect(starts.every((at) => (at >= saturdayAt(1) && at < saturdayAt(3)) || at === saturdayAt(1) + 7 * 86_400)).toBe(
    true,
  );
  expect(run.output.state).toBe("ended");
});

test("the cluster is free from the end of a window to the next, wherever the instance began anew meanwhile", async () => {
  for (let minutes = 60; minutes < 66; minutes += 1) {
    const until = Date.parse("2026-01-04T00:00:00Z");
    const run = await onboard(
      { maintenanceWindow: { ...saturday, endMinute: saturday.startMinute + minutes } },
      world({
        startClusterUpdate: (asked: { version: string }, _call: number, at: Date) =>
          at.getTime() < until ? { outcome: "busy", detail: "an upgrade" } : startedWith(asked, at),
      }),
    );
    expect(run.output.state).toBe("ended");
    const held = run.calls.filter((call) => /^(claim|release)Cluster/.test(call));
    const before = held.filter((call) => Number(/\((.*)\)/.exec(call)?.[1]) < saturdayAt(1) + 7 * 86_400);
    expect([minutes, before.at(-1)?.split("(")[0]]).toEqual([minutes, "releaseCluster"]);
  }
});

test.each([1, 4, 6])(
  "a cancel %i days into the wait for a window that is a week away takes effect at once",
  async (days) => {
    // It rests until two: the first hour of the next Thursday is what it waits for.
    const maintenanceWindow = { zone: "UTC", days: [4], startMinute: 0, endMinute: 60 };
    const waits = { ...standardWaits, identityReplicationInSeconds: 7200 };
    const after = days * 86_400 - 3600;
    const { activities, events } = cancelledAfter(after);
    const run = await onboard({ waits, maintenanceWindow }, world(activities, { events }));
    expect(run.output.state).toBe("cancelled");
    expect(run.seconds).toBe(after);
  },
);

test("what the cluster was given and was refused afterwards is given again in its new form", async () => {
  const second = { ...secret, version: "v2", keyId: "k2", createdAt: "2026-01-01T00:40:00.000Z" };
  const run = await onboard(
    {},
    world({
      addSecret: (_input: never, call: number) => ({
        outcome: "ready",
        appId: "app",
        secret: call < 2 ? secret : second,
      }),
      provePull: (_input: never, call: number) =>
        call === 3 ? { outcome: "secretLost", detail: "a person removed it" } : { outcome: "proved", proof },
    }),
  );
  expect(run.output.state).toBe("ended");
  expect(
    run.inputs
      .filter(({ name }) => name === "startClusterUpdate")
      .map(({ input }) => (input as { version: string }).version),
  ).toEqual(["v1", "v2"]);
});

test("secrets that a replica still shows when they are removed do not fail the operation", async () => {
  const run = await onboard({}, world({ removeSecrets: () => ({ outcome: "notYet", detail: "still listed" }) }));
  expect(run.output.state).toBe("ended");
});
