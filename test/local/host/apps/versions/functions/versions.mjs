import * as df from "durable-functions";

df.app.activity("echo", { handler: (value) => value });
df.app.orchestration("tells", function* (context) {
  return yield context.df.callActivity("echo", context.df.version);
});
df.app.orchestration("calls", function* (context) {
  const { df: durable } = context;
  const child = yield durable.callSubOrchestrator("tells", null);
  const older = yield durable.callSubOrchestrator("tells", null, undefined, "1.0");
  return [durable.version, child, older];
});
