import type { Visit } from "./browser.ts";
import type { Chance } from "./chance.ts";

/** Who sits at the consent page, or what else a person does about a link. */
export const allDeeds = [
  "guest",
  "user",
  "userAsks",
  "restricted",
  "wrongTenant",
  "decline",
  "accept",
  "acceptUnseen",
  "cancel",
] as const;
/** `userAsks`: asks an administrator for approval. `acceptUnseen`: the browser never comes back to tell. */
export type Deed = (typeof allDeeds)[number];

/** `all`: as people are. `prompt`: the right person accepts, within two hours. */
export type People = "all" | "prompt";

export interface Act {
  /** Counted from the request. */
  readonly afterInMs: number;
  readonly deed: Deed;
}

const minute = 60_000;
const hour = 60 * minute;

/**
 * What people do about one link: most answer after minutes, some after days; every fourth time a wrong person tries first,
 * every tenth an administrator declines before another accepts, one in twenty is never answered, one in sixteen cancelled.
 */
export function peopleOf(chance: Chance, link: string): readonly Act[] {
  const happens = (what: string, share: number): boolean => chance.of(what, link) < share;
  const acceptAfter = happens("soon", 0.6)
    ? chance.magnitude(3 * minute, 2 * hour, "minutes", link)
    : chance.magnitude(3 * hour, 72 * hour, "days", link);
  const before = (what: string): number => acceptAfter * (0.2 + 0.6 * chance.of(what, link));
  const acts: Act[] = [];
  if (happens("wrong", 0.25))
    acts.push({
      afterInMs: before("wrongAt"),
      deed: chance.pick(["guest", "user", "userAsks", "restricted", "wrongTenant"], "who", link),
    });
  if (happens("decline", 0.1)) acts.push({ afterInMs: before("declineAt"), deed: "decline" });
  if (!happens("never", 0.05))
    acts.push({ afterInMs: acceptAfter, deed: happens("unseen", 0.2) ? "acceptUnseen" : "accept" });
  if (happens("cancel", 0.06)) acts.push({ afterInMs: chance.of("cancelAt", link) * 2 * acceptAfter, deed: "cancel" });
  return acts.sort((one, other) => one.afterInMs - other.afterInMs);
}

export function promptPeopleOf(chance: Chance, link: string): readonly Act[] {
  const afterInMs = chance.magnitude(3 * minute, 2 * hour, "minutes", link);
  return [{ afterInMs, deed: chance.of("unseen", link) < 0.2 ? "acceptUnseen" : "accept" }];
}

/** At a consent page that asks nobody who they are, all are administrators: wrong people cannot be played there. */
export function visitOf(deed: Exclude<Deed, "cancel">): Visit {
  switch (deed) {
    case "accept":
    case "wrongTenant":
      return { account: "administrator", decision: "accept" };
    case "acceptUnseen":
      return { account: "administrator", decision: "accept", leaves: true };
    case "decline":
      return { account: "cancel", decision: "return" };
    case "guest":
    case "restricted":
      return { account: deed, decision: "return" };
    case "user":
      return { account: "user", decision: "return" };
    case "userAsks":
      return { account: "user", decision: "request" };
  }
}

/** The query a browser brings back from the consent page; undefined where it does not come back. */
export function broughtBack(
  deed: Exclude<Deed, "cancel" | "acceptUnseen">,
  tenantId: string,
): Record<string, string> | undefined {
  switch (deed) {
    case "accept":
    case "wrongTenant":
      return { admin_consent: "True", tenant: tenantId };
    case "decline":
      return {
        admin_consent: "True",
        error: "consent_required",
        error_description: "AADSTS65004: The resource owner or authorization server denied the request.",
      };
    case "userAsks":
    case "restricted":
      return undefined;
    case "guest":
      return {
        error: "access_denied",
        error_description:
          "AADSTS50020: User account from identity provider does not exist in tenant and cannot access the application in that tenant.",
      };
    case "user":
      return {
        error: "access_denied",
        error_description: "AADSTS90094: An administrator has to grant the permissions.",
      };
  }
}
