import type { OffboardOutput } from "../../src/domain/offboarding.ts";
import type { Step } from "../../src/domain/operation.ts";
import type { Removal } from "../../src/domain/removal.ts";
import { standardWaits } from "../../src/domain/waits.ts";
import { TransientError } from "../../src/domain/errors.ts";
import { gone, offboard, removalWorld, seenRefused, stillPulls, taken } from "./removalWorld.ts";
import type { Run } from "./replay.ts";
import { first } from "./world.ts";

type Recorded = {
  readonly state: string;
  readonly removed: Pick<Removal, "pull" | "tokensUntil" | "identity"> | null;
  readonly steps: readonly Step[];
};
const recordOf = ({ inputs }: Run<OffboardOutput>): Recorded =>
  inputs.find(({ name }) => name === "recordRemoval")?.input as Recorded;
const named = ({ calls }: Run<OffboardOutput>): readonly string[] =>
  calls.map((call) => call.slice(0, call.indexOf("("))).filter((name) => name !== "lookAtOperation");
const timesOf = ({ calls }: Run<OffboardOutput>, name: string): readonly number[] =>
  calls.filter((call) => call.startsWith(`${name}(`)).map((call) => Number(call.slice(name.length + 1, -1)));

test("a removal takes the grant back, sees the pull refused three times, then takes the credential, and waits for old tokens", async () => {
  const run = await offboard(removalWorld());
  expect(run.output).toEqual({ state: "ended", problem: null });
  expect(named(run)).toEqual([
    "takeLink",
    "revokeGrant",
    "proveRefusal",
    "proveRefusal",
    "proveRefusal",
    "claimCluster",
    "removeIdentityIfUnused",
    "releaseCluster",
    "recordRemoval",
  ]);
  expect(recordOf(run)).toMatchObject({
    state: "ended",
    removed: {
      taken,
      pull: {
        outcome: "refused",
        by: "registry",
        since: "2026-01-01T00:00:00.000Z",
        times: 3,
        words: "200 not allowed",
      },
      tokensUntil: "2026-01-01T03:00:00.000Z",
      identity: gone,
    },
  });
  expect(timesOf(run, "recordRemoval")).toEqual([3 * 3600]);
  expect(recordOf(run).steps.map(({ name, state }) => `${name} ${state}`)).toEqual([
    "cancel done",
    "grant done",
    "refusal done",
    "identity done",
    "tokens done",
  ]);
});

test("the readings that see the refusal are some time apart, and one that still pulls begins them anew", async () => {
  const answers = [stillPulls, seenRefused, seenRefused, stillPulls];
  const run = await offboard(removalWorld({ proveRefusal: (_input, call) => answers[call] ?? seenRefused }));
  const [, , , , ...last] = timesOf(run, "proveRefusal");
  expect(last).toHaveLength(3);
  expect((last[1] ?? 0) - (last[0] ?? 0)).toBe(15);
  // Tokens are counted from the first of the last refusals: until then new ones were given out.
  const since = new Date(Date.parse("2026-01-01T00:00:00Z") + (last[0] ?? 0) * 1000);
  const until = new Date(since.getTime() + 3 * 3600_000).toISOString();
  expect(recordOf(run).removed).toMatchObject({ pull: { since: since.toISOString() }, tokensUntil: until });
});

test("a pull that is never refused ends the removal with the reason, and the credential stays", async () => {
  const run = await offboard(removalWorld({ proveRefusal: () => stillPulls }));
  expect(run.output).toMatchObject({ state: "failed", problem: { code: "CP-STILL-PULLS" } });
  expect(named(run)).not.toContain("removeIdentityIfUnused");
  expect(recordOf(run)).toMatchObject({ state: "failed", removed: null });
  expect(run.seconds).toBeGreaterThanOrEqual(9000);
  for (const history of run.histories) expect(history).toBeLessThanOrEqual(300);
});

test("a registry that gives no answer to the end is not said to give out images", async () => {
  const silent = { outcome: "notYet", detail: "no answer", pulls: false };
  const run = await offboard(removalWorld({ proveRefusal: () => silent }));
  expect(run.output).toMatchObject({ state: "failed", problem: { code: "CP-DEPENDENCY-DOWN" } });
});

