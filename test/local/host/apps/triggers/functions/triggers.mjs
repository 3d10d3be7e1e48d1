import { setTimeout as sleep } from "node:timers/promises";
import { app } from "@azure/functions";

/** What functions got since the last request to `events`. */
const seen = [];
app.http("events", {
  handler: async (request) => {
    while (request.query.has("wait") && seen.length === 0) await sleep(5);
    return { jsonBody: seen.splice(0) };
  },
});

app.eventGrid("grid", { handler: (event) => void seen.push(event) });
app.eventGrid("gridFails", {
  handler: (event) => {
    seen.push(event);
    if (event.id === "bad") throw new Error("not this one");
  },
});
app.eventGrid("gridMetadata", { handler: (_event, context) => void seen.push(context.triggerMetadata) });
app.timer("yearly", {
  schedule: "0 0 0 1 1 *",
  handler: (timer, context) => void seen.push({ timer, metadata: context.triggerMetadata ?? null }),
});
app.timer("disabled", { schedule: "%NOT_THERE%", handler: () => seen.push("disabled") });
app.http("off", { handler: () => ({ body: "on" }) });
