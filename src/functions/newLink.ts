import { randomUUID } from "node:crypto";
import { clusterKeyOf, linkIdOf, names } from "../domain/ids.ts";
import { standardRoute, type Link, type LinkRequest } from "../domain/link.ts";
import { firstSteps, type OnboardInput } from "../domain/onboarding.ts";
import { begun, type Operation } from "../domain/operation.ts";
import { routeOf } from "../orchestrators/routes/routes.ts";

/** The link's row as an onboarding begins; what an earlier one has made, and saw, is kept. */
export function newLink(wanted: LinkRequest, earlier: Link | undefined, now: Date): Link {
  // Of one that was removed nothing is left.
  const before = earlier?.status === "removed" ? undefined : earlier;
  const id = linkIdOf(wanted.cluster, wanted.registry);
  const at = now.toISOString();
  const { cluster, registry, clusterTenantId, registryTenantId, repositories, image } = wanted;
  return {
    cluster,
    registry,
    clusterTenantId,
    registryTenantId,
    repositories,
    image,
    id,
    clusterKey: clusterKeyOf(wanted.cluster),
    route: before?.route ?? standardRoute,
    status: "onboarding",
    operationId: `${id}-${randomUUID().slice(0, 8)}`,
    createdAt: before?.createdAt ?? at,
    removalId: null,
    updatedAt: at,
    appId: before?.appId ?? null,
    consent: null,
    grantsIntended: before?.grantsIntended ?? [],
    grant: before?.grant ?? null,
    proof: before?.proof ?? null,
    readySince: before?.readySince ?? null,
    problem: null,
    formerGrant: null,
    removal: null,
  };
}

export function newOperation(link: Link, preflight: OnboardInput["preflight"], now: Date): Operation {
  const { operationId: id, id: subject, clusterKey, route } = link;
  const instanceId = names.onboarding(subject);
  const steps = firstSteps(preflight, routeOf(route).steps);
  return begun({ id, kind: "onboarding", subject, clusterKey, instanceId, steps, cancel: "open" }, now);
}
