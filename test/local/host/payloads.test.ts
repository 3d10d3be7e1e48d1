import { historyEvent } from "../../../local/host/durable/replay/history.ts";
import { newInstance, startedEvent } from "../../../local/host/durable/engine/instances.ts";
import {
  activityFailure,
  activityInput,
  activityResult,
  orchestrationTrigger,
  orchestratorThrew,
} from "../../../local/host/durable/engine/payloads.ts";
import { durableClient, startAnswer, statusAnswer } from "../../../local/host/durable/api/payloads.ts";

const now = new Date("2026-11-21T05:09:57.800Z");
const Timestamp = "2026-11-21T05:09:57.8000000Z";
const instance = {
  ...newInstance({ id: "m1", name: "main", version: "1.0", input: '{"hello":1}' }, now),
  executionId: "6f3a",
};

test("the orchestration trigger is the extension's, schema V4", () => {
  const history = [historyEvent({ EventType: 12 }, now), startedEvent(instance, '{"hello":1}', now)];
  expect(JSON.parse(orchestrationTrigger(instance, history))).toEqual({
    history: [
      { EventType: 12, EventId: -1, IsPlayed: false, Timestamp },
      {
        OrchestrationInstance: { InstanceId: "m1", ExecutionId: "6f3a" },
        EventType: 0,
        ParentInstance: null,
        Name: "main",
        Version: "1.0",
        Input: '{"hello":1}',
        Tags: null,
        ScheduledStartTime: null,
        EventId: -1,
        IsPlayed: false,
        Timestamp,
      },
    ],
    input: { hello: 1 },
    instanceId: "m1",
    isReplaying: false,
    parentInstanceId: null,
    upperSchemaVersion: 1,
    upperSchemaVersionNew: 3,
    longRunningTimerIntervalDuration: "3.00:00:00",
    maximumShortTimerDuration: "6.00:00:00",
    defaultHttpAsyncRequestSleepTimeMillseconds: 30000,
  });
});

test.each([
  [null, {}],
  [true, { string: "True" }],
  [false, { string: "False" }],
  ['"Tokyo"', { string: '"Tokyo"' }],
  [5, { string: "5" }],
  [{ a: 1 }, { string: '{"a":1}' }],
])("the activity input %p reaches the worker as %p", (input, data) => {
  expect(activityInput(JSON.stringify([input]))).toEqual(data);
});

test.each([
  [undefined, null],
  [{ string: "123" }, '"123"'],
  [{ int: 3 }, "3"],
  [{ double: 1.5 }, "1.5"],
  [{ json: '{ "a": true }' }, '{"a":true}'],
])("the return value %p becomes the result %p", (value, result) => {
  expect(activityResult(value)).toBe(result);
});

test("a failed activity has the extension's two spaces, and the message is cut at a line that begins like a stack", () => {
  const { Reason, Details } = activityFailure("boom", "a\nStack: b", "at x");
  expect(Reason).toBe("Activity function 'boom' failed:  a");
  expect(JSON.parse(Details)).toMatchObject({
    $type: "System.Exception, System.Private.CoreLib",
    ClassName: "System.Exception",
    Message: " a",
    InnerException: { Message: "Result: Failure\nException: a\nStack: b\nStack: at x" },
  });
});

test("an orchestrator that threw says so behind a label in its message", () => {
  const message = 'false\n\n$OutOfProcData$:{"isDone":false,"actions":[[]],"schemaVersion":3,"error":"exploded"}';
  expect(orchestratorThrew(message, "")).toEqual({
    state: { isDone: false, actions: [[]], schemaVersion: 3, error: "exploded" },
    thrown: true,
  });
});

const addresses = { hubName: "Hub", publicUrl: "http://localhost:7071", rpcUrl: "http://127.0.0.1:17071" };
const query = "taskHub=Hub&connection=Storage&code=local";
const base = "http://localhost:7071/runtime/webhooks/durabletask";

test("the durable client is told all addresses, and an RPC address that ends with a slash", () => {
  expect(JSON.parse(durableClient(addresses))).toEqual({
    taskHubName: "Hub",
    connectionName: null,
    creationUrls: {
      createNewInstancePostUri: `${base}/orchestrators/{functionName}[/{instanceId}]?code=local`,
      createAndWaitOnNewInstancePostUri: `${base}/orchestrators/{functionName}[/{instanceId}]?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&code=local`,
    },
    managementUrls: {
      id: "INSTANCEID",
      statusQueryGetUri: `${base}/instances/INSTANCEID?${query}`,
      sendEventPostUri: `${base}/instances/INSTANCEID/raiseEvent/{eventName}?${query}`,
      terminatePostUri: `${base}/instances/INSTANCEID/terminate?reason={text}&${query}`,
      rewindPostUri: `${base}/instances/INSTANCEID/rewind?reason={text}&${query}`,
      purgeHistoryDeleteUri: `${base}/instances/INSTANCEID?${query}`,
      restartPostUri: `${base}/instances/INSTANCEID/restart?${query}`,
      suspendPostUri: `${base}/instances/INSTANCEID/suspend?reason={text}&${query}`,
      resumePostUri: `${base}/instances/INSTANCEID/resume?reason={text}&${query}`,
    },
    baseUrl: base,
    requiredQueryStringParameters: "code=local",
    rpcBaseUrl: "http://127.0.0.1:17071/durabletask/",
    httpBaseUrl: null,
    maxGrpcMessageSizeInBytes: null,
    grpcHttpClientTimeout: null,
  });
});

test("the answer to a start has no address for rewinding", () => {
  expect(Object.keys(startAnswer("a", addresses))).toEqual([
    "id",
    "statusQueryGetUri",
    "sendEventPostUri",
    "terminatePostUri",
    "purgeHistoryDeleteUri",
    "restartPostUri",
    "suspendPostUri",
    "resumePostUri",
  ]);
});

test("a status has whole seconds, parsed JSON, text that is no JSON as it is, and null for what is not there", () => {
  const failed = { ...instance, status: "Failed" as const, output: "Orchestrator function 'main' failed: no" };
  expect(statusAnswer(failed, { showInput: true })).toEqual({
    name: "main",
    instanceId: "m1",
    runtimeStatus: "Failed",
    input: { hello: 1 },
    customStatus: null,
    output: "Orchestrator function 'main' failed: no",
    createdTime: "2026-11-21T05:09:57Z",
    lastUpdatedTime: "2026-11-21T05:09:57Z",
  });
});
