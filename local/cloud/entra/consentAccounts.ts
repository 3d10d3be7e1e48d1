import type { Call } from "../kit/contract.ts";
import type { Life } from "../kit/life.ts";

const accounts = ["administrator", "guest", "user", "cancel", "restricted"] as const;
export type Account = (typeof accounts)[number];

/** Who may sit there, as far as the cloud is as in life. */
export function accountsOffered(life: Life): readonly Account[] {
  return accounts.filter((one) => one === "administrator" || life.on(switchBehind(one)));
}

export function switchBehind(account: Account): string {
  return account === "restricted" ? "tenantRestrictions" : "consentAsksWho";
}

export function accountIn(call: Call, life: Life): Account | "unknown" {
  const offered = accountsOffered(life);
  if (offered.length === 1) return "administrator";
  return offered.find((one) => one === call.query("account")) ?? "unknown";
}
