import { isOver, type Operation } from "../domain/operation.ts";
import { wake } from "../durable/calls.ts";
import type { Needs } from "./world.ts";

/** Raised after the wish stands on the operation's row. */
export const cancelRequested = wake("cancelRequested");

/**
 * Asks an operation to cancel: either the wish gets onto its row, or the row says that the cluster is being changed, never
 * both. Answers what the row says, undefined where there is none.
 */
export async function askCancel(
  { id, instanceId }: Operation,
  { operations, instances }: Needs<"operations" | "instances">,
): Promise<Operation | undefined> {
  const row = await operations.update(id, (operation) =>
    operation.cancel === "open" && !isOver(operation) ? { ...operation, cancel: "asked" } : operation,
  );
  if (row?.cancel === "asked") await instances.wake(instanceId, cancelRequested);
  return row;
}
