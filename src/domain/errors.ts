/** Thrown by adapters: trying again later may cure it (429, 5xx, timeouts, not yet visible). The workflow's wait answers. */
export class TransientError extends Error {
  override readonly name = "TransientError";
  /** What the service asked for; null when it did not say. */
  readonly retryAfterInSeconds: number | null;
  /** What a caller of our API may be told of it; null: no more than that a service is not ready. */
  readonly shown: string | null;

  constructor(message: string, retryAfterInSeconds: number | null = null, shown: string | null = null) {
    super(message);
    this.retryAfterInSeconds = retryAfterInSeconds;
    this.shown = shown;
  }
}

/** Thrown where a row names another operation by now: whoever is told so writes nothing more, and ends. */
export class StaleOperation extends Error {
  override readonly name = "StaleOperation";
}

/** What a person gets told, in an HTTP answer (RFC 9457) or on a link: stable code, what, why, what to do. */
export type Problem = {
  readonly code: ProblemCode;
  readonly title: string;
  readonly detail: string;
  readonly remedy: string;
};

type Entry = { readonly status: number; readonly title: string; readonly remedy: string };

/**
 * Every code the product answers with, kept stable. `status` is the HTTP status when a request is answered with it;
 * codes that appear only on a link keep the status a request would have had.
 */
