import { stepNames, type OnboardInput, type Progress, type Step } from "../../src/domain/link.ts";
import { onboardLink } from "../../src/orchestrators/onboardLink.ts";
import { replay, type World } from "./replay.ts";

const born = "2026-01-01T00:00:00.000Z";
const input: OnboardInput = {
  operationId: "op",
  linkId: "link",
  clusterKey: "key",
  request: {
    cluster: "/cluster",
    registry: "/registry",
    clusterTenantId: "tenant-a",
    registryTenantId: "tenant-b",
    repositories: [],
    image: "team/app:v1",
  },
  preflight: { startedAt: born, finishedAt: born, summary: "10 checks" },
  waits: {
    consentDeadlineInSeconds: 604_800,
    consentPollInSeconds: 15,
    consentSlowPollInSeconds: 60,
    consentIdlePollInSeconds: 900,
    secretProofs: 3,
    secretProofIntervalInSeconds: 15,
    youngSecretInSeconds: 900,
    rolePollInSeconds: 10,
    roleDeadlineInSeconds: 1800,
    principalDeadlineInSeconds: 300,
    identityReplicationInSeconds: 1800,
    clusterPollInSeconds: 30,
    clusterDeadlineInSeconds: 21_600,
    clusterBusyPollInSeconds: 60,
    clusterBusyDeadlineInSeconds: 7200,
  },
  maintenanceWindow: null,
};
const secret = { name: "pull-key", version: "v1", keyId: "k1", createdAt: born, expiresAt: "2026-06-30T00:00:00.000Z" };
const proof = { provedAt: born, image: "team/app:v1", digest: "sha256:d", methods: ["kubeletBasicAuth"] };

/** A world in which everything works at once, but for what a test changes. */
function world(changes: World["activities"] = {}, events: World["events"] = []): World {
  return {
    events,
    activities: {
      ensureIdentity: () => ({ outcome: "ready", appId: "app", principalId: "sp-a", createdAt: born }),
      claimCluster: () => ({ outcome: "claimed" }),
      ensureSecret: () => ({ outcome: "ready", secret, reused: false }),
      releaseCluster: () => null,
      probeConsent: () => ({ outcome: "granted", principalId: "sp-b" }),
      prepareConsent: () => ({ url: "https://consent" }),
      grantPull: () => ({
        outcome: "granted",
        grant: { assignmentId: "a", principalId: "sp-b", role: "AcrPull", ours: true },
        loginServer: "r.azurecr.io",
      }),
      provePull: () => ({ outcome: "proved", proof }),
      carryOverRoles: () => ({ outcome: "copied", count: 2, from: "old" }),
      startClusterUpdate: () => ({ outcome: "started", operation: "{}" }),
      followClusterUpdate: () => ({ outcome: "succeeded" }),
      confirmCluster: () => ({ outcome: "confirmed" }),
      undoLink: () => ({ removed: [] }),
      recordEnding: () => null,
      ...changes,
    },
  };
}
const notYet = (calls: number, answer: object, then: object) => (_input: never, call: number) =>
  call < calls ? answer : then;
const granted = { outcome: "granted", principalId: "sp-b" };
const waiting = { outcome: "notYet", detail: "AADSTS700016" };
const ending = (run: Awaited<ReturnType<typeof replay>>) =>
  run.inputs.find(({ name }) => name === "recordEnding")?.input as { status: string; steps: Step[] };

test("the runbook runs in the order of its steps, and ends ready with a proof", async () => {
  const run = await replay(onboardLink, input, world());
  expect(run.output).toEqual({ status: "ready", problem: null });
  expect(run.calls).toEqual([
    "ensureIdentity(0)",
    "claimCluster(0)",
    "ensureSecret(0)",
    "releaseCluster(0)",
    "probeConsent(0)",
    "grantPull(0)",
    "provePull(0)",
    "provePull(15)",
    "provePull(30)",
    // A new principal rests for half an hour before a cluster may live on it.
    "claimCluster(1800)",
    "carryOverRoles(1800)",
    "startClusterUpdate(1800)",
    "followClusterUpdate(1830)",
    "releaseCluster(1830)",
    "confirmCluster(1830)",
    "provePull(1830)",
    "recordEnding(1830)",
  ]);
  const { status, steps } = ending(run);
  expect(status).toBe("ready");
  expect(steps.map(({ name, state }) => `${name} ${state}`)).toEqual(stepNames.map((name) => `${name} done`));
});

test("consent is asked for only when it is missing, and found by a look when no callback comes", async () => {
  const run = await replay(onboardLink, input, world({ probeConsent: notYet(3, waiting, granted) }));
  expect(run.output.status).toBe("ready");
  expect(run.calls.filter((call) => /Consent/.test(call))).toEqual([
    "probeConsent(0)",
    "prepareConsent(0)",
    "probeConsent(15)",
    "probeConsent(30)",
    "probeConsent(45)",
  ]);
  expect((run.statuses as Progress[]).some(({ waitingFor }) => waitingFor?.url === "https://consent")).toBe(true);
});

