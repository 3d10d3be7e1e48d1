import type { Entry } from "./entry.ts";

/** The cluster, the roles it lives on, and its update. */
export const clusterProblems = {
  "CP-CLUSTER-NOT-FOUND": {
    status: 422,
    title: "The cluster was not found",
    remedy: "Check the resource id and the cluster tenant; our identity needs read access to the cluster.",
  },
  "CP-CLUSTER-FORBIDDEN": {
    status: 422,
    title: "No right on the cluster",
    remedy:
      "Grant our identity the actions named in the detail, on the cluster or on what the detail names (docs/configuration.md).",
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
  "CP-ROLES-NOT-COPIED": {
    status: 409,
    title: "The cluster's roles could not be carried over",
    remedy:
      "See the detail, one of: our identity may not assign roles there; a lock, a deny assignment or a policy forbids it; the subscription is full. Cure it, or accept the loss with `acceptLost`. The cluster was not changed.",
  },
  "CP-HOME-PULL-REFUSED": {
    status: 409,
    title: "The cluster would lose a registry of its own tenant",
    remedy:
      "Give the pull identity the role the old service principal has on the registry named in the detail, then repeat the request. The cluster was not changed.",
  },
  "CP-WINDOW-TOO-RARE": {
    status: 422,
    title: "The maintenance window opens too rarely for the life of a secret",
    remedy:
      "Let the window open more often (the cluster's policy, CROSSPULL_MAINTENANCE_WINDOW), or let secrets live longer (the same policy, CROSSPULL_SECRET_LIFETIME_IN_DAYS, and the tenant's app management policy).",
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
  "CP-CLUSTER-NOT-CONFIRMED": {
    status: 409,
    title: "The cluster does not report what it was given",
    remedy:
      "AKS said that the update succeeded. Look at the cluster's activity log; repeating the request looks again and updates only where it is needed.",
  },
} as const satisfies Record<string, Entry>;
