import { provePull, type PullLook } from "../../activities/provePull.ts";
import type { Proof } from "../../domain/link.ts";
import type { Target } from "../../domain/onboarding.ts";
import { failed, failedWith, type Stopped } from "../../domain/operation.ts";
import { secondsBetween, type Instant } from "../../domain/time.ts";
import { rolePollAfter } from "../../domain/waits.ts";
import { now, type Orchestration } from "../../durable/calls.ts";
import type { OnCluster } from "../cluster/hold.ts";
import { credentialOf, onSecretTrouble } from "../cluster/secret.ts";
import { done, goingOn, notYet, poll, type Attempt, type NotYet } from "../poll.ts";
import type { Run } from "../run.ts";

export type PullPart = {
  readonly registry: Target;
  readonly loginServer: string;
  readonly repositories: readonly string[];
  readonly image: string | null;
  readonly notProved: readonly string[];
  /** When consent was seen: the service principal in the registry's tenant is as young as that. */
  readonly consentedAt: Instant;
};
export type Proved = { readonly outcome: "proved"; readonly proof: Proof; readonly version: string };

type Pulling = { readonly times: number; readonly cancellable: boolean };
type Success = { readonly proof: Proof; readonly version: string };

/**
 * Pulls until it has worked `times` times in a row: roles take minutes to reach a registry, and a young secret that
 * worked once may be refused by the next replica.
 */
export function* awaitPull(
  run: Run,
  part: PullPart,
  on: OnCluster,
  { times, cancellable }: Pulling,
): Orchestration<Proved | Stopped> {
  const { waits } = on;
  const { consentedAt, ...target } = part;
  const pulled = yield* poll<Success>(
    run,
    {
      name: "pull",
      everyInSeconds: (waited) => rolePollAfter(waits, waited),
      deadlineInSeconds: waits.roleDeadlineInSeconds,
      cancellable,
      waiting: (until) => ({ on: "role", who: "nobody", what: "the role has to reach the registry", url: null, until }),
      expired: (detail, until) =>
        failedWith("CP-ROLE-NOT-EFFECTIVE", `no pull succeeded often enough by ${until}; last: ${detail}`),
    },
    function* ({ memo, look }): Orchestration<Attempt<Success>> {
      const { appId, secret } = credentialOf(run);
      const pull = yield* look(provePull, { ...target, appId, secret });
      if (pull.outcome !== "proved") return yield* onFailure(run, on, consentedAt, pull);
      const before = memo["version"] === secret.version ? Number(memo["proved"] ?? 0) : 0;
      const proved = before + 1;
      if (proved >= times) return done({ proof: pull.proof, version: secret.version });
      const digest = pull.proof.digest === null ? "" : `: ${pull.proof.digest}`;
      const words = `pulled ${proved} of ${times} times${digest}`;
      return goingOn(words, { proved, version: secret.version }, waits.secretProofIntervalInSeconds);
    },
  );
  return pulled.outcome === "done" ? { outcome: "proved", ...pulled.value } : pulled;
}

/** The count of successes begins anew. */
const none = { proved: 0 };

function* onFailure(
  run: Run,
  on: OnCluster,
  consentedAt: Instant,
  pull: Exclude<PullLook, { outcome: "proved" }>,
): Orchestration<NotYet | Stopped> {
  switch (pull.outcome) {
    case "refused":
      return failed(pull.problem);
    case "noPrincipal": {
      const age = secondsBetween(consentedAt, now(run.context));
      if (age > on.waits.youngPrincipalInSeconds) return failedWith("CP-PRINCIPAL-NOT-FOUND", pull.detail);
      return { ...notYet(pull.detail), memo: none, goesOn: true };
    }
    case "notYet":
      return { ...notYet(pull.detail), memo: none };
    default: {
      const answer = yield* onSecretTrouble(run, on, pull);
      return answer.outcome === "notYet" ? { ...answer, memo: none, goesOn: true } : answer;
    }
  }
}
