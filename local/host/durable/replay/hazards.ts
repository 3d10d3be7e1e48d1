import { ActionType, type Action } from "./actions.ts";
import { EventType, type HistoryEvent } from "./history.ts";

/** Something that goes wrong in silence on the platform: what it is, and what to do about it. */
export interface Hazard {
  readonly cause: string;
  readonly cure: string;
  /** Nothing can move the instance any more. */
  readonly stuck: boolean;
}

const renewed = "correct the code, terminate the instance and start it again";
const stuck = (cause: string, cure = renewed): Hazard => ({ cause, cure, stuck: true });
const risk = (cause: string, cure: string): Hazard => ({ cause, cure, stuck: false });

export const hazards = {
  unknown: (kind: "activity" | "sub-orchestrator", name: string) =>
    stuck(`it calls the ${kind} "${name}", which is not registered`, `register "${name}" or correct the name`),
  ownId: (name: string) =>
    stuck(
      `it calls the sub-orchestrator "${name}" with the id of itself or of its parent`,
      "give children ids of their own",
    ),
  entityId: (name: string) =>
    stuck(`it calls the sub-orchestrator "${name}" with an id that starts with @`, "keep such ids to entities"),
  retryTooLong: (name: string) =>
    stuck(`it calls "${name}" with a retry interval of more than 6 days, which Azure Storage refuses`, "wait less"),
  noAttempt: (name: string) =>
    stuck(`it calls "${name}" with retry options that allow no attempt`, "allow at least one"),
  retryTimedOut: (name: string) =>
    stuck(
      `its retry of "${name}" ran out of its retryTimeoutInMilliseconds, which the SDK does not see`,
      "limit the number of attempts instead",
    ),
  notAnError: () =>
    stuck(
      "it threw something that is not an Error (or one without a message), which the SDK reports as neither done nor failed",
      "throw an Error with a message",
    ),
  tooManyActions: (most: number) =>
    stuck(
      `it asks for more than ${most} activities, children and timers (maxOrchestrationActions in host.json)`,
      "raise that limit, or continue as new before it is reached",
    ),
  pollingHeader: (header: string) =>
    stuck(`its callHttp was answered 202 with a Retry-After of "${header}", which is no number of seconds`, renewed),
  otherVersion: (version: string, own: string) =>
    stuck(
      `it is of version "${version}", and this host runs "${own}" (versionMatchStrategy in host.json)`,
      "start a host with that version, or a later one, as its defaultVersion",
    ),
  nothingLeft: () => stuck("it waits for something that is neither scheduled nor an event"),
  waitsAfterItsEnd: (names: readonly string[]) =>
    stuck(
      `its code has ended, but the extension still waits for the event ${names.map((name) => `"${name}"`).join(" and ")} in a Task.all that failed early`,
      "catch the failure inside the Task.all, or raise the event",
    ),
  sharedTask: (task: string) =>
    risk(
      `it gave one task (${task}) to two combinators: the extension schedules it again, and every later id may be another task's`,
      "make a fresh task for each Task.any or Task.all, or yield the task itself",
    ),
  failedFast: (names: readonly string[]) =>
    risk(
      `a Task.all failed and the code went on while a retried call beside it (${names.join(", ")}) is still running: later ids may be another task's`,
      "catch the failure inside the Task.all, or use no retries in it",
    ),
  handedOn: (names: readonly string[]) =>
    risk(
      `it continues as new with the event ${names.map((name) => `"${name}"`).join(" and ")} that it began with, and so will each generation after it, without end: the extension does not take an event whose Task.any ended without it, as it does once a timer in it was cancelled`,
      "do not cancel that timer before continueAsNew, which throws it away anyhow",
    ),
  integerName: (name: string) =>
    risk(
      `the event name "${name}" looks like a task id, and may complete that task instead`,
      "use a name with letters",
    ),
  otherCase: (raised: string, awaited: string) =>
    risk(
      `the event "${raised}" took a waiter of another spelling ("${awaited}"), and the code never sees it; names are case-sensitive`,
      `raise "${awaited}"`,
    ),
  longTimerCanceled: () =>
    risk(
      "it cancelled a timer of more than 6 days after 3 days of it, which the extension replays as another orchestration",
      "wait at most 6 days at a time",
    ),
  replacesLive: (id: string, parent: string | undefined) =>
    risk(
      `it threw away the live instance "${id}" by calling a sub-orchestration with its id` +
        (parent === undefined ? "" : `, and instance "${parent}" waits for that one for ever`),
      "give children ids of their own",
    ),
  twins: (id: string) =>
    risk(
      `it called two sub-orchestrations with one id, "${id}": the second throws the first away`,
      "give children ids of their own",
    ),
};

/** A name the SDK may take for a task's id. */
const looksLikeId = /^(?:0|[1-9]\d{0,9})$/;

/** Names of events, awaited or just raised, that may be taken for task ids. */
export function integerNames(actions: readonly Action[], fresh: readonly HistoryEvent[]): Hazard[] {
  const awaited = [...flat(actions)].flatMap((action) =>
    action.actionType === ActionType.WaitForExternalEvent ? [action.externalEventName] : [],
  );
  const raised = fresh.flatMap((event) => (event.EventType === EventType.EventRaised ? [event.Name] : []));
  const names = new Set([...awaited, ...raised].filter((name) => looksLikeId.test(name)));
  return [...names].map(hazards.integerName);
}

/** Whether the code itself still waits for an event, whose name it compares with case: a later one can move it. */
export function awaitsEvent(actions: readonly Action[], history: readonly HistoryEvent[]): boolean {
  const missing = new Map<string, number>();
  const count = (name: string, by: number): void => {
    missing.set(name, (missing.get(name) ?? 0) + by);
  };
  for (const action of flat(actions)) {
    if (action.actionType === ActionType.WaitForExternalEvent) count(action.externalEventName, 1);
  }
  for (const event of history) if (event.EventType === EventType.EventRaised) count(event.Name, -1);
  return [...missing.values()].some((left) => left > 0);
}

/** Actions and what they are made of, each before its parts. */
function* flat(actions: readonly Action[]): Generator<Action> {
  for (const action of actions) {
    yield action;
    if ("compoundActions" in action) yield* flat(action.compoundActions);
  }
}
