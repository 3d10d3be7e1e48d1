import type { Problem, ProblemCode } from "../domain/errors.ts";
import type { LinkStatus, Proof, Step } from "../domain/link.ts";
import { activity } from "../durable/calls.ts";
import { patiently, type Needs } from "./world.ts";

type Input = {
  readonly linkId: string;
  readonly clusterKey: string;
  readonly operationId: string;
  readonly status: LinkStatus;
  readonly problem: Problem | null;
  readonly proof: Proof | null;
  readonly steps: readonly Step[];
};

/** A secret that ended an operation is not handed out again. */
const doubts = new Set<ProblemCode>(["CP-SECRET-REFUSED"]);

/** Writes on the link how its operation ended, and lets go of the cluster. The last act of every onboarding. */
export const recordEnding = activity(
  "recordEnding",
  async (
    { linkId, clusterKey, operationId, status, problem, proof, steps }: Input,
    { links, identities, now }: Needs<"links" | "identities" | "now">,
  ): Promise<void> => {
    await identities.update(clusterKey, (identity) => ({
      ...identity,
      holder: identity.holder?.operationId === operationId ? null : identity.holder,
      updateFailed: identity.updateFailed || problem?.code === "CP-CLUSTER-UPDATE-FAILED",
      ...(problem && doubts.has(problem.code) ? { secret: null, doubted: identity.secret } : {}),
    }));
    await links.update(linkId, (link) => ({
      ...link,
      status,
      problem,
      proof: proof ?? link.proof,
      steps,
      updatedAt: now().toISOString(),
    }));
  },
  patiently,
);
