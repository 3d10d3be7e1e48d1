import type { ServicePrincipal } from "../entra/state.ts";
import type { Principal, Reply } from "../kit/contract.ts";
import type { GraphNeeds } from "./needs.ts";

const mostPerCreator = 250;

type Directory = Pick<GraphNeeds, "tenants" | "life">;

/** How much of its quota an identity has used. */
export interface QuotaUse {
  readonly principalId: string;
  readonly made: number;
  readonly most: number;
}

/** The refusal of one object more, deleted ones counted; undefined while there is room, or for a directory role. */
export function quotaRefusal(needs: GraphNeeds, { objectId }: Principal): Reply | undefined {
  const { tenants, life, error } = needs;
  if (!hasQuota(tenants.principalById(objectId), needs)) return undefined;
  const made = creatorsOf(needs).filter((creator) => creator === objectId);
  if (made.length < mostPerCreator) return undefined;
  life.strike("directoryQuota");
  return error(
    403,
    "Directory_QuotaExceeded",
    "The directory object quota limit for the Principal has been exceeded. Please ask your administrator to increase " +
      "the quota limit or delete objects to reduce the used quota.",
  );
}

/** Of everybody in a tenant who made anything there, and has a quota. */
export function quotasIn(tenantId: string, needs: Directory): readonly QuotaUse[] {
  const counts = new Map<string, number>();
  for (const creator of creatorsOf(needs)) if (creator) counts.set(creator, (counts.get(creator) ?? 0) + 1);
  return [...counts].flatMap(([principalId, made]) => {
    const principal = needs.tenants.principalById(principalId);
    return principal?.tenantId === tenantId && hasQuota(principal, needs)
      ? [{ principalId, made, most: mostPerCreator }]
      : [];
  });
}

/** Who has a directory role has none. */
function hasQuota(principal: ServicePrincipal | undefined, { life }: Directory): boolean {
  return life.on("directoryQuota") && (principal?.directoryRoles.length ?? 0) === 0;
}

/** Of every application and service principal, deleted ones among them. */
function creatorsOf({ tenants }: Directory): readonly (string | undefined)[] {
  const deleted = tenants.deletedItems().map(({ object }) => object);
  return [...tenants.applications(), ...tenants.principals(), ...deleted].map(({ createdBy }) => createdBy);
}
