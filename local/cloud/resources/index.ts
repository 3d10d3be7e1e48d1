import { networkOf, type NetworkRules } from "../acr/network.ts";
import { acrRoutes } from "../acr/routes.ts";
import { registriesFrom, registryStore, type Registry, type RegistryStore } from "../acr/store.ts";
import { registryUpdates } from "../acr/updates.ts";
import { clustersFrom } from "../aks/fromEstate.ts";
import { controllersOf } from "../aks/controllers.ts";
import { credentialUpdates } from "../aks/updates.ts";
import { aksRoutes } from "../aks/routes.ts";
import { clusterWrites } from "../aks/writes.ts";
import { clusterStore, type Cluster, type ClusterStore } from "../aks/store.ts";
import { assignmentsIn } from "../rbac/assignments.ts";
import { rightsOver } from "../rbac/authorization.ts";
import { rolesFrom } from "../rbac/fromEstate.ts";
import { rbacRoutes } from "../rbac/routes.ts";
import { roleStore, type RoleStore } from "../rbac/store.ts";
import { createKubelets } from "../kubelet/index.ts";
import { resourceGraphRoutes } from "../resourceGraph/index.ts";
import { graphLag } from "../resourceGraph/lag.ts";
import { rowFor } from "../resourceGraph/rows.ts";
import { vaultRoutes } from "../vault/armRoutes.ts";
import { catalogOf } from "../armKit/catalog.ts";
import { controlRoutes } from "./control.ts";
import { dumpOf } from "./dump.ts";
import { registryServices } from "./registries.ts";
import { governanceOf } from "./governance.ts";
import type { NewIdentity } from "../arm/policy/assignmentRoutes.ts";
import { subscriptionRoutes } from "../arm/routes.ts";
import { armService } from "../arm/service.ts";
import type { Directory } from "../kit/contract.ts";
import type { ArmSide, ArmSideOptions } from "./side.ts";

export type { ArmDump, ArmSide, ArmSideOptions } from "./side.ts";

interface State {
  readonly roles: RoleStore;
  readonly clusters: ClusterStore;
  readonly registries: RegistryStore;
}

