import type { Clock } from "../kit/contract.ts";
import type { Life } from "../kit/life.ts";
import type { Asked } from "./consentAsked.ts";
import type { Tenants } from "./directory.ts";
import { nameOf } from "./held.ts";

/** What users without the right asked their administrators to approve. */
export interface Approvals {
  /** The answer comes after hours, by seed: mostly consent, sometimes nothing. */
  request(asked: Asked): void;
}

interface Needs {
  readonly tenants: Tenants;
  readonly clock: Clock;
  readonly life: Life;
}

const hourInMs = 3_600_000;
const longestInHours = 24;
const shareApproved = 0.75;

export function approvalsOver({ tenants, clock, life }: Needs): Approvals {
  const requests = new Map<string, number>();
  return {
    request: ({ tenantId, application }) => {
      const thing = `${tenantId} ${nameOf(application)}`;
      const count = (requests.get(thing) ?? 0) + 1;
      requests.set(thing, count);
      const drawn = (what: string): number => life.chance("consentAsksWho", `${what} ${thing} ${count}`);
      if (drawn("answer") >= shareApproved) return;
      const hours = 1 + drawn("hours") * (longestInHours - 1);
      clock.after(hours * hourInMs, () => {
        // Another object of this id: the cloud was reset meanwhile, and nobody asked.
        if (tenants.applicationByAppId(application.appId) === application) tenants.grant(tenantId, application);
      });
    },
  };
}
