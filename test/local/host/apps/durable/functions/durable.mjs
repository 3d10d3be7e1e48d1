import { appendFileSync, existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { app } from "@azure/functions";
import * as df from "durable-functions";

/** One line for each activity that began, so that a test can count them over crashes. */
const ran = (name) => process.env.RAN && appendFileSync(process.env.RAN, `${name}\n`);
const soon = (context, ms) => new Date(context.df.currentUtcDateTime.getTime() + ms);

df.app.activity("say", {
  handler: (text) => {
    ran(`say ${text}`);
    return `said ${text}`;
  },
});
df.app.activity("slow", {
  handler: async (ms) => {
    ran("slow");
    await sleep(ms);
    return "slow done";
  },
});
const tries = new Map();
df.app.activity("flaky", {
  handler: ({ key, failures }) => {
    const attempt = (tries.get(key) ?? 0) + 1;
    tries.set(key, attempt);
    if (attempt <= failures) throw new Error(`attempt ${attempt}`);
    return attempt;
  },
});
df.app.activity("crashOnce", {
  handler: () => {
    const before = existsSync(process.env.RAN);
    ran("crash");
    if (!before) process.exit(7);
    return "survived";
  },
});

df.app.orchestration("sequence", function* (context) {
  const said = [];
  for (const word of ["one", "two"]) said.push(yield context.df.callActivity("say", word));
  return said;
});
df.app.orchestration("retries", function* (context) {
  const options = new df.RetryOptions(10, 3);
  return yield context.df.callActivityWithRetry("flaky", options, {
    key: context.df.instanceId,
    failures: context.df.getInput(),
  });
});
df.app.orchestration("waits", function* (context) {
  context.df.setCustomStatus({ waitingFor: "Go" });
  const event = context.df.waitForExternalEvent("Go");
  const deadline = context.df.createTimer(soon(context, context.df.getInput() ?? 86_400_000));
  const winner = yield context.df.Task.any([event, deadline]);
  if (winner === deadline) return "too late";
  deadline.cancel();
  return event.result;
});
df.app.orchestration("sleeps", function* (context) {
  yield context.df.createTimer(soon(context, context.df.getInput()));
  return yield context.df.callActivity("say", "awake");
});
df.app.orchestration("works", function* (context) {
  const result = yield context.df.callActivity("slow", context.df.getInput());
  return [result, yield context.df.callActivity("say", "after")];
});
df.app.orchestration("child", function* (context) {
  const { fail } = context.df.getInput();
  if (fail) throw new Error("the child says no");
  return yield context.df.callActivity("say", "child");
});
df.app.orchestration("parent", function* (context) {
  const { fail } = context.df.getInput();
  try {
    return yield context.df.callSubOrchestrator("child", { fail }, `${context.df.instanceId}-child`);
  } catch (error) {
    return `caught ${error.message.split(" \n ")[0]}`;
  }
});
df.app.orchestration("counts", function* (context) {
  const n = context.df.getInput();
  yield context.df.callActivity("say", String(n));
  if (n < 3) context.df.continueAsNew(n + 1);
  return n;
});
/** Tells a custom status in its first generation only; the later ones end at once, or after an event. */
df.app.orchestration("tellsOnce", function* (context) {
  const { generation, last, waits } = context.df.getInput();
  if (generation === 1) context.df.setCustomStatus({ told: "by the first" });
  if (generation === last && waits) {
    const tomorrow = context.df.createTimer(soon(context, 86_400_000));
    yield context.df.Task.any([context.df.waitForExternalEvent("Go"), tomorrow]);
    tomorrow.cancel();
  }
  if (generation < last) context.df.continueAsNew({ generation: generation + 1, last, waits });
  return generation;
});
df.app.orchestration("unknownActivity", function* (context) {
  return yield context.df.callActivity("noSuchActivity", 1);
});
df.app.orchestration("throwsText", function* (context) {
  yield context.df.callActivity("say", "first");
  throw "plain text";
});

df.app.orchestration("crashes", function* (context) {
  return yield context.df.callActivity("crashOnce", null);
});

app.http("pid", { handler: () => ({ body: String(process.pid) }) });
app.http("start", {
  route: "start/{name}/{id}",
  methods: ["POST"],
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const client = df.getClient(context);
    const { name, id } = request.params;
    try {
      await client.startNew(name, { instanceId: id, input: await request.json() });
      return client.createCheckStatusResponse(request, id);
    } catch (error) {
      return { status: 409, body: error.message };
    }
  },
});
app.http("raise", {
  route: "raise/{id}/{event}",
  methods: ["POST"],
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    await df.getClient(context).raiseEvent(request.params.id, request.params.event, await request.json());
    return { status: 202 };
  },
});
app.http("status", {
  route: "status/{id}",
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => ({ jsonBody: await df.getClient(context).getStatus(request.params.id) }),
});
