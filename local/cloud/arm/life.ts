import type { LifeSwitch } from "../kit/life.ts";

export const armLife: readonly LifeSwitch[] = [];
