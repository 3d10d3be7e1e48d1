import type { InstanceState, Instances } from "../durable/register.ts";
import { problem } from "../domain/errors.ts";
import { names } from "../domain/ids.ts";
import type { Link, Progress, Step } from "../domain/link.ts";
import { secondsBetween } from "../domain/time.ts";

/** A link as the API shows it: the stored row, and the running operation's progress over it. */
export function viewOf(link: Link, progress: Progress | undefined) {
  const { id, status, cluster, registry, clusterTenantId, registryTenantId, repositories, image, route } = link;
  const running = status === "onboarding" ? progress : undefined;
  return {
    id,
    status,
    cluster,
    registry,
    clusterTenantId,
    registryTenantId,
    repositories,
    image,
    route,
    pullIdentity: link.appId === null ? null : { appId: link.appId },
    grant: link.grant && {
      role: link.grant.role,
      assignmentId: link.grant.assignmentId,
      principalId: link.grant.principalId,
    },
    consentUrl: status === "onboarding" && link.consent?.usedAt === null ? link.consent.url : null,
    waitingFor: running?.waitingFor ?? null,
    proof: link.proof,
    problem: link.problem,
    createdAt: link.createdAt,
    updatedAt: link.updatedAt,
    operation: {
      id: link.operationId,
      instanceId: names.onboarding(id),
      steps: (running?.steps ?? link.steps).map(timed),
    },
  };
}
export type LinkView = ReturnType<typeof viewOf>;

function timed(step: Step) {
  const { startedAt, finishedAt } = step;
  return {
    ...step,
    durationInMs: startedAt && finishedAt ? Math.round(secondsBetween(startedAt, finishedAt) * 1000) : null,
  };
}

/** A link with what its operation says now. */
export async function currentView(link: Link, instances: Instances): Promise<LinkView> {
  return viewAt(link, link.status === "onboarding" ? await instances.state(names.onboarding(link.id)) : undefined);
}

/**
 * A link as its operation's state makes it appear. An operation that ended without a word (ended by hand, or by a defect)
 * shows as failed: repeating the request resumes it.
 */
export function viewAt(link: Link, state: InstanceState | undefined): LinkView {
  if (link.status !== "onboarding") return viewOf(link, undefined);
  const progress = progressOf(state, link.operationId);
  if (!state || state.running) return viewOf(link, progress);
  const reason = problem(
    "CP-OPERATION-FAILED",
    `operation ${link.operationId} is ${state.runtimeStatus} without an ending on the link`,
  );
  return viewOf({ ...link, status: "failed", problem: reason, steps: progress?.steps ?? link.steps }, undefined);
}

function progressOf(state: InstanceState | undefined, operationId: string): Progress | undefined {
  const shown = state?.customStatus as Progress | null | undefined;
  return shown?.operationId === operationId ? shown : undefined;
}
