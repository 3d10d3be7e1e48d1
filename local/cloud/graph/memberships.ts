import type { Group, ServicePrincipal } from "../entra/state.ts";
import { digestOf } from "../kit/chance.ts";
import type { Call, Principal, Reply, Route } from "../kit/contract.ts";
import { guidFrom } from "../kit/ids.ts";
import { missingResource, noPrivileges } from "./errors.ts";
import { namedIn } from "./named.ts";
import type { GraphNeeds } from "./needs.ts";
import { mixedPage } from "./options.ts";
import { principalIn, principalPaths } from "./principals.ts";
import { mayCreate, mayReadGroups, mayReadMemberships } from "./rights.ts";
import { shownGroup } from "./shapes.ts";

/** The groups a service principal is in. */
export function membershipRoutes(needs: GraphNeeds): Route[] {
  return principalPaths.flatMap(({ path, suffix }): Route[] => [
    {
      method: "GET",
      path: `${path}/memberOf`,
      operation: `servicePrincipal_ListMemberOf${suffix}`,
      handle: (call) =>
        mayCreate(call.principal)
          ? groupsShown(call, call.principal, needs, (id, group) => group.members.includes(id))
          : noPrivileges(needs.error),
    },
    {
      method: "GET",
      path: `${path}/transitiveMemberOf`,
      operation: `servicePrincipal_ListTransitiveMemberOf${suffix}`,
      handle: (call) =>
        call.principal && mayReadMemberships(call.principal)
          ? groupsShown(call, call.principal, needs, () => true)
          : noPrivileges(needs.error),
    },
  ]);
}

/** Directory roles are memberships too. Who may not read groups sees ids alone, as in Graph. */
function groupsShown(
  call: Call,
  caller: Principal,
  needs: GraphNeeds,
  isWanted: (id: string, group: Group) => boolean,
): Reply {
  const principal = principalIn(call, caller, needs);
  if (!principal) return missingResource(needs.error, namedIn(call));
  const isReader = mayReadGroups(caller);
  const value = needs.tenants
    .groupsOf(principal.id)
    .filter((group) => isWanted(principal.id, group))
    .map((group) => ({ "@odata.type": "#microsoft.graph.group", ...(isReader ? shownGroup(group) : idAlone(group)) }));
  return mixedPage(call, [...value, ...rolesShown(principal, isReader)], needs);
}

function rolesShown({ tenantId, directoryRoles }: ServicePrincipal, isReader: boolean): Record<string, unknown>[] {
  return directoryRoles.map((name) => ({
    "@odata.type": "#microsoft.graph.directoryRole",
    id: guidFrom(digestOf(["directory role", tenantId, name])),
    deletedDateTime: null,
    description: null,
    displayName: isReader ? name : null,
    roleTemplateId: isReader ? guidFrom(digestOf(["directory role", name])) : null,
  }));
}

function idAlone(group: Group): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(shownGroup(group)).map(([name, value]) => [name, name === "id" ? value : null]),
  );
}
