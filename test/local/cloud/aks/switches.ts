import { arm, clusterId, puller, type Answer } from "../arm/people.ts";
import type { TestCloud } from "../kit/cloud.ts";

export const credential = { clientId: puller.appId, secret: puller.secret };

/** Asks for an update of the cluster's credential. */
export function reset(cloud: TestCloud, name = "aks-staging", body: object = credential): Promise<Answer> {
  return arm(cloud, "POST", `${clusterId(name)}/resetServicePrincipalProfile?api-version=2026-06-01`, { body });
}

export interface NodeShown {
  readonly name: string;
  readonly pool: string;
  readonly cordoned: boolean;
  readonly surge: boolean;
  readonly runs: boolean;
  readonly clientId: string;
  readonly secretFingerprint: string;
}

export interface ClusterShown {
  readonly id: string;
  readonly provisioningState: string;
  readonly nodes: readonly NodeShown[];
  readonly controllers: readonly { name: string; ok: boolean; since: string; error: string | null }[];
}

/** The cluster as the control service shows it. */
export async function shown(cloud: TestCloud, name = "aks-staging"): Promise<ClusterShown> {
  const { body } = await cloud.control<{ arm: { clusters: readonly ClusterShown[] } }>("GET", "/control/state");
  const found = body.arm.clusters.find(({ id }) => id === clusterId(name));
  if (!found) throw new Error(`no cluster ${name}`);
  return found;
}

export async function advance(cloud: TestCloud, seconds: number): Promise<void> {
  await cloud.control("POST", "/control/clock", { advanceInSeconds: seconds });
}

/** Asks at one of the addresses that an accepted update gave. */
export function follow(cloud: TestCloud, update: Answer, header: "azure-asyncoperation" | "location"): Promise<Answer> {
  const { pathname, search } = new URL(update.headers.get(header) ?? "");
  return arm(cloud, "GET", pathname + search);
}
