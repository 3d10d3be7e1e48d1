import type { LifeSwitch } from "../kit/life.ts";

export const graphLife: readonly LifeSwitch[] = [];
