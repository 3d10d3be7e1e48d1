import type { Entry } from "./entry.ts";

/** What a caller asked, and whether it can be answered: codes of requests. */
export const requestProblems = {
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
  "CP-IDENTITY-NOT-FOUND": {
    status: 404,
    title: "There is no pull identity of that cluster",
    remedy: "Read `clusterKey` from GET /api/identities?resource=ID, or from a link of the cluster.",
  },
  "CP-OPERATION-NOT-FOUND": {
    status: 404,
    title: "There is no such operation",
    remedy: "Read its id from `operation.id` of GET /api/links/{id}.",
  },
  "CP-UNKNOWN-SCOPE": {
    status: 400,
    title: "There is nothing in that scope",
    remedy: "Correct what the detail names: GET /api/identities lists the clusters with their keys and tenants.",
  },
  "CP-NOT-CONFIRMED": {
    status: 409,
    title: "The number of clusters is not confirmed",
    remedy: "Look at what ?dryRun=true shows, then send its `count` as `confirm`.",
  },
  "CP-CHANGED": {
    status: 412,
    title: "It has changed since you read it",
    remedy: "Read it again with GET, and send its new ETag in If-Match.",
  },
  "CP-LINK-CHANGED": {
    status: 409,
    title: "The link exists with other settings",
    remedy: "Send the request as it was first sent: a link that is ready or under way keeps its settings.",
  },
  "CP-LINK-BEING-REMOVED": {
    status: 409,
    title: "The link is being removed",
    remedy: "Wait until the operation named in the detail has ended, then ask for the link again.",
  },
  "CP-CLUSTER-BUSY": {
    status: 409,
    title: "Another operation holds the cluster",
    remedy: "Wait until the operation named in the detail has ended, then repeat the request.",
  },
  "CP-NOT-CANCELLABLE": {
    status: 409,
    title: "The link cannot be cancelled now",
    remedy:
      "Only an onboarding that has not begun to update the cluster can be cancelled; DELETE removes a link that is ready.",
  },
  "CP-NOT-CONSENTED": {
    status: 422,
    title: "Our own application cannot sign in to that tenant",
    remedy:
      "Check the tenant id and its cloud, and that an administrator there has consented to Crosspull's automation application (docs/configuration.md), and has neither disabled it nor blocked it by Conditional Access. The number in the detail tells which.",
  },
} as const satisfies Record<string, Entry>;
