import { applicationsOf, type Applications } from "./applications.ts";
import { deletedObjectsOf, type DeletedObjects } from "./deleted.ts";
import { groupsOf, type Groups } from "./groups.ts";
import { indexOf, same, type Held, type HeldNeeds } from "./held.ts";
import { policiesOf, type Policies } from "./policies.ts";
import { principalsOf, type Principals } from "./principals.ts";
import type { EntraState, ManagedIdentity } from "./state.ts";

/** Look-ups and changes shared by token endpoint, consent page and Graph. Ids match without regard to case. */
export interface Tenants extends Applications, Principals, Groups, Policies, DeletedObjects {
  readonly tenants: EntraState["tenants"];
  readonly managedIdentities: readonly ManagedIdentity[];
  /** By id or verified domain. */
  tenant(idOrDomain: string): EntraState["tenants"][number] | undefined;
  /** Is it the tenant of the first cluster or of the first registry, on which chance never falls? */
  isSpared(tenantId: string): boolean;
  reset(): void;
  /** Keeps all of it as it is now; what comes back puts it back. */
  snapshot(): () => void;
}

export function tenantsOver(begin: () => EntraState, needs: HeldNeeds): Tenants {
  const start = begin();
  const held: Held = { state: start, index: indexOf(start) };
  const { tenants, managedIdentities } = start;
  return {
    tenants,
    managedIdentities,
    tenant: (idOrDomain) => tenants.find(({ id, domain }) => same(id, idOrDomain) || same(domain, idOrDomain)),
    ...applicationsOf(held, needs),
    ...principalsOf(held, needs),
    ...groupsOf(held),
    ...policiesOf(held, needs),
    ...deletedObjectsOf(held, needs),
    isSpared: (tenantId) => start.sparedTenants.includes(tenantId),
    reset: () => {
      held.state = begin();
      held.index = indexOf(held.state);
    },
    snapshot: () => {
      const kept = structuredClone(held.state);
      return () => {
        held.state = structuredClone(kept);
        held.index = indexOf(held.state);
      };
    },
  };
}
