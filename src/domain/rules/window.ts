import { longestRestInDays } from "../openings.ts";
import { fail, pass, warn, type Facts, type Rule, type Verdict } from "./rule.ts";

export const windowRules: readonly Rule[] = [
  {
    id: "window",
    title: "window opens often enough",
    toActOnly: true,
    about:
      "The maintenance window of the next 400 days against the life that a secret has, which a tenant's policy may cap. Fails where a secret may live and expire without one opening; a warning where there may be only one, so that a cluster that is busy then is never given the next.",
    judge: judgeWindow,
  },
];

type Read = Pick<Facts, "window" | "at" | "secretLifetimeInDays" | "credentialPolicy">;

export function judgeWindow({ window, at, secretLifetimeInDays, credentialPolicy }: Read): Verdict {
  if (window === null) return pass("clusters may be updated at any time");
  const cap = credentialPolicy.outcome === "known" ? credentialPolicy.value.longestLifetimeInDays : null;
  const days = Math.min(secretLifetimeInDays, cap ?? Infinity);
  const rest = longestRestInDays(window, at);
  const found = `the window stays closed for up to ${Math.ceil(rest)} days, and a secret lives ${days}`;
  if (rest >= days)
    return fail(
      "CP-WINDOW-TOO-RARE",
      `life and window cannot be met: ${found}; shorten the window's interval or lengthen the cap`,
    );
  return rest * 2 >= days ? warn(`${found}: there may be one opening only to replace it in`) : pass(found);
}
