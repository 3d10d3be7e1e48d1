import type { LifeSwitch } from "../kit/life.ts";

export const consistencyLife: readonly LifeSwitch[] = [
  {
    name: "laggingReplicas",
    title: "What is made, changed or removed reaches each replica in its own time; answers flip until then.",
    source: "seen",
    row: "2.1 Create, then read by id",
    where: "always",
    group: "consistency",
  },
];
