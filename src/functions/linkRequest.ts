import * as z from "zod/mini";
import { InputError } from "../domain/errors.ts";
import { clusterType, guidPattern, isType, parseResourceId, registryType } from "../domain/ids.ts";
import { parseImage, repositoryFault } from "../domain/image.ts";
import type { LinkRequest } from "../domain/link.ts";
import { readBody, trimmed } from "./bodies.ts";

const tenantId = trimmed.check(z.regex(guidPattern, "must be a tenant id (a GUID)"));
const resourceId = trimmed.check(z.maxLength(512, "is too long for a resource id"));
const assignmentId = trimmed.check(
  z.overwrite((id) => id.replace(/\/$/, "")),
  z.regex(
    /(\/providers\/Microsoft\.Authorization\/roleAssignments|^\/subscriptions)\/[0-9a-f-]{36}$/i,
    "must be the id of a role assignment, or of a subscription whose roles cannot be seen",
  ),
  z.maxLength(512),
);
const repository = trimmed.check(
  z.refine((name) => repositoryFault(name) === undefined, {
    error: ({ input }) => `"${String(input)}" ${repositoryFault(String(input)) ?? "is no repository"}`,
  }),
);

/** Null is as good as nothing: so links show what they do not have, and so some shells write it. */
const schema = z.strictObject({
  cluster: resourceId,
  registry: resourceId,
  clusterTenantId: tenantId,
  registryTenantId: tenantId,
  repositories: z.nullish(z.array(repository).check(z.maxLength(20, "may name at most 20 repositories"))),
  image: z.nullish(trimmed.check(z.maxLength(512))),
  acceptLost: z.nullish(z.array(assignmentId).check(z.maxLength(100, "may name at most 100 assignments"))),
  acceptOldApplication: z.nullish(trimmed.check(z.regex(guidPattern, "must be an application id (a GUID)"))),
});

/** Reads the body of POST /api/links: first its shape, then what the fields say about each other. */
export function parseLinkRequest(body: unknown): LinkRequest {
  const asked = readBody(schema, body);
  const { cluster, registry, clusterTenantId, registryTenantId, image, acceptOldApplication } = asked;
  const repositories = asked.repositories ?? [];
  const acceptLost = asked.acceptLost ?? [];
  const ids = checkedIds(cluster, registry);
  if (clusterTenantId.toLowerCase() === registryTenantId.toLowerCase()) {
    throw new InputError("CP-SAME-TENANT", `clusterTenantId and registryTenantId are both ${clusterTenantId}`);
  }
  if (typeof image === "string") checkImage(image, repositories);
  return {
    ...ids,
    clusterTenantId: clusterTenantId.toLowerCase(),
    registryTenantId: registryTenantId.toLowerCase(),
    repositories: [...new Set(repositories)].sort(),
    image: image ?? null,
    acceptLost,
    acceptOldApplication: acceptOldApplication?.toLowerCase() ?? null,
  };
}

function checkedIds(cluster: string, registry: string): { cluster: string; registry: string } {
  const [first, second] = [parseResourceId(cluster), parseResourceId(registry)];
  if (first.outcome === "malformed")
    throw new InputError("CP-BAD-RESOURCE-ID", `cluster: "${cluster}" ${first.reason}`);
  if (second.outcome === "malformed")
    throw new InputError("CP-BAD-RESOURCE-ID", `registry: "${registry}" ${second.reason}`);
  if (isType(first.type, registryType) && isType(second.type, clusterType)) {
    throw new InputError("CP-SWAPPED-RESOURCES", "cluster names a registry, and registry names a cluster");
  }
  if (!isType(first.type, clusterType))
    throw new InputError("CP-BAD-RESOURCE-ID", `cluster: ${first.type} is not ${clusterType}`);
  if (!isType(second.type, registryType))
    throw new InputError("CP-BAD-RESOURCE-ID", `registry: ${second.type} is not ${registryType}`);
  return { cluster: first.ref.id, registry: second.ref.id };
}

function checkImage(text: string, repositories: readonly string[]): void {
  const parsed = parseImage(text);
  if (parsed.outcome === "malformed")
    throw new InputError("CP-BAD-REQUEST", `image: "${text}" ${parsed.reason}; write it as repository:tag`);
  if (repositories.length > 0 && !repositories.includes(parsed.image.repository)) {
    throw new InputError("CP-BAD-REQUEST", `image: ${parsed.image.repository} is not among the repositories`);
  }
}
