import { Refusal } from "./refusal.ts";

/** The api-versions a resource type answers to. */
export interface ResourceType {
  readonly namespace: string;
  readonly type: string;
  readonly versions: readonly string[];
}

export const managedClusters = resourceType("Microsoft.ContainerService", "managedClusters", [
  ...["2026-06-01", "2026-05-01", "2026-04-01", "2026-03-01", "2026-02-01", "2026-01-01"],
  ...["2025-10-01", "2025-09-01", "2025-08-01", "2025-07-01", "2025-06-01", "2025-05-01", "2025-04-01", "2025-03-01"],
  ...["2025-02-01", "2025-01-01", "2024-09-01", "2024-08-01", "2024-07-01", "2024-06-01", "2024-05-01", "2024-02-01"],
  ...["2024-01-01", "2023-11-01", "2023-10-01", "2023-09-01", "2023-08-01", "2023-07-01", "2023-06-01", "2023-05-01"],
  ...["2023-04-01", "2023-03-01", "2023-02-01", "2023-01-01", "2022-11-01", "2022-09-01", "2022-07-01", "2022-06-01"],
]);
/** Signed polling addresses have a version of their own. */
export const clusterOperations = resourceType("Microsoft.ContainerService", "locations/operations", [
  ...managedClusters.versions,
  "2016-03-30",
]);
export const registries = resourceType("Microsoft.ContainerRegistry", "registries", [
  ...["2026-03-01-preview", "2025-11-01", "2025-05-01-preview", "2025-04-01", "2025-03-01-preview"],
  ...["2024-11-01-preview", "2023-11-01-preview", "2023-08-01-preview", "2023-07-01", "2023-06-01-preview"],
  ...[
    "2023-01-01-preview",
    "2022-12-01",
    "2022-02-01-preview",
    "2021-09-01",
    "2021-08-01-preview",
    "2021-06-01-preview",
  ],
  ...["2019-05-01"],
]);
export const roleAssignments = resourceType("Microsoft.Authorization", "roleAssignments", [
  ...["2022-04-01", "2020-10-01-preview", "2020-08-01-preview", "2020-04-01-preview", "2018-09-01-preview"],
  ...["2018-01-01-preview", "2015-07-01"],
]);
export const vaults = resourceType("Microsoft.KeyVault", "vaults", [
  ...["2026-02-01", "2025-05-01", "2024-11-01", "2023-07-01", "2023-02-01", "2022-11-01", "2022-07-01"],
  ...["2021-10-01", "2019-09-01", "2018-02-14", "2016-10-01", "2015-06-01"],
]);
export const roleDefinitions = resourceType("Microsoft.Authorization", "roleDefinitions", [
  ...["2023-07-01-preview", "2022-05-01-preview", "2022-04-01", "2018-07-01", "2018-01-01-preview", "2015-07-01"],
]);
export const permissions = resourceType("Microsoft.Authorization", "permissions", [
  ...["2022-05-01-preview", "2022-04-01", "2018-07-01", "2018-01-01-preview", "2015-07-01"],
]);
export const denyAssignments = resourceType("Microsoft.Authorization", "denyAssignments", [
  ...["2024-07-01-preview", "2022-04-01", "2018-07-01-preview"],
]);
export const locks = resourceType("Microsoft.Authorization", "locks", [
  ...["2020-05-01", "2017-04-01", "2016-09-01", "2015-01-01"],
]);
export const policyDefinitions = resourceType("Microsoft.Authorization", "policyDefinitions", [
  ...["2025-03-01", "2025-01-01", "2024-05-01", "2024-04-01", "2023-04-01", "2021-06-01", "2020-09-01", "2019-09-01"],
  ...["2019-06-01", "2019-01-01", "2018-05-01", "2018-03-01", "2016-12-01", "2016-04-01"],
]);
export const policyAssignments = resourceType("Microsoft.Authorization", "policyAssignments", [
  ...["2025-03-01", "2025-01-01", "2024-05-01", "2024-04-01", "2023-04-01", "2022-06-01", "2021-06-01", "2020-09-01"],
  ...["2019-09-01", "2019-06-01", "2019-01-01", "2018-05-01", "2018-03-01", "2017-06-01-preview", "2016-12-01"],
]);
export const subscriptions = resourceType("Microsoft.Resources", "subscriptions", [
  ...["2022-12-01", "2022-09-01", "2021-04-01", "2021-01-01", "2020-10-01", "2020-06-01", "2020-01-01", "2019-11-01"],
  ...["2019-06-01", "2018-06-01", "2016-06-01"],
]);
export const resources = resourceType("Microsoft.Resources", "resources", [
  ...["2025-04-01", "2025-03-01", "2024-11-01", "2024-07-01", "2024-03-01", "2023-07-01", "2022-09-01", "2021-04-01"],
  ...["2021-01-01", "2020-10-01", "2020-06-01", "2019-10-01"],
]);

function resourceType(namespace: string, type: string, versions: readonly string[]): ResourceType {
  return { namespace, type, versions };
}

/** The version asked for; throws Refusal in ARM's words. */
export function versionFor(asked: string | undefined, { namespace, type, versions }: ResourceType): string {
  if (asked === undefined || asked === "")
    throw new Refusal(
      "MissingApiVersionParameter",
      "The api-version query parameter (?api-version=) is required for all requests.",
    );
  const version = asked.toLowerCase();
  if (versions.includes(version)) return version;
  const supported = versions.join(",");
  if (!/^\d{4}-\d{2}-\d{2}(-[a-z]+)?$/.test(version) || namespace === "Microsoft.Resources")
    throw new Refusal(
      "InvalidApiVersionParameter",
      `The api-version '${asked}' is invalid. The supported versions are '${supported}'.`,
    );
  throw unregisteredVersion({ namespace, type, versions }, asked, versions);
}

export function unregisteredVersion({ type }: ResourceType, asked: string, supported: readonly string[]): Refusal {
  return new Refusal(
    "NoRegisteredProviderFound",
    `No registered resource provider found for location 'westeurope' and API version '${asked}' for type '${type}'. The supported api-versions are '${supported.join(", ")}'. The supported locations are 'westeurope'.`,
  );
}
