import type { Problem } from "../domain/errors.ts";
import type { LinkStatus, Proof } from "../domain/link.ts";
import { ended, type Step } from "../domain/operation.ts";
import { activity } from "../durable/calls.ts";
import { type Needs } from "./world.ts";

type Input = {
  readonly operationId: string;
  readonly linkId: string;
  readonly clusterKey: string;
  readonly state: "ended" | "failed" | "cancelled";
  readonly problem: Problem | null;
  readonly proof: Proof | null;
  readonly steps: readonly Step[];
};

const statuses = { ended: "ready", failed: "failed", cancelled: "cancelled" } as const satisfies Record<
  Input["state"],
  LinkStatus
>;

/**
 * The last act of every onboarding: lets go of the cluster, writes on the link whether it works, and on the operation how
 * it ended. Rows that name another operation by now are left alone. The operation comes last: whoever reads it as over
 * finds the rest done.
 */
export const recordEnding = activity(
  "recordEnding",
  async (
    { operationId, linkId, clusterKey, state, problem, proof, steps }: Input,
    { links, identities, operations, now }: Needs<"links" | "identities" | "operations" | "now">,
  ): Promise<void> => {
    const at = now().toISOString();
    await identities.updateFor(operationId, clusterKey, (identity) => ({ ...identity, holder: null }));
    await links.updateFor(operationId, linkId, (link) => ({
      ...link,
      status: statuses[state],
      problem,
      proof: proof ?? link.proof,
      readySince: state === "ended" ? (link.readySince ?? at) : link.readySince,
      consent: null,
      updatedAt: at,
    }));
    await operations.updateFor(operationId, operationId, (operation) =>
      ended(operation, { state, problem, steps }, at),
    );
  },
);
