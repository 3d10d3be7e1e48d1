import type { ServicePrincipal } from "../entra/state.ts";
import type { Call, Reply, Route } from "../kit/contract.ts";
import type { GraphNeeds } from "./needs.ts";
import { addPassword, removePassword } from "./passwords.ts";

type Changing = (call: Call, needs: GraphNeeds, work: (principal: ServicePrincipal) => Reply) => Reply;

/** A service principal's own passwords: they sign in in its own tenant alone, and the application does not list them. */
export function principalPasswordRoutes(path: string, suffix: string, needs: GraphNeeds, changing: Changing): Route[] {
  return [
    {
      method: "POST",
      path: `${path}/addPassword`,
      operation: `servicePrincipal_AddPassword${suffix}`,
      handle: (call) =>
        changing(call, needs, (principal) => {
          const name = `${principal.tenantId} ${principal.displayName}`;
          return (
            lockRefusal(principal, needs) ?? addPassword({ owner: principal, made: principal, name }, call.body, needs)
          );
        }),
    },
    {
      method: "POST",
      path: `${path}/removePassword`,
      operation: `servicePrincipal_RemovePassword${suffix}`,
      handle: (call) => changing(call, needs, (principal) => removePassword(principal, call.body, needs)),
    },
  ];
}

/** The application's owner may forbid that its principals elsewhere get credentials of their own. */
function lockRefusal({ appId, tenantId }: ServicePrincipal, { tenants, life, error }: GraphNeeds): Reply | undefined {
  const application = tenants.applicationByAppId(appId);
  if (!life.on("instanceLock") || !application || application.tenantId === tenantId) return undefined;
  if (!locksCredentials(application.other["servicePrincipalLockConfiguration"])) return undefined;
  life.strike("instanceLock");
  return error(
    400,
    "CannotUpdateLockedServicePrincipalProperty",
    "Property passwordCredentials is invalid because it is locked by the application of the service principal.",
  );
}

function locksCredentials(configuration: unknown): boolean {
  if (typeof configuration !== "object" || configuration === null) return false;
  const { isEnabled, allProperties, credentialsWithUsageSign, credentialsWithUsageVerify } = configuration as Readonly<
    Record<string, unknown>
  >;
  const locked = [allProperties, credentialsWithUsageSign, credentialsWithUsageVerify].includes(true);
  return isEnabled === true && locked;
}
