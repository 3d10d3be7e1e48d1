import { app } from "@azure/functions";
import * as df from "durable-functions";

const soon = (context, ms) => new Date(context.df.currentUtcDateTime.getTime() + ms);

df.app.activity("greet", { handler: (name) => `Hello ${name}` });
df.app.activity("square", { handler: (n) => n * n });
const builds = new Map();
df.app.activity("buildState", {
  handler: (id) => {
    builds.set(id, (builds.get(id) ?? 0) + 1);
    return builds.get(id) < 3 ? "building" : "built";
  },
});
const calls = new Map();
df.app.activity("unreliable", {
  handler: (id) => {
    calls.set(id, (calls.get(id) ?? 0) + 1);
    if (calls.get(id) < 3) throw new Error(`call ${calls.get(id)} failed`);
    return calls.get(id);
  },
});

df.app.orchestration("helloSequence", function* (context) {
  const greetings = [];
  for (const city of ["Kyoto", "Lagos", "Lima"]) greetings.push(yield context.df.callActivity("greet", city));
  return greetings;
});
df.app.orchestration("fanOut", function* (context) {
  const numbers = Array.from({ length: context.df.getInput() }, (_, n) => n);
  const squares = yield context.df.Task.all(numbers.map((n) => context.df.callActivity("square", n)));
  return squares.reduce((sum, n) => sum + n, 0);
});
df.app.orchestration("monitor", function* (context) {
  const deadline = soon(context, 60_000);
  for (let looks = 1; context.df.currentUtcDateTime < deadline; looks += 1) {
    if ((yield context.df.callActivity("buildState", context.df.instanceId)) === "built") return { looks };
    yield context.df.createTimer(soon(context, 20));
  }
  return "expired";
});
df.app.orchestration("approval", function* (context) {
  const answer = context.df.waitForExternalEvent("Approval");
  const deadline = context.df.createTimer(soon(context, context.df.getInput()));
  if ((yield context.df.Task.any([answer, deadline])) === deadline) return "escalated";
  deadline.cancel();
  return answer.result ? "approved" : "rejected";
});
df.app.orchestration("eternal", function* (context) {
  const { rounds } = context.df.getInput();
  context.df.setCustomStatus({ rounds });
  const stop = context.df.waitForExternalEvent("Stop");
  const pause = context.df.createTimer(soon(context, 10));
  if ((yield context.df.Task.any([stop, pause])) === stop) {
    pause.cancel();
    return { rounds };
  }
  context.df.continueAsNew({ rounds: rounds + 1 });
});
df.app.orchestration("retry", function* (context) {
  return yield context.df.callActivityWithRetry("unreliable", new df.RetryOptions(10, 4), context.df.instanceId);
});
df.app.orchestration("parent", function* (context) {
  const sums = yield context.df.Task.all([1, 2, 3].map((n) => context.df.callSubOrchestrator("fanOut", n)));
  return sums;
});
df.app.orchestration("versioned", function* (context) {
  yield context.df.callActivity("greet", "anybody");
  return context.df.version === "1.0" ? "the old way" : `the way of ${context.df.version}`;
});

const client = (name, route, handler) =>
  app.http(name, {
    route,
    methods: ["POST"],
    extraInputs: [df.input.durableClient()],
    handler: async (request, context) =>
      handler(df.getClient(context), request, await request.json().catch(() => null)),
  });
client("start", "start/{name}/{id}", async (durable, request, body) => {
  const { name, id } = request.params;
  const version = request.query.get("version") ?? undefined;
  await durable.startNew(name, { instanceId: id, input: body, version });
  return durable.createCheckStatusResponse(request, id);
});
client("singleton", "singleton/{name}/{id}", async (durable, request, body) => {
  const { name, id } = request.params;
  const existing = await durable.getStatus(id).catch(() => undefined);
  const over = ["Completed", "Failed", "Terminated"];
  if (existing && !over.includes(existing.runtimeStatus)) return { status: 409, body: existing.runtimeStatus };
  await durable.startNew(name, { instanceId: id, input: body });
  return { status: 202 };
});
client("wait", "wait/{name}/{id}", async (durable, request, body) => {
  const { name, id } = request.params;
  await durable.startNew(name, { instanceId: id, input: body });
  const limits = { timeoutInMilliseconds: Number(request.query.get("limit")), retryIntervalInMilliseconds: 20 };
  return durable.waitForCompletionOrCreateCheckStatusResponse(request, id, limits);
});
client("raise", "raise/{id}/{event}", async (durable, request, body) => {
  await durable.raiseEvent(request.params.id, request.params.event, body);
  return { status: 202 };
});
