import type { LifeSwitch } from "../kit/life.ts";

export const acrLife: readonly LifeSwitch[] = [
  {
    name: "slowRegistryUpdates",
    title: "An update of a registry is accepted with 202 and done later; another one meanwhile is refused with 409.",
    source: "likely",
    row: "2.5 Update",
    where: "always",
  },
  {
    name: "registryFirewalls",
    title: "A firewall lets addresses into the registry that are not everybody's: the nodes', ours, or neither.",
    source: "doc",
    row: "2.5 Network rules",
    where: "some",
  },
  {
    name: "privateRegistries",
    title: "The registry is reached by the nodes through a private endpoint, and publicly by nobody.",
    source: "doc",
    row: "2.5 Network rules",
    where: "some",
  },
];
