import type { Chance } from "../chance.ts";

/** Whole days from the beginning, `to` excluded. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** What befalls the app in a year, all by seed. */
export interface YearPlan {
  /** It is down; undefined in a run that is too short for it. */
  readonly outage: Stretch | undefined;
  /** The platform has lost its daily timer after a deployment, until the next one. */
  readonly lostTimer: Stretch | undefined;
  /** In these days administrators revoke. */
  readonly revocations: Stretch;
}

const outageInDays = 14;
const lostTimerInDays = 21;
/** After these nothing else is of interest in so short a run. */
const quietDaysAtEnd = 14;

export function planFor(days: number, chance: Chance): YearPlan {
  const outage = stretch("outage", [0.25, 0.4], outageInDays);
  const from = Math.max(outage?.to ?? 0, 0.4 * days);
  return {
    outage,
    revocations: { from, to: Math.max(from, 0.8 * days) },
    lostTimer: stretch("lost timer", [0.5, 0.75], lostTimerInDays),
  };

  function stretch(what: string, [first, last]: readonly [number, number], length: number): Stretch | undefined {
    const from = Math.floor(days * (first + (last - first) * chance.of(what)));
    const to = from + length;
    return to + quietDaysAtEnd > days ? undefined : { from, to };
  }
}

/** `PUT /api/clusters/{id}/policy`; a field that is left out is as the configuration says. */
export interface Policy {
  readonly window?: string;
  readonly lifetimeInDays?: number;
}

/** Among them windows that lie in the hour that is skipped in spring and doubled in autumn, of both halves of the world. */
const windows = [
  undefined,
  "Mon-Fri 22:00-23:30",
  "Sat,Sun 01:00-05:00",
  "Europe/Paris Sun 02:00-03:00",
  "Europe/London 01:15-01:45",
  "America/New_York Sun,Wed 02:00-03:00",
  "Australia/Sydney 02:00-03:00",
  "Asia/Kolkata Sat 23:00-02:00",
  "Europe/Berlin first Sun of month 00:30-04:30",
] as const;

/**
 * Most clusters have a window; two in three keep the life of the configuration, the others have a shorter one: not so short
 * that two weeks without the app, and a wait for the window, could use up what is left when a rotation is due.
 */
export function policyFor(cluster: string, chance: Chance): Policy {
  const window = chance.pick(windows, "window", cluster);
  const isShorter = chance.of("shorter life", cluster) < 1 / 3;
  const lifetimeInDays = 90 + Math.floor(90 * chance.of("life", cluster));
  return {
    ...(window === undefined ? {} : { window }),
    // Of a month's window a short life might hold one opening only.
    ...(isShorter && !window?.includes("month") ? { lifetimeInDays } : {}),
  };
}
