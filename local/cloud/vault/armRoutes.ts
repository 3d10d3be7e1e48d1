import { bodyOf } from "../armKit/body.ts";
import type { ArmCall, ArmRoute } from "../armKit/guard.ts";
import { Refusal } from "../armKit/refusal.ts";
import { json } from "../armKit/replies.ts";
import { vaults as vaultType } from "../armKit/versions.ts";
import type { Reply } from "../kit/contract.ts";
import type { VaultResource, VaultStore } from "./resource.ts";
import { settingsIn, wholeSettingsIn } from "./update.ts";
import { shownVault } from "./views.ts";

interface Needs {
  readonly vaults: VaultStore;
  /** Where each vault's own endpoint is. */
  readonly vaultUrl: (vault: VaultResource) => string;
}

type Params = Readonly<Record<string, string>>;
const provider = "providers/Microsoft.KeyVault";
const subscription = "/subscriptions/:subscription";
const inGroup = `${subscription}/resourceGroups/:group/${provider}/vaults`;
const vaultAt = ({ subscription: id, group, vault }: Params): string =>
  `/subscriptions/${id}/resourceGroups/${group}/${provider}/vaults/${vault}`;
const on = (right: string, scope: (params: Params) => string): NonNullable<ArmRoute["right"]> => ({
  action: `Microsoft.KeyVault/vaults/${right}`,
  scope,
});

/** Vaults as Resource Manager shows and changes them. */
export function vaultRoutes({ vaults, vaultUrl }: Needs): ArmRoute[] {
  const shown = (vault: VaultResource): object => shownVault(vault, vaults, vaultUrl(vault));
  const policed = {
    type: "Microsoft.KeyVault/vaults",
    current: ({ params }: ArmCall) => shown(found(vaults, params)),
  };
  const list = ({ params }: ArmCall): Reply => json({ value: listed(vaults, params).map(shown) });
  return [
    {
      method: "GET",
      path: `${subscription}/${provider}/vaults`,
      operation: "Vaults_ListBySubscription",
      type: vaultType,
      right: on("read", ({ subscription: id }) => `/subscriptions/${id}`),
      handle: list,
    },
    {
      method: "GET",
      path: inGroup,
      operation: "Vaults_ListByResourceGroup",
      type: vaultType,
      right: on("read", ({ subscription: id, group }) => `/subscriptions/${id}/resourceGroups/${group}`),
      handle: list,
    },
    {
      method: "GET",
      path: `${inGroup}/:vault`,
      operation: "Vaults_Get",
      type: vaultType,
      right: on("read", vaultAt),
      handle: ({ params }) => json(shown(found(vaults, params))),
    },
    {
      method: "PATCH",
      path: `${inGroup}/:vault`,
      operation: "Vaults_Update",
      type: vaultType,
      right: on("write", vaultAt),
      policed,
      handle: (call) => {
        const vault = found(vaults, call.params);
        vault.settings = { ...vault.settings, ...settingsIn(bodyOf(call)) };
        return json(shown(vault));
      },
    },
    {
      method: "PUT",
      path: `${inGroup}/:vault`,
      operation: "Vaults_CreateOrUpdate",
      type: vaultType,
      right: on("write", vaultAt),
      policed,
      handle: (call) => {
        const vault = found(vaults, call.params);
        vault.settings = wholeSettingsIn(bodyOf(call), vault);
        return json(shown(vault));
      },
    },
  ];
}

function listed(vaults: VaultStore, { subscription: id, group }: Params): readonly VaultResource[] {
  return vaults
    .all()
    .filter(({ subscriptionId }) => subscriptionId === id?.toLowerCase())
    .filter(({ resourceGroup }) => group === undefined || resourceGroup.toLowerCase() === group.toLowerCase());
}

function found(vaults: VaultStore, params: Params): VaultResource {
  const vault = vaults.get(vaultAt(params));
  if (vault) return vault;
  throw new Refusal(
    "ResourceNotFound",
    `The Resource 'Microsoft.KeyVault/vaults/${params["vault"]}' under resource group '${params["group"]}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}
