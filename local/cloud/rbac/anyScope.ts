import type { ArmRoute } from "../armKit/guard.ts";
import { tidyScope } from "../armKit/scope.ts";

export const provider = "providers/Microsoft.Authorization";
type Params = Readonly<Record<string, string>>;
export const scopeOf = (params: Params): string => tidyScope(params["scope"] ?? "/");
export const read = (type: string): NonNullable<ArmRoute["right"]> => ({
  action: `Microsoft.Authorization/${type}/read`,
  scope: scopeOf,
});

export function anyScope(
  method: ArmRoute["method"],
  rest: string,
  operation: string,
  route: Omit<ArmRoute, "method" | "path" | "operation">,
): ArmRoute[] {
  return [`/${provider}/${rest}`, `/*scope/${provider}/${rest}`].map((path) => ({ method, path, operation, ...route }));
}
