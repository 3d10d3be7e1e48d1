/**
 * What durable-functions alone needs to parse and replay an orchestration's histories, the whole history afresh at each of its
 * turns, as the platform's worker does it. A process of its own: `STATE-FILE INSTANCE-ID`.
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { CoreModule } from "../../local/host/worker/coreModule.ts";
import { invoke } from "../../local/host/worker/invoke.ts";
import { loadApp } from "../../local/host/worker/load.ts";
import type { InstanceState } from "../../local/host/durable/engine/instances.ts";
import { orchestrationTrigger } from "../../local/host/durable/engine/payloads.ts";
import { EventType, played, type HistoryEvent } from "../../local/host/durable/replay/history.ts";

const app = join(import.meta.dirname, "../apps/host");
const [stateFile = "", id = ""] = process.argv.slice(2);

const core = new CoreModule(() => undefined);
core.install();
await loadApp(app, ["app.js"], true);

const state = new DatabaseSync(stateFile, { readOnly: true });
const instance = JSON.parse(
  String(state.prepare("SELECT state FROM instances WHERE id = ?").get(id)?.["state"]),
) as InstanceState;
const events = state
  .prepare("SELECT event FROM history WHERE id = ? ORDER BY seq")
  .all(id)
  .map(({ event }) => JSON.parse(String(event)) as HistoryEvent);
state.close();
const orchestrator = [...core.functions.values()].find(({ metadata }) => metadata.name === instance.name)?.metadata;
const binding = Object.entries(orchestrator?.bindings ?? {}).find(
  ([, { type }]) => type === "orchestrationTrigger",
)?.[0];
if (!orchestrator || binding === undefined) throw new Error(`the app has no orchestrator ${instance.name}`);

/** What an episode takes; all else in it the episode itself decided. */
const taken: ReadonlySet<EventType> = new Set([
  EventType.OrchestratorStarted,
  EventType.ExecutionStarted,
  EventType.TaskCompleted,
]);
/** From the second turn on the trigger tells of a beginning that was played. */
const started = events.filter((event) => event.EventType === EventType.ExecutionStarted).map(played);
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
  const trigger = orchestrationTrigger(instance, past === "" ? fresh : started, { withHistory: false });
  isDone = await replayed(`{"history":[${past}${textOf(fresh, past === "", false)}],${trigger.slice(1)}`);
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
  if (!orchestrator || binding === undefined) return false;
  const began = process.cpuUsage();
  const inputData = [{ name: binding, data: { string: text } }];
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
