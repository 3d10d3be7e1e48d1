import type { LifeSwitch } from "../kit/life.ts";

const lag = { where: "always", group: "consistency" } as const;

/** What reaches the replicas of Entra, Graph and role assignments in its own time: one switch for each such thing. */
export const consistencyLife: readonly LifeSwitch[] = [
  {
    ...lag,
    name: "newObjectsLag",
    title: "A new application or service principal is not found for a while, but by its maker with its object id.",
    source: "seen",
    row: "2.1 Create, then read by id",
  },
  {
    ...lag,
    name: "lookUpsLag",
    title:
      "Look-ups by uniqueName or filter, lists, changed properties and passwordCredentials are behind for a while.",
    source: "seen",
    row: "2.1 `uniqueName` look-up, `passwordCredentials` list after a write",
  },
  {
    ...lag,
    name: "ownershipLags",
    title: "For up to a minute addPassword is refused to the owner of a new application, who may change only its own.",
    source: "likely",
    row: "2.1 Ownership (`OwnedBy`) after create",
  },
  {
    ...lag,
    name: "newPrincipalsUnknownToRoles",
    title: "A new service principal is not found for minutes when a role is assigned to it.",
    source: "seen",
    row: "2.1 New SP unknown to ARM (`PrincipalNotFound`)",
  },
  {
    ...lag,
    name: "newPrincipalsFlipAtSignIn",
    title: "A new service principal signs in here and is unknown there, after a success too.",
    source: "seen",
    row: "2.1 New SP unknown to the token endpoint in tenant B",
  },
  {
    ...lag,
    name: "newPasswordsFlip",
    title: "A new password is accepted here and refused there for some seconds.",
    source: "seen",
    row: "2.1 New password 7000215",
  },
  {
    ...lag,
    name: "removedPasswordsLinger",
    title: "A removed password goes on working for minutes.",
    source: "likely",
    row: "2.1 Removed password keeps working",
  },
  {
    ...lag,
    name: "removedPrincipalsLinger",
    title: "A disabled or deleted application or service principal goes on signing in for minutes.",
    source: "likely",
    row: "2.1 Disabled / deleted app or SP",
  },
  {
    ...lag,
    name: "consentLags",
    title: "What an administrator consented to is seen by the token endpoint after seconds to an hour.",
    source: "seen",
    row: "2.2 Consent then SP visible",
  },
  {
    ...lag,
    name: "newRolesLag",
    title: "A role assignment is honoured after minutes, by one replica before the other.",
    source: "doc",
    row: "2.3 Role reaches the registry",
  },
  {
    ...lag,
    name: "withdrawnRolesLinger",
    title: "A role that was withdrawn goes on giving its rights for minutes.",
    source: "doc",
    row: "2.3 Role **withdrawn**",
  },
];
