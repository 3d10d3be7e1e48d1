import { problem } from "../domain/errors.ts";
import { cancelWhenOver, isOver, type Operation, type Progress } from "../domain/operation.ts";
import type { InstanceState, Instances } from "../durable/instances.ts";

/** An operation as it stands now: its row, and over it what its running instance says. */
export type Standing = {
  readonly operation: Operation;
  /**
   * `alive`: its instance runs. `queued`: it is begun when it is its turn. `unheard`: the row was written and the instance
   * never began. `dead`: the instance ended without a word (ended by hand, or by a defect). `over`: it ended, and said so.
   */
  readonly life: "alive" | "queued" | "unheard" | "dead" | "over";
};

/** It runs, or will. */
export function isUnderWay(
  standing: Standing | undefined,
): standing is Standing & { readonly life: "alive" | "queued" } {
  return standing?.life === "alive" || standing?.life === "queued";
}

/** Reads what the instance of an operation says. */
export async function standingOf(operation: Operation, instances: Instances): Promise<Standing> {
  if (isOver(operation)) return { operation, life: "over" };
  const state = await instances.state(operation.instanceId);
  const progress = state?.customStatus as Progress | null | undefined;
  const isItsOwn = progress?.operationId === operation.id;
  if (state?.running && (isItsOwn || !progress))
    return { operation: during(operation, isItsOwn ? progress : undefined), life: "alive" };
  if (!state || !isItsOwn) return { operation, life: (await isQueued(operation, instances)) ? "queued" : "unheard" };
  return { operation: dead(operation, state, progress), life: "dead" };
}

/** Does the instance run that begins it when it is its turn? */
async function isQueued({ rotation }: Operation, instances: Instances): Promise<boolean> {
  const turn = rotation?.turn;
  return turn ? (await instances.state(turn.instanceId))?.running === true : false;
}

function during(operation: Operation, progress: Progress | null | undefined): Operation {
  if (!progress) return operation;
  const { steps, waitingFor } = progress;
  return { ...operation, steps, waitingFor, state: waitingFor ? "waiting" : "running" };
}

function dead(operation: Operation, { runtimeStatus, changedAt }: InstanceState, { steps }: Progress): Operation {
  const reason = problem(
    "CP-OPERATION-FAILED",
    `operation ${operation.id} is ${runtimeStatus} without having said how it ended`,
  );
  const cancel = cancelWhenOver(operation.cancel);
  return {
    ...operation,
    steps,
    waitingFor: null,
    state: "failed",
    problem: reason,
    cancel,
    endedAt: changedAt ?? null,
  };
}