test("what nobody can try is not called refused, and tokens are waited for all the same", async () => {
  const words = "the registry's network rules refuse us";
  const run = await offboard(removalWorld({ proveRefusal: () => ({ outcome: "notShown", words }) }));
  expect(recordOf(run).removed).toMatchObject({ pull: { outcome: "notShown", words }, identity: gone });
  expect(timesOf(run, "recordRemoval")).toEqual([3 * 3600]);
});

test("a role that was there before us stays, is told, and nothing is waited for", async () => {
  const theirs = { ...taken, grant: { assignmentId: "/theirs", ours: false } };
  const run = await offboard(removalWorld({ takeLink: () => theirs }));
  expect(recordOf(run).removed?.pull).toEqual({
    outcome: "allowed",
    words: "the role assignment /theirs was there before Crosspull, and stays",
  });
  expect([named(run).includes("proveRefusal"), run.seconds]).toEqual([false, 0]);
});

test("a link that never had a role is removed at once", async () => {
  const run = await offboard(removalWorld({ takeLink: () => ({ ...taken, appId: null, grant: null }) }));
  expect(recordOf(run).removed).toMatchObject({ pull: null, tokensUntil: null, identity: gone });
  expect(run.seconds).toBe(0);
});

test("an onboarding of the link is waited for, however long it changes the cluster", async () => {
  const busy = { outcome: "notYet", detail: "operation x changes the cluster, and is waited for" };
  const run = await offboard(removalWorld({ takeLink: first(40, busy, taken) }));
  expect(run.output.state).toBe("ended");
  expect(timesOf(run, "revokeGrant")[0]).toBeGreaterThan(1200);
  const never = await offboard(removalWorld({ takeLink: () => busy }), {
    waits: { ...standardWaits, clusterDeadlineInSeconds: 600 },
  });
  expect(never.output).toMatchObject({ state: "failed", problem: { code: "CP-CLUSTER-BUSY" } });
  expect(named(never)).not.toContain("revokeGrant");
});

test("a removal that takes up an earlier one waits no longer for tokens than that one told", async () => {
  const before = { ...taken, tokensUntil: "2025-12-31T23:00:00.000Z" };
  const run = await offboard(removalWorld({ takeLink: () => before }));
  expect(recordOf(run).removed?.tokensUntil).toBe("2025-12-31T23:00:00.000Z");
  expect(run.seconds).toBeLessThan(60);
});

test("what the cluster still uses is kept, and replaced secrets of it go", async () => {
  const kept = { outcome: "kept", by: "cluster", detail: "the cluster reports it as its service principal" };
  const run = await offboard(removalWorld({ removeIdentityIfUnused: () => kept }));
  expect(recordOf(run).removed?.identity).toEqual(kept);
  expect(named(run)).toContain("removeSecrets");
});

test("a cluster that another operation holds to the end keeps its pull identity, and the link is removed", async () => {
  const run = await offboard(removalWorld({ claimCluster: () => ({ outcome: "busy", holder: "other" }) }));
  expect(recordOf(run).removed?.identity).toMatchObject({ outcome: "kept", by: "operation" });
});

test.each([
  ["revokeGrant", { outcome: "refused", problem: { code: "CP-SCOPE-LOCKED", title: "t", detail: "d", remedy: "r" } }],
  ["removeIdentityIfUnused", { outcome: "notYet", detail: "the directory still shows it" }],
])("a removal that stops at %s says so, and can be asked for again", async (name, answer) => {
  const run = await offboard(removalWorld({ [name]: () => answer }));
  expect(run.output.state).toBe("failed");
  expect(recordOf(run)).toMatchObject({ state: "failed", removed: null });
});

test("an outage on the way ends nothing", async () => {
  const out = (then: unknown) => (_input: never, call: number) => {
    if (call < 20) throw new TransientError("503");
    return then;
  };
  const run = await offboard(
    removalWorld({ takeLink: out(taken), proveRefusal: out(seenRefused), removeIdentityIfUnused: out(gone) }),
  );
  expect(run.output.state).toBe("ended");
});

test("a link that is asked for anew meanwhile is left to the operation that has it", async () => {
  const superseded = { trouble: "superseded", message: "link 0f-link names operation next by now" };
  const run = await offboard(removalWorld({ revokeGrant: () => superseded }));
  expect(run.output).toMatchObject({ state: "failed", problem: { code: "CP-SUPERSEDED" } });
  expect(named(run)).toEqual(["takeLink", "revokeGrant", "recordRemoval"]);
});
