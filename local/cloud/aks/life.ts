import type { LifeSwitch } from "../kit/life.ts";

export const aksLife: readonly LifeSwitch[] = [];
