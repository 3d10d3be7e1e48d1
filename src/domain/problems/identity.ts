import type { Entry } from "./entry.ts";

/** The pull identity, its secret and the vault, and the consent of the registry's tenant. */
export const identityProblems = {
  "CP-DIRECTORY-FORBIDDEN": {
    status: 403,
    title: "No right to register the pull identity",
    remedy: "Grant our identity the Graph permission Application.ReadWrite.OwnedBy in the cluster tenant.",
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
  "CP-IDENTITY-DISABLED": {
    status: 409,
    title: "The pull identity is disabled in the cluster tenant",
    remedy:
      "Somebody has disabled its service principal: ask why, enable it under Enterprise applications, then repeat the request.",
  },
  "CP-SECRET-POLICY": {
    status: 403,
    title: "A policy of the cluster tenant forbids the secret",
    remedy: "Exempt the pull identity from the app management policy, or shorten CROSSPULL_SECRET_LIFETIME_IN_DAYS.",
  },
  "CP-SECRET-DATES": {
    status: 409,
    title: "The directory refuses the dates of the secret",
    remedy:
      "Compare the two clocks in the detail with the time: where ours is wrong, set the clock of the machine Crosspull runs on; else repeat the request.",
  },
  "CP-SECRET-REFUSED": {
    status: 409,
    title: "The pull secret is refused",
    remedy:
      "Repeat the request: a new secret is made. If it persists, look at the sign-in logs of the tenant named in the detail.",
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
  "CP-PRINCIPAL-NOT-FOUND": {
    status: 409,
    title: "A tenant does not know the pull identity yet",
    remedy: "Repeat the request in a few minutes: new principals take time to reach every replica.",
  },
} as const satisfies Record<string, Entry>;
