import type { Call } from "../kit/contract.ts";
import type { Life } from "../kit/life.ts";

const accounts = ["administrator", "guest", "user", "cancel", "restricted"] as const;
export type Account = (typeof accounts)[number];

const switches: Readonly<Record<Exclude<Account, "administrator">, string>> = {
  guest: "consentAsksWho",
  user: "consentAsksWho",
  cancel: "consentAsksWho",
  restricted: "tenantRestrictions",
};

/** Who may sit there, as far as the cloud is as in life. */
export function accountsOffered(life: Life): readonly Account[] {
  return accounts.filter((one) => one === "administrator" || life.on(switches[one]));
}

/** What makes the answer to this account another one; `unknown`: what makes the page ask at all. */
export function switchBehind(account: Exclude<Account, "administrator"> | "unknown", life: Life): string {
  if (account !== "unknown") return switches[account];
  return life.on("consentAsksWho") ? "consentAsksWho" : "tenantRestrictions";
}

export function accountIn(call: Call, life: Life): Account | "unknown" {
  const offered = accountsOffered(life);
  if (offered.length === 1) return "administrator";
  return offered.find((one) => one === call.query("account")) ?? "unknown";
}
