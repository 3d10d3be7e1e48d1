import type { Principal, Reply } from "../kit/contract.ts";
import type { GraphNeeds } from "./needs.ts";

const mostPerCreator = 250;

/** The refusal of one object more, deleted ones counted; undefined while there is room, or for a directory role. */
export function quotaRefusal({ tenants, life, error }: GraphNeeds, { objectId }: Principal): Reply | undefined {
  if (!life.on("directoryQuota")) return undefined;
  const hasDirectoryRole = (tenants.principalById(objectId)?.directoryRoles.length ?? 0) > 0;
  if (hasDirectoryRole) return undefined;
  const living = [...tenants.applications(), ...tenants.principals()];
  const deleted = tenants.deletedItems().map(({ object }) => object);
  const made = [...living, ...deleted].filter(({ createdBy }) => createdBy === objectId);
  if (made.length < mostPerCreator) return undefined;
  life.strike("directoryQuota");
  return error(
    403,
    "Directory_QuotaExceeded",
    "The directory object quota limit for the Principal has been exceeded. Please ask your administrator to increase " +
      "the quota limit or delete objects to reduce the used quota.",
  );
}