test("the callback's hint makes the next look come at once", async () => {
  const answer = { answer: "accepted", detail: "an administrator accepted" };
  const run = await replay(
    onboardLink,
    input,
    world({ probeConsent: notYet(1, waiting, granted) }, [{ after: 4, name: "consentAnswered", payload: answer }]),
  );
  expect(run.calls.filter((call) => call.startsWith("probeConsent"))).toEqual(["probeConsent(0)", "probeConsent(4)"]);
});

test("a hint is not believed: without a token the link goes on waiting", async () => {
  const answer = { answer: "accepted", detail: "somebody says so" };
  const run = await replay(
    onboardLink,
    input,
    world({ probeConsent: notYet(2, waiting, granted) }, [{ after: 4, name: "consentAnswered", payload: answer }]),
  );
  expect(run.calls.filter((call) => call.startsWith("probeConsent"))).toEqual([
    "probeConsent(0)",
    "probeConsent(4)",
    "probeConsent(19)",
  ]);
});

test("a day without an answer ends the link, after looks that grow rare", async () => {
  const waits = { ...input.waits, consentDeadlineInSeconds: 86_400 };
  const run = await replay(onboardLink, { ...input, waits }, world({ probeConsent: () => waiting }));
  expect(run.output).toMatchObject({ status: "failed", problem: { code: "CP-CONSENT-EXPIRED" } });
  expect(run.seconds).toBe(86_400);
  const looks = run.calls.filter((call) => call.startsWith("probeConsent")).length;
  // 40 in ten minutes, 110 until two hours are over, then four an hour, and one at the deadline.
  expect(looks).toBe(40 + 110 + 88 + 1);
});

test("a refusal by the administrator ends the link in words", async () => {
  const declined = { answer: "declined", detail: "the administrator declined" };
  const run = await replay(
    onboardLink,
    input,
    world({ probeConsent: () => waiting }, [{ after: 60, name: "consentAnswered", payload: declined }]),
  );
  expect(run.output).toMatchObject({
    status: "failed",
    problem: { code: "CP-CONSENT-DENIED", detail: "the administrator declined" },
  });
  expect(run.seconds).toBe(60);
});

test("the wrong tenant's answer leaves the link waiting for the right one", async () => {
  const wrong = { answer: "wrongTenant", detail: "tenant c accepted" };
  const run = await replay(
    onboardLink,
    input,
    world({ probeConsent: notYet(3, waiting, granted) }, [{ after: 3, name: "consentAnswered", payload: wrong }]),
  );
  expect(run.output.status).toBe("ready");
});

test.each([
  ["waiting for consent", { probeConsent: () => waiting }, 20],
  ["between proofs", {}, 20],
  ["waiting for the role", { provePull: () => ({ outcome: "notYet", detail: "no pull" }) }, 100],
  ["while the new principal rests", {}, 1000],
])("a cancel %s takes back what the link made", async (_when, changes, after) => {
  const run = await replay(
    onboardLink,
    input,
    world(changes, [{ after, name: "cancelRequested", payload: { by: "operator" } }]),
  );
  expect(run.output).toMatchObject({ status: "cancelled", problem: { code: "CP-CANCELLED" } });
  expect(run.calls.slice(-2)).toEqual([`undoLink(${after})`, `recordEnding(${after})`]);
  expect(run.calls.some((call) => call.startsWith("startClusterUpdate"))).toBe(false);
});

test("a cancel that comes when the cluster changes is too late", async () => {
  const run = await replay(
    onboardLink,
    input,
    world({ followClusterUpdate: notYet(5, { outcome: "running" }, { outcome: "succeeded" }) }, [
      { after: 1850, name: "cancelRequested", payload: { by: "operator" } },
    ]),
  );
  expect(run.output.status).toBe("ready");
});

test("a role that never takes effect ends the link after half an hour of looks", async () => {
  const run = await replay(
    onboardLink,
    input,
    world({ provePull: () => ({ outcome: "notYet", detail: "access list: 401" }) }),
  );
  expect(run.output).toMatchObject({ status: "failed", problem: { code: "CP-ROLE-NOT-EFFECTIVE" } });
  expect(run.seconds).toBe(1800);
});

test("proofs must succeed in a row: one refusal by another replica starts the count again", async () => {
  const answers = ["proved", "proved", "secretRefused", "proved", "proved", "proved"];
  const run = await replay(
    onboardLink,
    input,
    world({
      provePull: (_input: never, call: number) => ({
        outcome: answers[call] ?? "proved",
        proof,
        detail: "AADSTS7000215",
      }),
    }),
  );
  expect(run.output.status).toBe("ready");
  expect(run.calls.filter((call) => call.startsWith("provePull"))).toHaveLength(7);
});