/** Resource Manager with AKS, container registries and role assignments, and the registries' own endpoints. */
export function createArmSide(options: ArmSideOptions): ArmSide {
  const { estate, directory, clock, timings, life, ids, replicas, armUrl, entraUrl, registryHost, caBundle } = options;
  const { localPort = () => undefined } = options;
  const identitiesOf = (clusterId: string): readonly string[] => actsAs(state.clusters.get(clusterId), directory);
  const newIdentity: NewIdentity = (...identity) => directory.putManagedIdentity(...identity);
  const governance = governanceOf({ estate, life, identitiesOf, newIdentity });
  const { hierarchy, denials } = governance;
  const fresh = (): State => ({
    roles: rolesFrom(estate, clock.now(), hierarchy),
    clusters: clustersFrom(estate, clock.now(), registryHost),
    registries: registriesFrom(estate, clock.now()),
  });
  let state = fresh();
  const [roles, clusters, registries] = [() => state.roles, () => state.clusters, () => state.registries];
  const catalog = catalogOf(estate);
  const young = { life, clock, timings };
  const rights = rightsOver({ store: roles, replicas, directory, hierarchy, denials, ...young });
  const updates = credentialUpdates({
    store: clusters,
    directory,
    clock,
    timings,
    life,
    ids,
    changed: (cluster) => controllers.watch(cluster),
  });
  const writes = clusterWrites({ store: clusters, clock, timings, ids });
  const assignments = assignmentsIn({ store: roles, directory, hierarchy, ...young });
  const { callerAddress } = estate;
  const nodeAddresses = (): readonly string[] => [...clusters().all()].map(({ egressAddress }) => egressAddress);
  const network = (registry: Registry): NetworkRules => networkOf(registry, { life, callerAddress, nodeAddresses });
  const registryUpdatesHere = registryUpdates({ store: registries, ids, ...young });
  const { managementGroups } = estate;
  const graphRows = {
    catalog,
    clusters,
    registries,
    roles,
    vaults: options.vaults,
    vaultUrl: options.vaultUrl,
    registryHost,
    networkOf: network,
    hierarchy,
    managementGroups,
  };
  const lag = graphLag(young);
  const audiences = (): readonly string[] => [...publicAudiences, armUrl()];
  const arm = armService(
    [
      ...subscriptionRoutes({ catalog, rights, armUrl }),
      ...rbacRoutes({ store: roles, assignments, rights, denials, directory, hierarchy, young }),
      ...governance.routes,
      ...aksRoutes({ store: clusters, updates, writes, rights, clock, timings, armUrl, life }),
      ...acrRoutes({
        store: registries,
        clock,
        updates: registryUpdatesHere,
        networkOf: network,
        registryHost,
        armUrl,
      }),
      ...vaultRoutes({ vaults: options.vaults, vaultUrl: options.vaultUrl }),
      ...resourceGraphRoutes({ ...graphRows, rights, lag }),
    ],
    {
      catalog,
      rights,
      barriers: { ...governance.barriers, changing: (scope) => lag.changing(scope, rowFor(scope, graphRows)) },
      directory,
      audiences,
      entraUrl,
    },
  );
  const registriesHere = registryServices({
    options,
    registries,
    rights,
    audiences,
    networkOf: network,
    callerAddress,
    clusterAt: (address) => [...clusters().all()].find(({ egressAddress }) => egressAddress === address)?.id,
  });
  const { refusedImage } = registriesHere;
  const controllers = controllersOf({ clusters, directory, rights, clock, timings, life, refusedImage });
  const kubelets = createKubelets({
    clusters,
    clock,
    timings,
    ids,
    sockets: { ca: caBundle, localPort },
    serviceAt: registriesHere.inProcess,
    isRegistry: registriesHere.isRegistry,
  });
  return {
    services: [arm, ...registriesHere.overHttp],
    authorization: rights,
    controlRoutes: [...controlRoutes({ clusters, updates, controllers }), ...kubelets.controlRoutes],
    pulls: () => kubelets.pulls(),
    dump: () => ({
      ...dumpOf({
        catalog,
        ...state,
        registryHost,
        networkOf: network,
        controllers,
        replicas: options.replicas,
      }),
      ...governance.dump(),
    }),
    reset: () => {
      updates.forget();
      writes.forget();
      controllers.forget();
      governance.reset();
      lag.forget();
      state = fresh();
      kubelets.reset();
    },
    snapshot: () => {
      const kept = stateKept(state);
      if (!kept) return undefined;
      const restoreGovernance = governance.snapshot();
      return () => {
        restoreGovernance();
        updates.forget();
        writes.forget();
        state = kept();
      };
    },
  };
}

/** Object ids of the managed identity, or of the service principal whose credential the cluster has. */
function actsAs(cluster: Cluster | undefined, directory: Directory): readonly string[] {
  const { tenantId = "", managedIdentity, credential } = cluster ?? {};
  const principal = credential && directory.principalOf(tenantId, credential.clientId);
  return [managedIdentity, principal?.objectId].filter((id) => id !== undefined);
}

/** The state again, as often as it is asked for; not while an operation is under way, whose end would come too late. */
function stateKept({ roles, clusters, registries }: State): (() => State) | undefined {
  if ([...clusters.operations.values()].some(({ status }) => status === "InProgress")) return undefined;
  if ([...registries.all()].some(({ update }) => update !== undefined)) return undefined;
  const kept = structuredClone({
    assignments: [...roles.all()],
    removed: roles.removed(),
    clusters: [...clusters.all()],
    operations: [...clusters.operations],
    registries: [...registries.all()],
  });
  return () => {
    const copy = structuredClone(kept);
    const again = { roles: roleStore(roles.definitions(), copy.removed), clusters: clusterStore(copy.clusters) };
    for (const one of copy.assignments) again.roles.put(one);
    for (const [id, operation] of copy.operations) again.clusters.operations.set(id, operation);
    return { ...again, registries: registryStore(copy.registries) };
  };
}

const publicAudiences = ["https://management.azure.com", "https://management.core.windows.net"];
