import type { LifeSwitch } from "../kit/life.ts";

export const limitsLife: readonly LifeSwitch[] = [
  {
    name: "throttling",
    title: "Services refuse calls beyond their published limits with 429.",
    source: "doc",
    row: "2.3 Throttling",
    where: "always",
    group: "limits",
  },
];
