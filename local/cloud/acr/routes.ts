import { bodyOf } from "../armKit/body.ts";
import type { ArmCall, ArmRoute } from "../armKit/guard.ts";
import { json } from "../armKit/replies.ts";
import { Refusal } from "../armKit/refusal.ts";
import { registries } from "../armKit/versions.ts";
import type { Clock, Reply } from "../kit/contract.ts";
import { signedAddress } from "../armKit/signedAddress.ts";
import type { NetworkRules } from "./network.ts";
import type { Registry, RegistryStore } from "./store.ts";
import { changesIn } from "./update.ts";
import type { RegistryUpdates } from "./updates.ts";
import { shownConnection, shownRegistry } from "./views.ts";

interface Needs {
  readonly store: () => RegistryStore;
  readonly clock: Clock;
  readonly updates: RegistryUpdates;
  readonly networkOf: (registry: Registry) => NetworkRules;
  readonly registryHost: (name: string) => string;
  readonly armUrl: () => string;
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

export function acrRoutes({ store, clock, updates, networkOf, registryHost, armUrl }: Needs): ArmRoute[] {
  const shown = (registry: Registry, { apiVersion: version }: ArmCall): object =>
    shownRegistry(registry, { loginServer: registryHost(registry.name), network: networkOf(registry), version });
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
        const operation = updates.begin(registry, changesIn(registry, bodyOf(call), networkOf(registry)));
        if (operation === undefined) return json(shown(registry, call));
        const status = `${armUrl()}${registry.id}/operationStatuses/${operation}`;
        const address = signedAddress(status, clock.now(), call.apiVersion);
        return json(shown(registry, call), acceptedStatus(call), {
          "azure-asyncoperation": address,
          location: address,
          "retry-after": "5",
        });
      },
    },
    {
      method: "GET",
      path: `${inGroup}/:registry/privateEndpointConnections`,
      operation: "PrivateEndpointConnections_List",
      type: registries,
      right: on("privateEndpointConnections/read", registryAt),
      handle: ({ params }) => json({ value: shownConnections(found(store(), params), networkOf) }),
    },
    {
      method: "GET",
      path: `${inGroup}/:registry/operationStatuses/:operation`,
      operation: "Registries_OperationStatus",
      type: registries,
      right: on("read", registryAt),
      handle: ({ params }) => {
        const operation = params["operation"] ?? "";
        const status = updates.statusOf(found(store(), params), operation);
        if (!status) throw new Refusal("NotFound", `The operation '${operation}' was not found.`);
        return json({ status }, 200, status === "Updating" ? { "retry-after": "5" } : {});
      },
    },
  ];
}

function shownConnections(registry: Registry, networkOf: Needs["networkOf"]): readonly object[] {
  return networkOf(registry).privateEndpoints.map(({ name }) => shownConnection(registry, name));
}

/** Clients of the versions before 2023 take 200 and 201 alone, as the document has it; later ones take 202 too. */
function acceptedStatus({ apiVersion }: ArmCall): number {
  return apiVersion < "2023" ? 201 : 202;
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
