import { TransientError } from "../../src/domain/errors.ts";
import type { RotateInput, RotateOutput } from "../../src/domain/rotation.ts";
import type { Run, World } from "./replay.ts";
import {
  hurriedFrom,
  links,
  missing,
  old,
  proved,
  rotate,
  rotationWorld as world,
  type Pull,
} from "./rotationWorld.ts";
import { born, first } from "./world.ts";

const named = ({ calls }: Run<RotateOutput>): readonly string[] =>
  calls
    .map((call) => call.slice(0, call.indexOf("(")))
    .filter((name) => !["lookAtOperation", "claimCluster", "releaseCluster"].includes(name));
const timesOf = ({ calls }: Run<RotateOutput>, name: string): readonly number[] =>
  calls.filter((call) => call.startsWith(`${name}(`)).map((call) => Number(call.slice(name.length + 1, -1)));
const inputsOf = <Input>({ inputs }: Run<RotateOutput>, name: string): readonly Input[] =>
  inputs.filter((one) => one.name === name).map((one) => one.input as Input);

test("a rotation adds, proves on every link several times, delivers, proves again, rests, removes and proves the removal", async () => {
  const run = await rotate({}, world());
  expect(run.output).toEqual({ state: "ended", problem: null });
  expect(named(run)).toEqual([
    "readRotation",
    "removeSecrets",
    "addSecret",
    ...Array.from({ length: 3 }, () => ["proveAtHome", "proveLink", "proveLink"]).flat(),
    "addSecret",
    "readRolesPlan",
    "useSecret",
    "startClusterUpdate",
    "followClusterUpdate",
    "recordUpdate",
    "confirmCluster",
    "proveAtHome",
    ...Array.from({ length: 2 }, () => "proveLink"),
    "removePasswords",
    ...Array.from({ length: 3 }, () => "lookAtRemoved"),
    "removeSecrets",
    "recordRotation",
  ]);
  expect(inputsOf<Pull>(run, "proveLink").map(({ secret: { version } }) => version)).toEqual(Array(8).fill("v2"));
  expect(inputsOf(run, "addSecret")).toEqual(
    Array(2).fill({ operationId: "0f-rotation", clusterKey: "0f-key", anew: true }),
  );
  const about = { operationId: "0f-rotation", clusterKey: "0f-key" };
  expect(inputsOf(run, "removeSecrets")).toEqual([about, { ...about, refused: ["v1"], sweeps: false }]);
  expect(inputsOf(run, "recordUpdate")).toEqual([expect.objectContaining({ graceInSeconds: 86_400 })]);
  expect(inputsOf(run, "lookAtRemoved")[0]).toEqual({
    clusterKey: "0f-key",
    appId: "app",
    secret: old,
    tenants: ["tenant-a", "tenant-b", "tenant-c"],
  });
});

test("the replaced secret stays valid for the grace, and for none after a leak", async () => {
  const delivered = async (reason: RotateInput["reason"]): Promise<number> => {
    const run = await rotate({ reason }, world());
    const [removal = NaN] = timesOf(run, "removePasswords");
    return removal - (timesOf(run, "confirmCluster")[0] ?? NaN);
  };
  expect(await delivered("asked")).toBeGreaterThanOrEqual(86_400);
  expect(await delivered("leak")).toBeLessThan(60);
  const leak = await rotate({ reason: "leak" }, world());
  expect(inputsOf(leak, "recordUpdate")).toEqual([expect.objectContaining({ graceInSeconds: 0 })]);
});

test("the secret is made a day before the window opens, the claim is let go, and the cluster is changed in the window", async () => {
  // Born on a Thursday; the window opens on Sunday at 01:00.
  const window = { zone: "UTC", days: [0], startMinute: 60, endMinute: 180 };
  const run = await rotate({ window }, world());
  const opens = (Date.parse("2026-01-04T01:00:00Z") - Date.parse(born)) / 1000;
  expect(timesOf(run, "addSecret")[0]).toBe(opens - 86_400);
  expect(timesOf(run, "startClusterUpdate")).toEqual([opens]);
  const claims = run.calls.filter((call) => /^(claim|release)Cluster/.test(call)).map((call) => call.split("(")[0]);
  expect(claims.slice(0, 2)).toEqual(["claimCluster", "releaseCluster"]);
});

