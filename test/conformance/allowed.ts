import type { Allowance, Finding } from "./checker.ts";

const unknownAt =
  (plane: string, path: RegExp) =>
  ({ kind, label, path: found }: Finding): boolean =>
    kind === "unknown" && label.startsWith(plane) && path.test(found);

/** Of a whole onboarding: what the app says, and what it hears. */
export const allowedOnboarding: readonly Allowance[] = [
  {
    reason:
      "grant_type=password at /oauth2/token: containerd and the Azure CLI send it, ACR answers it, no document has it",
    covers: ({ side, label, at }) =>
      side === "request" &&
      label.startsWith("Authentication_ExchangeAcrRefreshTokenForAcrAccessToken") &&
      ["/refresh_token", "/username", "/password", "/client_id"].includes(at),
  },
  {
    reason: "applications(uniqueName='..'): in Graph's reference (upsert), not in the converted document",
    covers: unknownAt("graph", /^\/v1\.0\/applications\(uniqueName='[^']*'\)$/),
  },
  {
    reason: "the default app management policy: in Graph's reference, not in the converted document",
    covers: unknownAt("graph", /^\/v1\.0\/policies\/defaultAppManagementPolicy$/),
  },
  {
    reason: "getByIds, which the Azure CLI uses: in Graph's reference, not in the converted document",
    covers: unknownAt("graph", /^\/v1\.0\/directoryObjects\/getByIds$/),
  },
  {
    reason: "deleted items, groups and memberships: in Graph's reference, not in the converted document",
    covers: unknownAt("graph", /^\/v1\.0\/(directory\/deletedItems|groups)(\/|$)|\/(memberOf|transitiveMemberOf)$/),
  },
  {
    reason: "blob transfers are left out of the stored document",
    covers: unknownAt("acr", /^\/v2\/.+\/blobs\//),
  },
  {
    reason: "permissions and deny assignments are not among the stored documents",
    covers: unknownAt(
      "Microsoft.Authorization",
      /\/providers\/Microsoft\.Authorization\/(permissions|denyAssignments)$/i,
    ),
  },
  {
    reason: "locks are not among the stored documents: their newest version is older than those of roles and policies",
    covers: ({ path, code, kind }) =>
      /\/providers\/Microsoft\.Authorization\/locks(\/[^/]+)?$/i.test(path) &&
      (kind === "unknown" || code === "API_VERSION_UNKNOWN"),
  },
  {
    reason: "what a service principal owns or made: in Graph's reference, not in the converted document",
    covers: unknownAt(
      "graph",
      /^\/v1\.0\/servicePrincipals(\/[^/]+|\(appId='[^']+'\))\/(ownedObjects|createdObjects)$/,
    ),
  },
  {
    reason: "a tenant's OpenID metadata of version 1, which names its issuer, is not in the handwritten document",
    covers: unknownAt("entra", /^\/[^/]+\/\.well-known\/openid-configuration$/),
  },
  {
    reason: "agent pools are left out of the stored 2026-06-01 document",
    covers: unknownAt("Microsoft.ContainerService", /\/agentPools(\/[^/]+)?$/i),
  },
  {
    reason: "vaults as resources are not among the stored documents",
    covers: unknownAt("Microsoft.KeyVault", /\/providers\/Microsoft\.KeyVault\/vaults(\/[^/]+)?$/i),
  },
  {
    reason: "the list of a subscription's resources is not among the stored documents",
    covers: unknownAt("Microsoft.Resources", /^\/subscriptions\/[^/]+\/resources$/i),
  },
  {
    reason: "the consent page is for people",
    covers: unknownAt("entra", /\/((v2\.0\/)?adminconsent|oauth2\/authorize)$/),
  },
  {
    reason: "App Service's identity endpoint takes api-version 2019-08-01; the checker puts 2018-02-01 in its place",
    covers: ({ label, at }) => label.startsWith("AppService_Token") && at === "/query/api-version",
  },
  {
    reason: "instance discovery takes api-version 1.1; the checker puts v2.0 in its place",
    covers: ({ label, at }) => label.startsWith("InstanceDiscovery") && at === "/query/api-version",
  },
];

/** Of what the tests of the simulated services said besides, wrong things on purpose among it. */
export const allowedTests: readonly Allowance[] = [
  ...allowedOnboarding,
  {
    reason: "a wrong request of a test, refused",
    covers: ({ side, status }) => side === "request" && [400, 401, 404, 405, 413, 415, 429].includes(status),
  },
  {
    reason: "a path or method nobody offers, refused",
    covers: ({ kind, status }) => kind === "unknown" && [400, 404, 405].includes(status),
  },
  {
    reason: "older and preview api-versions are answered too; their documents are not at hand",
    covers: ({ code }) => code === "API_VERSION_UNKNOWN",
  },
  {
    reason: "the registry protocol's own catalog is in the distribution specification, not in the document",
    covers: unknownAt("acr", /^\/v2\/_catalog$/),
  },
  {
    reason:
      "a pushed manifest is answered without a body, as the distribution specification has it; the document wants one",
    covers: ({ label, code, side }) =>
      side === "response" && label.startsWith("ContainerRegistry_CreateManifest") && code === "INVALID_RESPONSE_BODY",
  },
  {
    reason:
      "the real service tells the mediaType of a manifest (az acr manifest list-metadata shows it); the document does not",
    covers: ({ label, at, code }) =>
      /^ContainerRegistry_GetManifest(s|Properties) /.test(label) &&
      code === "OBJECT_ADDITIONAL_PROPERTIES" &&
      at.endsWith("/mediaType"),
  },
  {
    reason: "Resource Manager takes names of query parameters in any case",
    covers: ({ label, at, code }) =>
      label.startsWith("ManagedClusters_Get") && code === "MISSING_REQUIRED_PARAMETER" && at === "/query/api-version",
  },
  {
    reason: "a registry that denies the network answers 403 before it asks who calls",
    covers: ({ code, label, status }) =>
      label === "acr challenge" && code === "UNAUTHENTICATED_ACCEPTED" && status === 403,
  },
  {
    reason: "deny assignments, and the policies assigned to one resource, are not in the stored part of the documents",
    covers: unknownAt("Microsoft.Authorization", /\/(denyAssignments|policyAssignments)(\/[^/]+)?$/i),
  },
  {
    reason: "the storage behind registries has no document here: only signed downloads are made of it",
    covers: unknownAt("", /\/docker\/registry\/v2\/blobs\//),
  },
  {
    reason: "the registry protocol's own list of tags is in the distribution specification, not in the document",
    covers: unknownAt("acr", /^\/v2\/.+\/tags\/list$/),
  },
  {
    reason:
      "an update of a registry is a long-running operation: Microsoft's own client takes 202, the document has 200 and 201",
    covers: ({ label, code, status }) =>
      label.startsWith("Registries_Update") && code === "INVALID_RESPONSE_CODE" && status === 202,
  },
];
