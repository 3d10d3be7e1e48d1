/** Which clusters a request for many rotations is about. */
import { allRows } from "../activities/allRows.ts";
import type { Needs } from "../activities/world.ts";
import { InputError } from "../domain/errors.ts";
import { resourceRef } from "../domain/ids.ts";
import { hasSomethingToRotate, type PullIdentity } from "../domain/pullIdentity.ts";
import { inParts } from "./paging.ts";
import type { Scope } from "./rotationsRequest.ts";

type Identities = Needs<"identities">;
export type InScope = {
  readonly toRotate: readonly PullIdentity[];
  /** In the scope, with nothing that could be replaced. */
  readonly leftOut: readonly PullIdentity[];
};

/** A scope that names what nobody knows, or holds nothing, is refused. */
export async function inScope(scope: Scope, tables: Identities): Promise<InScope> {
  const found = scope.clusters === null ? await searched(scope, tables) : await named(scope, scope.clusters, tables);
  if (found.length === 0) throw new InputError("CP-UNKNOWN-SCOPE", `no cluster is in ${wordsOf(scope)}`);
  return {
    toRotate: found.filter(hasSomethingToRotate),
    leftOut: found.filter((identity) => !hasSomethingToRotate(identity)),
  };
}

async function searched(scope: Scope, { identities }: Identities): Promise<readonly PullIdentity[]> {
  const found: PullIdentity[] = [];
  for await (const identity of allRows(identities, {})) if (isWithin(scope, identity)) found.push(identity);
  return found;
}

/** A cluster that was named and is not there is a mistake, which could leave a leaked secret where it is. */
async function named(
  scope: Scope,
  clusters: ReadonlyMap<string, string>,
  { identities }: Identities,
): Promise<readonly PullIdentity[]> {
  const rows = await inParts([...clusters], async ([key, words]) => {
    return { words, identity: (await identities.read(key))?.value };
  });
  const unknown = rows.filter(({ identity }) => !identity || !isWithin(scope, identity)).map(({ words }) => words);
  if (unknown.length > 0)
    throw new InputError("CP-UNKNOWN-SCOPE", `no such cluster in ${wordsOf(scope)}: ${unknown.join(", ")}`);
  return rows.flatMap(({ identity }) => identity ?? []);
}

function isWithin({ tenantId, subscriptionId }: Scope, identity: PullIdentity): boolean {
  const isOfTenant = tenantId === null || identity.tenantId.toLowerCase() === tenantId;
  const ofCluster = subscriptionId === null ? null : resourceRef(identity.clusterId).subscriptionId.toLowerCase();
  return isOfTenant && ofCluster === subscriptionId;
}

function wordsOf({ tenantId, subscriptionId }: Scope): string {
  const parts = [tenantId && `tenant ${tenantId}`, subscriptionId && `subscription ${subscriptionId}`];
  return parts.filter((part) => part !== null).join(" and ") || "what Crosspull keeps";
}
