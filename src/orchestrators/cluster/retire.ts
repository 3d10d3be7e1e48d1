import { lookAtRemoved, removePasswords } from "../../activities/retireSecrets.ts";
import { type Stopped } from "../../domain/operation.ts";
import type { SecretRef } from "../../domain/pullIdentity.ts";
import type { Orchestration } from "../../durable/calls.ts";
import { once } from "../../durable/carry.ts";
import { done, goingOn, notYet, poll, type Attempt } from "../poll.ts";
import { removalWait } from "../removalWait.ts";
import type { Run } from "../run.ts";
import type { OnCluster } from "./hold.ts";
import { awaitRemoval, credentialOf } from "./secret.ts";

/** Readings in a row without it, some time apart: replicas of the directory disagree for a while. */
const readings = 3;

/**
 * Takes away what no node may hold any more: out of Entra first, then seen to be refused in every tenant, then out of the
 * vault and off the row. The caller holds the claim.
 */
export function* retire(run: Run, on: OnCluster, tenants: readonly string[]): Orchestration<Stopped | undefined> {
  const removed = yield* once(run, "passwordsRemoved", () => awaitPasswords(run, on));
  if (removed.outcome === "stopped") return removed;
  for (const secret of removed.secrets) {
    const refused = yield* once(run, `seen refused ${secret.version}`, () => awaitRefused(run, on, secret, tenants));
    if (refused.outcome === "stopped") return refused;
  }
  const refused = removed.secrets.map(({ version }) => version);
  return yield* awaitRemoval(run, on, { refused, sweeps: false });
}

type Passwords = { readonly outcome: "removed"; readonly secrets: readonly SecretRef[] };

function* awaitPasswords(run: Run, { clusterKey, waits }: OnCluster): Orchestration<Passwords | Stopped> {
  const { operationId } = run;
  const removed = yield* poll<Passwords>(run, removalWait(waits, "removePasswords"), function* ({ look }) {
    const removal = yield* look(removePasswords, { operationId, clusterKey });
    return removal.outcome === "removed" ? done(removal) : notYet(removal.detail);
  });
  return removed.outcome === "stopped" ? removed : removed.value;
}

function* awaitRefused(
  run: Run,
  { clusterKey, waits }: OnCluster,
  secret: SecretRef,
  tenants: readonly string[],
): Orchestration<{ readonly outcome: "refused" } | Stopped> {
  const { appId } = credentialOf(run);
  const refused = yield* poll<string>(
    run,
    removalWait(waits, `refused ${secret.version}`),
    function* ({ memo, look }): Orchestration<Attempt<string>> {
      const seen = yield* look(lookAtRemoved, { clusterKey, appId, secret, tenants });
      if (seen.outcome === "notYet") return { ...notYet(seen.detail), memo: { seen: 0 } };
      const times = Number(memo["seen"] ?? 0) + 1;
      if (times >= readings) return done("");
      return goingOn(
        `password ${secret.keyId} was gone in ${times} of ${readings} readings`,
        { seen: times },
        waits.removalPollInSeconds,
      );
    },
  );
  return refused.outcome === "stopped" ? refused : { outcome: "refused" };
}
