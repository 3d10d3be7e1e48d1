import { bodyOf } from "../armKit/body.ts";
import type { ArmCall, ArmRoute } from "../armKit/guard.ts";
import { json } from "../armKit/replies.ts";
import { Refusal } from "../armKit/refusal.ts";
import { registries } from "../armKit/versions.ts";
import type { Clock, Reply } from "../kit/contract.ts";
import type { Registry, RegistryStore } from "./store.ts";
import { updateRegistry } from "./update.ts";
import { shownRegistry } from "./views.ts";

interface Needs {
  readonly store: () => RegistryStore;
  readonly clock: Clock;
  readonly registryHost: (name: string) => string;
}

type Params = Readonly<Record<string, string>>;
const provider = "providers/Microsoft.ContainerRegistry";
const subscription = "/subscriptions/:subscription";
const inGroup = `${subscription}/resourceGroups/:group/${provider}/registries`;
const registryAt = ({ subscription: id, group, registry }: Params): string =>
  `/subscriptions/${id}/resourceGroups/${group}/${provider}/registries/${registry}`;
const on = (right: string, scope: (params: Params) => string): NonNullable<ArmRoute["right"]> => ({
  action: `Microsoft.ContainerRegistry/registries/${right}`,
  scope,
});

export function acrRoutes({ store, clock, registryHost }: Needs): ArmRoute[] {
  const shown = (registry: Registry, { apiVersion }: ArmCall): object =>
    shownRegistry(registry, registryHost(registry.name), apiVersion);
  const list = (call: ArmCall): Reply => json({ value: listed(store(), call.params).map((one) => shown(one, call)) });
  return [
    {
      method: "GET",
      path: `${subscription}/${provider}/registries`,
      operation: "Registries_List",
      type: registries,
      right: on("read", (params) => `/subscriptions/${params["subscription"]}`),
      handle: list,
    },
    {
      method: "GET",
      path: inGroup,
      operation: "Registries_ListByResourceGroup",
      type: registries,
      right: on("read", ({ subscription: id, group }) => `/subscriptions/${id}/resourceGroups/${group}`),
      handle: list,
    },
    {
      method: "GET",
      path: `${inGroup}/:registry`,
      operation: "Registries_Get",
      type: registries,
      right: on("read", registryAt),
      handle: (call) => json(shown(found(store(), call.params), call)),
    },
    {
      method: "PATCH",
      path: `${inGroup}/:registry`,
      operation: "Registries_Update",
      type: registries,
      right: on("write", registryAt),
      policed: {
        type: "Microsoft.ContainerRegistry/registries",
        current: (call) => shown(found(store(), call.params), call),
      },
      handle: (call) => {
        const registry = found(store(), call.params);
        updateRegistry(registry, bodyOf(call), new Date(clock.now()).toISOString());
        return json(shown(registry, call));
      },
    },
  ];
}

function listed(store: RegistryStore, { subscription: id, group }: Params): Registry[] {
  return [...store.all()]
    .filter(({ subscriptionId }) => subscriptionId === id?.toLowerCase())
    .filter(({ resourceGroup }) => group === undefined || resourceGroup.toLowerCase() === group.toLowerCase());
}

function found(store: RegistryStore, params: Params): Registry {
  const registry = store.get(registryAt(params));
  if (registry) return registry;
  throw new Refusal(
    "ResourceNotFound",
    `The Resource 'Microsoft.ContainerRegistry/registries/${params["registry"]}' under resource group '${params["group"]}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}
