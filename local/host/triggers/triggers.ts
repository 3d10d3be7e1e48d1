import type { AppProcess, Invocation } from "../appProcess.ts";
import type { Clock } from "../clock.ts";
import type { AppConfig } from "../config.ts";
import type { Log } from "../log.ts";
import { triggerOf, type FunctionMetadata } from "../worker/messages.ts";
import { createEventGrid, type WebhookAnswer, type WebhookRequest } from "./eventGrid.ts";
import { createRunner, type Runner } from "./runner.ts";
import { openStatuses } from "./statusFile.ts";
import { createTimers, type Timers } from "./timers.ts";
import { openZone } from "./zone.ts";

export interface Triggers {
  readonly runner: Runner;
  readonly timers: Timers;
  readonly eventGrid: (request: WebhookRequest) => Promise<WebhookAnswer>;
}

export interface TriggerParts {
  readonly config: AppConfig;
  /** The app's environment: settings of schedules, and WEBSITE_TIME_ZONE. */
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly log: Log;
  /** Where timers are remembered; nowhere unless given. */
  readonly timerFile: string | undefined;
  readonly app: Pick<AppProcess, "invoke" | "functions">;
  readonly clientInputs: (metadata: FunctionMetadata) => Invocation["inputs"];
}

/** Everything that starts a function from outside, but HTTP. Throws a HostError for a time zone or timer file that is no use. */
export function createTriggers(parts: TriggerParts): Triggers {
  const { config, env, clock, log, app } = parts;
  const zone = openZone(env.WEBSITE_TIME_ZONE || undefined);
  const runner = createRunner(app, parts.clientInputs, log);
  const statuses = openStatuses(parts.timerFile);
  return {
    runner,
    timers: createTimers({ clock, runner, statuses, zone, log, settings: env, retry: config.retry }),
    eventGrid: createEventGrid({ functions: () => app.functions(), runner, zone }),
  };
}

const triggers = ["httpTrigger", "timerTrigger", "eventGridTrigger", "orchestrationTrigger", "activityTrigger"];
const bindings = ["http", "durableClient"];

/** What this host does not do for a function, in words. */
export function unsupported(metadata: FunctionMetadata): readonly string[] {
  const trigger = triggerOf(metadata);
  const others = Object.values(metadata.bindings).filter((one) => one !== trigger && !bindings.includes(one.type));
  const type = trigger?.type ?? "no trigger";
  return [
    ...neverStarted(metadata.name, type),
    ...others.map(({ type: binding, direction }) => {
      const what = direction === "out" ? "its output is dropped" : "it gets nothing from it";
      return `function "${metadata.name}" has a binding "${binding}" that this host does not have: ${what}`;
    }),
  ];
}

function neverStarted(name: string, trigger: string): readonly string[] {
  if (triggers.includes(trigger)) return [];
  if (trigger === "entityTrigger") return [`function "${name}" is an entity, which this host does not run`];
  return [`function "${name}" (${trigger}) is never started by this host; POST /admin/functions/${name} runs it`];
}
