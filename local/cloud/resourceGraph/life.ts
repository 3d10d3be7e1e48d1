import type { LifeSwitch } from "../kit/life.ts";

export const resourceGraphLife: readonly LifeSwitch[] = [
  {
    name: "resourceGraphLag",
    title: "Resource Graph hears of what was made, changed or removed after seconds to minutes.",
    source: "seen",
    row: "2.3 Resource Graph lag",
    where: "always",
  },
];
