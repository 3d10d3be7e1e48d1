import type { ArmCall, ArmRoute } from "../armKit/guard.ts";
import type { Hierarchy } from "../armKit/hierarchy.ts";
import { Refusal } from "../armKit/refusal.ts";
import { json } from "../armKit/replies.ts";
import { tidyScope } from "../armKit/scope.ts";
import { denyAssignments, roleDefinitions } from "../armKit/versions.ts";
import type { Reply } from "../kit/contract.ts";
import { anyScope, read, scopeOf } from "./anyScope.ts";
import type { Denials } from "./denials.ts";
import { parseFilter } from "./filter.ts";
import type { RoleStore } from "./store.ts";
import { shownDefinition, shownDenial } from "./views.ts";

export interface DefinitionNeeds {
  readonly store: () => RoleStore;
  readonly denials: Denials;
  readonly hierarchy: Hierarchy;
}

/** Roles and deny assignments, which are read here and made elsewhere. */
export function definitionRoutes(needs: DefinitionNeeds): ArmRoute[] {
  return [
    ...anyScope("GET", "roleDefinitions", "RoleDefinitions_List", {
      type: roleDefinitions,
      right: read("roleDefinitions"),
      handle: (call) => listDefinitions(needs, call),
    }),
    ...anyScope("GET", "roleDefinitions/:id", "RoleDefinitions_Get", {
      type: roleDefinitions,
      right: read("roleDefinitions"),
      handle: (call) => getDefinition(needs, call),
    }),
    ...anyScope("GET", "denyAssignments", "DenyAssignments_ListForScope", {
      type: denyAssignments,
      right: read("denyAssignments"),
      handle: (call) => listDenials(needs, call),
    }),
    ...anyScope("GET", "denyAssignments/:id", "DenyAssignments_Get", {
      type: denyAssignments,
      right: read("denyAssignments"),
      handle: (call) => getDenial(needs, call),
    }),
  ];
}

function listDefinitions({ store }: DefinitionNeeds, call: ArmCall): Reply {
  const filter = parseFilter(call.query("$filter"), ["roleName", "type", "atScopeAndBelow", "atScope"]);
  const wanted = filter.get("rolename")?.toLowerCase();
  const kind = filter.get("type")?.toLowerCase();
  const found = store()
    .definitions()
    .filter(({ roleName }) => wanted === undefined || roleName.toLowerCase() === wanted)
    .filter(({ type }) => kind === undefined || type.toLowerCase() === kind)
    .filter(({ assignableScopes }) => assignableScopes.some((one) => isReachable(one, scopeOf(call.params))));
  return json({ value: found.map((one) => shownDefinition(one, scopeOf(call.params))) });
}

/** A custom role shows in the subscriptions it may be assigned in. */
function isReachable(assignable: string, scope: string): boolean {
  const [one, other] = [tidyScope(assignable).toLowerCase(), scope.toLowerCase()];
  return one === "/" || other.startsWith(one) || one.startsWith(other);
}

function getDefinition({ store }: DefinitionNeeds, { params }: ArmCall): Reply {
  const id = params["id"] ?? "";
  const found = store().definition(id);
  if (!found || !found.assignableScopes.some((one) => isReachable(one, scopeOf(params))))
    throw new Refusal(
      "RoleDefinitionDoesNotExist",
      `The specified role definition with ID '${id.replaceAll("-", "")}' does not exist.`,
    );
  return json(shownDefinition(found, scopeOf(params)));
}

function listDenials({ denials, hierarchy }: DefinitionNeeds, call: ArmCall): Reply {
  const filter = parseFilter(call.query("$filter"), ["atScope", "principalId", "denyAssignmentName"]);
  const scope = scopeOf(call.params);
  const principalId = filter.get("principalid")?.toLowerCase();
  const name = filter.get("denyassignmentname");
  const found = denials
    .all()
    .filter((one) => one.tenantId === call.tenantId)
    .filter(
      (one) => hierarchy.covers(one.scope, scope) || (!filter.has("atscope") && hierarchy.covers(scope, one.scope)),
    )
    .filter((one) => principalId === undefined || one.principals.includes(principalId))
    .filter((one) => name === undefined || one.name === name);
  return json({ value: found.map(shownDenial) });
}

function getDenial({ denials }: DefinitionNeeds, { params, tenantId }: ArmCall): Reply {
  const id = params["id"]?.toLowerCase() ?? "";
  const found = denials.all().find((one) => one.id === id && one.tenantId === tenantId);
  if (!found) throw new Refusal("DenyAssignmentNotFound", `The deny assignment '${id}' is not found.`);
  return json(shownDenial(found));
}
