import { addSecret } from "../../activities/addSecret.ts";
import { claimCluster } from "../../activities/claimCluster.ts";
import { rejectSecret, removeSecrets, type Removing } from "../../activities/judgeSecrets.ts";
import { failed, failedWith, type Stopped } from "../../domain/operation.ts";
import type { SecretRef } from "../../domain/pullIdentity.ts";
import { secondsBetween } from "../../domain/time.ts";
import { now, type Orchestration } from "../../durable/calls.ts";
import { done, notYet, poll, type NotYet } from "../poll.ts";
import { removalWait } from "../removalWait.ts";
import { call, type Run } from "../run.ts";
import { hold, type OnCluster } from "./hold.ts";

/** What a pull is made with. */
export type Credential = { readonly outcome: "ready"; readonly appId: string; readonly secret: SecretRef };

const credentialKey = "credential";
const replacedKey = "secretsReplaced";
/** A secret that is refused is replaced; when the new one is refused as well, the cause lies elsewhere. */
const mostReplacements = 2;

/**
 * One healthy password, in the vault: the one that is there, or a new one. The caller holds the claim, and asks again
 * whenever it has it: what was chosen days ago may be gone.
 */
export function* currentCredential(
  run: Run,
  { clusterKey, anew, leaked }: OnCluster,
): Orchestration<Credential | Stopped> {
  const { context, operationId, carried } = run;
  const about = { operationId, clusterKey, ...(anew ? { anew } : {}), ...(leaked ? { leaked } : {}) };
  const answer = yield* call(context, addSecret, about);
  if (answer.outcome === "refused") return failed(answer.problem);
  carried.keep(credentialKey, answer);
  return answer;
}

/** The credential as this run knows it now: a wait may have replaced the secret since the step that made it. */
export function credentialOf({ carried }: Run): Credential {
  const credential = carried.get<Credential>(credentialKey);
  if (!credential) throw new Error("the run has no credential yet");
  return credential;
}

export type SecretTrouble = { readonly outcome: "secretRefused" | "secretLost"; readonly detail: string };

/** A young secret may not have reached every replica: refused, it is asked again. Any other is rejected and replaced. */
export function* onSecretTrouble(run: Run, on: OnCluster, trouble: SecretTrouble): Orchestration<NotYet | Stopped> {
  if (isYoung(run, on, trouble)) return notYet(trouble.detail);
  const replaced = yield* hold(run, on, () => replaceSecret(run, on, trouble.detail));
  if (replaced.outcome === "stopped") return replaced;
  return notYet(`the secret was replaced: ${trouble.detail}`);
}

export function isYoung(run: Run, { waits }: OnCluster, { outcome }: SecretTrouble): boolean {
  const { secret } = credentialOf(run);
  return (
    outcome === "secretRefused" && secondsBetween(secret.createdAt, now(run.context)) <= waits.youngSecretInSeconds
  );
}

/** Rejects the secret in use and takes another. The caller holds the claim. */
export function* replaceSecret(run: Run, on: OnCluster, why: string): Orchestration<Credential | Stopped> {
  const { context, operationId, carried } = run;
  const replaced = carried.get<number>(replacedKey) ?? 0;
  if (replaced >= mostReplacements) return failedWith("CP-SECRET-REFUSED", why);
  const { version } = credentialOf(run).secret;
  yield* call(context, rejectSecret, { operationId, clusterKey: on.clusterKey, version });
  const credential = yield* currentCredential(run, on);
  carried.keep(replacedKey, replaced + 1);
  return credential;
}

/**
 * At the end of a run: replaced and refused secrets go, unless a node may hold them. A cluster that another operation
 * holds now is left to that one. What a replica shows to the end stays on record, and goes with the next run.
 */
export function* tidySecrets(run: Run, on: OnCluster): Orchestration<Stopped | undefined> {
  const { context, operationId, carried } = run;
  const { clusterKey, cluster } = on;
  // Without a credential there is nothing yet, and nothing to claim.
  if (carried.get(credentialKey) === undefined) return undefined;
  const claimed = yield* call(context, claimCluster, { operationId, clusterKey, cluster });
  // What nothing knows is looked for before a password is added, and by the next rotation.
  return claimed.outcome === "claimed" ? yield* awaitRemoval(run, on, { sweeps: false }) : undefined;
}

/** The caller holds the claim. */
export function* awaitRemoval(
  run: Run,
  { clusterKey, waits }: OnCluster,
  removing: Removing = {},
): Orchestration<Stopped | undefined> {
  const { operationId } = run;
  const removed = yield* poll<string>(run, removalWait(waits, "removeSecrets"), function* ({ look }) {
    const removal = yield* look(removeSecrets, { operationId, clusterKey, ...removing });
    return removal.outcome === "removed" ? done("") : notYet(removal.detail);
  });
  return removed.outcome === "stopped" ? removed : undefined;
}
