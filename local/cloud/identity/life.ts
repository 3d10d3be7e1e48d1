import type { LifeSwitch } from "../kit/life.ts";

export const identityLife: readonly LifeSwitch[] = [];
