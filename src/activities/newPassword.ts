import type { Directory } from "../azure/clients.ts";
import { problem, type Problem } from "../domain/errors.ts";
import { expiryFrom, lifetimeUnder, shorterLives, type LifetimeCap } from "../domain/expiry.ts";
import { lifetimeOf } from "../domain/policy.ts";
import type { PullIdentity } from "../domain/pullIdentity.ts";
import type { Instant } from "../domain/time.ts";
import type { Needs } from "./world.ts";

type Answer = Awaited<ReturnType<Directory["addPassword"]>>;
type NewPassword =
  | (Extract<Answer, { outcome: "added" }> & { readonly cap: LifetimeCap | null })
  | { readonly outcome: "refused"; readonly problem: Problem };
type About = {
  readonly identity: PullIdentity;
  readonly appObjectId: string;
  readonly displayName: string;
  /** The time by the directory's clock. */
  readonly readAt: Instant;
};
type Tools = Needs<"directory" | "settings" | "now">;

/** Asks the directory for a password that lives as long as is wanted, or as its tenant allows. */
export async function newPassword(about: About, tools: Tools): Promise<NewPassword> {
  const { directory, settings, now } = tools;
  const { tenantId, lifetimeCap } = about.identity;
  const wanted = lifetimeOf(about.identity.policy, settings);
  const days = lifetimeUnder(lifetimeCap, wanted, now());
  let password = await ask(about, days, tools);
  let cap = days < wanted ? lifetimeCap : null;
  if (password.outcome === "tooLong") {
    const policy = await directory.credentialPolicy(tenantId);
    const allowed = policy.outcome === "known" ? policy.value.longestLifetimeInDays : null;
    for (const shorter of shorterLives(days, allowed)) {
      password = await ask(about, shorter, tools);
      cap = { days: shorter, seenAt: now().toISOString() };
      if (password.outcome !== "tooLong") break;
    }
  }
  if (password.outcome === "added") return { ...password, cap };
  return { outcome: "refused", problem: refusal(password, tenantId, now()) };
}

type Refusal = Exclude<Answer, { outcome: "added" }>;
type Asked =
  Extract<Answer, { outcome: "added" }> | (Refusal & { readonly asked: { expiresAt: Instant; at: Instant } });

/** The end is reckoned by the directory's clock. Where it is refused all the same, once more with its time as it is now. */
async function ask(about: About, days: number, { directory }: Tools): Promise<Asked> {
  const { identity, appObjectId, displayName } = about;
  const { tenantId } = identity;
  const once = async (at: Instant): Promise<Asked> => {
    const expiresAt = expiryFrom(new Date(at), days);
    const answer = await directory.addPassword(tenantId, appObjectId, { displayName, expiresAt });
    return answer.outcome === "added" ? answer : { ...answer, asked: { expiresAt, at } };
  };
  const first = await once(about.readAt);
  return first.outcome === "dates" ? once((await directory.listPasswords(tenantId, appObjectId)).readAt) : first;
}

const codes = {
  policy: "CP-SECRET-POLICY",
  tooLong: "CP-SECRET-POLICY",
  dates: "CP-SECRET-DATES",
  forbidden: "CP-DIRECTORY-FORBIDDEN",
} as const;

function refusal(
  { outcome, code, detail, asked }: Exclude<Asked, { outcome: "added" }>,
  tenant: string,
  now: Date,
): Problem {
  const words = `Microsoft Graph in tenant ${tenant} answered ${code}: ${detail}`;
  if (outcome !== "dates") return problem(codes[outcome], words);
  const clocks = `its clock showed ${asked.at} and ours ${now.toISOString()}`;
  return problem(codes[outcome], `${words}; asked for until ${asked.expiresAt}, when ${clocks}`);
}
