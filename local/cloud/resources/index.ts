import { registriesFrom, registryStore, type RegistryStore } from "../acr/store.ts";
import { acrRoutes } from "../acr/routes.ts";
import { clustersFrom } from "../aks/fromEstate.ts";
import { credentialUpdates } from "../aks/reset.ts";
import { aksRoutes } from "../aks/routes.ts";
import { clusterStore, type ClusterStore } from "../aks/store.ts";
import { assignmentsIn } from "../rbac/assignments.ts";
import { rightsOver } from "../rbac/authorization.ts";
import { rolesFrom } from "../rbac/fromEstate.ts";
import { rbacRoutes } from "../rbac/routes.ts";
import { roleStore, type RoleStore } from "../rbac/store.ts";
import { createKubelets } from "../kubelet/index.ts";
import { resourceGraphRoutes } from "../resourceGraph/index.ts";
import { catalogOf } from "../armKit/catalog.ts";
import { controlRoutes } from "./control.ts";
import { dumpOf } from "./dump.ts";
import { registryServices } from "./registries.ts";
import { subscriptionRoutes } from "../arm/routes.ts";
import { armService } from "../arm/service.ts";
import type { ArmSide, ArmSideOptions } from "./side.ts";

export type { ArmDump, ArmSide, ArmSideOptions } from "./side.ts";

interface State {
  readonly roles: RoleStore;
  readonly clusters: ClusterStore;
  readonly registries: RegistryStore;
}

/** Resource Manager with AKS, container registries and role assignments, and the registries' own endpoints. */
export function createArmSide(options: ArmSideOptions): ArmSide {
  const { estate, directory, clock, timings, armUrl, entraUrl, registryHost, caBundle } = options;
  const { localPort = () => undefined } = options;
  const fresh = (): State => ({
    roles: rolesFrom(estate, clock.now()),
    clusters: clustersFrom(estate, clock.now(), registryHost),
    registries: registriesFrom(estate, clock.now()),
  });
  let state = fresh();
  const [roles, clusters, registries] = [() => state.roles, () => state.clusters, () => state.registries];
  const catalog = catalogOf(estate);
  const rights = rightsOver(roles, clock, options.replicas);
  const updates = credentialUpdates({ store: clusters, ...{ directory, clock, timings } });
  const assignments = assignmentsIn({ store: roles, ...{ directory, clock, timings } });
  const audiences = (): readonly string[] => [...publicAudiences, armUrl()];
  const arm = armService(
    [
      ...subscriptionRoutes({ catalog, rights, armUrl }),
      ...rbacRoutes({ store: roles, assignments, rights }),
      ...aksRoutes({ store: clusters, updates, rights, timings, armUrl }),
      ...acrRoutes({ store: registries, clock, registryHost }),
      ...resourceGraphRoutes({ catalog, rights, clusters, registries, roles, registryHost }),
    ],
    { catalog, rights, directory, audiences, entraUrl },
  );
  const registriesHere = registryServices({ options, registries, rights, audiences });
  const kubelets = createKubelets({
    clusters,
    clock,
    timings,
    ids: options.ids,
    sockets: { ca: caBundle, localPort },
    serviceAt: registriesHere.inProcess,
    isRegistry: registriesHere.isRegistry,
  });
  return {
    services: [arm, ...registriesHere.overHttp],
    authorization: rights,
    controlRoutes: [...controlRoutes({ clusters, updates }), ...kubelets.controlRoutes],
    pulls: () => kubelets.pulls(),
    dump: () => dumpOf({ catalog, ...state, registryHost }),
    reset: () => {
      updates.forget();
      state = fresh();
      kubelets.reset();
    },
    snapshot: () => {
      const kept = stateKept(state);
      if (!kept) return undefined;
      return () => {
        updates.forget();
        state = kept();
      };
    },
  };
}

/** The state again, as often as it is asked for; not while an operation is under way, whose end would come too late. */
function stateKept({ roles, clusters, registries }: State): (() => State) | undefined {
  if ([...clusters.operations.values()].some(({ status }) => status === "InProgress")) return undefined;
  const kept = structuredClone({
    assignments: [...roles.all()],
    clusters: [...clusters.all()],
    operations: [...clusters.operations],
    registries: [...registries.all()],
  });
  return () => {
    const copy = structuredClone(kept);
    const again = { roles: roleStore(roles.definitions()), clusters: clusterStore(copy.clusters) };
    for (const one of copy.assignments) again.roles.put(one);
    for (const [id, operation] of copy.operations) again.clusters.operations.set(id, operation);
    return { ...again, registries: registryStore(copy.registries) };
  };
}

const publicAudiences = ["https://management.azure.com", "https://management.core.windows.net"];
