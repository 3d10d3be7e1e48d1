import * as z from "zod/mini";
import { InputError } from "../domain/errors.ts";
import { clusterKeyOf, clusterType, guidPattern, isClusterKey, isType, parseResourceId } from "../domain/ids.ts";
import { peoplesReasons } from "../domain/rotationScope.ts";
import { readBody, trimmed } from "./bodies.ts";

const guid = trimmed.check(z.regex(guidPattern, "must be a GUID"));
const mostClusters = 1000;

const schema = z.strictObject({
  scope: z.strictObject({
    tenantId: z.nullish(guid),
    subscriptionId: z.nullish(guid),
    clusters: z.nullish(z.array(trimmed).check(z.minLength(1), z.maxLength(mostClusters))),
  }),
  reason: z.enum(peoplesReasons),
  ignoreWindows: z.nullish(z.boolean()),
  maxConcurrent: z.nullish(z.int().check(z.minimum(1), z.maximum(1000))),
  confirm: z.nullish(z.int().check(z.minimum(0))),
});

/** Lower case throughout. A cluster has to be in all that is given. */
export type Scope = {
  /** Of the clusters, not of the registries. */
  readonly tenantId: string | null;
  readonly subscriptionId: string | null;
  /** By key, each with the words it was named by. */
  readonly clusters: ReadonlyMap<string, string> | null;
};
export type RotationsRequest = {
  readonly scope: Scope;
  readonly reason: (typeof peoplesReasons)[number];
  readonly ignoreWindows: boolean;
  /** null: as the sweep. */
  readonly maxConcurrent: number | null;
  readonly confirm: number | null;
};

/** Reads the body of POST /api/rotations. */
export function parseRotations(body: unknown): RotationsRequest {
  const { scope, reason, ignoreWindows, maxConcurrent, confirm } = readBody(schema, body);
  const { tenantId, subscriptionId, clusters } = scope;
  if (!tenantId && !subscriptionId && !clusters)
    throw new InputError("CP-BAD-REQUEST", "scope: give tenantId, subscriptionId or clusters");
  return {
    scope: {
      tenantId: tenantId?.toLowerCase() ?? null,
      subscriptionId: subscriptionId?.toLowerCase() ?? null,
      clusters: clusters ? new Map(clusters.map((named) => [keyOf(named), named])) : null,
    },
    reason,
    ignoreWindows: ignoreWindows ?? false,
    maxConcurrent: maxConcurrent ?? null,
    confirm: confirm ?? null,
  };
}

function keyOf(named: string): string {
  if (isClusterKey(named)) return named;
  const parsed = parseResourceId(named);
  if (parsed.outcome === "malformed")
    throw new InputError("CP-BAD-REQUEST", `scope.clusters: "${named}" is no clusterKey, and ${parsed.reason}`);
  if (!isType(parsed.type, clusterType))
    throw new InputError("CP-BAD-REQUEST", `scope.clusters: "${named}" is not a ${clusterType}`);
  return clusterKeyOf(parsed.ref.id);
}
