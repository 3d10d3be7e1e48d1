import type { Action, OrchestratorState } from "../../../local/host/durable/replay/actions.ts";
import { historyEvent, type BareEvent } from "../../../local/host/durable/replay/history.ts";
import { newInstance, startedEvent } from "../../../local/host/durable/engine/instances.ts";
import { replay, type Turn } from "../../../local/host/durable/replay/replay.ts";

const day = 86_400_000;
const now = new Date("2026-01-01T00:00:00.000Z");
const at = (ms: number): Date => new Date(now.getTime() + ms);
const started = startedEvent(newInstance({ id: "i", name: "main", version: "", input: null }, now), null, now);
const around = {
  orchestrator: "main",
  instanceId: "i",
  executionId: "x",
  parentId: undefined,
  defaultVersion: "",
  hasActivity: (name: string) => name !== "unknown",
  hasOrchestrator: () => true,
};

/** One replay: each event with how many milliseconds after the start its turn began. */
function turn(
  actions: readonly Action[],
  events: readonly [number, BareEvent][],
  state: Partial<OrchestratorState> = {},
): Turn {
  const history = events.flatMap(([ms, event]) => [
    historyEvent({ EventType: 12 }, at(ms)),
    historyEvent(event, at(ms)),
  ]);
  const answer = { state: { isDone: false, actions: [actions], ...state }, thrown: false };
  return replay([historyEvent({ EventType: 12 }, now), started, ...history], answer, around);
}
const ids = ({ actions }: Turn): unknown[] => actions.map(({ id, kind }) => [id, kind]);
const activity: Action = { actionType: 0, functionName: "a" };
const scheduled = (EventId: number): BareEvent => ({ EventType: 4, Name: "A", Version: "", Input: null, EventId });
const timerCreated = (EventId: number): BareEvent => ({ EventType: 10, FireAt: "", EventId });
const timerFired = (TimerId: number): BareEvent => ({ EventType: 11, TimerId, FireAt: "" });
const completed = (TaskScheduledId: number): BareEvent => ({ EventType: 5, TaskScheduledId, Result: "1" });
const failed = (TaskScheduledId: number): BareEvent => ({
  EventType: 6,
  TaskScheduledId,
  Reason: "no",
  Details: null,
  FailureDetails: null,
});

test("an action is new once: what history confirms is not asked for again, names without case", () => {
  expect(ids(turn([activity, activity], []))).toEqual([[0, "activity"]]);
  expect(ids(turn([activity, activity], [[0, scheduled(0)]]))).toEqual([]);
  expect(
    ids(
      turn(
        [activity, activity],
        [
          [0, scheduled(0)],
          [1, completed(0)],
        ],
      ),
    ),
  ).toEqual([[1, "activity"]]);
});

test("a retry takes an id for its timer and one for its attempt, and the last failure a timer of no length", () => {
  const retryOptions = { firstRetryIntervalInMilliseconds: 100, maxNumberOfAttempts: 2, backoffCoefficient: 2 };
  const retried: Action = { actionType: 1, functionName: "a", retryOptions };
  const first: [number, BareEvent][] = [
    [0, scheduled(0)],
    [5, failed(0)],
  ];
  expect(turn([retried], first).actions).toEqual([{ kind: "timer", id: 1, fireAt: at(105) }]);
  const second: [number, BareEvent][] = [...first, [5, timerCreated(1)], [105, timerFired(1)]];
  expect(ids(turn([retried], second))).toEqual([[2, "activity"]]);
  const third: [number, BareEvent][] = [...second, [105, scheduled(2)], [110, failed(2)]];
  expect(turn([retried], third).actions).toEqual([{ kind: "timer", id: 3, fireAt: at(110) }]);
});

test("a timer of 7 days goes in legs of 3 days, and the last one is as long as is left", () => {
  const timer: Action = { actionType: 5, fireAt: at(7 * day).toISOString(), isCanceled: false };
  const legs: [number, BareEvent][] = [
    [0, timerCreated(0)],
    [3 * day, timerFired(0)],
    [3 * day, timerCreated(1)],
    [6 * day, timerFired(1)],
  ];
  expect(turn([timer], []).actions).toEqual([{ kind: "timer", id: 0, fireAt: at(3 * day) }]);
  expect(turn([timer], legs.slice(0, 2)).actions).toEqual([{ kind: "timer", id: 1, fireAt: at(6 * day) }]);
  expect(turn([timer], legs).actions).toEqual([{ kind: "timer", id: 2, fireAt: at(7 * day) }]);
});

