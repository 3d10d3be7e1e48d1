import { inClockMs } from "../kit/clock.ts";
import type { Authorization, Clock, Directory, Timings } from "../kit/contract.ts";
import type { Life } from "../kit/life.ts";
import { nodeGroupOf } from "./paths.ts";
import type { Cluster, ClusterStore } from "./store.ts";

/** One of the things in a cluster that act with its credential, and whether it can. */
export interface ControllerState {
  readonly name: string;
  readonly ok: boolean;
  /** ISO: since when it is so. */
  readonly since: string;
  /** What it was refused; null while it works. */
  readonly error: string | null;
}

export interface Controllers {
  /** As they are now. Empty on a cluster with a managed identity, and on one without the switch all of them work. */
  of(cluster: Cluster): readonly ControllerState[];
  /** The cluster's credential has changed: those that fail now show when that began. */
  watch(cluster: Cluster): void;
  forget(): void;
}

interface Needs {
  readonly clusters: () => ClusterStore;
  readonly directory: Directory;
  readonly rights: Pick<Authorization, "allows">;
  readonly clock: Clock;
  readonly timings: Timings;
  readonly life: Life;
  /** Why somebody may not pull an image of a registry in the cluster's own tenant; undefined where they may, or it is not there. */
  readonly refusedImage: (cluster: Cluster, image: string, objectId: string) => string | undefined;
}

/**
 * After an update controllers are looked at so often, and whenever somebody asks. Not for ever: where time jumps to
 * whatever is due next, it would never come to rest.
 */
const everyInSeconds = 900;
const looksAfterUpdate = 12;

export function controllersOf(needs: Needs): Controllers {
  const { clusters, clock, timings, life } = needs;
  const known = new Map<string, ControllerState>();
  const look = (cluster: Cluster): readonly ControllerState[] =>
    trials(cluster, needs).map(({ name, tried }) => {
      const key = `${cluster.id.toLowerCase()} ${name}`;
      const error = life.on("clusterControllers") ? tried() : undefined;
      const before = known.get(key);
      if (before?.ok === (error === undefined)) {
        const same = { ...before, error: error ?? null };
        known.set(key, same);
        return same;
      }
      if (error !== undefined) life.strike("clusterControllers");
      const since = new Date(clock.now()).toISOString();
      const state = { name, ok: error === undefined, since, error: error ?? null };
      known.set(key, state);
      return state;
    });
  const lookAgain = (clusterId: string, looks: number): void => {
    if (!life.on("clusterControllers") || looks === 0) return;
    clock.after(inClockMs(timings, everyInSeconds), () => {
      const cluster = clusters().get(clusterId);
      if (cluster) look(cluster);
      lookAgain(clusterId, looks - 1);
    });
  };
  return {
    of: look,
    watch: ({ id }) => lookAgain(id, looksAfterUpdate),
    forget: () => known.clear(),
  };
}

interface Trial {
  readonly name: string;
  /** What it was refused. */
  readonly tried: () => string | undefined;
}

/** What a cluster's controllers need. Source: learn.microsoft.com/azure/aks/aks-service-permissions */
function trials(cluster: Cluster, needs: Needs): readonly Trial[] {
  const { credential, subnets, privateDnsZone, diskEncryptionSets, routeTable } = cluster;
  if (!credential) return [];
  const nodeGroup = nodeGroupOf(cluster);
  const acting = (name: string, wanted: readonly Wanted[]): Trial => ({
    name,
    tried: () => refusedOf(cluster, needs, (objectId) => lacking(objectId, wanted, needs)),
  });
  const dns = "Microsoft.Network/privateDnsZones";
  const set = "Microsoft.Compute/diskEncryptionSets/read";
  return [
    acting("load balancer", [
      ["Microsoft.Network/loadBalancers/write", nodeGroup],
      ...subnets.map((id): Wanted => ["Microsoft.Network/virtualNetworks/subnets/join/action", id]),
    ]),
    acting("disks", [
      ["Microsoft.Compute/disks/write", nodeGroup],
      ...diskEncryptionSets.map((id): Wanted => [set, id]),
    ]),
    ...(privateDnsZone === undefined
      ? []
      : [
          acting(
            "private DNS",
            [`${dns}/read`, `${dns}/A/write`].map((action): Wanted => [action, privateDnsZone]),
          ),
        ]),
    ...(routeTable === undefined
      ? []
      : [acting("route table", [["Microsoft.Network/routeTables/routes/write", routeTable]])]),
    ...(cluster.pulls.length === 0 ? [] : [{ name: "own registries", tried: () => refusedImages(cluster, needs) }]),
  ];
}

/** An action and the scope it is needed at. */
type Wanted = readonly [action: string, scope: string];

function lacking(objectId: string, wanted: readonly Wanted[], { rights }: Needs): string | undefined {
  for (const [action, scope] of wanted)
    if (!again(() => rights.allows(objectId, action, scope)))
      return `AuthorizationFailed: object id '${objectId}' does not have authorization to perform action '${action}' over scope '${scope}'.`;
  return undefined;
}

function refusedImages(cluster: Cluster, needs: Needs): string | undefined {
  return refusedOf(cluster, needs, (objectId) => {
    for (const image of cluster.pulls) {
      let refused: string | undefined;
      again(() => (refused = needs.refusedImage(cluster, image, objectId)) === undefined);
      if (refused !== undefined) return refused;
    }
    return undefined;
  });
}

/** Signs in as the cluster does, then tries. */
function refusedOf(
  { tenantId, credential }: Cluster,
  { directory }: Needs,
  tried: (objectId: string) => string | undefined,
): string | undefined {
  if (!credential) return undefined;
  let refused = "";
  let objectId: string | undefined;
  again(() => {
    const signIn = directory.signIn(tenantId, credential.clientId, credential.secret);
    if (signIn.outcome === "ok") objectId = signIn.principal.objectId;
    else refused = signIn.message;
    return signIn.outcome === "ok";
  });
  return objectId === undefined ? refused : tried(objectId);
}

/** One replica that does not know yet stops nobody who tries again. */
function again(tried: () => boolean): boolean {
  return tried() || tried() || tried();
}
