import type { ServicePrincipal } from "@microsoft/microsoft-graph-types";
import { TransientError } from "../domain/errors.ts";
import type { Known, PrincipalFacts } from "../domain/facts.ts";
import { readRefusal } from "./arm.ts";
import { asking } from "./asking.ts";
import type { Directory } from "./clients.ts";
import { isForbidden, refused, unknownBy, type Failure } from "./errors.ts";
import { isPassing, isQuota } from "./graph.ts";
import { guid } from "./guid.ts";
import { listAll, type AskRest } from "./rest.ts";

const asked = "id,appId,accountEnabled,appOwnerOrganizationId,signInAudience";

type Principals = Pick<Directory, "putServicePrincipal" | "findServicePrincipal" | "groupsOf">;

export function principals(graph: AskRest): Principals {
  const findServicePrincipal: Directory["findServicePrincipal"] = (tenantId, appId) =>
    asking(
      { what: `find the service principal of ${appId}`, repeatable: true },
      async (signal) => {
        const to = `/v1.0/servicePrincipals(appId='${guid(appId)}')?$select=${asked}`;
        return factsOf((await graph(tenantId, { method: "GET", to, signal })).body as ServicePrincipal, appId);
      },
      readRefusal,
    );
  return {
    findServicePrincipal,
    putServicePrincipal: putting(graph, findServicePrincipal),
    async groupsOf(tenantId, principalId) {
      const direct = await groupsBy(graph, tenantId, principalId, "memberOf");
      if (direct.outcome === "unknown") return { ids: [], unseen: `its groups could not be read: ${direct.detail}` };
      // Nobody is in a group by another one without being in that one.
      if (direct.value.length === 0) return { ids: [], unseen: null };
      const all = await groupsBy(graph, tenantId, principalId, "transitiveMemberOf");
      return all.outcome === "known"
        ? { ids: all.value, unseen: null }
        : { ids: direct.value, unseen: `groups that its groups are in could not be read: ${all.detail}` };
    },
  };
}

function groupsBy(
  graph: AskRest,
  tenantId: string,
  principalId: string,
  relation: "memberOf" | "transitiveMemberOf",
): Promise<Known<readonly string[]>> {
  return asking(
    { what: `list the groups of ${principalId}`, repeatable: true },
    async (signal): Promise<Known<readonly string[]>> => {
      const to = `/v1.0/servicePrincipals/${guid(principalId)}/${relation}?$select=id`;
      return { outcome: "known", value: (await listAll(graph, tenantId, { to, signal })).flatMap(groupIdOf) };
    },
    unknownBy,
  );
}

function putting(graph: AskRest, find: Directory["findServicePrincipal"]): Directory["putServicePrincipal"] {
  return async (tenantId, appId) => {
    const what = `put the service principal of ${appId}`;
    const made = await asking(
      { what, repeatable: true, passing: (failure) => isPassing(failure) || isApplicationUnseen(failure) },
      async (signal) => {
        const to = "/v1.0/servicePrincipals";
        const { body } = await graph(tenantId, { method: "POST", to, body: { appId: guid(appId) }, signal });
        const { id } = body as ServicePrincipal;
        if (!id) throw new Error("Graph answered without its id");
        return { outcome: "put", objectId: id } as const;
      },
      (failure) => {
        if (isThere(failure)) return { outcome: "there" } as const;
        if (isQuota(failure)) return refused("quotaExceeded", failure);
        return isForbidden(failure) ? refused("forbidden", failure) : undefined;
      },
    );
    if (made.outcome !== "there") return made;
    const found = await find(tenantId, appId);
    if (found.outcome === "found") return { outcome: "put", objectId: found.objectId };
    if (found.outcome === "forbidden" || found.outcome === "noToken") return { ...found, outcome: "forbidden" };
    throw new TransientError(`could not ${what} now: it is there, and not seen yet`);
  };
}

/** Directory roles and administrative units are memberships too, but no roles are assigned to them. */
function groupIdOf({ id, "@odata.type": type }: Readonly<Record<string, unknown>>): readonly string[] {
  const isGroup = type === undefined || type === "#microsoft.graph.group";
  return isGroup && typeof id === "string" ? [id] : [];
}

function factsOf(principal: ServicePrincipal, appId: string): PrincipalFacts {
  const { id, accountEnabled, appOwnerOrganizationId, signInAudience } = principal;
  if (!id) throw new Error("Graph answered without its id");
  return {
    outcome: "found",
    objectId: id,
    appId: principal.appId ?? appId,
    enabled: accountEnabled ?? null,
    ownerTenantId: appOwnerOrganizationId ?? null,
    audience: signInAudience ?? null,
  };
}

/** The application is too new for this replica; the 403 is how that looks to a caller with OwnedBy rights. */
function isApplicationUnseen({ code, detail }: Failure): boolean {
  return (
    code === "NoBackingApplicationObject" || /does not reference a valid application|backing application/i.test(detail)
  );
}

function isThere({ status, detail }: Failure): boolean {
  return status === 409 || (status === 400 && /already (in use|exists)/i.test(detail));
}
