import type { Problem } from "./errors.ts";
import type { FormerGrant, Removal } from "./removal.ts";
import type { Instant } from "./time.ts";

/** What a link says: this cluster may pull from this registry. Ids in the spelling the user sent. */
export type LinkTerms = {
  readonly cluster: string;
  readonly registry: string;
  readonly clusterTenantId: string;
  readonly registryTenantId: string;
  /** Limit of the pull role in a registry in ABAC mode; empty means every repository. */
  readonly repositories: readonly string[];
  /** Image to pull as the proof, as `docker pull` names it; null proves only the right to pull. */
  readonly image: string | null;
};

/** What a caller accepts for one run, by name. Not part of the link: adding it on a repeat changes nothing of it. */
export type Acceptance = {
  /** Ids of role assignments of the old service principal that are not copied, and may be lost. */
  readonly acceptLost: readonly string[];
  /** Application id of an old service principal that is multitenant or of another tenant, and may pull elsewhere. */
  readonly acceptOldApplication: string | null;
};

/** Did the caller accept that this assignment is lost? Azure writes ids in any case. */
export function acceptsLoss({ acceptLost }: Pick<Acceptance, "acceptLost">, assignmentId: string): boolean {
  return acceptLost.some((id) => id.toLowerCase() === assignmentId.toLowerCase());
}

/** What a user asks for. */
export type LinkRequest = LinkTerms & Acceptance;

export const linkFields = [
  "cluster",
  "registry",
  "clusterTenantId",
  "registryTenantId",
  "repositories",
  "image",
] as const satisfies readonly (keyof LinkTerms)[];

/** How the cluster comes to hold the credential. */
export type RouteName = "servicePrincipal";
/** What a link takes unless its row says otherwise. */
export const standardRoute: RouteName = "servicePrincipal";

/**
 * `onboarding`: not yet proved since it was asked for. `ready`: proved when its last operation ended. `failed`,
 * `cancelled`: not known to work. `offboarding`: being removed. `removed`: the proof of it is shown for a while. How the
 * last operation itself went stands on the operation.
 */
export const linkStatuses = ["onboarding", "ready", "failed", "cancelled", "offboarding", "removed"] as const;
export type LinkStatus = (typeof linkStatuses)[number];

/** Evidence of a pull that really happened. */
export type Proof = {
  readonly provedAt: Instant;
  /** Where the pull was made: from where Crosspull runs, or by the cluster's own nodes. */
  readonly from: "crosspull" | "nodes";
  /** The image asked for, null when only the right to pull was proved. */
  readonly image: string | null;
  /** `sha256:...` of the manifest fetched. */
  readonly digest: string | null;
  /** The host one blob came from; null when no image was named. */
  readonly blobHost: string | null;
  readonly methods: readonly ("kubeletBasicAuth" | "entraTokenExchange")[];
  /** What worked, in the order of a pull. */
  readonly stages: readonly ("entraToken" | "registryToken" | "accessList" | "manifest" | "blob")[];
  /** What this proof does not show, one sentence each. */
  readonly notProved: readonly string[];
};

/** One role assignment in the registry's tenant. */
export type Grant = {
  readonly assignmentId: string;
  readonly principalId: string;
  readonly role: string;
  /** The condition in force; null where every repository is open. */
  readonly condition: string | null;
  /** False when it was there before us; then it is not ours to remove. */
  readonly ours: boolean;
};

export type Consent = {
  /** Derived from the operation: the `state` of the consent link carries it. */
  readonly nonce: string;
  /** v2.0 admin consent. */
  readonly url: string;
  /** The same decision by the v1 address. */
  readonly authorizeUrl: string;
  readonly expiresAt: Instant;
};

/** A link as the store keeps it. */
export type Link = LinkTerms & {
  readonly id: string;
  readonly clusterKey: string;
  readonly route: RouteName;
  readonly status: LinkStatus;
  /** The operation that has the link, running or over. Only it may write the row. */
  readonly operationId: string;
  /** The offboarding that was asked for since; it takes the link over when the operation that has it is over. */
  readonly removalId: string | null;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
  readonly appId: string | null;
  /** The consent link that is valid now; null when none is, or it was used up. */
  readonly consent: Consent | null;
  /**
   * Ids of role assignments that were asked for and not answered, or could not be removed, so that they are found. Never read
   * as a grant.
   */
  readonly grantsIntended: readonly string[];
  /** What Azure answered. */
  readonly grant: Grant | null;
  readonly proof: Proof | null;
  /** When it was first proved after the cluster held the credential. From then on a cancel takes nothing back. */
  readonly readySince: Instant | null;
  /** Why it is not ready. */
  readonly problem: Problem | null;
  /** What let it pull when its removal began. */
  readonly formerGrant: FormerGrant | null;
  /** The proof of the last removal. */
  readonly removal: Removal | null;
};

/** Does a link live on its cluster's pull identity? One that is given up does only while its grant stands, or may stand. */
export function usesIdentity({ status, grant, grantsIntended }: Link): boolean {
  const isGivenUp = status === "cancelled" || status === "offboarding" || status === "removed";
  return !isGivenUp || grant !== null || grantsIntended.length > 0;
}

/** Ids of the role assignments that are ours, or would be: of one that was asked for the answer may have been lost. */
export function ownGrants({ grant, grantsIntended }: Link): readonly string[] {
  return grant?.ours ? [grant.assignmentId, ...grantsIntended] : grantsIntended;
}
