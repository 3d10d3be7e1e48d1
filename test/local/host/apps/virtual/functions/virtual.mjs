import { app } from "@azure/functions";
import * as df from "durable-functions";

const days = [];
const dayInMs = 86_400_000;

app.timer("daily", { schedule: "0 0 6 * * *", handler: () => void days.push(new Date().toISOString().slice(0, 16)) });
app.http("days", { handler: () => ({ jsonBody: days }) });
app.http("now", { handler: () => ({ jsonBody: { now: Date.now(), made: new Date().getTime(), text: Date() } }) });
df.app.activity("today", { handler: () => new Date().toISOString().slice(0, 10) });

df.app.orchestration("sleeps", function* (context) {
  const from = context.df.currentUtcDateTime.getTime();
  yield context.df.createTimer(new Date(from + context.df.getInput() * dayInMs));
  const to = context.df.currentUtcDateTime.getTime();
  return [Math.floor((to - from) / dayInMs), yield context.df.callActivity("today", null)];
});
df.app.orchestration("renews", function* (context) {
  const left = context.df.getInput();
  yield context.df.callActivity("today", null);
  if (left === 0) return "renewed";
  yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 30 * dayInMs));
  context.df.continueAsNew(left - 1);
});
df.app.orchestration("waits", function* (context) {
  const go = context.df.waitForExternalEvent("Go");
  const deadline = context.df.createTimer(
    new Date(context.df.currentUtcDateTime.getTime() + context.df.getInput() * dayInMs),
  );
  const winner = yield context.df.Task.any([go, deadline]);
  if (winner === deadline) return "too late";
  deadline.cancel();
  return go.result;
});
