import { followClusterUpdate, recordUpdate } from "../../src/activities/followClusterUpdate.ts";
import { startClusterUpdate } from "../../src/activities/startClusterUpdate.ts";
import type { UpdateProgress, UpdateStarted, Vault } from "../../src/azure/clients.ts";
import { StaleOperation, TransientError } from "../../src/domain/errors.ts";
import type { ClusterFacts, Unreadable } from "../../src/domain/facts.ts";
import type { Operation } from "../../src/domain/operation.ts";
import type { OnCluster, PullIdentity } from "../../src/domain/pullIdentity.ts";
import { Secret } from "../../src/domain/secret.ts";
import { born, cluster, clusterId, clusterKey, identity, kept, operation, operationId, worldOf } from "./world.ts";

const settled: ClusterFacts = {
  outcome: "found",
  id: clusterId,
  provisioningState: "Succeeded",
  powerState: "Running",
  clientId: "ours",
  nodeResourceGroup: "MC",
  subnetIds: [],
  diskEncryptionSetIds: [],
  privateDnsZoneId: null,
  pools: [],
  otherIds: [],
};
const started: UpdateStarted = { outcome: "started", operation: "{}" };
const words = { code: "X", detail: "said AKS" };

type Given = {
  readonly facts?: Partial<ClusterFacts>;
  readonly onCluster?: OnCluster;
  readonly identity?: Partial<PullIdentity>;
  readonly operation?: Partial<Operation>;
  readonly answers?: readonly (UpdateStarted | Error)[];
  readonly vault?: Awaited<ReturnType<Vault["get"]>>;
  readonly unreadable?: Unreadable;
};

async function prepared(given: Given) {
  const row = {
    ...identity,
    secrets: [kept("v1", "current")],
    ...given.identity,
    onCluster: given.onCluster ?? { state: "foreign" },
  };
  const asked: string[] = [];
  const answers = [...(given.answers ?? [started])];
  const world = await worldOf(
    { identities: [row], operations: [{ ...operation, ...given.operation }] },
    {
      clusters: {
        get: async () => given.unreadable ?? { ...settled, ...given.facts },
        setServicePrincipal: async (_cluster, clientId) => {
          const { onCluster } = (await world.identities.read(clusterKey))?.value ?? row;
          asked.push(`${clientId} while the row says ${onCluster.state}`);
          const answer = answers.shift() ?? started;
          if (answer instanceof Error) throw answer;
          return answer;
        },
      },
      vault: {
        get: async () => given.vault ?? { outcome: "read", value: new Secret("value") },
      },
    },
  );
  const start = async (version = "v1") => startClusterUpdate.run({ operationId, clusterKey, cluster, version }, world);
  const rows = async () => ({
    onCluster: (await world.identities.read(clusterKey))?.value.onCluster,
    cancel: (await world.operations.read(operationId))?.value.cancel,
  });
  return { world, start, rows, asked };
}

const heldV1: OnCluster = { state: "held", version: "v1", since: born };

test("a cluster whose update to this version was followed to success is left alone", async () => {
  const { start, asked, rows } = await prepared({ onCluster: heldV1 });
  expect(await start()).toEqual({ outcome: "held" });
  expect(asked).toEqual([]);
  // Nothing stops any more, so that a cancel is refused from here on.
  expect((await rows()).cancel).toBe("closed");
});

test.each<[string, Given]>([
  ["holds another client id", { facts: { clientId: "old" } }],
  ["holds our client id, and nobody saw an update succeed", {}],
  ["holds our client id with another version", { onCluster: { state: "held", version: "v0", since: born } }],
  ["says all is well after an update that failed half way", { onCluster: { state: "halfway", mayHold: ["v1"] } }],
  [
    "was asked before, and the answer was lost",
    { onCluster: { state: "intended", version: "v1", mayHold: ["v1"], before: null } },
  ],
  ["was given to another application by hand after ours succeeded", { facts: { clientId: "old" }, onCluster: heldV1 }],
  ["is Failed", { facts: { provisioningState: "Failed" }, onCluster: heldV1 }],
])("a cluster that %s is updated: meant before AKS is asked, accepted after", async (_what, given) => {
  const { start, asked, rows } = await prepared(given);
  expect(await start()).toEqual({ outcome: "started", version: "v1", operation: "{}", since: born });
  expect(asked).toEqual(["ours while the row says intended"]);
  expect(await rows()).toMatchObject({
    onCluster: { state: "accepted", version: "v1", operation: "{}" },
    cancel: "closed",
  });
});

