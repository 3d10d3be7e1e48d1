import * as df from "durable-functions";

df.app.activity("echo", { handler: (value) => value });

df.app.orchestration("fanOut", function* (context) {
  const calls = Array.from({ length: context.df.getInput() }, (_, n) => context.df.callActivity("echo", n));
  return (yield context.df.Task.all(calls)).length;
});
df.app.orchestration("sequence", function* (context) {
  const count = context.df.getInput();
  for (let n = 0; n < count; n++) yield context.df.callActivity("echo", n);
  return count;
});
df.app.orchestration("waits", function* (context) {
  return yield context.df.waitForExternalEvent("Go");
});
/** A history of so many events, then activities one by one. */
df.app.orchestration("replays", function* (context) {
  const { events, then } = context.df.getInput();
  // In small groups: the SDK looks at all parts of a Task.all whenever one ends.
  for (let left = events / 2; left > 0; left -= 25) {
    yield context.df.Task.all(Array.from({ length: 25 }, (_, n) => context.df.callActivity("echo", n)));
  }
  for (let n = 0; n < then; n++) yield context.df.callActivity("echo", n);
});
