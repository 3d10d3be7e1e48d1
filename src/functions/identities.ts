import type { World } from "../activities/world.ts";
import type { Config } from "../config.ts";
import { InputError } from "../domain/errors.ts";
import { clusterKeyOf, clusterType, isClusterKey, isType, parseResourceId } from "../domain/ids.ts";
import type { PullIdentity } from "../domain/pullIdentity.ts";
import type { InstancesOf } from "./connect.ts";
import { json, type Handler } from "./http.ts";
import { identityView, linksOf } from "./identityView.ts";
import { inParts, listed } from "./paging.ts";
import { passwordsOf } from "./passwordsOf.ts";

type Connected = { readonly world: World; readonly config: Config };

/** GET /api/identities?resource=&size=&page= : `resource` is the id of a cluster, in any case. */
export function listIdentities(connect: () => Promise<Connected>, instancesOf: InstancesOf): Handler {
  return async ({ query }, context) => {
    const resource = query.get("resource");
    const key = resource === null ? null : clusterKeyIn(resource);
    const connected = await connect();
    const { identities } = connected.world;
    const { items, next } = key === null ? await listed(identities, {}, query) : await only(key, identities);
    const instances = instancesOf(context);
    return json(200, {
      identities: await inParts(items, (identity) => identityView(identity, { ...connected, instances })),
      next,
    });
  };
}

/** GET /api/identities/{id} : also what only the directory knows, read now. */
export function getIdentity(connect: () => Promise<Connected>, instancesOf: InstancesOf): Handler {
  return async (request, context) => {
    const connected = await connect();
    const identity = await existingIdentity(request.params["id"], connected.world);
    const [view, links, passwords] = await Promise.all([
      identityView(identity, { ...connected, instances: instancesOf(context) }),
      linksOf(identity, connected.world),
      passwordsOf(identity, connected),
    ]);
    return json(200, { ...view, links, ...passwords });
  };
}

/** `id`: the cluster's key. */
export async function existingIdentity(
  id: string | undefined,
  { identities }: Pick<World, "identities">,
): Promise<PullIdentity> {
  const row = id && isClusterKey(id) ? await identities.read(id) : undefined;
  if (!row) throw new InputError("CP-IDENTITY-NOT-FOUND", `no cluster has the key "${id ?? ""}"`);
  return row.value;
}

async function only(key: string, identities: World["identities"]) {
  const row = await identities.read(key);
  return { items: row ? [row.value] : [], next: null };
}

function clusterKeyIn(resource: string): string {
  const parsed = parseResourceId(resource);
  if (parsed.outcome === "malformed")
    throw new InputError("CP-BAD-RESOURCE-ID", `resource: "${resource}" ${parsed.reason}`);
  if (!isType(parsed.type, clusterType))
    throw new InputError("CP-BAD-RESOURCE-ID", `resource: ${parsed.type} is not ${clusterType}`);
  return clusterKeyOf(parsed.ref.id);
}
