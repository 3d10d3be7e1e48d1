import type { LifeSwitch } from "../kit/life.ts";

export const armLife: readonly LifeSwitch[] = [
  {
    name: "readOnlyLocks",
    title: "A ReadOnly lock refuses every write, delete and POST action on the resource: 409 ScopeLocked.",
    source: "seen",
    row: "2.3 Locks",
    where: "some",
  },
  {
    name: "deleteLocks",
    title: "A CanNotDelete lock refuses to delete the resource and what is attached to it, role assignments among it.",
    source: "doc",
    row: "2.3 Locks",
    where: "some",
  },
  {
    name: "policyDeny",
    title: "A policy with the effect deny refuses new roles for service principals on the registry.",
    source: "seen",
    row: "2.3 Azure Policy deny/modify",
    where: "some",
  },
  {
    name: "policyModify",
    title:
      "A policy with the effect modify rewrites updates of the registry: authentication with ARM tokens stays off.",
    source: "doc",
    row: "2.3 Azure Policy deny/modify",
    where: "some",
  },
  {
    name: "armReplicas",
    title: "What one caller just made answers 404 to others, and is missing in their lists, for up to five minutes.",
    source: "seen",
    row: "2.3 ARM cache / replicas",
    where: "always",
  },
  {
    name: "newestVersionMissing",
    title: "The newest api-version of a type has not come to the resource's region: NoRegisteredProviderFound.",
    source: "doc",
    row: "2.3 api-versions",
    where: "some",
  },
];
