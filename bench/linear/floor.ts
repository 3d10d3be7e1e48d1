/**
 * What durable-functions alone needs to parse and replay an orchestration's histories, the whole history afresh at each of its
 * turns, as the platform's worker does it. A process of its own: `STATE-FILE INSTANCE-ID`.
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { CoreModule } from "../../local/host/worker/coreModule.ts";
import { invoke } from "../../local/host/worker/invoke.ts";
import { loadApp } from "../../local/host/worker/load.ts";
import { EventType, type HistoryEvent } from "../../local/host/durable/replay/history.ts";

const app = join(import.meta.dirname, "../apps/host");
const [stateFile = "", id = ""] = process.argv.slice(2);

const core = new CoreModule(() => undefined);
core.install();
await loadApp(app, ["app.js"], true);

const state = new DatabaseSync(stateFile, { readOnly: true });
const { name } = JSON.parse(String(state.prepare("SELECT state FROM instances WHERE id = ?").get(id)?.["state"])) as {
  readonly name: string;
};
const events = state
  .prepare("SELECT event FROM history WHERE id = ? ORDER BY seq")
  .all(id)
  .map(({ event }) => JSON.parse(String(event)) as HistoryEvent);
state.close();
const orchestrator = [...core.functions.values()].find(({ metadata }) => metadata.name === name)?.metadata;
const trigger = Object.entries(orchestrator?.bindings ?? {}).find(
  ([, { type }]) => type === "orchestrationTrigger",
)?.[0];
if (!orchestrator || trigger === undefined) throw new Error(`the app has no orchestrator ${name}`);

/** What an episode takes; all else in it the episode itself decided. */
const taken: ReadonlySet<EventType> = new Set([
  EventType.OrchestratorStarted,
  EventType.ExecutionStarted,
  EventType.TaskCompleted,
]);
const { Input: input } = events.find((event) => event.EventType === EventType.ExecutionStarted) as { Input: string };
let past = "";
let fresh: HistoryEvent[] = [];
let decided: HistoryEvent[] = [];
let isDone = false;
const used = { user: 0, system: 0 };
for (const event of events) {
  if (event.EventType !== EventType.OrchestratorCompleted) {
    (taken.has(event.EventType) ? fresh : decided).push(event);
    continue;
  }
  isDone = await replayed(
    `{"history":[${past}${textOf(fresh, past === "", false)}],"input":${JSON.stringify(JSON.parse(input))},"instanceId":"${id}","isReplaying":${past !== ""},"parentInstanceId":null,"upperSchemaVersion":1,"upperSchemaVersionNew":3,"longRunningTimerIntervalDuration":"3.00:00:00","maximumShortTimerDuration":"6.00:00:00","defaultHttpAsyncRequestSleepTimeMillseconds":30000}`,
  );
  past += textOf([...fresh, ...decided, event], past === "", true);
  [fresh, decided] = [[], []];
}
if (!isDone) throw new Error(`${id} does not end when it is replayed`);
process.send?.({ floorCpuSeconds: (used.user + used.system) / 1e6 }, () => process.exit(0));

function textOf(part: readonly HistoryEvent[], isFirst: boolean, isPlayed: boolean): string {
  const text = part.map((event) => JSON.stringify({ ...event, IsPlayed: isPlayed })).join(",");
  return isFirst ? text : `,${text}`;
}

async function replayed(text: string): Promise<boolean> {
  if (!orchestrator || trigger === undefined) return false;
  const began = process.cpuUsage();
  const inputData = [{ name: trigger, data: { string: text } }];
  const request = {
    invocationId: "floor",
    functionId: orchestrator.id,
    inputData,
    triggerMetadata: {},
    traceContext: { traceParent: "", traceState: "", attributes: {} },
  };
  const { returnValue } = await invoke(core, request, () => undefined);
  const { user, system } = process.cpuUsage(began);
  used.user += user;
  used.system += system;
  return (JSON.parse(returnValue?.json ?? "{}") as { readonly isDone?: boolean }).isDone === true;
}
