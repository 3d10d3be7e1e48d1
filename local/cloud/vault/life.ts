import type { LifeSwitch } from "../kit/life.ts";

export const vaultLife: readonly LifeSwitch[] = [];
