import type { LifeSwitch } from "../kit/life.ts";

export const graphLife: readonly LifeSwitch[] = [
  {
    name: "softDeletedApplications",
    title:
      "A deleted application or service principal can be restored for thirty days, and keeps its uniqueName until it is purged.",
    source: "seen",
    row: "2.2 Delete an application",
    where: "always",
  },
  {
    name: "directoryQuota",
    title: "Who has no directory role makes at most 250 applications and service principals, deleted ones counted.",
    source: "seen",
    row: "2.2 Quota",
    where: "always",
  },
  {
    name: "applicationLimits",
    title: "An application holds at most 1,200 entries in all its collections.",
    source: "doc",
    row: "2.2 Other app limits (1,200 entries, 20 FICs, 100 owners, 120 characters)",
    where: "always",
  },
  {
    name: "appManagementPolicies",
    title:
      "A change of the tenant's app management policy acts within the hour; some tenants cap the life of passwords.",
    source: "doc",
    row: "2.2 App-management policies",
    where: "some",
  },
  {
    name: "instanceLock",
    title:
      "An application's lock keeps administrators elsewhere from adding credentials to its service principal there.",
    source: "seen",
    row: "2.2 Instance lock",
    where: "always",
  },
];
