import type { Held, HeldNeeds } from "./held.ts";
import type { AppManagementPolicy, StoredPolicy } from "./state.ts";

export interface Policies {
  /** Of a tenant whose administrators changed it; undefined where nobody did. */
  storedPolicy(tenantId: string): StoredPolicy | undefined;
  changePolicy(tenantId: string, before: AppManagementPolicy, policy: AppManagementPolicy): void;
}

export function policiesOf(held: Held, { clock }: HeldNeeds): Policies {
  return {
    storedPolicy: (tenantId) => held.state.policies.get(tenantId),
    changePolicy: (tenantId, before, policy) =>
      void held.state.policies.set(tenantId, { policy, before, changedAt: clock.now() }),
  };
}
