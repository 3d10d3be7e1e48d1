import type { RouteName } from "../../domain/link.ts";
import type { Route } from "./route.ts";
import { servicePrincipal } from "./servicePrincipal.ts";

const routes: Readonly<Record<RouteName, Route>> = { servicePrincipal };

export function routeOf(name: RouteName): Route {
  return routes[name];
}
