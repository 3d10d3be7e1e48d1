import { mayHold, refOf, secretOf, type SecretRef } from "../domain/pullIdentity.ts";
import type { Instant } from "../domain/time.ts";
import { activity } from "../durable/calls.ts";
import { allRows } from "./allRows.ts";
import type { Needs } from "./world.ts";

type Input = { readonly clusterKey: string };
export type ToRotate = {
  readonly outcome: "found";
  readonly appId: string;
  /** When the service principal was made. */
  readonly createdAt: Instant;
  /** What the nodes hold, as far as it is one of ours and still kept: what pulled before is known by it. */
  readonly before: SecretRef | null;
  /** Until when what an earlier rotation replaced stays valid; null: nothing does. */
  readonly graceUntil: Instant | null;
  /** Links with a grant, by id and tenant of the registry, in order of id. */
  readonly links: readonly { readonly id: string; readonly tenantId: string }[];
};
type Output = ToRotate | { readonly outcome: "nothing" };

/** What a rotation of this cluster's credential is about. Reads only. */
export const readRotation = activity(
  "readRotation",
  async ({ clusterKey }: Input, { identities, links }: Needs<"identities" | "links">): Promise<Output> => {
    const row = (await identities.read(clusterKey))?.value;
    if (!row || row.appId === null || row.onCluster.state === "foreign") return { outcome: "nothing" };
    const [held] = mayHold(row).flatMap((version) => secretOf(row, version) ?? []);
    const found: { readonly id: string; readonly tenantId: string }[] = [];
    for await (const { id, grant, registryTenantId } of allRows(links, { clusterKey }))
      if (grant !== null) found.push({ id, tenantId: registryTenantId });
    return {
      outcome: "found",
      appId: row.appId,
      createdAt: row.createdAt,
      before: held ? refOf(held) : null,
      graceUntil: row.graceUntil,
      links: found.sort((a, b) => (a.id < b.id ? -1 : 1)),
    };
  },
);
