import { grantPull } from "../../activities/grantPull.ts";
import { revokeGrant } from "../../activities/withdrawLink.ts";
import type { Target } from "../../domain/onboarding.ts";
import { failed, failedWith, type Stopped } from "../../domain/operation.ts";
import type { OnboardingWaits } from "../../domain/waits.ts";
import type { Orchestration } from "../../durable/calls.ts";
import { done, notYet, poll } from "../poll.ts";
import { removalWait } from "../removalWait.ts";
import type { Run } from "../run.ts";

export type GrantPart = {
  readonly linkId: string;
  readonly registry: Target;
  readonly repositories: readonly string[];
  readonly waits: OnboardingWaits;
};
export type Withdrawn = { readonly outcome: "withdrawn" };
export type Granted = { readonly outcome: "granted"; readonly loginServer: string };

/** Assigns the pull role; a principal that replicas do not know yet is asked for again. Undone by `withdrawGrant`. */
export function* awaitGrant(run: Run, part: GrantPart, principalId: string): Orchestration<Granted | Stopped> {
  const { operationId } = run;
  const { linkId, registry, repositories, waits } = part;
  const granted = yield* poll<{ readonly loginServer: string; readonly wider: string | null }>(
    run,
    {
      name: "grant",
      everyInSeconds: waits.rolePollInSeconds,
      deadlineInSeconds: waits.principalDeadlineInSeconds,
      cancellable: true,
      waiting: () => null,
      expired: (detail) => failedWith("CP-PRINCIPAL-NOT-FOUND", detail),
    },
    function* ({ look }) {
      const answer = yield* look(grantPull, { operationId, linkId, registry, repositories, principalId });
      if (answer.outcome === "granted") return done({ loginServer: answer.loginServer, wider: answer.wider });
      if (answer.outcome === "refused") return failed(answer.problem);
      return notYet(`the principal is not known everywhere yet: ${answer.detail}`);
    },
  );
  if (granted.outcome !== "done") return granted;
  const { loginServer, wider } = granted.value;
  if (wider)
    run.steps.end("done", `${wider} stood there before, and may let more be pulled than the repositories named`);
  return { outcome: "granted", loginServer };
}

/** Takes back the pull role this link gave, until reading shows that it is gone. */
export function* withdrawGrant(run: Run, { linkId, registry, waits }: GrantPart): Orchestration<Withdrawn | Stopped> {
  const { operationId } = run;
  const revoked = yield* poll<string>(
    run,
    removalWait(waits, "withdrawGrant", "the role assignment"),
    function* ({ look }) {
      const answer = yield* look(revokeGrant, { operationId, linkId, registry });
      if (answer.outcome === "notYet") return notYet(answer.detail);
      return answer.outcome === "refused" ? failed(answer.problem) : done(answer.outcome);
    },
  );
  return revoked.outcome === "stopped" ? revoked : { outcome: "withdrawn" };
}