const detail = "AKS answered X: said AKS";
test.each<[UpdateStarted["outcome"], object]>([
  ["busy", { outcome: "busy", detail }],
  ["cannotNow", { outcome: "cannotNow", detail }],
  ["locked", { outcome: "refused", problem: { code: "CP-SCOPE-LOCKED", detail } }],
  ["credentialRefused", { outcome: "secretRefused", detail }],
  ["principalUnknown", { outcome: "principalUnknown", detail }],
  ["forbidden", { outcome: "refused", problem: { code: "CP-CLUSTER-FORBIDDEN", detail } }],
  ["refused", { outcome: "refused", problem: { code: "CP-CLUSTER-REFUSED", detail } }],
])("after AKS refused (%s) what stood before stands again, and the next start asks again", async (outcome, told) => {
  const refusal = { outcome, ...words } as UpdateStarted;
  const before: OnCluster = { state: "held", version: "v0", since: born };
  const { start, asked, rows } = await prepared({ onCluster: before, answers: [refusal, started] });
  expect(await start()).toMatchObject(told);
  // A cancel works again: nothing was changed.
  expect(await rows()).toEqual({ onCluster: before, cancel: "open" });
  // The refused start is never taken for an update that was made.
  expect((await start()).outcome).toBe("started");
  expect(asked).toHaveLength(2);
});

test.each<[string, Partial<ClusterFacts>, OnCluster]>([
  ["once the cluster has settled with another application", { clientId: "old" }, { state: "foreign" }],
  ["while the cluster is Failed", { clientId: "old", provisioningState: "Failed" }, heldV1],
  ["while the cluster reports our application", { provisioningState: "Failed" }, heldV1],
])(
  "what stands after a refusal is what the nodes hold, and a cancel works again: %s",
  async (_what, facts, expected) => {
    const { start, rows } = await prepared({ facts, onCluster: heldV1, answers: [{ outcome: "busy", ...words }] });
    await start();
    expect(await rows()).toEqual({ onCluster: expected, cancel: "open" });
  },
);

test("a cluster that was moved to a managed identity since the plan is not asked to take a credential", async () => {
  const { start, asked } = await prepared({ facts: { clientId: "MSI" } });
  expect(await start()).toMatchObject({ outcome: "refused", problem: { code: "CP-CLUSTER-MANAGED-IDENTITY" } });
  expect(asked).toEqual([]);
});

test("an answer that was lost leaves the intention, and a later refusal proves nothing about it", async () => {
  const { start, rows } = await prepared({
    onCluster: heldV1,
    identity: { secrets: [kept("v1", "retiring"), kept("v2", "current")] },
    answers: [new TransientError("cut"), { outcome: "busy", ...words }, started],
  });
  await expect(start("v2")).rejects.toThrow("cut");
  expect((await start("v2")).outcome).toBe("busy");
  expect(await rows()).toMatchObject({
    onCluster: { state: "intended", mayHold: ["v1", "v2"], before: null },
    cancel: "closed",
  });
  expect((await start("v2")).outcome).toBe("started");
});

test("an update that AKS accepted in an earlier run is followed, whatever the cluster looks like", async () => {
  const accepted: OnCluster = { state: "accepted", version: "v1", mayHold: ["v1"], operation: "{1}", since: born };
  const { start, asked } = await prepared({ onCluster: accepted, facts: { provisioningState: "Updating" } });
  expect(await start()).toEqual({ outcome: "started", version: "v1", operation: "{1}", since: born });
  expect(asked).toEqual([]);
});

