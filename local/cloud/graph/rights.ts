import type { Principal } from "../kit/contract.ts";

/** OwnedBy reaches what the caller made or owns; All reaches everything in the tenant. */
export function mayChange(principal: Principal | undefined, owners: readonly string[]): boolean {
  if (!principal) return false;
  return mayChangeAll(principal) || (mayChangeOwn(principal) && owners.includes(principal.objectId));
}

export function mayCreate(principal: Principal | undefined): principal is Principal {
  return principal !== undefined && (mayChangeAll(principal) || mayChangeOwn(principal));
}

export function mayChangeAll({ roles }: Principal): boolean {
  return roles.includes("Application.ReadWrite.All");
}

function mayChangeOwn({ roles }: Principal): boolean {
  return roles.includes("Application.ReadWrite.OwnedBy");
}

const groupWriters = ["Group.ReadWrite.All", "Directory.ReadWrite.All"];
const groupReaders = [...groupWriters, "Group.Read.All", "GroupMember.Read.All", "Directory.Read.All"];
const membershipReaders = [
  "Application.Read.All",
  "Application.ReadWrite.All",
  "Directory.Read.All",
  "Directory.ReadWrite.All",
];

export function mayWriteGroups({ roles }: Principal): boolean {
  return roles.some((role) => groupWriters.includes(role));
}

export function mayReadGroups({ roles }: Principal): boolean {
  return roles.some((role) => groupReaders.includes(role));
}

/** Of transitive memberships; who may change only its own applications may not. */
export function mayReadMemberships({ roles }: Principal): boolean {
  return roles.some((role) => membershipReaders.includes(role));
}
