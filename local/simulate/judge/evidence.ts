import type { Dump } from "./dump.ts";

/** What a judge looks at: the twin's dump, its kubelets' pulls, and the app's HTTP answers. Nothing of it comes from the app's code. */

/** What a pull by all nodes of a cluster came to. */
export type Pull =
  | { readonly pulled: true; readonly nodes: readonly string[] }
  | {
      readonly pulled: false;
      readonly node: string;
      readonly stage: string;
      readonly status: number;
      readonly message: string;
    };

/** One node's hourly pulls of one image. */
export interface NodePulls {
  readonly clusterId: string;
  readonly node: string;
  readonly image: string;
  readonly pulled: number;
  readonly failed: number;
  readonly firstRefusals: readonly RefusedPull[];
}

/** And what it was tried with. */
export interface RefusedPull {
  readonly at: string;
  readonly reason: string;
  readonly clientId: string;
  readonly secretFingerprint: string;
}

export interface LifeState {
  readonly name: string;
  readonly on: boolean;
  readonly struck: number;
}

/** How often one caller called one operation of a service. */
export interface CallCount {
  readonly service: string;
  readonly caller: string | null;
  readonly calls: number;
}

export interface StepAnswer {
  readonly name: string;
  readonly state: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

/** `GET /api/links/{id}` */
export interface LinkAnswer {
  readonly id: string;
  readonly status: string;
  readonly cluster: string;
  readonly registry: string;
  readonly registryTenantId: string;
  readonly image: string | null;
  readonly pullIdentity: { readonly appId: string } | null;
  readonly grant: { readonly assignmentId: string } | null;
  readonly consentUrl: string | null;
  readonly problem: { readonly code: string; readonly detail: string } | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly operation: { readonly id: string; readonly instanceId: string; readonly steps: readonly StepAnswer[] };
}

/** `GET /api/operations/{id}` */
export interface OperationAnswer {
  readonly id: string;
  readonly state: string;
  readonly steps: readonly StepAnswer[];
  readonly endedAt: string | null;
}

/** One of `GET /api/identities` */
export interface IdentityAnswer {
  readonly clusterKey: string;
  readonly clusterId: string;
  readonly rotation: { readonly id: string } | null;
  readonly lastAttempt: { readonly operationId: string; readonly outcome: string } | null;
}

/** A link somebody asked for, and what became of it. `link` is undefined where the request itself was refused. */
export interface AskedLink {
  /** `aks-0001→fabrikamprod`: the same in every run of a seed. */
  readonly name: string;
  readonly cluster: string;
  readonly registry: string;
  readonly image: string;
  readonly link: LinkAnswer | undefined;
  readonly refusal: { readonly code: string; readonly detail: string; readonly at: string } | undefined;
}

/** What a person did about a link. */
export interface PersonsAct {
  readonly link: string;
  readonly deed: string;
  readonly at: string;
}

/** A pull at the beginning and the same at the end. */
export interface PullTwice {
  readonly cluster: string;
  readonly image: string;
  readonly before: Pull;
  readonly after: Pull;
}

export interface Evidence {
  readonly asked: readonly AskedLink[];
  readonly acts: readonly PersonsAct[];
  readonly dump: Dump;
  /** Key ids of all passwords of the app's that any dump on the way showed, by application. */
  readonly passwordsSeen: ReadonlyMap<string, ReadonlySet<string>>;
  /** Most passwords that an application had in any dump on the way. */
  readonly mostPasswords: number;
  readonly pulls: readonly PullTwice[];
  /** By the name of a link: pulls of its image by every node, at the end. */
  readonly promised: ReadonlyMap<string, Pull>;
  readonly nodePulls: readonly NodePulls[];
  /** Ids of operations that hold a cluster for themselves, as the app's rows say. */
  readonly claims: readonly string[];
  /** What the app says of the last operation of each link, by the operation's id. */
  readonly operations: ReadonlyMap<string, OperationAnswer>;
  /** Durable instances that still run. */
  readonly instances: readonly string[];
  /** Client id that the app signs in with. */
  readonly automation: string;
  /** Rest of a new service principal before a cluster is moved to it, as configured. */
  readonly restInSeconds: number;
  /** How long the secrets live that the app asks for, as configured. */
  readonly secretLifeInDays: number;
  readonly endedAt: string;
}
