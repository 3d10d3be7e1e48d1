import type { LifeSwitch } from "../kit/life.ts";

export const entraLife: readonly LifeSwitch[] = [];
