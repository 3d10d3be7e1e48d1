import type { LifeSwitch } from "../kit/life.ts";

export const resourceGraphLife: readonly LifeSwitch[] = [];
