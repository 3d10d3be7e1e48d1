import { answerOf } from "../../src/durable/register.ts";
import { people } from "../../src/activities/operationRow.ts";
import { TransientError } from "../../src/domain/errors.ts";
import { standardOptions } from "../../src/durable/calls.ts";
import { onboardingSteps } from "../../src/domain/onboarding.ts";
import type { Progress } from "../../src/domain/operation.ts";
import {
  acts,
  callsOf,
  ending,
  first,
  input,
  noPrincipal,
  onboard,
  proof,
  quiet,
  secret,
  timesOf,
  world,
  granted,
} from "./world.ts";

test("the runbook runs in the order of its steps, and ends ready with a proof", async () => {
  const run = await onboard({}, world());
  expect(run.output).toEqual({ state: "ended", problem: null });
  expect(acts(run)).toEqual([
    "ensureIdentity(0)",
    "addSecret(0)",
    "probeConsent(0)",
    "grantPull(0)",
    "provePull(0)",
    "provePull(15)",
    "provePull(30)",
    // A new principal rests for half an hour before a cluster may live on it.
    "addSecret(1800)",
    "readRolesPlan(1800)",
    "carryOverRoles(1800)",
    "useSecret(1800)",
    "startClusterUpdate(1800)",
    "followClusterUpdate(1800)",
    "recordUpdate(1800)",
    "confirmCluster(1800)",
    "provePull(1800)",
    "removeSecrets(1800)",
    "recordEnding(1800)",
  ]);
  const { state, steps } = ending(run);
  expect(state).toBe("ended");
  expect(steps.map((step) => `${step.name} ${step.state}`)).toEqual(onboardingSteps.map((name) => `${name} done`));
});

test("what every step did is shown by the status, in sentences of at most 300 characters", async () => {
  const long = "x".repeat(2000);
  const run = await onboard(
    { preflight: { ...input.preflight, summary: long } },
    world({ followClusterUpdate: first(3, { outcome: "running", detail: long }, { outcome: "succeeded" }) }),
  );
  const details = (run.statuses as (Progress | null)[]).flatMap(
    (status) => status?.steps.map(({ detail }) => detail) ?? [],
  );
  expect(details.some((detail) => detail?.startsWith("xxx"))).toBe(true);
  for (const detail of details) expect(detail?.length ?? 0).toBeLessThanOrEqual(300);
});

test("a defect ends the operation at once, with a reason and without its stack", async () => {
  const run = await onboard(
    {},
    world({
      grantPull: () => {
        throw new Error("nobody foresaw this\n    at secret stack");
      },
    }),
  );
  expect(run.output).toMatchObject({ state: "failed", problem: { code: "CP-OPERATION-FAILED" } });
  expect(run.output.problem?.detail).toContain("nobody foresaw this");
  expect(run.output.problem?.detail).not.toContain("secret stack");
  expect(callsOf(run, "grantPull")).toHaveLength(1);
});

test.each(["ensureIdentity", "addSecret", "readRolesPlan", "useSecret", "recordUpdate", "recordEnding"])(
  "an outage of half an hour at %s ends nothing",
  async (name) => {
    const usual = world().activities[name];
    let outageFrom: number | undefined;
    const run = await onboard(
      {},
      world({
        [name]: (given, call, at) => {
          outageFrom ??= at.getTime();
          if (at.getTime() < outageFrom + 1_800_000) throw new TransientError("no answer");
          return usual?.(given, call, at);
        },
      }),
    );
    expect(run.output.state).toBe("ended");
    // Rests grow: half an hour is a dozen tries, not hundreds.
    expect(callsOf(run, name).length).toBeLessThan(25);
  },
);

test("an outage of a day in a single act ends the operation with the service's words", async () => {
  const run = await onboard(
    {},
    world({
      addSecret: () => {
        throw new TransientError("could not reach the vault");
      },
    }),
  );
  expect(run.output).toMatchObject({ state: "failed", problem: { code: "CP-DEPENDENCY-DOWN" } });
  expect(run.output.problem?.detail).toContain("could not reach the vault");
});

test("what a service asks for as its rest is obeyed", async () => {
  const run = await onboard(
    {},
    world({
      ensureIdentity: (_input: never, call: number) => {
        if (call === 0) throw new TransientError("slow down", 700);
        return { outcome: "ready", appId: "app", principalId: "sp-a", createdAt: "2026-01-01T00:00:00.000Z" };
      },
    }),
  );
  expect(timesOf(run, "ensureIdentity")).toEqual([0, 700]);
});

test("every problem an activity returns stops the operation at its step", async () => {
  const problem = { code: "CP-REGISTRY-FORBIDDEN", title: "t", detail: "d", remedy: "r" };
  const stops = [
    "ensureIdentity",
    "addSecret",
    "probeConsent",
    "grantPull",
    "provePull",
    "readRolesPlan",
    "carryOverRoles",
    "startClusterUpdate",
  ];
  for (const name of stops) {
    const run = await onboard({}, world({ [name]: () => ({ outcome: "refused", problem }) }));
    expect(run.output).toEqual({ state: "failed", problem });
    expect(run.calls.at(-1)).toMatch(/^recordEnding/);
  }
});

