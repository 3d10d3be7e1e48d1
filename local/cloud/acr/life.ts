import type { LifeSwitch } from "../kit/life.ts";

export const acrLife: readonly LifeSwitch[] = [];
