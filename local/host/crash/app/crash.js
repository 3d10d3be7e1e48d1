import { existsSync } from "node:fs";
import * as df from "durable-functions";

/** One of every kind of event that a history can hold; `../scenario.ts` drives it. */
const soon = (context, ms) => new Date(context.df.currentUtcDateTime.getTime() + ms);

df.app.activity("echo", { handler: (value) => value });
df.app.activity("fails", {
  handler: () => {
    throw new Error("never works");
  },
});
df.app.activity("worksOnceFixed", {
  handler: (file) => {
    if (!existsSync(file)) throw new Error("not yet");
    return "works";
  },
});

df.app.orchestration("everything", function* (context) {
  const { df: durable } = context;
  const { url } = durable.getInput();
  const got = {};
  got.all = yield durable.Task.all([1, 2, 3].map((n) => durable.callActivity("echo", n)));
  try {
    yield durable.callActivityWithRetry("fails", new df.RetryOptions(10, 2), null);
  } catch {
    got.retried = "gave up";
  }
  yield durable.createTimer(soon(context, 10));
  durable.setCustomStatus({ stage: "waits" });
  const deadline = durable.createTimer(soon(context, 86_400_000));
  const go = durable.waitForExternalEvent("Go");
  yield durable.Task.any([go, deadline]);
  deadline.cancel();
  got.go = go.result;
  got.child = yield durable.callSubOrchestrator("counts", 1, "counted");
  try {
    yield durable.callSubOrchestrator("refuses", null, "refused");
  } catch {
    got.refused = "the child refused";
  }
  const { statusCode, content } = yield durable.callHttp({ method: "GET", url: `${url}/slow` });
  got.http = [statusCode, content];
  durable.setCustomStatus({ stage: "held" });
  got.held = yield durable.waitForExternalEvent("Held");
  return got;
});
df.app.orchestration("counts", function* (context) {
  const n = context.df.getInput();
  yield context.df.callActivity("echo", n);
  if (n < 3) return context.df.continueAsNew(n + 1);
  return n;
});
df.app.orchestration("refuses", function* (context) {
  yield context.df.callActivity("echo", "no");
  throw new Error("no");
});
df.app.orchestration("waits", function* (context) {
  context.df.setCustomStatus({ stage: "waits" });
  return yield context.df.waitForExternalEvent("Go");
});
df.app.orchestration("fixed", function* (context) {
  const first = yield context.df.callActivity("echo", "first");
  return [first, yield context.df.callActivity("worksOnceFixed", context.df.getInput())];
});