test("a version of the secret that is gone is replaced, and the operation goes on", async () => {
  const next = { ...secret, version: "v2", keyId: "k2" };
  const run = await onboard(
    {},
    world({
      addSecret: first(1, { outcome: "ready", appId: "app", secret }, { outcome: "ready", appId: "app", secret: next }),
      probeConsent: first(1, { outcome: "secretLost", detail: "version v1 is disabled" }, granted),
    }),
  );
  expect(run.output.state).toBe("ended");
  expect(run.inputs.find(({ name }) => name === "rejectSecret")?.input).toMatchObject({ version: "v1" });
  expect(run.inputs.find(({ name }) => name === "startClusterUpdate")?.input).toMatchObject({ version: "v2" });
});

test("a secret that is refused again and again after it was replaced ends the operation", async () => {
  const run = await onboard({}, world({ probeConsent: () => ({ outcome: "secretLost", detail: "AADSTS7000222" }) }));
  expect(run.output).toMatchObject({ state: "failed", problem: { code: "CP-SECRET-REFUSED" } });
  expect(callsOf(run, "rejectSecret")).toHaveLength(2);
});

test.each<[string, Parameters<typeof world>[0]]>([
  [
    "failed",
    {
      grantPull: () => ({
        outcome: "refused",
        problem: { code: "CP-SCOPE-LOCKED", title: "", detail: "", remedy: "" },
      }),
    },
  ],
  ["ended", {}],
])(
  "whatever no node may hold is removed where the operation %s, and a cluster that others hold is left to them",
  async (state, changes) => {
    const run = await onboard({}, world(changes));
    expect(run.output.state).toBe(state);
    expect(callsOf(run, "removeSecrets")).toHaveLength(1);
    const last = callsOf(run, "claimCluster").length - 1;
    const busy = await onboard(
      {},
      world({
        ...changes,
        claimCluster: (_input: never, call: number) =>
          call < last ? { outcome: "claimed" } : { outcome: "busy", holder: "other" },
      }),
    );
    expect([busy.output.state, callsOf(busy, "removeSecrets").length]).toEqual([state, 0]);
  },
);

test("an operation that ended before it had a credential leaves no row behind to tidy", async () => {
  const problem = { code: "CP-DIRECTORY-FORBIDDEN", title: "", detail: "", remedy: "" };
  const run = await onboard({}, world({ ensureIdentity: () => ({ outcome: "refused", problem }) }));
  expect(callsOf(run, "removeSecrets")).toEqual([]);
});

test("consent that comes hours after the secret, seen by a lagging replica, costs nothing", async () => {
  // The secret is a day old; the principal is as young as the consent.
  const old = { ...secret, createdAt: "2025-12-31T00:00:00.000Z" };
  const run = await onboard(
    {},
    world({
      addSecret: () => ({ outcome: "ready", appId: "app", secret: old }),
      provePull: first(4, { ...noPrincipal, outcome: "noPrincipal" }, { outcome: "proved", proof }),
    }),
  );
  expect(run.output.state).toBe("ended");
  expect(callsOf(run, "rejectSecret")).toEqual([]);
});

test("a principal that stays unknown long after consent is no slow replica", async () => {
  const run = await onboard({}, world({ provePull: () => ({ outcome: "noPrincipal", detail: "AADSTS700016" }) }));
  expect(run.output).toMatchObject({ state: "failed", problem: { code: "CP-PRINCIPAL-NOT-FOUND" } });
  expect(run.seconds).toBeGreaterThan(9000);
});

test("a young secret is forgiven a refusal, an old one is replaced", async () => {
  const refused = { outcome: "secretRefused", detail: "AADSTS7000215" };
  const young = await onboard({}, world({ provePull: first(5, refused, { outcome: "proved", proof }) }));
  expect(young.output.state).toBe("ended");
  expect(callsOf(young, "rejectSecret")).toEqual([]);
  const old = { ...secret, createdAt: "2025-12-31T00:00:00.000Z" };
  const replaced = await onboard(
    {},
    world({
      addSecret: first(
        1,
        { outcome: "ready", appId: "app", secret: old },
        { outcome: "ready", appId: "app", secret: { ...secret, version: "v2" } },
      ),
      provePull: first(1, refused, { outcome: "proved", proof }),
    }),
  );
  expect(replaced.output.state).toBe("ended");
  expect(callsOf(replaced, "rejectSecret")).toHaveLength(1);
});

test("proofs must succeed in a row: one refusal by another replica starts the count again", async () => {
  const answers = ["proved", "proved", "secretRefused", "proved", "proved", "proved"];
  const run = await onboard(
    {},
    world({
      provePull: (_input: never, call: number) => ({
        outcome: answers[call] ?? "proved",
        proof,
        detail: "AADSTS7000215",
      }),
    }),
  );
  expect(run.output.state).toBe("ended");
  expect(callsOf(run, "provePull")).toHaveLength(7);
});

