/** Log-normal, in simulated seconds. */
export interface Delay {
  readonly medianInSeconds: number;
  readonly p95InSeconds: number;
}

/** What takes time to reach every replica: how long, and the switch that makes it so. */
interface Lag extends Delay {
  readonly switch: string;
}

/**
 * Observed: 4 to 18 s for secrets, up to 4 minutes for service principals, an hour for what was consented to, 1 to 10
 * minutes for roles. The rest is chosen. No lag is longer than four times its 95th percentile, nor than two hours.
 */
export const kinds = {
  application: { medianInSeconds: 2, p95InSeconds: 15, switch: "newObjectsLag" },
  servicePrincipal: { medianInSeconds: 10, p95InSeconds: 240, switch: "newObjectsLag" },
  /** By the exact appId, asked by who made it: published commands ask so a second later, and do not repeat it. */
  ownLookUp: { medianInSeconds: 0.2, p95InSeconds: 0.25, switch: "newObjectsLag" },
  lookUp: { medianInSeconds: 5, p95InSeconds: 30, switch: "lookUpsLag" },
  passwordList: { medianInSeconds: 3, p95InSeconds: 15, switch: "lookUpsLag" },
  change: { medianInSeconds: 5, p95InSeconds: 60, switch: "lookUpsLag" },
  ownership: { medianInSeconds: 4, p95InSeconds: 15, switch: "ownershipLags" },
  /** Never longer than the three minutes for which the Azure CLI repeats. */
  principalInRoles: { medianInSeconds: 10, p95InSeconds: 40, switch: "newPrincipalsUnknownToRoles" },
  applicationAtSignIn: { medianInSeconds: 2, p95InSeconds: 15, switch: "newPrincipalsFlipAtSignIn" },
  principalAtSignIn: { medianInSeconds: 10, p95InSeconds: 240, switch: "newPrincipalsFlipAtSignIn" },
  consent: { medianInSeconds: 60, p95InSeconds: 900, switch: "consentLags" },
  secret: { medianInSeconds: 8, p95InSeconds: 18, switch: "newPasswordsFlip" },
  /** Until then a removed secret goes on working. */
  secretRemoval: { medianInSeconds: 30, p95InSeconds: 180, switch: "removedPasswordsLinger" },
  principalRemoval: { medianInSeconds: 60, p95InSeconds: 300, switch: "removedPrincipalsLinger" },
  policy: { medianInSeconds: 300, p95InSeconds: 900, switch: "appManagementPolicies" },
  roleAssignment: { medianInSeconds: 75, p95InSeconds: 600, switch: "newRolesLag" },
  roleRemoval: { medianInSeconds: 120, p95InSeconds: 600, switch: "withdrawnRolesLinger" },
} as const satisfies Readonly<Record<string, Lag>>;

export type Kind = keyof typeof kinds;

export const kindNames = Object.keys(kinds) as readonly Kind[];
