import type { Entry } from "./entry.ts";

/** The registry, the grant on it, and pulls. */
export const registryProblems = {
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
  "CP-REGISTRY-SERVICE-MISSING": {
    status: 409,
    title: "The registry tenant does not know the service Azure Container Registry",
    remedy:
      "An administrator of the registry tenant registers the resource provider Microsoft.ContainerRegistry in a subscription there; for AADSTS500014, enables the service under Enterprise applications.",
  },
  "CP-IMAGE-NOT-FOUND": {
    status: 422,
    title: "The image was not found",
    remedy: "Check repository, tag and digest: the registry answers, and does not have what the detail names.",
  },
  "CP-PULL-REFUSED": {
    status: 409,
    title: "The registry refuses the pull",
    remedy: "See the registry's own words in the detail: the credential is known, the image is not given out.",
  },
  "CP-ROLE-NOT-EFFECTIVE": {
    status: 409,
    title: "The pull role has not taken effect",
    remedy:
      "Role assignments take minutes, some hours. Repeat the request to go on waiting; if it persists, check the role and the registry's role mode.",
  },
  "CP-GRANT-CONDITION": {
    status: 409,
    title: "Another role assignment stands in the way",
    remedy: "Remove the assignment named in the detail, or give it the condition wanted, then repeat the request.",
  },
  "CP-GRANT-REFUSED": {
    status: 409,
    title: "Azure refused the role assignment",
    remedy:
      "See Azure's own words in the detail: a subscription that is disabled, for example, takes none. Repeat the request when the cause is gone.",
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
  "CP-SCOPE-LOCKED": {
    status: 409,
    title: "A lock stands in the way",
    remedy: "Remove the lock named in the detail, or exempt the resource, then repeat the request.",
  },
} as const satisfies Record<string, Entry>;
