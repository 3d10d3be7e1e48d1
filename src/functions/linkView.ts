import { createHash } from "node:crypto";
import { standingOf, type Standing } from "../activities/standing.ts";
import type { World } from "../activities/world.ts";
import { names } from "../domain/ids.ts";
import type { Link, LinkStatus } from "../domain/link.ts";
import type { Step } from "../domain/operation.ts";
import type { AskedRotation } from "../domain/rotationScope.ts";
import { secondsBetween } from "../domain/time.ts";
import type { Instances } from "../durable/instances.ts";
import type { Row } from "../store/table.ts";

/** GET /api/operations/{id}, and `operation` of a link. */
export function operationView({ operation }: Standing) {
  const {
    id,
    kind,
    subject,
    instanceId,
    state,
    steps,
    waitingFor,
    problem: reason,
    startedAt,
    endedAt,
    cancel,
    rotation,
  } = operation;
  return {
    id,
    kind,
    subject,
    instanceId,
    state,
    steps: steps.map(timed),
    waitingFor,
    problem: reason,
    startedAt,
    endedAt,
    cancel,
    ...(rotation ? { rotation: rotationView(rotation) } : {}),
  };
}

/** Why and how a rotation was asked for; `position` of those that were asked for together, null where it was alone. */
function rotationView({ reason, ignoresWindow, turn }: AskedRotation) {
  return { reason, ignoresWindow, position: turn?.position ?? null };
}

function timed(step: Step) {
  const { startedAt, finishedAt } = step;
  return {
    ...step,
    durationInMs: startedAt && finishedAt ? Math.round(secondsBetween(startedAt, finishedAt) * 1000) : null,
  };
}

/** A link as the API shows it. What it waits for and the address to open come from one place, so they appear together. */
export function viewOf(link: Link, standing: Standing | undefined) {
  const { id, cluster, registry, clusterTenantId, registryTenantId, repositories, image, route } = link;
  const operation = standing?.operation;
  const isDead = standing?.life === "dead" && isUnderWay(link);
  const status = statusOf(link, standing);
  const waitingFor = standing?.life === "alive" ? (operation?.waitingFor ?? null) : null;
  const asksConsent = waitingFor?.on === "consent";
  // A row that was read just before its ending was written has the status of a cancel, and not yet the reason.
  const endedFor = standing?.life === "over" && !isUnderWay(link) ? (operation?.problem ?? null) : null;
  return {
    id,
    status: isDead ? ("failed" as const) : status,
    clusterKey: link.clusterKey,
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
      condition: link.grant.condition,
    },
    consentUrl: asksConsent ? waitingFor.url : null,
    /** The same decision by the address that Microsoft's document gives. */
    consentUrlV1: asksConsent ? (link.consent?.authorizeUrl ?? null) : null,
    consentAnswers: asksConsent ? (operation?.consentAnswers ?? []) : [],
    waitingFor,
    proof: link.proof,
    /** What shows that it can be pulled no more. */
    removal: status === "removed" ? link.removal : null,
    problem: isDead ? (operation?.problem ?? null) : (link.problem ?? endedFor),
    createdAt: link.createdAt,
    updatedAt: link.updatedAt,
    operation: standing
      ? operationView(standing)
      : { id: link.operationId, instanceId: names.onboarding(id), steps: [] as ReturnType<typeof timed>[] },
  };
}
export type LinkView = ReturnType<typeof viewOf>;

function isUnderWay({ status }: Link): boolean {
  return status === "onboarding" || status === "offboarding";
}

/** The ending is written on the link first, and then on the operation: it is told when both say so. */
function statusOf({ status }: Link, standing: Standing | undefined): LinkStatus {
  if (standing?.life !== "alive") return status;
  return standing.operation.kind === "offboarding" ? "offboarding" : "onboarding";
}

export type Shown = { readonly link: Link; readonly standing: Standing | undefined; readonly etag: string };

/** Reads a link's operation, and what its instance says. `etag` changes when either row does. */
export async function shown(
  { value: link, etag }: Row<Link>,
  { operations }: Pick<World, "operations">,
  instances: Instances,
): Promise<Shown> {
  const { standing, etag: ofOperation } = await operationOf(link, operations, instances);
  const hash = createHash("sha256").update(`${etag}\n${ofOperation}`).digest("hex").slice(0, 32);
  return { link, standing, etag: `"${hash}"` };
}

/** The removal that was asked for, while it waits for the operation that has the link; else that one. */
export async function operationOf(
  { operationId, removalId }: Link,
  operations: World["operations"],
  instances: Instances,
): Promise<Pick<Shown, "standing" | "etag">> {
  const read = async (id: string): Promise<Pick<Shown, "standing" | "etag">> => {
    const row = await operations.read(id);
    return { standing: row && (await standingOf(row.value, instances)), etag: row?.etag ?? "" };
  };
  const removal = removalId === null || removalId === operationId ? undefined : await read(removalId);
  return removal?.standing?.life === "alive" ? removal : read(operationId);
}