test("an update of an earlier run that is followed is told with the version it brings, which may not be the one asked for", async () => {
  const accepted: OnCluster = { state: "accepted", version: "v1", mayHold: ["v1"], operation: "{1}", since: born };
  const secrets = [kept("v1", "rejected"), kept("v2", "current")];
  const { start } = await prepared({ onCluster: accepted, identity: { secrets } });
  expect(await start("v2")).toMatchObject({ outcome: "started", version: "v1" });
});

test("a refusal by AKS does not open the cancel again where an update before failed half way", async () => {
  const { start, rows } = await prepared({
    onCluster: { state: "halfway", mayHold: ["v1"] },
    operation: { cancel: "closed" },
    answers: [{ outcome: "busy", ...words }],
  });
  expect((await start()).outcome).toBe("busy");
  expect(await rows()).toMatchObject({ onCluster: { state: "halfway" }, cancel: "closed" });
});

test("the row's own choice of secret counts: another one has to be proved before a node gets it", async () => {
  const { start, asked } = await prepared({ identity: { secrets: [kept("v1", "retiring"), kept("v2", "current")] } });
  expect(await start("v1")).toEqual({ outcome: "unproved" });
  expect(asked).toEqual([]);
});

test("a cluster in the middle of something is not touched", async () => {
  const busy = await prepared({ facts: { provisioningState: "Upgrading" } });
  expect(await busy.start()).toEqual({ outcome: "busy", detail: "the cluster is Upgrading" });
  const stopped = await prepared({ facts: { powerState: "Stopped" } });
  expect(await stopped.start()).toMatchObject({
    outcome: "refused",
    problem: { code: "CP-CLUSTER-STOPPED", detail: `${clusterId} is stopped` },
  });
  // What Azure leaves out is not a reason to refuse.
  const silent = await prepared({ facts: { powerState: null, provisioningState: null } });
  expect((await silent.start()).outcome).toBe("started");
  expect([...busy.asked, ...stopped.asked]).toEqual([]);
});

test("a cancel that was first wins: AKS is not asked", async () => {
  const { start, asked, rows } = await prepared({ operation: { cancel: "asked" } });
  expect(await start()).toEqual({ outcome: "cancelled" });
  expect(asked).toEqual([]);
  expect((await rows()).onCluster).toEqual({ state: "foreign" });
});

test.each<[string, Given]>([
  ["has nothing to change", { onCluster: heldV1 }],
  [
    "finds an earlier update under way",
    { onCluster: { state: "accepted", version: "v1", mayHold: ["v1"], operation: "{1}", since: born } },
  ],
])("a cancel that was first also wins over a start that %s", async (_what, given) => {
  const { start } = await prepared({ ...given, operation: { cancel: "asked" } });
  expect(await start()).toEqual({ outcome: "cancelled" });
});

test("a version that is gone from the vault is told, before anything is meant", async () => {
  const { start, rows } = await prepared({ vault: { outcome: "gone", detail: "disabled" } });
  expect(await start()).toEqual({ outcome: "secretLost", detail: "disabled" });
  expect(await rows()).toEqual({ onCluster: { state: "foreign" }, cancel: "open" });
});

test("a vault that refuses, or a cluster that cannot be read, is told before anything is meant", async () => {
  const vault = await prepared({ vault: { outcome: "forbidden", ...words } });
  expect(await vault.start()).toMatchObject({ outcome: "refused", problem: { code: "CP-VAULT-FORBIDDEN" } });
  const missing = await prepared({ unreadable: { outcome: "missing", ...words } });
  expect(await missing.start()).toMatchObject({ outcome: "refused", problem: { code: "CP-CLUSTER-NOT-FOUND" } });
  expect([await vault.rows(), await missing.rows()]).toMatchObject([
    { onCluster: { state: "foreign" } },
    { onCluster: { state: "foreign" } },
  ]);
});

test("a pull identity without a secret to hand out has nothing to start with", async () => {
  const { start } = await prepared({ identity: { secrets: [kept("v1", "rejected")] } });
  expect(await start()).toEqual({ outcome: "unproved" });
});

