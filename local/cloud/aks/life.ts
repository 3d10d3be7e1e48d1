import type { LifeSwitch } from "../kit/life.ts";

export const aksLife: readonly LifeSwitch[] = [
  {
    name: "surgingNodes",
    title:
      "While a pool is re-imaged, surge nodes with names of their own come and go, and the others are cordoned and drained one after another, onto a newer node image.",
    source: "doc",
    row: "2.6 Nodes",
    where: "always",
  },
  {
    name: "autoscaledNodes",
    title:
      "The autoscaler may add a node in the middle of an update; it gets the credential that the cluster has then.",
    source: "seen",
    row: "2.6 Nodes",
    where: "always",
  },
  {
    name: "refusedUpdates",
    title:
      "About one update in ten is refused, at once or at its end, for want of quota or subnet addresses or because a pod may not be evicted; never twice in a row for one cluster.",
    source: "doc",
    row: "2.6 Another operation",
    where: "always",
  },
  {
    name: "retriedUpdates",
    title: "After an update failed, AKS goes on with it by itself some minutes later, and refuses another meanwhile.",
    source: "seen",
    row: "2.6 After a failed reset",
    where: "always",
  },
  {
    name: "credentialValidation",
    title:
      "AKS may not know a principal made minutes ago: ServicePrincipalNotFound or ServicePrincipalValidationClientError, at once or as the end of an accepted update; a wrong secret may get the latter too.",
    source: "doc",
    row: "2.6 Bad credential",
    where: "always",
  },
  {
    name: "clusterControllers",
    title:
      "What acts for a cluster (load balancers, disks, private DNS, routes, pulls of its own images) fails where its principal lacks the roles.",
    source: "seen",
    row: "2.6 Rights the cluster needs",
    where: "always",
  },
  {
    name: "noContentAtTheEnd",
    title: "The result address of an operation that succeeded answers 204.",
    source: "seen",
    row: "2.6 End of a POST operation",
    where: "always",
  },
  {
    name: "longPollingAddresses",
    title: "Both polling addresses are signed, 3,000 to 4,000 characters long, and have an api-version of their own.",
    source: "seen",
    row: "2.6 Polling addresses",
    where: "always",
  },
  {
    name: "notLatestOperations",
    title: "The status of an operation that is under way or succeeded may carry the error NotLatestOperation.",
    source: "seen",
    row: "2.6 Status body",
    where: "always",
  },
  {
    name: "youngOperations",
    title: "An operation may be unknown (404) at one of its addresses for up to five minutes, to its own starter too.",
    source: "seen",
    row: "2.3 ARM cache / replicas",
    where: "always",
  },
  {
    name: "forgottenOperations",
    title: "An operation that succeeded may be unknown (404) from some minutes after its end on.",
    source: "likely",
    row: "2.3 ARM cache / replicas",
    where: "always",
  },
];
