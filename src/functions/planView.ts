import type { Needs } from "../activities/world.ts";
import type { preflight } from "./plan.ts";

type World = Needs<"entra" | "roles" | "settings">;
type Found = Awaited<ReturnType<typeof preflight>>;

/** What a dry run answers: the plan, every role of the old principal by name, and both ways to consent. */
export async function planView({ plan, facts }: Found, { entra, roles, settings }: World) {
  const { request, identity, old } = facts;
  const planned = old?.roles.roles ?? [];
  const ids = new Set(planned.map(({ roleDefinitionId }) => roleDefinitionId).filter((id) => id !== null));
  const roleNames = new Map(
    await Promise.all(
      [...ids].map(async (id) => {
        const role = await roles.role(request.clusterTenantId, id);
        return [id, role.outcome === "known" ? role.value.name : id] as const;
      }),
    ),
  );
  const clientId = identity?.appId ?? null;
  const asked = { tenantId: request.registryTenantId, redirectUri: settings.callbackUrl, state: "STATE" };
  return {
    ...plan,
    roles: planned.map(({ assignmentId, roleDefinitionId, scope, via, copied, reason, stops }) => ({
      assignmentId,
      role: roleDefinitionId === null ? null : (roleNames.get(roleDefinitionId) ?? roleDefinitionId),
      scope,
      via,
      copied,
      reason,
      stops,
    })),
    /** With `state` and, before there is an application, its id still open: the link has the addresses to use. */
    consent: [
      { way: "v2.0 admin consent", url: clientId && entra.adminConsentUrl({ ...asked, clientId }) },
      { way: "v1 authorize, as in Microsoft's document", url: clientId && entra.authorizeUrl({ ...asked, clientId }) },
    ],
  };
}