test("a pull identity without an application is a defect, and told as one", async () => {
  const { start } = await prepared({ identity: { appId: null } });
  await expect(start()).rejects.toThrow("the pull identity c1 has no application");
});

test("an operation that does not hold the cluster any more starts nothing, and records nothing", async () => {
  const { start, asked, world } = await prepared({ identity: { holder: { operationId: "another", since: born } } });
  const lostCluster = new StaleOperation("the pull identity c1 names operation another by now");
  await expect(start()).rejects.toEqual(lostCluster);
  await expect(recordUpdate.run({ operationId, clusterKey, outcome: "succeeded" }, world)).rejects.toEqual(lostCluster);
  expect(asked).toEqual([]);
});

test.each([
  ["succeeded", { state: "held", version: "v1", since: born }],
  ["failed", { state: "halfway", mayHold: ["v1"] }],
] as const)("an accepted update that %s is written down so", async (outcome, expected) => {
  const { start, world, rows } = await prepared({});
  await start();
  await recordUpdate.run({ operationId, clusterKey, outcome }, world);
  expect((await rows()).onCluster).toEqual(expected);
});

describe("a look at a running update", () => {
  const looked = async (progress: UpdateProgress, facts: Partial<ClusterFacts> | null, secondsAfter = 0) => {
    const world = await worldOf(
      {},
      {
        clusters: {
          followUpdate: async () => progress,
          get: async () => (facts === null ? { outcome: "forbidden", ...words } : { ...settled, ...facts }),
        },
      },
    );
    const now = () => new Date(Date.parse(born) + secondsAfter * 1000);
    const input = { cluster, appId: "OURS", operation: "{}", since: born, settleInSeconds: 600 };
    return followClusterUpdate.run(input, { ...world, now });
  };
  const lost = { outcome: "lost", code: "404", detail: "" } as const;

  test.each<[UpdateProgress, object]>([
    [{ outcome: "running" }, { outcome: "running", detail: "AKS re-images the nodes one by one" }],
    [{ outcome: "succeeded" }, { outcome: "succeeded" }],
    [
      { outcome: "failed", ...words },
      { outcome: "failed", detail: "X: said AKS" },
    ],
    [{ outcome: "credentialRefused", ...words }, { outcome: "failed" }],
    [{ outcome: "principalUnknown", ...words }, { outcome: "failed" }],
  ])("takes AKS at its word: %j", async (progress, expected) => {
    expect(await looked(progress, null)).toMatchObject(expected);
  });

  test.each<[string, Partial<ClusterFacts> | null, number, string]>([
    ["is being changed", { provisioningState: "Updating" }, 7200, "running"],
    ["cannot be read", null, 7200, "running"],
    ["looks settled a moment after the start, before a replica knows of it", {}, 30, "running"],
    ["has settled with our application, long enough after the start", {}, 600, "succeeded"],
    ["has settled with another application", { clientId: "old" }, 601, "failed"],
    ["has failed", { provisioningState: "Failed" }, 601, "failed"],
    ["was cancelled", { provisioningState: "Canceled" }, 601, "failed"],
    ["does not say", { provisioningState: null }, 601, "running"],
  ])("whose address is lost asks the cluster; one that %s", async (_what, facts, seconds, outcome) => {
    expect((await looked(lost, facts, seconds)).outcome).toBe(outcome);
  });

  test.each<[Partial<ClusterFacts> | null, string]>([
    [null, "the update's address is lost (404), and the cluster cannot be read now"],
    [
      { provisioningState: "Updating" },
      "the update's address is lost (404); the cluster is Updating with client id ours",
    ],
    [
      { provisioningState: null },
      "the update's address is lost (404); the cluster is in an unknown state with client id ours",
    ],
  ])("whose address is lost says what the cluster looks like: %j", async (facts, words) => {
    expect(await looked(lost, facts, 601)).toEqual({ outcome: "running", detail: words });
  });
});
