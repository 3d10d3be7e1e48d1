import type { LifeSwitch } from "../kit/life.ts";

export const registryLife: readonly LifeSwitch[] = [];
