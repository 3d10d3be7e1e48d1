import type { LifeSwitch } from "../kit/life.ts";

export const kubeletLife: readonly LifeSwitch[] = [];
