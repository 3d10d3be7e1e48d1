import type { LifeSwitch } from "../kit/life.ts";

export const rbacLife: readonly LifeSwitch[] = [];
