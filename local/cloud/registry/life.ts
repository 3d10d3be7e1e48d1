import type { LifeSwitch } from "../kit/life.ts";

export const registryLife: readonly LifeSwitch[] = [
  {
    name: "blobRedirects",
    title: "Blobs are fetched from another host, to which the registry redirects with 307 and a signed address.",
    source: "doc",
    row: "2.5 Layers",
    where: "always",
  },
  {
    name: "blobsBlocked",
    title: "The cluster's way out lets its nodes reach registries and not the host of the blobs.",
    source: "likely",
    row: "2.5 Layers",
    where: "some",
  },
  {
    name: "modeSwitchLag",
    title: "After a switch of the role assignment mode those who signed in before are refused for minutes to a day.",
    source: "doc",
    row: "2.5 ABAC mode switch",
    where: "always",
  },
];
