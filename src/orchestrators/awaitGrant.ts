import { grantPull } from "../activities/grantPull.ts";
import type { Grant } from "../domain/link.ts";
import { after } from "../domain/time.ts";
import { call, now, type Orchestration } from "../durable/calls.ts";
import { cancelled, cancelledWithin, failed, failedWith, type Run, type Stopped } from "./onboarding.ts";

type Granted = { readonly outcome: "granted"; readonly grant: Grant; readonly loginServer: string };

/** Assigns the pull role; a principal that replicas do not know yet is asked for again. */
export function* awaitGrant(run: Run, principalId: string): Orchestration<Granted | Stopped> {
  const { context } = run;
  const { linkId, request, waits } = run.input;
  const deadline = after(now(context), waits.principalDeadlineInSeconds);
  for (;;) {
    const granted = yield* call(context, grantPull, { linkId, request, principalId });
    if (granted.outcome === "granted") return granted;
    if (granted.outcome === "refused") return failed(granted.problem);
    if (now(context) >= deadline) return failedWith("CP-PRINCIPAL-NOT-FOUND", granted.detail);
    run.steps.note(`waiting for the principal to be known: ${granted.detail}`);
    if (yield* cancelledWithin(run, waits.rolePollInSeconds)) return cancelled;
  }
}
