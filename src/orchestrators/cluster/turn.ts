import { failedWith, type Stopped, type Waiting } from "../../domain/operation.ts";
import { after, secondsBetween, type Instant } from "../../domain/time.ts";
import { isOpen, nextOpening } from "../../domain/openings.ts";
import type { MaintenanceWindow } from "../../domain/window.ts";
import { now, type Orchestration } from "../../durable/calls.ts";
import { once } from "../../durable/carry.ts";
import { done, hearPeople, notYet, poll, type Attempt } from "../poll.ts";
import type { Run } from "../run.ts";

export type Turn = {
  /** A new service principal gets time to replicate, and a failed update a rest before the next. */
  readonly restedAt: Instant;
  readonly window: MaintenanceWindow | null;
};

/** No window is longer away than this, and no rest. */
const longestInSeconds = 400 * 86_400;
/** Where the look at the operation had no answer; one that had waits for the opening. */
const retryInSeconds = 60;

/** Waits until the cluster may change: the service principal has had its rest, and the maintenance window is open. */
export function* waitForWindow(run: Run, turn: Turn): Orchestration<Stopped | undefined> {
  return yield* waitUntil(run, "turn", (_since, at) => turnWait(turn, opening(turn, at)));
}

/** Waits until so long before the window opens: a secret that is made earlier only uses up its life. */
export function* waitForLead(
  run: Run,
  window: MaintenanceWindow | null,
  leadInSeconds: number,
): Orchestration<Stopped | undefined> {
  return yield* waitOnce(run, "lead", (_since, at) => {
    const opens = window === null ? at : new Date(nextOpening(window, at.toISOString()));
    const until = after(opens, -leadInSeconds).toISOString();
    return { on: "window", what: "the maintenance window is not near yet", who: "nobody", url: null, until };
  });
}

/** Waits as long as a replaced secret stays valid: what was cached of it ends by itself. */
export function* waitForGrace(run: Run, graceInSeconds: number): Orchestration<Stopped | undefined> {
  return yield* waitOnce(run, "grace", (since) => graceTo(after(since, graceInSeconds).toISOString()), done(""));
}

/** Waits until what an earlier rotation replaced is valid no more: two secrets at a time are enough. */
export function* waitForEarlierGrace(run: Run, until: Instant | null): Orchestration<Stopped | undefined> {
  return yield* waitOnce(run, "earlier grace", (since) => graceTo(until ?? since), done(""));
}

/** Waits until tokens that a registry gave out before are over. */
export function* waitForTokens(run: Run, until: Instant): Orchestration<Stopped | undefined> {
  const what = "tokens that the registry gave out before may be used still";
  return yield* waitUntil(run, "tokens", () => ({ on: "role", what, who: "nobody", url: null, until }));
}

function graceTo(until: Instant): Waiting {
  return { on: "replication", what: "the replaced secret stays valid for a while", who: "nobody", url: null, until };
}

/** A leak was told of: the rotation that follows waits for this one to end. */
const madeRoom = failedWith("CP-SUPERSEDED", "a leak was told of: the rotation that follows brings another secret");

/** A wait that is over stays over: each generation of the instance comes by here again, perhaps with the cluster in hand. */
function* waitOnce(
  run: Run,
  name: string,
  waitingAt: (since: Instant, at: Date) => Waiting,
  hurried: Attempt<string> = madeRoom,
): Orchestration<Stopped | undefined> {
  const waited = yield* once(run, `waited ${name}`, function* (): Orchestration<
    Stopped | { readonly outcome: "over" }
  > {
    return (yield* waitUntil(run, name, waitingAt, hurried)) ?? { outcome: "over" };
  });
  return waited.outcome === "stopped" ? waited : undefined;
}

/** Waits until the moment that `waitingAt` names, asked again at each look. `hurried`: how it ends where a leak was told of. */
function* waitUntil(
  run: Run,
  name: string,
  waitingAt: (since: Instant, at: Date) => Waiting,
  hurried: Attempt<string> = madeRoom,
): Orchestration<Stopped | undefined> {
  const { context } = run;
  let waiting: Waiting | null = null;
  const waited = yield* poll<string>(
    run,
    {
      name,
      everyInSeconds: retryInSeconds,
      deadlineInSeconds: longestInSeconds,
      cancellable: true,
      waiting: () => waiting,
      expired: (detail) => failedWith("CP-CLUSTER-UPDATE-TIMEOUT", detail),
    },
    function* ({ since }) {
      const next = waitingAt(since, now(context));
      const until = new Date(next.until);
      if (until <= now(context)) return done("");
      yield* hearPeople(run);
      if (run.generation.isHurried) return hurried;
      waiting = next;
      return { ...notYet(waiting.what), nextInSeconds: secondsBetween(now(context), until) };
    },
  );
  return waited.outcome === "stopped" ? waited : undefined;
}

/** Is there something to wait for before the cluster may change? */
export function mustWait(turn: Turn, at: Date): boolean {
  return opening(turn, at) > at;
}

/** Is it this cluster's turn at this moment? Asked before each start of an update. */
export function isItsTurn({ window }: Turn, at: Date): boolean {
  return window === null || isOpen(window, at.toISOString());
}

function opening({ restedAt, window }: Turn, at: Date): Date {
  const rested = new Date(restedAt);
  const earliest = rested > at ? rested : at;
  return window === null ? earliest : new Date(nextOpening(window, earliest.toISOString()));
}

function turnWait({ restedAt }: Turn, opens: Date): Waiting {
  const reason =
    opens > new Date(restedAt)
      ? ({ on: "window", what: "the maintenance window has to open" } as const)
      : ({ on: "replication", what: "the cluster rests before it is given a service principal" } as const);
  return { ...reason, who: "nobody", url: null, until: opens.toISOString() };
}