test("a refused secret is forgiven while young, then ends the link", async () => {
  const run = await replay(
    onboardLink,
    input,
    world({ probeConsent: () => ({ outcome: "secretRefused", detail: "AADSTS7000215" }) }),
  );
  expect(run.output).toMatchObject({ status: "failed", problem: { code: "CP-SECRET-REFUSED" } });
  expect(run.seconds).toBeGreaterThan(900);
  expect(run.seconds).toBeLessThan(1000);
});

test("another operation's hold on the cluster is waited for", async () => {
  const run = await replay(
    onboardLink,
    input,
    world({ claimCluster: notYet(2, { outcome: "busy", holder: "other" }, { outcome: "claimed" }) }),
  );
  expect(run.output.status).toBe("ready");
  expect(run.calls.slice(1, 4)).toEqual(["claimCluster(0)", "claimCluster(60)", "claimCluster(120)"]);
});

test("a cluster that is busy with something else is asked again", async () => {
  const run = await replay(
    onboardLink,
    input,
    world({ startClusterUpdate: notYet(2, { outcome: "busy", detail: "Upgrading" }, { outcome: "already" }) }),
  );
  expect(run.output.status).toBe("ready");
  expect(run.calls.filter((call) => call.startsWith("startClusterUpdate"))).toEqual([
    "startClusterUpdate(1800)",
    "startClusterUpdate(1860)",
    "startClusterUpdate(1920)",
  ]);
});

test("an update that fails half way says so, and lets go of the cluster", async () => {
  const run = await replay(
    onboardLink,
    input,
    world({
      followClusterUpdate: () => ({
        outcome: "failed",
        code: "CreateRoleAssignmentError",
        detail: "half of the nodes",
      }),
    }),
  );
  expect(run.output).toMatchObject({
    status: "failed",
    problem: { code: "CP-CLUSTER-UPDATE-FAILED", detail: "CreateRoleAssignmentError: half of the nodes" },
  });
  expect(ending(run).steps.find(({ name }) => name === "update")?.state).toBe("failed");
  expect(run.calls.slice(-2)).toEqual(["releaseCluster(1830)", "recordEnding(1830)"]);
});

test("an update that never ends is given up at its deadline, and may be followed again", async () => {
  const waits = { ...input.waits, clusterDeadlineInSeconds: 600 };
  const run = await replay(
    onboardLink,
    { ...input, waits },
    world({ followClusterUpdate: () => ({ outcome: "running" }) }),
  );
  expect(run.output).toMatchObject({ status: "failed", problem: { code: "CP-CLUSTER-UPDATE-TIMEOUT" } });
  expect(run.seconds).toBe(1800 + 600);
});

test("the cluster update waits for the maintenance window", async () => {
  // 2026-01-01 is a Thursday; the window opens on Saturday at one.
  const maintenanceWindow = { days: [6], startMinute: 60, endMinute: 300 };
  const run = await replay(onboardLink, { ...input, maintenanceWindow }, world());
  const saturday = 2 * 86_400 + 3600;
  expect(run.calls).toContain(`startClusterUpdate(${saturday})`);
  expect(run.output.status).toBe("ready");
});

test.each([1, 4, 6])("a cancel %i days into the wait for a window that is a week away still works", async (days) => {
  // The instance begins on a Thursday and rests until two: the first hour of the next Thursday is what it waits for.
  const maintenanceWindow = { days: [4], startMinute: 0, endMinute: 60 };
  const noRest = { ...input.waits, identityReplicationInSeconds: 7200 };
  const after = days * 86_400 - 3600;
  const run = await replay(
    onboardLink,
    { ...input, waits: noRest, maintenanceWindow },
    world({}, [{ after, name: "cancelRequested", payload: { by: "operator" } }]),
  );
  expect(run.output.status).toBe("cancelled");
  expect(run.seconds).toBe(after);
});

test("an activity that fails after all its retries ends the link with a reason, not the instance without one", async () => {
  const run = await replay(
    onboardLink,
    input,
    world({
      grantPull: () => {
        throw new Error("grantPull: TransientError: could not reach Azure\n    at secret stack");
      },
    }),
  );
  expect(run.output).toMatchObject({ status: "failed", problem: { code: "CP-OPERATION-FAILED" } });
  expect(run.output.problem?.detail).toContain("could not reach Azure");
  expect(run.output.problem?.detail).not.toContain("secret stack");
  expect(run.calls.filter((call) => call.startsWith("grantPull"))).toHaveLength(6);
});

test("every problem an activity returns stops the run at its step", async () => {
  const refused = {
    outcome: "refused",
    problem: { code: "CP-REGISTRY-FORBIDDEN", title: "t", detail: "d", remedy: "r" },
  };
  const stops = [
    "ensureIdentity",
    "ensureSecret",
    "probeConsent",
    "grantPull",
    "provePull",
    "carryOverRoles",
    "startClusterUpdate",
  ];
  for (const name of stops) {
    const run = await replay(onboardLink, input, world({ [name]: () => refused }));
    expect(run.output).toEqual({ status: "failed", problem: refused.problem });
    expect(run.calls.at(-1)).toMatch(/^recordEnding/);
  }
});