test("beside a timer in legs, one in the past takes no id", () => {
  const long: Action = { actionType: 5, fireAt: at(7 * day).toISOString(), isCanceled: false };
  const past: Action = { actionType: 5, fireAt: at(-1).toISOString(), isCanceled: false };
  expect(ids(turn([{ actionType: 11, compoundActions: [past] }, activity], [[0, timerCreated(0)]]))).toEqual([]);
  expect(ids(turn([{ actionType: 11, compoundActions: [long, past] }, activity], []))).toEqual([
    [0, "timer"],
    [1, "activity"],
  ]);
});

test("the latest waiter gets the first event, and one that came early is kept", () => {
  const wait: Action = { actionType: 6, externalEventName: "Go" };
  const raised: BareEvent = { EventType: 15, Name: "Go", Input: "1" };
  const both: Action = { actionType: 12, compoundActions: [wait, wait] };
  expect(ids(turn([both, activity], [[0, raised]]))).toEqual([]);
  expect(
    ids(
      turn(
        [both, activity],
        [
          [0, raised],
          [1, raised],
        ],
      ),
    ),
  ).toEqual([[0, "activity"]]);
  expect(
    ids(
      turn(
        [activity, wait, activity],
        [
          [0, scheduled(0)],
          [1, raised],
          [2, completed(0)],
        ],
      ),
    ),
  ).toEqual([[1, "activity"]]);
});

test("open activities hold back the end, waiting events do not", () => {
  const any: Action = {
    actionType: 11,
    compoundActions: [activity, activity, { actionType: 6, externalEventName: "Go" }],
  };
  const events: [number, BareEvent][] = [
    [0, scheduled(0)],
    [0, scheduled(1)],
    [1, completed(0)],
  ];
  expect(turn([any], events, { isDone: true, output: "x" }).completion).toBeUndefined();
  expect(turn([any], [...events, [2, completed(1)]], { isDone: true, output: "x" }).completion).toEqual({
    id: 2,
    status: "Completed",
    result: '"x"',
  });
});

test("another action under a recorded id fails the instance as non-deterministic", () => {
  const { completion } = turn([{ actionType: 0, functionName: "b" }], [[0, scheduled(0)]]);
  expect(completion).toMatchObject({
    status: "Failed",
    result: expect.stringMatching(/^Non-Deterministic workflow detected: .* named 'A', but .* named 'b'/),
  });
});

test("while suspended nothing new is asked for; resumed, the events are taken in order", () => {
  const suspended: [number, BareEvent][] = [
    [0, scheduled(0)],
    [1, { EventType: 19, Reason: "r" }],
    [2, completed(0)],
  ];
  expect(turn([activity, activity], suspended)).toMatchObject({ actions: [], suspended: true });
  const resumed = turn([activity, activity], [...suspended, [3, { EventType: 20, Reason: "r" }]]);
  expect([resumed.suspended, ids(resumed)]).toEqual([false, [[1, "activity"]]]);
});

test("an event after continueAsNew goes to the next generation", () => {
  const again: Action = { actionType: 4, input: { n: 2 } };
  const raised: BareEvent = { EventType: 15, Name: "Go", Input: "1" };
  const result = turn([again], [[0, raised]], { isDone: true });
  expect(result.completion).toMatchObject({ status: "ContinuedAsNew", result: '{"n":2}' });
  expect(result.carryOver.map(({ Name }) => Name)).toEqual(["Go"]);
});

test("while suspended time goes on, and a second suspension says nothing", () => {
  const retryOptions = { firstRetryIntervalInMilliseconds: 100, maxNumberOfAttempts: 2 };
  const held: [number, BareEvent][] = [
    [0, scheduled(0)],
    [1, { EventType: 19, Reason: "r" }],
    [2, { EventType: 19, Reason: "again" }],
    [3, failed(0)],
    [50, { EventType: 20, Reason: "r" }],
  ];
  expect(turn([{ actionType: 1, functionName: "a", retryOptions }], held)).toMatchObject({
    suspended: false,
    actions: [{ kind: "timer", id: 1, fireAt: at(150) }],
  });
});

