import type { LifeSwitch } from "../kit/life.ts";

export const limitsLife: readonly LifeSwitch[] = [
  {
    name: "throttling",
    title: "Services count calls in buckets and refuse those beyond their published limits with 429.",
    source: "doc",
    row: "2.3 Throttling",
    where: "always",
    group: "limits",
  },
  {
    name: "longThrottling",
    title:
      "Who goes beyond the limits of Resource Manager, AKS, Resource Graph or Graph is shut out for 60 to 300 seconds.",
    source: "seen",
    row: "2.3 Throttling",
    where: "always",
  },
  {
    name: "sharedLimits",
    title: "Others use the same limits: of AKS and Key Vault, one call in a hundred is refused however few one makes.",
    source: "likely",
    row: "2.3 Throttling",
    where: "always",
  },
  {
    name: "throttlingWithoutRetryAfter",
    title: "A 429 leaves out Retry-After: half of Key Vault's, a tenth of those of AKS.",
    source: "doc",
    row: "2.4 429",
    where: "always",
  },
];
