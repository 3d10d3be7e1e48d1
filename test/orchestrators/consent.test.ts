import { TransientError } from "../../src/domain/errors.ts";
import type { Progress } from "../../src/domain/operation.ts";
import { standardWaits } from "../../src/domain/waits.ts";
import {
  born,
  callsOf,
  cancelledAfter,
  first,
  granted,
  noPrincipal,
  onboard,
  quiet,
  secret,
  timesOf,
  world,
} from "./world.ts";

const week = 604_800;
const never = { probeConsent: () => noPrincipal };

test("consent is asked for only when it is missing, and found by a look when no callback comes", async () => {
  const run = await onboard({}, world({ probeConsent: first(3, noPrincipal, granted) }));
  expect(run.output.state).toBe("ended");
  expect(timesOf(run, "prepareConsent")).toEqual([0]);
  expect(timesOf(run, "probeConsent")).toEqual([0, 15, 30, 45]);
});

test("the wait and its address appear in one moment, on the row and in the status, and go when consent is there", async () => {
  const run = await onboard({}, world({ probeConsent: first(1, noPrincipal, granted) }));
  const shown = run.inputs.filter(({ name }) => name === "recordProgress").map(({ input }) => input as Progress);
  expect(shown.map(({ waitingFor }) => waitingFor?.url ?? null)).toEqual(["https://consent", null]);
  const waiting = (run.statuses as (Progress | null)[]).filter((status) => status?.waitingFor?.on === "consent");
  expect(waiting.length).toBeGreaterThan(0);
  expect(waiting.every((status) => status?.waitingFor?.url === "https://consent")).toBe(true);
});

test("the callback's hint makes the next look come at once, and is not believed", async () => {
  const hint = { events: [{ after: 4, name: "consentAnswered" }] };
  const believed = await onboard({}, world({ probeConsent: first(1, noPrincipal, granted) }, hint));
  expect(timesOf(believed, "probeConsent")).toEqual([0, 4]);
  const unbelieved = await onboard({}, world({ probeConsent: first(2, noPrincipal, granted) }, hint));
  expect(timesOf(unbelieved, "probeConsent")).toEqual([0, 4, 19]);
});

test("a hint that comes while a look runs, when nobody waits for it, still makes the next look come at once", async () => {
  const run = await onboard(
    {},
    world(
      { probeConsent: first(4, noPrincipal, granted) },
      { during: [{ activity: "probeConsent", call: 3, name: "consentAnswered" }] },
    ),
  );
  expect(timesOf(run, "probeConsent").slice(-2)).toEqual([45, 45]);
});

