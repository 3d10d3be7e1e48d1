import type { ArmRoute } from "../../armKit/guard.ts";

export const provider = "providers/Microsoft.Authorization";
export type Params = Readonly<Record<string, string>>;

export function right(type: string, verb: string, scope: (params: Params) => string): NonNullable<ArmRoute["right"]> {
  return { action: `Microsoft.Authorization/${type}/${verb}`, scope };
}
