import type { Problem } from "../domain/errors.ts";
import { ended, type Step } from "../domain/operation.ts";
import { activity } from "../durable/calls.ts";
import type { Needs } from "./world.ts";

type Input = {
  readonly operationId: string;
  readonly clusterKey: string;
  readonly state: "ended" | "failed" | "cancelled";
  readonly problem: Problem | null;
  /** Links that could not pull before the rotation either. */
  readonly dead: readonly string[];
  readonly steps: readonly Step[];
};

/** The last act of every rotation: lets go of the cluster, and writes on it and on the operation how it ended. */
export const recordRotation = activity(
  "recordRotation",
  async (
    { operationId, clusterKey, state, problem, dead, steps }: Input,
    { identities, operations, now }: Needs<"identities" | "operations" | "now">,
  ): Promise<void> => {
    const at = now().toISOString();
    const left = dead.length === 0 ? "" : `; not pulling before it either: ${dead.join(", ")}`;
    const words = problem === null ? `the secret was replaced${left}` : `${problem.code}: ${problem.detail}`;
    await identities.updateFor(operationId, clusterKey, (identity) => ({ ...identity, holder: null }));
    await identities.update(clusterKey, (identity) =>
      identity.rotationId === operationId
        ? { ...identity, lastAttempt: { operationId, at, outcome: state, words } }
        : identity,
    );
    await operations.updateFor(operationId, operationId, (operation) =>
      ended(operation, { state, problem, steps }, at),
    );
  },
);
