import { provePull } from "../activities/provePull.ts";
import type { Proof, SecretRef } from "../domain/link.ts";
import { after, secondsBetween } from "../domain/time.ts";
import { call, now, type Orchestration } from "../durable/calls.ts";
import { cancelled, cancelledWithin, failed, failedWith, type Run, type Stopped } from "./onboarding.ts";

type Proved = { readonly outcome: "proved"; readonly proof: Proof };
type Credential = { readonly loginServer: string; readonly appId: string; readonly secret: SecretRef };

/**
 * Pulls until it has worked `times` times in a row: roles take minutes to reach a registry, and a young secret that
 * worked once may be refused by the next replica.
 */
export function* awaitPull(run: Run, credential: Credential, times: number): Orchestration<Proved | Stopped> {
  const { context, steps } = run;
  const { request, waits } = run.input;
  const deadline = after(now(context), waits.roleDeadlineInSeconds);
  let proved = 0;

  for (;;) {
    const pull = yield* call(context, provePull, { request, ...credential });
    if (pull.outcome === "refused") return failed(pull.problem);
    if (pull.outcome === "proved") {
      proved += 1;
      steps.note(`pulled ${proved} of ${times} times${pull.proof.digest === null ? "" : `: ${pull.proof.digest}`}`);
      if (proved >= times) return pull;
      if (yield* cancelledWithin(run, waits.secretProofIntervalInSeconds)) return cancelled;
      continue;
    }
    proved = 0;
    const young = secondsBetween(credential.secret.createdAt, now(context)) <= waits.youngSecretInSeconds;
    if (pull.outcome === "secretRefused" && !young) return failedWith("CP-SECRET-REFUSED", pull.detail);
    if (now(context) >= deadline) {
      const code = pull.outcome === "secretRefused" ? "CP-SECRET-REFUSED" : "CP-ROLE-NOT-EFFECTIVE";
      return failedWith(code, `no pull succeeded by ${deadline.toISOString()}; last: ${pull.detail}`);
    }
    steps.note(pull.detail);
    steps.waitFor({
      on: "role",
      who: "nobody",
      what: "the role has to reach the registry",
      url: null,
      until: deadline.toISOString(),
    });
    if (yield* cancelledWithin(run, waits.rolePollInSeconds)) return cancelled;
    steps.goOn();
  }
}
