import * as df from "durable-functions";

/** Each orchestration does one thing that goes wrong in silence on the platform. */
const soon = (context, ms) => new Date(context.df.currentUtcDateTime.getTime() + ms);
df.app.activity("echo", { handler: (value) => value });
df.app.activity("fails", {
  handler: () => {
    throw new Error("no");
  },
});

df.app.orchestration("sharedTimer", function* (context) {
  const deadline = context.df.createTimer(soon(context, 300));
  yield context.df.Task.any([context.df.callActivity("echo", 1), deadline]);
  yield context.df.Task.any([context.df.waitForExternalEvent("Go"), deadline]);
  return "end";
});
df.app.orchestration("yieldsLater", function* (context) {
  const slow = context.df.createTimer(soon(context, 50));
  yield context.df.Task.any([context.df.callActivity("echo", 1), slow]);
  yield slow;
  for (const n of [1, 2])
    yield context.df.Task.all([context.df.callActivity("echo", n), context.df.callActivity("echo", n)]);
  return "end";
});
df.app.orchestration("waits", function* (context) {
  return yield context.df.waitForExternalEvent(context.df.getInput());
});
df.app.orchestration("beside", function* (context) {
  const deadline = context.df.createTimer(soon(context, 20));
  yield context.df.Task.any([context.df.waitForExternalEvent("Go"), deadline]);
  return yield context.df.callActivity("unknown", 1);
});
df.app.orchestration("throwsText", function* (context) {
  yield context.df.Task.any([context.df.callActivity("echo", 1), context.df.createTimer(soon(context, 60_000))]);
  throw "plain text";
});
df.app.orchestration("timesOut", function* (context) {
  const options = new df.RetryOptions(20, 5);
  options.retryTimeoutInMilliseconds = 30;
  yield context.df.callActivityWithRetry("fails", options, 1);
});
df.app.orchestration("calls", function* (context) {
  return yield context.df.callSubOrchestrator("waits", "Go", context.df.getInput());
});
df.app.orchestration("twins", function* (context) {
  const call = () => context.df.callSubOrchestrator("waits", "Go", `${context.df.instanceId}-child`);
  yield context.df.Task.all([call(), call()]);
});
// Azure/azure-functions-durable-extension#2606
df.app.orchestration("handsOn", function* (context) {
  const deadline = context.df.createTimer(soon(context, 60_000));
  const update = context.df.waitForExternalEvent("Go");
  if ((yield context.df.Task.any([deadline, update])) !== update) return "late";
  deadline.cancel();
  context.df.continueAsNew((context.df.getInput() ?? 0) + 1);
});
// One event a generation, of several that came together.
df.app.orchestration("takesOne", function* (context) {
  const taken = context.df.getInput() ?? 0;
  yield context.df.waitForExternalEvent("Go");
  if (taken === 2) return "all";
  context.df.continueAsNew(taken + 1);
});
df.app.orchestration("entity", function* (context) {
  return yield context.df.callEntity(new df.EntityId("counter", "a"), "get");
});
df.app.orchestration("locks", function* (context) {
  yield context.df.lock(new df.EntityId("counter", "a"));
});