describe("a link that the secret of before cannot pull either", () => {
  const oneDead = { proveLink: ({ linkId }: never) => (linkId === "11-link" ? missing : proved) };

  test("keeps nobody waiting, and is named", async () => {
    const run = await rotate({}, world(oneDead));
    expect(run.output.state).toBe("ended");
    expect(inputsOf<{ dead: string[] }>(run, "recordRotation")[0]?.dead).toEqual(["11-link"]);
    const after = inputsOf<Pull>(run, "proveLink").slice(-1);
    expect(after.map(({ linkId }) => linkId)).toEqual(["22-link"]);
  });

  test("is called so only when that was seen several times, some time apart", async () => {
    const blinks = {
      proveLink: ({ linkId }: never, call: number) => (linkId === "11-link" && call < 8 ? missing : proved),
    };
    const run = await rotate({}, world(blinks));
    expect(inputsOf<{ dead: string[] }>(run, "recordRotation")[0]?.dead).toEqual([]);
  });
});

test("a link that is removed meanwhile keeps nobody waiting, before the update and after it, and is not called dead", async () => {
  for (const since of [0, 6]) {
    const proveLink = ({ linkId }: never, call: number) =>
      linkId === "11-link" && call >= since ? { outcome: "gone" } : proved;
    const run = await rotate({}, world({ proveLink }));
    expect(run.output.state).toBe("ended");
    expect(inputsOf<{ dead: string[] }>(run, "recordRotation")[0]?.dead).toEqual([]);
  }
});

test("a link that pulled before and does not pull with the new secret stops the rotation, and the new secret goes", async () => {
  const only = ({ secret: { version } }: Pull) => (version === "v1" ? proved : missing);
  const run = await rotate({}, world({ proveLink: only }));
  expect(run.output).toMatchObject({ state: "failed", problem: { code: "CP-PULL-REFUSED" } });
  expect(named(run)).not.toContain("startClusterUpdate");
  expect(named(run).slice(-3)).toEqual(["giveUpSecret", "removeSecrets", "recordRotation"]);
  expect(inputsOf(run, "giveUpSecret")).toEqual([{ operationId: "0f-rotation", clusterKey: "0f-key", version: "v2" }]);
});

test("a new secret that a replica does not know yet is asked again", async () => {
  const late = { outcome: "secretRefused", detail: "AADSTS7000215" };
  const run = await rotate(
    {},
    world({
      proveLink: ({ secret: { version } }: Pull, call: number) => (version === "v2" && call < 5 ? late : proved),
    }),
  );
  expect(run.output.state).toBe("ended");
  expect(named(run)).not.toContain("rejectSecret");
});

test("an old secret that has expired makes no link dead while replicas do not know the new one", async () => {
  const expired = { outcome: "secretLost", detail: "AADSTS7000222" };
  const late = { outcome: "secretRefused", detail: "AADSTS7000215" };
  const run = await rotate(
    {},
    world({
      proveLink: ({ secret: { version } }: Pull, call: number) =>
        version === "v1" ? expired : call < 20 ? late : proved,
    }),
  );
  expect(run.output.state).toBe("ended");
  expect(inputsOf<{ dead: string[] }>(run, "recordRotation")[0]?.dead).toEqual([]);
  expect(inputsOf<Pull>(run, "proveLink").filter(({ secret: { version } }) => version === "v1")).toEqual([]);
});

test("an outage of a registry ends nothing", async () => {
  const out = (_input: never, call: number) => {
    if (call > 2 && call < 30) throw new TransientError("503");
    return proved;
  };
  expect((await rotate({}, world({ proveLink: out }))).output.state).toBe("ended");
});

test("a removed password that a tenant still accepts is looked at until three readings in a row refuse it", async () => {
  const lagging = { outcome: "notYet", detail: "tenant tenant-b still accepts password k1" };
  const answers = [lagging, { outcome: "refused" }, lagging];
  const run = await rotate({}, world({ lookAtRemoved: (_input, call) => answers[call] ?? { outcome: "refused" } }));
  expect(run.output.state).toBe("ended");
  expect(timesOf(run, "lookAtRemoved")).toHaveLength(6);
  const stays = await rotate({}, world({ lookAtRemoved: () => lagging }));
  expect(stays.output).toMatchObject({ state: "failed", problem: { code: "CP-NOT-REMOVED" } });
  // What could not be shown to be refused stays on record.
  expect(named(stays).slice(-2)).toEqual(["lookAtRemoved", "recordRotation"]);
});

