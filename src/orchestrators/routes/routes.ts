import type { RouteName } from "../../domain/link.ts";
import { preflightRules } from "../../domain/preflight.ts";
import type { Rule } from "../../domain/rules/rule.ts";
import type { Route } from "./route.ts";
import { servicePrincipal } from "./servicePrincipal.ts";

const routes: Readonly<Record<RouteName, Route>> = { servicePrincipal };

export function routeOf(name: RouteName): Route {
  return routes[name];
}

/** Preflight's rules for one route: those of every link, and its own. */
export function rulesOf(name: RouteName): readonly Rule[] {
  const ofRoutes = Object.values(routes).flatMap(({ rules }) => rules);
  return preflightRules.filter(({ id }) => !ofRoutes.includes(id) || routeOf(name).rules.includes(id));
}
