import type { Reply } from "../kit/contract.ts";
import type { Life } from "../kit/life.ts";
import type { Taken } from "./buckets.ts";
import type { Rule } from "./rules.ts";

/** How services refuse as in life: for how long, whether they say so, and that others fill the same buckets. */
export interface ShutOuts {
  /** While the rule's bucket is shut to the caller. */
  refusal(rule: Rule, now: number): Reply | undefined;
  /** Now and then others have used up what this call needs. `about`: the call, so that the same one meets the same fate. */
  byOthers(rule: Rule, about: string, now: number): Reply | undefined;
  /** Of a call beyond the limit. */
  beyond(rule: Rule, taken: Taken, now: number): Reply;
  forget(): void;
}

const shareOfOthers = 0.01;
/** Of the calls that others keep out, those that stay out for long. */
const shareOfLong = 0.1;
const none = { isAdmitted: false, remaining: 0 } as const;

/** `inClockMs`: simulated seconds as milliseconds of the clock. */
export function shutOuts(life: Life, inClockMs: (seconds: number) => number): ShutOuts {
  const closed = new Map<string, { readonly from: number; readonly until: number; readonly isSilent: boolean }>();
  const counts = new Map<string, number>();
  const next = (key: string): string => {
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return `${key} ${count}`;
  };
  const worded = (rule: Rule, inMs: number, isSilent: boolean): Reply => {
    const reply = rule.refusal({ ...none, retryAfterInSeconds: Math.max(1, Math.ceil(inMs / 1000)) });
    return isSilent ? withoutRetryAfter(reply) : reply;
  };
  const saysNothing = ({ silentShare }: Rule, key: string): boolean => {
    const name = "throttlingWithoutRetryAfter";
    const isSilent = life.on(name) && life.chance(name, key) < silentShare;
    if (isSilent) life.strike(name);
    return isSilent;
  };
  /** Shuts the bucket for so long, and says so or not. */
  const shut = (rule: Rule, key: string, wanted: number, now: number): Reply => {
    const isSilent = saysNothing(rule, key);
    // Who is not told how long waits as it likes: seconds.
    const inMs = inClockMs(isSilent ? Math.min(wanted, 5) : wanted);
    closed.set(rule.key, { from: now, until: now + inMs, isSilent });
    return worded(rule, inMs, isSilent);
  };
  const longSeconds = (key: string): number => {
    life.strike("longThrottling");
    return 60 + Math.floor(life.chance("longThrottling", key) * 241);
  };
  return {
    refusal: (rule, now) => {
      const found = closed.get(rule.key);
      // Calls of the same moment go free, so that it does not matter which of them came first.
      return found && found.from < now && now < found.until
        ? worded(rule, found.until - now, found.isSilent)
        : undefined;
    },
    byOthers: (rule, about, now) => {
      if (!rule.isShared || !life.on("sharedLimits")) return undefined;
      const key = next(`${rule.key} ${about}`);
      if (life.chance("sharedLimits", key) >= shareOfOthers) return undefined;
      life.strike("sharedLimits");
      const drawn = life.chance("sharedLimits", `${key} for how long`);
      const isLong = rule.isLong && life.on("longThrottling") && drawn < shareOfLong;
      return shut(rule, key, isLong ? longSeconds(key) : Math.ceil(drawn * 10), now);
    },
    beyond: (rule, taken, now) => {
      const key = next(`${rule.key} beyond`);
      if (rule.isLong && life.on("longThrottling")) return shut(rule, key, longSeconds(key), now);
      return saysNothing(rule, key) ? withoutRetryAfter(rule.refusal(taken)) : rule.refusal(taken);
    },
    forget: () => {
      closed.clear();
      counts.clear();
    },
  };
}

function withoutRetryAfter(reply: Reply): Reply {
  const headers = Object.entries(reply.headers ?? {}).filter(([name]) => name !== "retry-after");
  return { ...reply, headers: Object.fromEntries(headers) };
}