const go: Action = { actionType: 6, externalEventName: "Go" };
const raised = (Name: string): BareEvent => ({ EventType: 15, Name, Input: "1" });
const causes = ({ hazards }: Turn): string[] => hazards.map(({ cause }) => cause);
const retry = (options: object): Action => ({
  actionType: 1,
  functionName: "a",
  retryOptions: { firstRetryIntervalInMilliseconds: 100, maxNumberOfAttempts: 3, ...options },
});

test.each<[string, Action, RegExp]>([
  ["an unknown activity", { actionType: 0, functionName: "unknown" }, /calls the activity "unknown", which is not/],
  [
    "its own id, in another case",
    { actionType: 2, functionName: "c", instanceId: "I" },
    /the id of itself or of its parent/,
  ],
  ["an entity's id", { actionType: 2, functionName: "c", instanceId: "@x@y" }, /an id that starts with @/],
  ["a retry after 7 days", retry({ firstRetryIntervalInMilliseconds: 7 * day }), /more than 6 days/],
  ["no attempt", retry({ maxNumberOfAttempts: 0 }), /allow no attempt/],
])("%s is named, even beside an event that may come", (_, action, cause) => {
  expect(causes(turn([action], []))).toEqual([expect.stringMatching(cause)]);
  expect(causes(turn([{ actionType: 11, compoundActions: [go] }, action], [[0, raised("Go")]]))).toEqual([
    expect.stringMatching(cause),
  ]);
  expect(causes(turn([{ actionType: 12, compoundActions: [go, action] }], []))).toEqual([expect.stringMatching(cause)]);
});

test("an instance that waits for an event, a timer or an activity has no hazard", () => {
  expect(causes(turn([go], []))).toEqual([]);
  expect(causes(turn([{ actionType: 11, compoundActions: [go, activity] }], []))).toEqual([]);
});

test("a retry that ran out of its time is named, and its last attempt has its timer all the same", () => {
  const late: [number, BareEvent][] = [
    [0, scheduled(0)],
    [5000, failed(0)],
  ];
  expect(causes(turn([retry({ retryTimeoutInMilliseconds: 1000 })], late))).toEqual([
    expect.stringMatching(/ran out of its retryTimeoutInMilliseconds/),
  ]);
  const last = turn([retry({ retryTimeoutInMilliseconds: 1000, maxNumberOfAttempts: 1 })], late);
  expect([ids(last), causes(last)]).toEqual([[[1, "timer"]], []]);
});

test("an event under another spelling is named", () => {
  expect(causes(turn([go], [[0, raised("GO")]]))).toContainEqual(expect.stringMatching(/"GO" took a waiter .*"Go"/));
});

test("code that ended while the extension waits for an event in a Task.all is named", () => {
  const all: Action = { actionType: 12, compoundActions: [activity, go] };
  const events: [number, BareEvent][] = [
    [0, scheduled(0)],
    [1, failed(0)],
  ];
  expect(causes(turn([all], events, { error: "no" }))).toEqual([
    expect.stringMatching(/code has ended, but the extension still waits for the event "Go"/),
  ]);
});

test("code that goes on past a failed Task.all while a retry runs is named", () => {
  const all: Action = { actionType: 12, compoundActions: [activity, retry({})] };
  const events: [number, BareEvent][] = [
    [0, scheduled(0)],
    [0, scheduled(1)],
    [1, failed(0)],
  ];
  expect(causes(turn([all, activity], events))).toEqual([
    expect.stringMatching(/while a retried call beside it \(a\)/),
  ]);
  expect(causes(turn([all], events))).toEqual([]);
});

test("what an ended instance asked for last is still set going", () => {
  const result = turn([{ actionType: 0, functionName: "b" }], [[0, scheduled(0)]]);
  expect([result.completion?.status, ids(result)]).toEqual(["Failed", [[0, "activity"]]]);
});

test("an entity is refused in one clear line", () => {
  expect(turn([{ actionType: 7 }], []).completion?.result).toMatch(/entities and critical sections are not supported/);
});
