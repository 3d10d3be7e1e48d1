import en from "zod/v4/locales/en.js";
import * as z from "zod/mini";
import { InputError } from "../domain/errors.ts";
import { clusterType, guidPattern, isType, parseResourceId, registryType } from "../domain/ids.ts";
import { parseImage, repositoryPattern } from "../domain/image.ts";
import type { LinkRequest } from "../domain/link.ts";

// The small build of zod has no words of its own.
z.config(en());

const tenantId = z.string().check(z.regex(guidPattern, "must be a tenant id (a GUID)"));
const resourceId = z.string().check(z.maxLength(512, "is too long for a resource id"));
const repository = z
  .string()
  .check(z.regex(repositoryPattern, "must be a repository name in lower case"), z.maxLength(256));

const schema = z.strictObject({
  cluster: resourceId,
  registry: resourceId,
  clusterTenantId: tenantId,
  registryTenantId: tenantId,
  repositories: z.optional(z.array(repository).check(z.maxLength(20, "may name at most 20 repositories"))),
  image: z.optional(z.string().check(z.maxLength(512))),
});

/** Reads the body of POST /api/links: first its shape, then what the fields say about each other. */
export function parseLinkRequest(body: unknown): LinkRequest {
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(
      ({ path, message }) => `${path.map(String).join(".") || "the body"}: ${message}`,
    );
    throw new InputError("CP-BAD-REQUEST", faults.join("; "));
  }
  const { cluster, registry, clusterTenantId, registryTenantId, repositories = [], image } = parsed.data;
  const ids = checkedIds(cluster, registry);
  if (clusterTenantId.toLowerCase() === registryTenantId.toLowerCase()) {
    throw new InputError("CP-SAME-TENANT", `clusterTenantId and registryTenantId are both ${clusterTenantId}`);
  }
  if (image !== undefined) checkImage(image, repositories);
  return {
    ...ids,
    clusterTenantId: clusterTenantId.toLowerCase(),
    registryTenantId: registryTenantId.toLowerCase(),
    repositories: [...new Set(repositories)].sort(),
    image: image ?? null,
  };
}

function checkedIds(cluster: string, registry: string): { cluster: string; registry: string } {
  const [first, second] = [parseResourceId(cluster), parseResourceId(registry)];
  if (first.outcome === "malformed")
    throw new InputError("CP-BAD-RESOURCE-ID", `cluster: "${cluster}" is not a resource id`);
  if (second.outcome === "malformed")
    throw new InputError("CP-BAD-RESOURCE-ID", `registry: "${registry}" is not a resource id`);
  if (isType(first.type, registryType) && isType(second.type, clusterType)) {
    throw new InputError("CP-SWAPPED-RESOURCES", "cluster names a registry, and registry names a cluster");
  }
  if (!isType(first.type, clusterType))
    throw new InputError("CP-BAD-RESOURCE-ID", `cluster: ${first.type} is not ${clusterType}`);
  if (!isType(second.type, registryType))
    throw new InputError("CP-BAD-RESOURCE-ID", `registry: ${second.type} is not ${registryType}`);
  return { cluster: first.ref.id, registry: second.ref.id };
}

function checkImage(image: string, repositories: readonly string[]): void {
  const parsed = parseImage(image);
  if (!parsed)
    throw new InputError(
      "CP-BAD-REQUEST",
      `image: "${image}" is not repository:tag or repository@sha256:..., without the registry's name`,
    );
  if (repositories.length > 0 && !repositories.includes(parsed.repository)) {
    throw new InputError("CP-BAD-REQUEST", `image: ${parsed.repository} is not among the repositories`);
  }
}
