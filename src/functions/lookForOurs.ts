import type { Needs } from "../activities/world.ts";
import type { PullToken } from "../azure/clients.ts";
import { applicationBy } from "../azure/entra.ts";
import type { InTenant, PrincipalFacts, RegistryFacts, Unreadable } from "../domain/facts.ts";
import type { Link, LinkRequest } from "../domain/link.ts";
import { usableSecret, type PullIdentity } from "../domain/pullIdentity.ts";
import { pullRoleFor } from "../domain/roles.ts";
import type { There } from "../domain/rules/rule.ts";

type World = Needs<"directory" | "vault" | "entra" | "roles" | "now">;

export type Remembered = {
  readonly link: Link | undefined;
  readonly identity: PullIdentity | undefined;
  /** The pull identity's service principal in the cluster's tenant, as it was found now. */
  readonly ours: PrincipalFacts | Unreadable | undefined;
};

const nothing: There = { application: "missing", secret: false, consent: "missing", grants: [] };

/** What an earlier operation made, as it is now on both sides. The rows only say where to look. */
export async function lookForOurs(
  { registryTenantId }: LinkRequest,
  registry: InTenant,
  facts: RegistryFacts | Unreadable,
  { link, identity, ours }: Remembered,
  { vault, entra, roles, now }: World,
): Promise<There> {
  const appId = identity?.appId ?? null;
  if (!identity || appId === null) return nothing;
  const secret = usableSecret(identity, now());
  const value = secret && (await vault.get(secret.name, secret.version));
  const application = ours === undefined ? "unknown" : seenIn(ours);
  const token = value?.outcome === "read" ? await entra.pullToken(registryTenantId, appId, value.value) : undefined;
  const consent = token ? applicationBy(token) : await entra.knowsApplication(registryTenantId, appId);
  // Without a token its object id is not known now: then it is the one that the grant was made for.
  const principalId = token?.outcome === "issued" ? token.objectId : (link?.grant?.principalId ?? null);
  const isToBeRead = consent === "there" && principalId !== null && facts.outcome === "found";
  const grants = isToBeRead
    ? await roles.find(registry.tenantId, {
        scope: registry.id,
        principalId,
        roleId: pullRoleFor(facts.roleMode).id,
      })
    : [];
  // Without a principal there the other tenant says nothing of the secret: the application's own tenant does.
  const isAtHome = token?.outcome === "noPrincipal" && value?.outcome === "read";
  const judged = isAtHome ? await entra.pullToken(identity.tenantId, appId, value.value) : token;
  // With its application every password is gone.
  const isSecret = application !== "missing" && judged !== undefined && isGood(judged);
  return { application, secret: isSecret, consent, grants };
}

function seenIn(ours: PrincipalFacts | Unreadable): There["application"] {
  if (ours.outcome !== "found") return ours.outcome === "missing" ? "missing" : "unknown";
  if (ours.enabled === false) return "disabled";
  return ours.audience === "AzureADMyOrg" ? "singleTenant" : "there";
}

function isGood({ outcome }: PullToken): boolean {
  return outcome !== "secretRefused" && outcome !== "secretExpired";
}
