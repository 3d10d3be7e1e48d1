import * as df from "durable-functions";

df.app.orchestration("tells", function* (context) {
  return context.df.version;
});
df.app.orchestration("calls", function* (context) {
  const { df: durable } = context;
  const child = yield durable.callSubOrchestrator("tells", null);
  const older = yield durable.callSubOrchestrator("tells", null, undefined, "1.0");
  return [durable.version, child, older];
});
