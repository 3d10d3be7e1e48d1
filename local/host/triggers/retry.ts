import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { FunctionMetadata, RetryContext, RetryOptions } from "../worker/messages.ts";
import { parseTimeSpan } from "./schedule.ts";

/** How long to wait before the n-th retry (from 1), in milliseconds; undefined when there is to be none. */
export type RetryPolicy = (retry: number) => number | undefined;

/** The function's own policy, or that of host.json. */
export function retryPolicy(metadata: FunctionMetadata, fallback: RetryOptions | undefined): RetryPolicy {
  const options = metadata.retryOptions ?? fallback;
  if (!options) return () => undefined;
  const { maxRetryCount = -1, delayInterval, minimumInterval, maximumInterval } = options;
  const least = milliseconds(options.strategy === "exponentialBackoff" ? minimumInterval : delayInterval);
  const most = options.strategy === "exponentialBackoff" ? milliseconds(maximumInterval) : least;
  return (retry) => {
    if (maxRetryCount >= 0 && retry > maxRetryCount) return undefined;
    return Math.min(least * 2 ** (retry - 1), most);
  };
}

/** Tries until it succeeds or the policy ends. -1 retries are as many as it takes. */
export async function withRetry<Result>(
  policy: RetryPolicy,
  maxRetryCount: number,
  clock: Clock,
  attempt: (context: RetryContext | undefined) => Promise<Result>,
): Promise<Result> {
  for (let retry = 0, context: RetryContext | undefined; ;) {
    try {
      return await attempt(context);
    } catch (error) {
      const delay = policy((retry += 1));
      if (delay === undefined) throw error;
      const stackTrace = error instanceof Error && "appStack" in error ? String(error.appStack) : "";
      context = { retryCount: retry, maxRetryCount, exception: { message: messageOf(error), source: "", stackTrace } };
      await new Promise<void>((resolve) => clock.at(new Date(clock.now().getTime() + delay), resolve));
    }
  }
}

/** A duration as the library registers it (`{ seconds: 5 }`), as text (`00:00:05`), or in milliseconds. */
function milliseconds(duration: RetryOptions["delayInterval"] = 0): number {
  if (typeof duration === "number") return duration;
  if (typeof duration === "string") return parseTimeSpan(duration) ?? 0;
  const { hours = 0, minutes = 0, seconds = 0, milliseconds: rest = 0 } = duration;
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest;
}
