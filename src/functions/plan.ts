import { clusterOf, registryOf, type Needs } from "../activities/world.ts";
import { clusterKeyOf, linkIdOf } from "../domain/ids.ts";
import type { LinkRequest } from "../domain/link.ts";
import { planOf, type Plan } from "../domain/preflight.ts";

/** Step one of every onboarding, and the whole of a dry run: reads both sides at once, changes nothing. */
export async function preflight(
  request: LinkRequest,
  {
    clusters,
    registries,
    roles,
    links,
    identities,
  }: Needs<"clusters" | "registries" | "roles" | "links" | "identities">,
): Promise<Plan> {
  const [clusterRef, registryRef] = [clusterOf(request), registryOf(request)];
  const clusterKey = clusterKeyOf(request.cluster);
  const [cluster, registry, clusterPermissions, registryPermissions, link, identity] = await Promise.all([
    clusters.get(clusterRef),
    registries.get(registryRef),
    roles.permissions(clusterRef.tenantId, clusterRef),
    roles.permissions(registryRef.tenantId, registryRef),
    links.read(linkIdOf(request.cluster, request.registry)),
    identities.read(clusterKey),
  ]);
  return planOf({
    request,
    clusterKey,
    cluster,
    registry,
    clusterPermissions,
    registryPermissions,
    link: link?.value,
    identity: identity?.value,
  });
}
