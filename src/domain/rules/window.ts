import { openingsOutside } from "../aksSchedule.ts";
import { longestRestInDays } from "../openings.ts";
import { after } from "../time.ts";
import { fail, pass, unknown, warn, type Facts, type Rule, type Verdict } from "./rule.ts";

const lookInSeconds = 400 * 86_400;

export const windowRules: readonly Rule[] = [
  {
    id: "window",
    title: "window opens often enough",
    toActOnly: true,
    about:
      "The maintenance window of the next 400 days against the life that a secret has, which a tenant's policy may cap. Fails where a secret may live and expire without one opening; a warning where there may be only one, so that a cluster that is busy then is never given the next.",
    judge: judgeWindow,
  },
  {
    id: "aks-schedule",
    title: "window fits AKS' own schedule",
    toActOnly: true,
    about:
      "Each opening of the maintenance window in the next 400 days against the cluster's own maintenance configurations (`default`, `aksManagedAutoUpgradeSchedule`, `aksManagedNodeOSUpgradeSchedule`), which know a fixed offset from UTC and no time zone. A warning where openings do not lie wholly in one of them; `unknown` where we may not read them. Not looked at where there is no window.",
    judge: judgeSchedules,
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

export function judgeSchedules({
  window,
  at,
  aksSchedules,
}: Pick<Facts, "window" | "at" | "aksSchedules">): Verdict | undefined {
  if (window === null || aksSchedules === null) return undefined;
  if (aksSchedules.outcome === "unknown") return unknown(`AKS' own schedules cannot be read: ${aksSchedules.detail}`);
  const schedules = aksSchedules.value;
  if (schedules.length === 0) return pass("AKS has no schedule of its own for the cluster");
  const names = schedules.map(({ name }) => name).join(", ");
  const until = after(at, lookInSeconds).toISOString();
  const faults = schedules.flatMap((schedule) => {
    const { outside, all } = openingsOutside(window, schedule, [at, until]);
    const [first] = outside;
    if (!first) return [];
    const part = outside.length === all.length ? "none lies" : `${all.length - outside.length} of ${all.length} lie`;
    return [`${part} in ${schedule.name} (outside first: ${first.opensAt} to ${first.closesAt})`];
  });
  if (faults.length === 0) return pass(`the window's openings of the next 400 days lie in AKS' own schedule: ${names}`);
  return warn(`of the window's openings in the next 400 days ${faults.join("; ")}`);
}
