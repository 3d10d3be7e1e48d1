import type { Authorization, Call, Principal, Reply } from "../kit/contract.ts";
import { isWithin } from "../kit/ipRanges.ts";
import type { Life } from "../kit/life.ts";
import * as errors from "./errors.ts";
import type { VaultResource, VaultStore } from "./resource.ts";

interface Guards {
  readonly vault: VaultResource;
  readonly vaults: VaultStore;
  readonly authorization: Authorization;
  readonly life: Life;
  /** The public address everybody calls from. */
  readonly callerAddress: string;
}

/** What an operation needs: the data action, and the permission of an access policy. */
export interface Need {
  readonly action: string;
  readonly permission: string;
}

/** Network first, then rights, as Key Vault asks. Undefined: may pass. */
export function refusalOf(call: Call, caller: Principal, need: Need, guards: Guards): Reply | undefined {
  return byNetwork(caller, guards) ?? byRights(call, caller, need, guards);
}

function byNetwork(caller: Principal, { vault, vaults, life, callerAddress }: Guards): Reply | undefined {
  const { networkAcls, publicNetworkAccess } = vaults.now(vault);
  const ranges = networkAcls.ipRules.map(({ value }) => value);
  if (publicNetworkAccess === "Disabled") return errors.forbiddenByConnection(caller, callerAddress, vault);
  if (networkAcls.defaultAction === "Allow" || isWithin(callerAddress, ranges)) return undefined;
  if (vaults.isByLife(vault, "vaultFirewall")) life.strike("vaultFirewall");
  return errors.forbiddenByFirewall(caller, callerAddress, vault);
}

function byRights(call: Call, caller: Principal, { action, permission }: Need, guards: Guards): Reply | undefined {
  const { vault, vaults, authorization, life } = guards;
  const { byRoles, accessPolicies } = vaults.now(vault);
  const { name } = call.params;
  const scope = name ? `${vault.id}/secrets/${name}` : vault.id;
  const byRole = (): boolean => authorization.allows(caller.objectId, action, scope, { kind: "dataAction" });
  if (byRoles) return byRole() ? undefined : errors.forbiddenByRbac(caller, action, scope, vault);
  const allowed = accessPolicies
    .filter(({ tenantId, objectId }) => tenantId === caller.tenantId && objectId === caller.objectId)
    .flatMap(({ permissions }) => permissions["secrets"] ?? []);
  if (allowed.some((one) => [permission, "all"].includes(one.toLowerCase()))) return undefined;
  if (vaults.isByLife(vault, "vaultAccessPolicies") && byRole()) life.strike("vaultAccessPolicies");
  return errors.forbiddenByPolicy(caller, permission, vault);
}
