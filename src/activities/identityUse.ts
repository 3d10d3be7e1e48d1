/** Who lives on the pull identity of a cluster. */
import type { ClusterFacts, Unreadable } from "../domain/facts.ts";
import { usesIdentity } from "../domain/link.ts";
import type { Target } from "../domain/onboarding.ts";
import type { PullIdentity } from "../domain/pullIdentity.ts";
import type { IdentityEnd } from "../domain/removal.ts";
import { allRows } from "./allRows.ts";
import { othersPasswords } from "./othersPasswords.ts";
import { inTenant, type Needs } from "./world.ts";

type Use = Pick<Extract<IdentityEnd, { outcome: "kept" }>, "by" | "detail">;
type Tools = Needs<"links" | "clusters" | "directory" | "vault">;

/** Who needs the identity besides this link; undefined when nobody does. */
export async function useOf(
  row: PullIdentity,
  linkId: string,
  cluster: Target,
  tools: Tools,
): Promise<Use | undefined> {
  const { links, clusters } = tools;
  for await (const link of allRows(links, { clusterKey: row.clusterKey })) {
    if (link.id !== linkId && usesIdentity(link)) return { by: "link", detail: `link ${link.id} lives on it` };
  }
  const detail = useByCluster(row, await readCluster(cluster, clusters));
  if (detail !== undefined) return { by: "cluster", detail };
  // With the application they would go too.
  const { foreign } = await othersPasswords(row, tools);
  const found = foreign.map(({ keyId, displayName, on }) => `${keyId} ("${displayName}") of the ${words[on]}`);
  return found.length === 0 ? undefined : { by: "password", detail: `others made passwords: ${found.join(", ")}` };
}

const words = { application: "application", servicePrincipal: "service principal" } as const;

/** Azure's words for a cluster that is gone; of a subscription that is not found nobody knows what runs in it. */
const goneCodes = ["ResourceNotFound", "ResourceGroupNotFound"];
/** One that a reading does not find may be there for the next. */
const readingsOfGone = 3;

function isGone({ outcome, code }: Unreadable): boolean {
  return outcome === "missing" && goneCodes.includes(code);
}

async function readCluster(cluster: Target, clusters: Tools["clusters"]): Promise<ClusterFacts | Unreadable> {
  let facts = await clusters.get(inTenant(cluster));
  for (let read = 1; read < readingsOfGone && facts.outcome !== "found" && isGone(facts); read += 1)
    facts = await clusters.get(inTenant(cluster));
  return facts;
}

/** Evidence decides: what the cluster reports, and what its nodes may hold though it reports something else. */
function useByCluster({ onCluster, appId }: PullIdentity, facts: ClusterFacts | Unreadable): string | undefined {
  if (appId === null && onCluster.state === "foreign") return undefined;
  if (facts.outcome !== "found")
    return isGone(facts)
      ? undefined
      : `the cluster cannot be read (${facts.code}), so its nodes may hold the credential`;
  if (facts.clientId.toLowerCase() === appId?.toLowerCase()) return "the cluster reports it as its service principal";
  // Somebody has moved the cluster to another credential, and AKS has ended that update.
  const isSettled = onCluster.state === "held" || onCluster.state === "halfway";
  const isLeft = onCluster.state === "foreign" || (isSettled && facts.provisioningState === "Succeeded");
  return isLeft ? undefined : "nodes may hold its credential";
}
