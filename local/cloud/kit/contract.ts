/**
 * What the simulated services know of each other, and nothing more.
 * A service is a folder: routes (protocol) over a model (behaviour). Models never see HTTP.
 */

/** The only clock of the simulated cloud. Everything that takes time asks it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `work` once, not before `dueInMs` from now. `cancel()` forgets it. */
  after(dueInMs: number, work: () => void | Promise<void>): { cancel(): void };
}

/** How long the slow things of real life take here, in simulated seconds; `speed` divides all of them. */
export interface Timings {
  /** 1 = as long as in life; 60 = a minute takes a second. */
  speed: number;
  /** Re-imaging one node after the cluster's credential changed. */
  reimagePerNodeInSeconds: number;
  /** Until a new role assignment is honoured by the data plane of a registry. */
  rolePropagationInSeconds: number;
  /** Until a new password is accepted by the token endpoint. */
  secretReplicationInSeconds: number;
  /** Until a new service principal is known to the role assignment service (PrincipalNotFound before). */
  principalReplicationInSeconds: number;
}

/** Who a verified access token speaks for. */
export interface Principal {
  readonly tenantId: string;
  /** Object id of the service principal (or user) in that tenant. */
  readonly objectId: string;
  readonly appId: string;
  /** `roles` claim; empty when there is none. */
  readonly roles: readonly string[];
  readonly audience: string;
  /** Of a token that may be challenged before its end (its client declared `cp1`): when it was issued, in seconds. */
  readonly continuousSince?: number;
}

export type SignIn =
  | { readonly outcome: "ok"; readonly principal: Principal }
  /** `aadsts`: the number behind AADSTS, e.g. 7000215. `message`: the full description as Entra words it. */
  | { readonly outcome: "refused"; readonly aadsts: number; readonly error: string; readonly message: string };

/** Entra as the other services see it. Implemented in local/cloud/entra. */
export interface Directory {
  /**
   * Verifies signature, expiry, issuer and audience of an access token.
   * Returns undefined for anything Azure would answer with 401. `audiences` may end with or without a slash.
   */
  verify(token: string, audiences: readonly string[]): Promise<Principal | undefined>;
  /** The client-credentials check without a token: what a registry does with a kubelet's user name and password. */
  signIn(tenantId: string, clientId: string, secret: string): SignIn;
  /** Is there such a service principal (or user) in the tenant, and has it reached this replica? */
  knowsPrincipal(tenantId: string, objectId: string): boolean;
  /** What kind of object an id names in that tenant, in Azure RBAC's words; undefined where there is none. */
  principalType(tenantId: string, objectId: string): "ServicePrincipal" | "Group" | undefined;
  /** An application's service principal in that tenant: its object id, and when it was made, in milliseconds since the epoch. */
  principalOf(tenantId: string, clientId: string): { readonly objectId: string; readonly since: number } | undefined;
  /** Makes the service principal of a managed identity that a resource brings along; does nothing where it is there. */
  putManagedIdentity(tenantId: string, objectId: string, name: string): void;
  /** Object ids of the groups an object is in, through groups too. */
  memberOf(objectId: string): readonly string[];
}

/** Azure RBAC as the other services see it. Implemented in local/cloud/rbac. */
export interface Authorization {
  /**
   * Do the role assignments in force give `objectId` this action at `scope` (inherited scopes included)?
   * `kind` tells actions from dataActions. `attributes` are what conditions may ask for, e.g.
   * `{"Microsoft.ContainerRegistry/registries/repositories:name": "team/app"}` for @Request.
   * `only`: count assignments of these role definition guids alone (how a registry in ABAC mode ignores AcrPull).
   */
  allows(
    objectId: string,
    action: string,
    scope: string,
    options?: {
      readonly kind?: "action" | "dataAction";
      readonly attributes?: Readonly<Record<string, string>>;
      readonly only?: readonly string[];
    },
  ): boolean;
}

/** A request as routes see it: already read, never larger than the service's limit. */
export interface Call {
  readonly method: string;
  readonly url: URL;
  /** Path parameters, percent-decoded, case kept. */
  readonly params: Readonly<Record<string, string>>;
  /** Query names are decoded, and matched without regard to case. */
  query(name: string): string | undefined;
  header(name: string): string | undefined;
  /** The public address of the caller, where that is a node of a cluster; undefined: anybody else. */
  readonly address?: string;
  /** The body as text; `""` if there was none. */
  readonly body: string;
  /** The body as it was sent, for what is no text. */
  readonly bytes: Buffer;
  /** Set by the service's authentication, where the route asks for it. */
  readonly principal?: Principal;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Objects are sent as JSON, strings and buffers as they are (give a content-type header). */
  readonly body?: unknown;
}

export interface Route {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** `/subscriptions/:subscriptionId/...`; literals match without regard to case in ARM. */
  readonly path: string;
  /** The name counters, faults and logs use, as Microsoft's specification spells it: `ManagedClusters_Get`. */
  readonly operation: string;
  handle(call: Call): Reply | Promise<Reply>;
}

/** What stands before every route: the services' own throttling. */
export interface Admission {
  /** Counts the call. `refused`: the answer in its place; `headers`: what the answer says besides. */
  admit(
    service: string,
    call: Call,
    route: Route,
  ): { readonly refused?: Reply; readonly headers: Readonly<Record<string, string>> };
}

/** One listener: a name, routes, and how this service words its own refusals. */
export interface Service {
  /** `entra`, `graph`, `arm`, `vault`, `registry:<name>`, `identity`, `control`. */
  readonly name: string;
  readonly routes: readonly Route[];
  /** Adds `principal`, or answers for it (401 with the service's challenge). Runs before every route. */
  authenticate?(call: Call, route: Route): Promise<Call | Reply>;
  /** Where a call belongs, before anybody is authenticated: a tenant, and the ARM id of what is asked for. */
  about?(call: Call): { readonly tenantId?: string | undefined; readonly resource?: string | undefined };
  /** The answer for a path or method nobody offers, as the real service words it. */
  unknown(call: Call): Reply;
  /** The answer for a body beyond the limit; a bare 413 where there is none. */
  tooLarge?(call: Call): Reply;
  /** Largest body read, in bytes; 4 MB (the limit of ARM) where none is given. */
  readonly bodyLimitInBytes?: number;
  /** The answer for a defect of the simulator itself (500, the service's own envelope). */
  broken(error: unknown): Reply;
}