export const problems = {
  "CP-BAD-JSON": {
    status: 400,
    title: "The body is not JSON",
    remedy: "Send one JSON object with Content-Type: application/json.",
  },
  "CP-BAD-REQUEST": {
    status: 400,
    title: "The request is not valid",
    remedy: "Correct the fields named in the detail; docs/api.md lists them all.",
  },
  "CP-BAD-RESOURCE-ID": {
    status: 400,
    title: "A resource id is not valid",
    remedy: "Copy the id from `az aks show --query id` or `az acr show --query id`.",
  },
  "CP-SWAPPED-RESOURCES": {
    status: 400,
    title: "Cluster and registry are swapped",
    remedy: "Exchange the values of `cluster` and `registry`.",
  },
  "CP-SAME-TENANT": {
    status: 400,
    title: "Both sides are in the same tenant",
    remedy: "Within one tenant use `az aks update --attach-acr`; Crosspull joins different tenants.",
  },
  "CP-NO-SUCH-ROUTE": {
    status: 404,
    title: "There is no such route",
    remedy: "See docs/api.md, which lists the routes.",
  },
  "CP-METHOD-NOT-ALLOWED": {
    status: 405,
    title: "The route does not take this method",
    remedy: "Use one of the methods in the header Allow.",
  },
  "CP-BODY-TOO-LARGE": { status: 413, title: "The body is too large", remedy: "Send at most 64 KiB." },
  "CP-UNAUTHENTICATED": {
    status: 401,
    title: "Sign in first",
    remedy: "Send `Authorization: Bearer <token>` with a token for this API.",
  },
  "CP-FORBIDDEN": {
    status: 403,
    title: "Your role does not allow this",
    remedy: "Ask an administrator for the app role named in the detail.",
  },
  "CP-LINK-NOT-FOUND": { status: 404, title: "There is no such link", remedy: "List the links with GET /api/links." },
  "CP-OPERATION-NOT-FOUND": {
    status: 404,
    title: "There is no such operation",
    remedy: "Read its id from `operation.id` of GET /api/links/{id}.",
  },
  "CP-CHANGED": {
    status: 412,
    title: "The link has changed since you read it",
    remedy: "Read it again with GET /api/links/{id}, and send its new ETag in If-Match.",
  },
  "CP-LINK-CHANGED": {
    status: 409,
    title: "The link exists with other settings",
    remedy: "Send the request as it was first sent: a link that is ready or under way keeps its settings.",
  },
  "CP-CLUSTER-BUSY": {
    status: 409,
    title: "Another operation holds the cluster",
    remedy: "Wait until the operation named in the detail has ended, then repeat the request.",
  },
  "CP-NOT-CANCELLABLE": {
    status: 409,
    title: "The link cannot be cancelled now",
    remedy: "Only an onboarding that has not begun to update the cluster can be cancelled.",
  },
  "CP-CANCELLED": { status: 409, title: "The onboarding was cancelled", remedy: "Repeat the request to start again." },
  "CP-CLUSTER-NOT-FOUND": {
    status: 422,
    title: "The cluster was not found",
    remedy: "Check the resource id and the cluster tenant; our identity needs read access to the cluster.",
  },
  "CP-CLUSTER-FORBIDDEN": {
    status: 422,
    title: "No right on the cluster",
    remedy: "Grant our identity the actions named in the detail on the cluster (docs/configuration.md).",
  },
  "CP-CLUSTER-STOPPED": {
    status: 409,
    title: "The cluster is stopped",
    remedy: "Start it with `az aks start`, then repeat the request.",
  },
  "CP-CLUSTER-NOT-SETTLED": {
    status: 409,
    title: "The cluster or a node pool is not settled",
    remedy:
      "Repeat the request when all is Succeeded. Updating, Upgrading and the like end by themselves; Failed does not: see the activity log, then `az aks nodepool upgrade --node-image-only` or delete the pool.",
  },
  "CP-CLUSTER-MANAGED-IDENTITY": {
    status: 422,
    title: "The cluster uses a managed identity",
    remedy:
      "Only clusters with a service principal can take a pull credential this way. For this one use an imagePullSecret, or a user-assigned identity in the registry's tenant with a federated credential.",
  },
  "CP-NOT-CONSENTED": {
    status: 422,
    title: "Our own application cannot sign in to that tenant",
    remedy:
      "Check the tenant id, and that an administrator of that tenant has consented to Crosspull's automation application (docs/configuration.md).",
  },
  "CP-REGISTRY-NOT-FOUND": {
    status: 422,
    title: "The registry was not found",
    remedy: "Check the resource id and the registry tenant; our identity needs Reader on the registry.",
  },
  "CP-REGISTRY-FORBIDDEN": {
    status: 422,
    title: "No right on the registry",
    remedy:
      "Grant our identity Reader and Role Based Access Control Administrator (limited to the pull roles) on the registry.",
  },
  "CP-REGISTRY-UNREACHABLE": {
    status: 422,
    title: "The registry's network rules refuse us",
    remedy: "Allow the cluster's egress address (and ours, for the proof) in the registry's network rules.",
  },
  "CP-DIRECTORY-FORBIDDEN": {
    status: 403,
    title: "No right to register the pull identity",
    remedy: "Grant our identity the Graph permission Application.ReadWrite.OwnedBy in the cluster tenant.",
  },
  "CP-SECRET-POLICY": {
    status: 403,
    title: "A policy of the cluster tenant forbids the secret",
    remedy: "Exempt the pull identity from the app management policy, or shorten CROSSPULL_SECRET_LIFETIME_IN_DAYS.",
  },
  "CP-SECRET-REFUSED": {
    status: 409,
    title: "The pull secret is refused",
    remedy:
      "Repeat the request: a new secret is made. If it persists, look at the sign-in logs of the tenant named in the detail.",
  },
  "CP-CONSENT-DENIED": {
    status: 409,
    title: "The administrator declined",
    remedy: "Ask the registry tenant's administrator to accept, then repeat the request for a new consent link.",
  },
  "CP-CONSENT-WRONG-TENANT": {
    status: 409,
    title: "Accepted in the wrong tenant",
    remedy: "Open the consent link again and sign in as an administrator of the registry tenant.",
  },
  "CP-CONSENT-EXPIRED": {
    status: 409,
    title: "Nobody accepted in time",
    remedy: "Repeat the request for a new consent link.",
  },
  "CP-CONSENT-BLOCKED": {
    status: 409,
    title: "The registry tenant refuses the pull identity",
    remedy:
      "One of: its service principal is disabled there, or a Conditional Access policy for workload identities stops it. The number in the detail and the sign-in logs of the registry tenant tell which.",
  },
  "CP-STATE-INVALID": {
    status: 400,
    title: "This consent answer is not ours",
    remedy: "Open the consent link shown by GET /api/links/{id} again.",
  },
  "CP-STATE-EXPIRED": {
    status: 400,
    title: "This consent link is too old",
    remedy: "Repeat the request for a new consent link.",
  },
  "CP-STATE-USED": {
    status: 409,
    title: "This consent link is over",
    remedy: "Ask who sent you the link for a newer one: GET /api/links/{id} shows it, where one is open.",
  },
  "CP-ROLE-NOT-EFFECTIVE": {
    status: 409,
    title: "The pull role has not taken effect",
    remedy:
      "Role assignments take minutes, some hours. Repeat the request to go on waiting; if it persists, check the role and the registry's role mode.",
  },
  "CP-PRINCIPAL-NOT-FOUND": {
    status: 409,
    title: "The registry's tenant does not know the pull identity",
    remedy: "Repeat the request in a few minutes: new principals take time to reach every replica.",
  },
  "CP-IMAGE-NOT-FOUND": {
    status: 422,
    title: "The image was not found",
    remedy: "Check repository, tag and digest: the registry answers, and does not have what the detail names.",
  },
  "CP-ROLES-NOT-COPIED": {
    status: 409,
    title: "The cluster's roles could not be carried over",
    remedy:
      "See the detail, one of: our identity may not assign roles there; a lock, a deny assignment or a policy forbids it; the subscription is full. Cure it, or accept the loss with `acceptLost`. The cluster was not changed.",
  },
  "CP-CLUSTER-REFUSED": {
    status: 409,
    title: "AKS refused the update",
    remedy: "See the detail; the cluster was not changed. Repeat the request when the cause is gone.",
  },
  "CP-CLUSTER-UPDATE-FAILED": {
    status: 409,
    title: "The cluster update failed half way",
    remedy:
      "Some nodes may still hold the old credential, which stays valid. Cure the cause in the detail, then repeat the request: the update is run again.",
  },
  "CP-CLUSTER-UPDATE-TIMEOUT": {
    status: 409,
    title: "The cluster update takes too long",
    remedy: "Look at the cluster's activity log; repeat the request to go on following it.",
  },
  "CP-DIRECTORY-QUOTA": {
    status: 403,
    title: "Our identity may register no more objects",
    remedy:
      "Microsoft Entra allows 250 objects for each creator, deleted ones included. Purge deleted applications, assign our identity a directory role, or ask for a higher quota.",
  },
  "CP-DIRECTORY-POLICY": {
    status: 403,
    title: "A policy of the cluster tenant forbids the application",
    remedy: "Exempt the pull identity from the app management policy: it has to be multitenant.",
  },
  "CP-VAULT-FORBIDDEN": {
    status: 403,
    title: "No right on the key vault",
    remedy:
      "Grant our identity Key Vault Secrets Officer on the vault. A right that was just granted can take an hour to arrive.",
  },
  "CP-VAULT-UNREACHABLE": {
    status: 403,
    title: "The key vault's network rules refuse us",
    remedy: "Allow the address Crosspull comes from in the vault's network rules.",
  },
  "CP-VAULT-POLICY": {
    status: 403,
    title: "A policy forbids the secret in the key vault",
    remedy: "See the detail: exempt the secret from the policy, or shorten CROSSPULL_SECRET_LIFETIME_IN_DAYS.",
  },
  "CP-REGISTRY-SERVICE-MISSING": {
    status: 409,
    title: "The registry tenant does not know the service Azure Container Registry",
    remedy:
      "An administrator of the registry tenant registers the resource provider Microsoft.ContainerRegistry in a subscription there; for AADSTS500014, enables the service under Enterprise applications.",
  },
  "CP-SCOPE-LOCKED": {
    status: 409,
    title: "A lock stands in the way",
    remedy: "Remove the lock named in the detail, or exempt the resource, then repeat the request.",
  },
  "CP-ASSIGNMENT-LIMIT": {
    status: 409,
    title: "The subscription takes no more role assignments",
    remedy:
      "A subscription takes 4,000 (2,000 in Azure Government and Azure China): remove some that nobody needs, as those of deleted identities, then repeat the request.",
  },
  "CP-POLICY-DENIED": {
    status: 409,
    title: "A deny assignment or a policy forbids the role assignment",
    remedy: "Exempt the resource named in the detail from the policy, then repeat the request.",
  },
  "CP-GRANT-CONDITION": {
    status: 409,
    title: "Another role assignment stands in the way",
    remedy: "Remove the assignment named in the detail, or give it the condition wanted, then repeat the request.",
  },
  "CP-PULL-REFUSED": {
    status: 409,
    title: "The registry refuses the pull",
    remedy: "See the registry's own words in the detail: the credential is known, the image is not given out.",
  },
  "CP-HOME-PULL-REFUSED": {
    status: 409,
    title: "The cluster would lose a registry of its own tenant",
    remedy:
      "Give the pull identity the role the old service principal has on the registry named in the detail, then repeat the request. The cluster was not changed.",
  },
  "CP-OLD-APPLICATION": {
    status: 409,
    title: "The cluster's present application may pull elsewhere",
    remedy:
      "It is multitenant or belongs to another tenant, and may have rights in a third one that end with the update. Accept that with `acceptOldApplication`, then repeat the request. The cluster was not changed.",
  },
  "CP-ROLES-LOST": {
    status: 409,
    title: "The cluster would lose roles",
    remedy:
      "Grant the pull identity what is named in the detail, let our identity read the roles of a subscription named there, or accept the loss with `acceptLost`, then repeat the request. The cluster was not changed.",
  },
  "CP-CLUSTER-NOT-CONFIRMED": {
    status: 409,
    title: "The cluster does not report what it was given",
    remedy:
      "AKS said that the update succeeded. Look at the cluster's activity log; repeating the request looks again and updates only where it is needed.",
  },
  "CP-NOT-REMOVED": {
    status: 409,
    title: "Something could not be taken back",
    remedy: "Look at what the detail names; cancelling or removing again tries it once more.",
  },
  "CP-SUPERSEDED": {
    status: 409,
    title: "Another operation has taken over",
    remedy: "See the link: its latest operation is the one that counts.",
  },
  "CP-DEPENDENCY-DOWN": {
    status: 503,
    title: "A service did not answer for hours",
    remedy: "Repeat the request when the service named in the detail answers again: it resumes where it stopped.",
  },
  "CP-OPERATION-FAILED": {
    status: 500,
    title: "The operation failed unexpectedly",
    remedy: "Repeat the request: it resumes where it stopped. If it fails again, report it with the operation id.",
  },
  "CP-DEFECT": {
    status: 500,
    title: "Crosspull met an error that nobody foresaw",
    remedy: "Report it with the time of the request: the log has the reason.",
  },
  "CP-MISCONFIGURED": {
    status: 500,
    title: "Crosspull's settings are not right",
    remedy: "Correct the settings named in the detail (docs/configuration.md), then restart the app.",
  },
  "CP-NOT-READY": {
    status: 503,
    title: "Crosspull cannot answer now",
    remedy: "Try again in a minute; GET /api/health names what is out of reach.",
  },
} as const satisfies Record<string, Entry>;

export type ProblemCode = keyof typeof problems;

/** Fills in a code's title and remedy. `detail` says what happened to which thing, in one sentence. */
export function problem(code: ProblemCode, detail: string): Problem {
  const { title, remedy } = problems[code];
  return { code, title, detail, remedy };
}

/** Thrown at the edge for a request that cannot be accepted: answered with the code's HTTP status. */
export class InputError extends Error {
  override readonly name = "InputError";
  readonly problem: Problem;

  constructor(code: ProblemCode, detail: string) {
    super(detail);
    this.problem = problem(code, detail);
  }
}
