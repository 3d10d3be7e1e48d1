import type { Problem } from "./errors.ts";
import type { Instant } from "./time.ts";
import type { Waits } from "./waits.ts";
import type { MaintenanceWindow } from "./window.ts";

/** What a user asks for: this cluster may pull from this registry. Ids in the spelling the user sent. */
export type LinkRequest = {
  readonly cluster: string;
  readonly registry: string;
  readonly clusterTenantId: string;
  readonly registryTenantId: string;
  /** Limit of the pull role in a registry in ABAC mode; empty means every repository. */
  readonly repositories: readonly string[];
  /** `repository:tag` or `repository@sha256:...` to pull as the proof; null proves only the right to pull. */
  readonly image: string | null;
};

/** How the cluster comes to hold the credential. */
export type Route = "servicePrincipal";

export type LinkStatus = "onboarding" | "ready" | "failed" | "cancelled";

export const stepNames = [
  "preflight",
  "identity",
  "secret",
  "consent",
  "grant",
  "proof",
  "roles",
  "update",
  "confirm",
] as const;
export type StepName = (typeof stepNames)[number];

export type Step = {
  readonly name: StepName;
  readonly state: "pending" | "running" | "done" | "failed" | "cancelled";
  readonly startedAt: Instant | null;
  readonly finishedAt: Instant | null;
  /** One sentence for a person. */
  readonly detail: string | null;
};

/** What a link waits for, and who must act. */
export type Waiting = {
  readonly on: "consent" | "replication" | "window" | "role" | "cluster";
  /** `registry tenant administrator`, or `nobody`: time alone. */
  readonly who: string;
  readonly what: string;
  /** Address to open, null when there is nothing to open. */
  readonly url: string | null;
  readonly until: Instant;
};

/** The custom status of a running operation. */
export type Progress = {
  readonly operationId: string;
  readonly steps: readonly Step[];
  readonly waitingFor: Waiting | null;
};

/** Evidence of a pull that really happened. */
export type Proof = {
  readonly provedAt: Instant;
  /** `repository:tag` asked for, null when only the right to pull was proved. */
  readonly image: string | null;
  /** `sha256:...` of the manifest fetched. */
  readonly digest: string | null;
  readonly methods: readonly ("kubeletBasicAuth" | "entraTokenExchange")[];
};

/** One role assignment in the registry's tenant. */
export type Grant = {
  readonly assignmentId: string;
  readonly principalId: string;
  readonly role: string;
  /** False when it was there before us; then it is not ours to remove. */
  readonly ours: boolean;
};

/** A link as the store keeps it. */
export type Link = LinkRequest & {
  readonly id: string;
  readonly clusterKey: string;
  readonly route: Route;
  readonly status: LinkStatus;
  readonly operationId: string;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
  readonly appId: string | null;
  /** Nonce of the consent link now valid, and whether its answer came. */
  readonly consent: { readonly nonce: string; readonly url: string; readonly usedAt: Instant | null } | null;
  readonly grant: Grant | null;
  readonly proof: Proof | null;
  readonly problem: Problem | null;
  /** Steps of the last operation that ended. */
  readonly steps: readonly Step[];
};

/** Where a password rests: never its value. */
export type SecretRef = {
  readonly name: string;
  readonly version: string;
  readonly keyId: string;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
};

/** The pull identity of a cluster, as the store keeps it: one row a cluster, and the row is the lock on its credential. */
export type PullIdentity = {
  readonly clusterKey: string;
  readonly clusterId: string;
  readonly tenantId: string;
  readonly appId: string | null;
  readonly appObjectId: string | null;
  readonly principalId: string | null;
  readonly createdAt: Instant;
  readonly secret: SecretRef | null;
  /** A secret that was refused: removed before the next one is added, unless a cluster was given it. */
  readonly doubted: SecretRef | null;
  /** Written before a password is added: after a crash it says whose strays to look for. */
  readonly addingFor: string | null;
  /** Version of the secret a cluster update was started with, written before the update. */
  readonly applying: string | null;
  /** The last cluster update ended badly: nodes may hold either credential, so it is run again whatever the cluster says. */
  readonly updateFailed: boolean;
  readonly holder: Holder | null;
};
export type Holder = { readonly operationId: string; readonly linkId: string; readonly since: Instant };

const longestClaimInMs = 24 * 3_600_000;

/**
 * Does the operation that claimed a cluster still run? One that ended says so on its link, and one that was started anew
 * has another id there. A claim a day old outlived every deadline: its operation died without a word.
 */
export function stillHeld(holder: Holder, itsLink: Link | undefined, now: Date): boolean {
  const young = now.getTime() - new Date(holder.since).getTime() < longestClaimInMs;
  return young && itsLink?.status === "onboarding" && itsLink.operationId === holder.operationId;
}

/** What an onboarding is started with: everything it may not read later, because replays must see the same. */
export type OnboardInput = {
  readonly operationId: string;
  readonly linkId: string;
  readonly clusterKey: string;
  readonly request: LinkRequest;
  readonly preflight: { readonly startedAt: Instant; readonly finishedAt: Instant; readonly summary: string };
  readonly waits: Waits;
  /** When clusters may be updated; null is always. */
  readonly maintenanceWindow: MaintenanceWindow | null;
};

export type OnboardOutput = { readonly status: LinkStatus; readonly problem: Problem | null };