test("a broken connection to the registry ends nothing, before the update and after it", async () => {
  const broken = { outcome: "notYet", detail: "network: 0 ECONNRESET" };
  const before = await onboard({}, world({ provePull: first(1, broken, { outcome: "proved", proof }) }));
  expect(before.output.state).toBe("ended");
  const after = await onboard(
    {},
    world({ provePull: (_input: never, call: number) => (call === 3 ? broken : { outcome: "proved", proof }) }),
  );
  expect(after.output.state).toBe("ended");
  expect(callsOf(after, "provePull")).toHaveLength(5);
});

test("a role that never takes effect ends the operation after two and a half hours of looks, which grow rare", async () => {
  const run = await onboard({}, world({ provePull: () => ({ outcome: "notYet", detail: "access list: 401" }) }));
  expect(run.output).toMatchObject({ state: "failed", problem: { code: "CP-ROLE-NOT-EFFECTIVE" } });
  expect(run.seconds).toBe(9000);
  const times = timesOf(run, "provePull");
  expect(times.slice(0, 11)).toEqual(Array.from({ length: 11 }, (_, index) => index * 10));
  expect(times.filter((time) => time <= 600)).toHaveLength(29);
  // The last rests are five minutes, but for the one that the deadline cuts.
  expect(Number(times.at(-2)) - Number(times.at(-3))).toBe(300);
  expect(times.at(-1)).toBe(9000);
});

test("an operation whose rows name another one by now writes nothing more to them, and ends", async () => {
  const run = await onboard(
    {},
    world({ grantPull: () => ({ trouble: "superseded", message: "link names operation x" }) }),
  );
  expect(run.output).toMatchObject({ state: "failed", problem: { code: "CP-SUPERSEDED" } });
  // Not even the cluster is taken, to tidy up.
  expect(acts(run).at(-2)).toMatch(/^grantPull/);
  expect(callsOf(run, "claimCluster")).toHaveLength(1);
  const over = await onboard({}, world({ lookAtOperation: () => ({ ...quiet, isOver: true }) }));
  expect(over.output).toMatchObject({ state: "failed", problem: { code: "CP-SUPERSEDED" } });
  expect(callsOf(over, "ensureIdentity")).toEqual([]);
});

test("a failure of the platform while an activity runs is no defect of the activity", async () => {
  const activity = { name: "one", options: { ...standardOptions, limitInSeconds: 1 } } as const;
  const failing = { ...activity, run: () => Promise.reject(new Error("a defect")) };
  await expect(answerOf(failing, {}, async () => ({}), people)).rejects.toThrow("one: Error: a defect");
  const hanging = {
    ...activity,
    run: () => new Promise<never>(() => undefined),
    options: { ...activity.options, limitInSeconds: 0.01 },
  };
  expect(await answerOf(hanging, {}, async () => ({}), people)).toMatchObject({ trouble: "transient" });
});

test("an activity behind a gate runs where it is open, and what the gate saw is told in any case", async () => {
  let runs = 0;
  const asked = { gate: { open: true }, input: {} };
  const activity = {
    name: "one",
    options: { ...standardOptions, limitInSeconds: 1 },
    run: async () => {
      if ((runs += 1) > 1) throw new TransientError("busy");
      return "done";
    },
  } as const;
  const gate = { look: async (about: { open: boolean }) => about, isOpen: ({ open }: { open: boolean }) => open };
  const answer = (input: typeof asked) => answerOf(activity, input, async () => ({}), gate);
  expect(await answer(asked)).toEqual({ seen: { open: true }, answer: "done" });
  expect(await answer({ ...asked, gate: { open: false } })).toEqual({ seen: { open: false }, answer: null });
  expect(runs).toBe(1);
  expect(await answer(asked)).toMatchObject({ seen: { open: true }, answer: { trouble: "transient" } });
});

test("an activity that only reads does not wait for the gate, and is not heard where the gate is closed", async () => {
  const order: string[] = [];
  const activity = {
    name: "one",
    options: { ...standardOptions, readsOnly: true },
    run: async ({ fails }: { fails: boolean }) => {
      order.push("read");
      if (fails) throw new Error("a defect");
      return "done";
    },
  } as const;
  const gate = {
    look: async (about: { open: boolean }) => {
      await new Promise((resolve) => setImmediate(resolve));
      order.push("looked");
      return about;
    },
    isOpen: ({ open }: { open: boolean }) => open,
  };
  const answer = (open: boolean, fails: boolean) =>
    answerOf(activity, { gate: { open }, input: { fails } }, async () => ({}), gate);
  expect(await answer(true, false)).toEqual({ seen: { open: true }, answer: "done" });
  expect(order).toEqual(["read", "looked"]);
  expect(await answer(false, true)).toEqual({ seen: { open: false }, answer: null });
  await expect(answer(true, true)).rejects.toThrow("one: Error: a defect");
});
