import { problem } from "../domain/errors.ts";
import type { Target } from "../domain/onboarding.ts";
import { isOver, type Operation, type Progress } from "../domain/operation.ts";
import { newIdentity } from "../domain/pullIdentity.ts";
import { activity } from "../durable/calls.ts";
import type { Needs } from "./world.ts";

type Input = { readonly operationId: string; readonly clusterKey: string; readonly cluster: Target };
type Output = { readonly outcome: "claimed" } | { readonly outcome: "busy"; readonly holder: string };
type Tools = Needs<"identities" | "operations" | "instances" | "now">;

/**
 * Takes the pull identity's row for one operation: whoever changes a cluster's credential does it alone. The row is made
 * when it is missing. Claiming again is harmless. The claim of an operation that is over, or whose instance is, is taken.
 */
export const claimCluster = activity(
  "claimCluster",
  async ({ operationId, clusterKey, cluster }: Input, tools: Tools): Promise<Output> => {
    const { identities, now } = tools;
    for (;;) {
      const since = now().toISOString();
      const row = await identities.read(clusterKey);
      if (!row) {
        const about = { clusterKey, clusterId: cluster.id, tenantId: cluster.tenantId, createdAt: since };
        const made = await identities.insert(clusterKey, { ...newIdentity(about), holder: { operationId, since } });
        if (made) return { outcome: "claimed" };
        continue;
      }
      const { holder } = row.value;
      if (holder?.operationId === operationId) return { outcome: "claimed" };
      if (holder && (await isAlive(holder.operationId, tools))) return { outcome: "busy", holder: holder.operationId };
      const claimed = { ...row.value, holder: { operationId, since } };
      if (await identities.replace(clusterKey, claimed, row.etag)) return { outcome: "claimed" };
    }
  },
  { asksDurable: true },
);

/**
 * Judged by the operation's row and by its instance, never by age: an operation may sleep through an outage of days. One
 * whose instance ended without a word is written down as failed.
 */
export async function isAlive(
  operationId: string,
  { operations, instances, now }: Omit<Tools, "identities">,
): Promise<boolean> {
  const operation = (await operations.read(operationId))?.value;
  if (!operation || isOver(operation)) return false;
  const state = await instances.state(operation.instanceId);
  const shown = state?.customStatus as Progress | null | undefined;
  const isIts = shown === null || shown === undefined || shown.operationId === operationId;
  if (state?.running && isIts) return true;
  const detail = `operation ${operationId} ended without a word: its instance is ${isIts ? (state?.runtimeStatus ?? "gone") : "running another operation"}`;
  await operations.update(operationId, (row) => lost(row, detail, now()));
  return false;
}

/** An operation that ended without writing so itself. */
export function lost(operation: Operation, detail: string, now: Date): Operation {
  if (isOver(operation)) return operation;
  const reason = problem("CP-OPERATION-FAILED", detail);
  return { ...operation, state: "failed", problem: reason, waitingFor: null, endedAt: now.toISOString() };
}

/** Lets go of a claim; one that is not ours any more is left alone. */
export const releaseCluster = activity(
  "releaseCluster",
  async (
    { operationId, clusterKey }: Pick<Input, "operationId" | "clusterKey">,
    { identities }: Needs<"identities">,
  ): Promise<void> => {
    await identities.updateFor(operationId, clusterKey, (identity) => ({ ...identity, holder: null }));
  },
);
