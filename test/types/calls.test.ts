/** What must not compile. `npm run types` is the judge: an error that is expected and does not come is an error. */
import { activity, type Context, type Orchestration } from "../../src/durable/calls.ts";
import { claimCluster } from "../../src/activities/claimCluster.ts";
import { call, type Run } from "../../src/orchestrators/run.ts";
import { done, notYet, poll, type Attempt, type Wait } from "../../src/orchestrators/poll.ts";
import type { Secret } from "../../src/domain/secret.ts";
import type { PullIdentity } from "../../src/domain/pullIdentity.ts";

declare const context: Context;
declare const run: Run;
declare const wait: Wait;

const unregistered = activity("notRegistered", async ({ id }: { readonly id: string }): Promise<void> => void id);
const cluster = { id: "/c", tenantId: "t" };

export function* orchestrations(): Orchestration<void> {
  yield* call(context, claimCluster, { operationId: "o", clusterKey: "k", cluster });
  // @ts-expect-error -- an activity that nothing registers would hang its instance for ever
  yield* call(context, unregistered, { id: "x" });
  // @ts-expect-error -- every field of the input is there
  yield* call(context, claimCluster, { operationId: "o", clusterKey: "k" });
  // @ts-expect-error -- and no other
  yield* call(context, claimCluster, { operationId: "o", clusterKey: "k", cluster, more: 1 });
  const claimed = yield* call(context, claimCluster, { operationId: "o", clusterKey: "k", cluster });
  // @ts-expect-error -- the holder is there only when the cluster is busy
  claimed.holder.trim();
  const waited = yield* poll<number>(run, wait, function* (): Orchestration<Attempt<number>> {
    return done(1);
  });
  // @ts-expect-error -- a wait may be stopped: its value is there only when it is done
  waited.value.toFixed();
}

// @ts-expect-error -- a secret never enters history
activity("takesSecret", async ({ secret }: { readonly secret: Secret }): Promise<void> => void secret);
// @ts-expect-error -- nor a Date, which comes back as text
activity("answersDate", async ({ at }: { readonly at: string }): Promise<{ at: Date }> => ({ at: new Date(at) }));

export function nodes({ onCluster }: PullIdentity): string {
  // @ts-expect-error -- what is meant and what was seen share no field: a version is read by its state
  return onCluster.version;
}

test("the lines above are checked by the compiler", () => {
  expect(notYet("x").outcome).toBe("notYet");
});