test("what was waited for is over in every generation of the instance: no other opening, no other grace, and the claim is let go", async () => {
  const window = { zone: "UTC", days: [0], startMinute: 60, endMinute: 180 };
  const lagging = { outcome: "notYet", detail: "tenant tenant-b still accepts password k1" };
  const lookAtRemoved = (_input: never, call: number) => (call < 40 ? lagging : { outcome: "refused" });
  const run = await rotate({ window }, world({ lookAtRemoved }));
  expect(run.output).toEqual({ state: "ended", problem: null });
  const [confirmed = NaN] = timesOf(run, "confirmCluster");
  const ended = timesOf(run, "recordRotation")[0] ?? NaN;
  expect(ended - confirmed).toBeGreaterThanOrEqual(86_400);
  expect(ended - confirmed).toBeLessThan(86_400 + 3600);
});

test("a cluster that holds nothing of ours is not rotated", async () => {
  const run = await rotate({}, world({ readRotation: () => ({ outcome: "nothing" }) }));
  expect(run.output).toMatchObject({ state: "failed", problem: { code: "CP-NOTHING-TO-ROTATE" } });
  expect(named(run)).toEqual(["readRotation", "recordRotation"]);
});

test("an update that AKS ends as failed is run again", async () => {
  const run = await rotate(
    {},
    world({ followClusterUpdate: first(1, { outcome: "failed", detail: "a pool" }, { outcome: "succeeded" }) }),
  );
  expect(run.output.state).toBe("ended");
  expect(timesOf(run, "startClusterUpdate")).toHaveLength(2);
});

test("a rotation waits for the grace of an earlier one, unless there is a leak", async () => {
  const later = "2026-01-01T12:00:00.000Z";
  const readRotation = () => ({
    outcome: "found",
    appId: "app",
    createdAt: "2025-01-01T00:00:00.000Z",
    before: old,
    links,
    graceUntil: later,
  });
  expect(timesOf(await rotate({}, world({ readRotation })), "addSecret")[0]).toBe(12 * 3600);
  expect(timesOf(await rotate({ reason: "leak" }, world({ readRotation })), "addSecret")[0]).toBe(0);
});

describe("the cluster's own tenant", () => {
  test("takes the new secret before any node gets it, also where the cluster has no link", async () => {
    const late = { outcome: "secretRefused", detail: "AADSTS7000215" };
    const run = await rotate(
      {},
      world({
        readRotation: () => ({
          outcome: "found",
          appId: "app",
          createdAt: "2025-01-01T00:00:00.000Z",
          before: old,
          links: [],
          graceUntil: null,
        }),
        proveAtHome: (_input, call) => (call < 2 ? late : proved),
      }),
    );
    expect(run.output.state).toBe("ended");
    const named = run.calls.map((call) => call.slice(0, call.indexOf("(")));
    expect(named.slice(0, named.indexOf("startClusterUpdate")).filter((name) => name === "proveAtHome")).toHaveLength(
      5,
    );
  });

  test("that refuses it for good stops the rotation before any node is touched", async () => {
    const run = await rotate({}, world({ proveAtHome: () => missing }));
    expect(run.output.state).toBe("failed");
    expect(run.calls.join()).not.toContain("startClusterUpdate");
    expect(run.calls.join()).toContain("giveUpSecret");
  });
});

describe("a rotation that runs when a leak is told of", () => {
  const hurried = (seconds: number, changes: World["activities"] = {}) => {
    const { activities, events } = hurriedFrom(seconds);
    return world({ ...changes, ...activities }, { events });
  };

  test("has no grace any more, so that another can follow at once", async () => {
    const run = await rotate({}, hurried(7200));
    expect(run.output.state).toBe("ended");
    expect(timesOf(run, "removePasswords")).toEqual([7200]);
    expect(run.seconds).toBeLessThan(7300);
  });

  test("waits for no window between two updates: it ends, and removes nothing that a node may hold", async () => {
    // Shut again when the failed update has had its rest.
    const window = { zone: "UTC", days: [4], startMinute: 0, endMinute: 5 };
    const failed = { outcome: "failed", detail: "a pool" };
    const run = await rotate(
      { window },
      hurried(7200, { followClusterUpdate: first(1, failed, { outcome: "succeeded" }) }),
    );
    expect(run.output).toMatchObject({ state: "failed", problem: { code: "CP-SUPERSEDED" } });
    expect(run.seconds).toBeLessThan(7300);
    expect(named(run)).not.toContain("removePasswords");
  });
});

test("after a leak none of the secrets that are there is used, also where nodes are half way", async () => {
  const run = await rotate({ reason: "leak" }, world());
  expect(inputsOf(run, "addSecret")).toEqual(
    Array(2).fill({ operationId: "0f-rotation", clusterKey: "0f-key", anew: true, leaked: true }),
  );
});
