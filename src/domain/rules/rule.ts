/** What preflight's rules share: the facts they read, and the shape of a rule. */
import type { AksSchedule } from "../aksSchedule.ts";
import type { ProblemCode } from "../errors.ts";
import type {
  AssignConditions,
  Assignment,
  ClusterFacts,
  CredentialPolicy,
  Denial,
  Known,
  Lock,
  PrincipalFacts,
  RegistryFacts,
  Unreadable,
} from "../facts.ts";
import type { Link, LinkRequest } from "../link.ts";
import type { PullIdentity } from "../pullIdentity.ts";
import type { Permission } from "../roles.ts";
import type { RoleCopy, RolesPlan } from "../rolesPlan.ts";
import type { Instant } from "../time.ts";
import type { MaintenanceWindow } from "../window.ts";

/** What was read of both sides in this request, and nothing judged yet. */
export type Facts = {
  readonly request: LinkRequest;
  readonly clusterKey: string;
  readonly cluster: ClusterFacts | Unreadable;
  readonly registry: RegistryFacts | Unreadable;
  readonly clusterPermissions: Known<readonly Permission[]>;
  /** How we may assign roles on the registry. */
  readonly grantConditions: Known<AssignConditions>;
  readonly clusterLocks: Known<readonly Lock[]>;
  readonly registryLocks: Known<readonly Lock[]>;
  /** Graph permissions of our identity in the cluster's tenant. */
  readonly graphPermissions: Known<readonly string[]> | Unreadable;
  readonly objectsMade: Known<number>;
  /** Has our identity a directory role in the cluster's tenant? Asked for only where the directory is full for us. */
  readonly directoryRole: Known<boolean>;
  readonly credentialPolicy: Known<CredentialPolicy>;
  readonly vault: { readonly outcome: "usable" } | Denied<"forbidden" | "firewall" | "policy">;
  /** The service principal the cluster uses now; null where it is ours, or none. */
  readonly old: OldPrincipal | null;
  /** What the registry let our own identity see. */
  readonly content: Content;
  readonly link: Link | undefined;
  readonly identity: PullIdentity | undefined;
  readonly there: There;
  readonly secretLifetimeInDays: number;
  readonly window: MaintenanceWindow | null;
  /** AKS' own schedules; null where there is no window to hold against them. */
  readonly aksSchedules: Known<readonly AksSchedule[]> | null;
  /** When the rest was read. */
  readonly at: Instant;
};

type Denied<Outcome extends string> = { readonly outcome: Outcome; readonly code: string; readonly detail: string };

export type OldPrincipal = {
  readonly principal: PrincipalFacts | Unreadable;
  readonly roles: RolesPlan;
  /** What of its roles could not be seen, besides places that the plan names; null when all was. */
  readonly incomplete: string | null;
  /** What we may do where a role is to be copied to, once for each place. */
  readonly copyRights: readonly CopyRight[];
  /** How many of the copies stand already, made by an earlier run. */
  readonly copied: number;
};
export type CopyRight = {
  readonly scope: string;
  /** What is copied to this place. */
  readonly copies: readonly Pick<RoleCopy, "assignmentId" | "roleDefinitionId">[];
  readonly conditions: Known<AssignConditions>;
  /** Null: nobody asked for them. */
  readonly denials: Known<readonly Denial[]> | null;
};

/** A look at the registry from where Crosspull runs, with our own identity; it may see less than the pull identity will. */
export type Content =
  /** `lacking`: the image, or repositories, that are not there, each with the registry's own words. */
  | { readonly outcome: "seen"; readonly lacking: readonly { readonly name: string; readonly detail: string }[] }
  /** The registry's network rules refuse where we are. */
  | { readonly outcome: "networkRefused"; readonly detail: string }
  /** It is there, and the registry gives it to nobody now: locked, or in quarantine. */
  | { readonly outcome: "notGivenOut"; readonly name: string; readonly detail: string }
  /** The container registry service has no service principal in the registry's tenant. */
  | { readonly outcome: "noRegistryService"; readonly detail: string }
  | { readonly outcome: "unknown"; readonly detail: string };

/** `unknown`: what was asked does not say. */
export type Seen = "there" | "missing" | "unknown";

/** What an onboarding would make, as far as it is there now: looked at, never remembered. */
export type There = {
  /** What people made of it: an application of one tenant alone, or one whose service principal at home is disabled. */
  readonly application: Seen | "singleTenant" | "disabled";
  readonly secret: boolean;
  /** The service principal in the registry's tenant: consent is given. */
  readonly consent: Seen;
  /** The pull role's assignments of that principal on the registry. */
  readonly grants: readonly Assignment[];
};

export type Verdict = {
  /** `unknown`: our rights do not show it. Only `fail` stops an onboarding. */
  readonly verdict: "pass" | "warn" | "fail" | "unknown";
  /** null unless the verdict is `fail`. */
  readonly code: ProblemCode | null;
  readonly detail: string;
};

export type Rule = {
  /** Stable; also the anchor in docs/preflight.md. */
  readonly id: string;
  readonly title: string;
  /** What is looked at and what each verdict means, for docs/preflight.md. */
  readonly about: string;
  /** It judges whether we can make or change something: where nothing is to be done, a failure is a warning. */
  readonly toActOnly?: true;
  /** undefined: there is nothing to judge (the resource was not found). */
  readonly judge: (facts: Facts) => Verdict | undefined;
};

/** "1 node", "3 nodes". */
export function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

export const pass = (detail: string): Verdict => ({ verdict: "pass", code: null, detail });
export const warn = (detail: string): Verdict => ({ verdict: "warn", code: null, detail });
export const unknown = (detail: string): Verdict => ({ verdict: "unknown", code: null, detail });
export const fail = (code: ProblemCode, detail: string): Verdict => ({ verdict: "fail", code, detail });