test("an outage while a refused secret is replaced neither ends the wait nor keeps the cluster from others", async () => {
  const second = { ...secret, version: "v2", keyId: "k2", createdAt: "2026-01-01T10:00:00.000Z" };
  const outageEnds = Date.parse("2026-01-01T10:00:00Z");
  const run = await onboard(
    {},
    world({
      probeConsent: ({ secret: { version } }: { secret: { version: string } }, _call: number, at: Date) => {
        if (version === "v1") return { outcome: "secretLost", detail: "a person removed it" };
        return at.getTime() > Date.parse("2026-01-03T00:00:00Z") ? granted : noPrincipal;
      },
      addSecret: (_input: never, call: number, at: Date) => {
        if (call === 0) return { outcome: "ready", appId: "app", secret };
        if (at.getTime() < outageEnds) throw new TransientError("Graph does not answer");
        return { outcome: "ready", appId: "app", secret: second };
      },
    }),
  );
  expect(run.output.state).toBe("ended");
  // Nobody is waited for with the cluster in hand.
  const held = run.calls.map((call) => call.replace(/\(.*/, "")).filter((name) => /claim|release|probe/.test(name));
  held.forEach((name, index) => {
    if (name === "probeConsent") expect(held[index - 1]).not.toBe("claimCluster");
  });
});

describe("after somebody accepted on the second day", () => {
  const acceptedAfter = 87_100;
  const acceptedAt = new Date(Date.parse(born) + acceptedAfter * 1000).toISOString();
  const events = [{ after: acceptedAfter, name: "consentAnswered" }];
  const lookAtOperation = (_input: never, _call: number, at: Date) => ({
    ...quiet,
    ...(at >= new Date(acceptedAt) ? { answered: "accepted", acceptedAt } : {}),
  });
  const looksAfter = (run: Awaited<ReturnType<typeof onboard>>) =>
    timesOf(run, "probeConsent")
      .map((at) => at - acceptedAfter)
      .filter((seconds) => seconds >= 0);

  test("a replica that lags costs seconds, not half an hour", async () => {
    const known = new Date(Date.parse(acceptedAt) + 100_000);
    const probeConsent = (_input: never, _call: number, at: Date) => (at >= known ? granted : noPrincipal);
    const run = await onboard({}, world({ lookAtOperation, probeConsent }, { events }));
    expect(run.output.state).toBe("ended");
    expect(looksAfter(run)).toEqual([0, 15, 30, 45, 60, 75, 90, 105]);
  });

  test("a service that does not answer then is asked again soon, too", async () => {
    const probeConsent = (_input: never, _call: number, at: Date) => {
      if (at.getTime() === Date.parse(acceptedAt)) throw new TransientError("Entra does not answer");
      return at >= new Date(acceptedAt) ? granted : noPrincipal;
    };
    const run = await onboard({}, world({ lookAtOperation, probeConsent }, { events }));
    expect(looksAfter(run)).toEqual([0, 2]);
  });

  test("an outage is asked into five times within a minute, and then as rarely as usual", async () => {
    const from = Date.parse(born) + 2 * 86_400_000;
    const probeConsent = (_input: never, _call: number, at: Date) => {
      if (at.getTime() < from) return noPrincipal;
      if (at.getTime() < from + 7_200_000) throw new TransientError("Entra does not answer");
      return granted;
    };
    const run = await onboard({}, world({ probeConsent }));
    const looks = timesOf(run, "probeConsent").filter((at) => at >= 2 * 86_400);
    const rests = looks.slice(1).map((at, index) => at - (looks[index] ?? 0));
    expect(rests).toEqual([2, 4, 8, 16, 32, ...rests.slice(5)]);
    expect(rests.length).toBeGreaterThan(8);
    expect(rests.slice(5).every((seconds) => seconds === 1800)).toBe(true);
  });

  test("the looks grow rare again after five minutes, however often anybody says so", async () => {
    const run = await onboard({}, world({ ...never, lookAtOperation }, { events }));
    const inFiveMinutes = Array.from({ length: 21 }, (_, index) => index * 15);
    expect(looksAfter(run).slice(0, 23)).toEqual([...inFiveMinutes, 2100, 3900]);
  });
});

test("seven days without an answer end the operation, after looks that grow rare", async () => {
  const run = await onboard({}, world(never));
  expect(run.output).toMatchObject({ state: "failed", problem: { code: "CP-CONSENT-EXPIRED" } });
  expect(run.seconds).toBe(week);
  const early = timesOf(run, "probeConsent");
  const perDay = (day: number) => early.filter((at) => Math.floor(at / 86_400) === day).length;
  expect(early.slice(0, 11)).toEqual(Array.from({ length: 11 }, (_, index) => index * 15));
  expect(early.filter((at) => at < 600)).toHaveLength(25);
  expect(early.filter((at) => at < 7200)).toHaveLength(72);
  expect(perDay(0)).toBe(72 + 44);
  expect(perDay(6)).toBe(48);
});

test("a wait of days keeps each history short, and carries its address from one to the next", async () => {
  const run = await onboard({}, world(never));
  expect(run.histories.length).toBeGreaterThan(10);
  expect(Math.max(...run.histories)).toBeLessThanOrEqual(300);
  expect(timesOf(run, "ensureIdentity")).toEqual([0]);
  expect(timesOf(run, "prepareConsent")).toEqual([0]);
  // The first turn of a generation shows what the one before showed: the address never goes away.
  const statuses = run.statuses as Progress[];
  const asked = statuses.findIndex(({ waitingFor }) => waitingFor?.on === "consent");
  const after = statuses.slice(asked, -2);
  expect(after.every(({ waitingFor }) => waitingFor?.url === "https://consent")).toBe(true);
});

test("consent on the last day, many generations later, is as good as on the first", async () => {
  const run = await onboard(
    {},
    world({
      probeConsent: (_input, _call, at) => (at.getTime() > Date.parse("2026-01-07T20:00:00Z") ? granted : noPrincipal),
    }),
  );
  expect(run.output.state).toBe("ended");
  expect(callsOf(run, "grantPull")).toHaveLength(1);
});

test("nobody's answer ends the wait: one declines, the next is no administrator, the third accepts", async () => {
  const heard = [
    quiet,
    { ...quiet, answered: "declined", declined: "declined" },
    { ...quiet, answered: "wrong account", declined: "declined" },
  ];
  const run = await onboard(
    {},
    world({
      lookAtOperation: (_input: never, call: number) => heard[Math.min(Math.floor(call / 4), 2)],
      probeConsent: first(12, noPrincipal, granted),
    }),
  );
  expect(run.output.state).toBe("ended");
});

test("where somebody declined and nobody accepted by the deadline, that is the reason given", async () => {
  const waits = { ...standardWaits, consentDeadlineInSeconds: 3600 };
  const run = await onboard(
    { waits },
    world({ ...never, lookAtOperation: () => ({ ...quiet, answered: "no", declined: "an administrator declined" }) }),
  );
  expect(run.output).toMatchObject({ state: "failed", problem: { code: "CP-CONSENT-DENIED" } });
  expect(run.output.problem?.detail).toContain("an administrator declined");
  expect(run.seconds).toBe(3600);
});

test("an outage of an hour in a wait of days ends nothing", async () => {
  const [from, to] = [Date.parse("2026-01-02T00:00:00Z"), Date.parse("2026-01-02T01:00:00Z")];
  const down = (at: Date) => at.getTime() >= from && at.getTime() < to;
  const run = await onboard(
    {},
    world({
      lookAtOperation: (_input, _call, at) => {
        if (down(at)) throw new TransientError("the tables do not answer");
        return quiet;
      },
      probeConsent: (_input, _call, at) => (at.getTime() > to ? granted : noPrincipal),
    }),
  );
  expect(run.output.state).toBe("ended");
});

test.each([20, 3600, 86_400 * 6])("a cancel %i seconds into the wait takes effect at once", async (after) => {
  const { activities, events } = cancelledAfter(after);
  const run = await onboard({}, world({ ...activities, ...never }, { events }));
  expect(run.output).toMatchObject({ state: "cancelled", problem: { code: "CP-CANCELLED" } });
  expect(run.seconds).toBe(after);
});

test("a cancel whose event was lost is found on the row by the next look", async () => {
  const { activities } = cancelledAfter(20);
  const run = await onboard({}, world({ ...activities, ...never }));
  expect(run.output.state).toBe("cancelled");
  expect(run.seconds).toBe(30);
});
