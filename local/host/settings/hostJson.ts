import type { VersionRules } from "../durable/engine/versions.ts";
import { HostError } from "../errors.ts";
import { isLogLevel, type LogLevel } from "../log.ts";
import { parseTimeSpan } from "../triggers/schedule.ts";
import type { RetryOptions } from "../worker/messages.ts";
import { withSettings } from "./anyCase.ts";
import type { Json } from "./json.ts";
import { tracked, withValue, type Tracked } from "./tracked.ts";

/** What of host.json the host acts on, with the platform's defaults. */
export interface HostJson {
  readonly routePrefix: string;
  /** A function that runs longer is ended, with the process it runs in; undefined: none is. Real time. */
  readonly functionTimeout: { readonly text: string; readonly inMs: number } | undefined;
  /** Go into every answer of a function. */
  readonly customHeaders: Readonly<Record<string, string>>;
  readonly logLevels: Readonly<Record<string, LogLevel>>;
  /** For timer functions without a policy of their own. */
  readonly retry: RetryOptions | undefined;
  readonly durable: DurableSettings;
  /** Paths of what nobody reads here. */
  readonly unread: readonly string[];
}

export interface DurableSettings {
  readonly hubName: string;
  readonly versions: VersionRules;
  readonly maxConcurrentActivities: number;
  /** How long `callHttp` rests before it asks again where an answer of 202 does not say. */
  readonly httpPollingInMs: number;
  /** Whether a start takes the place of a live instance with the same id. */
  readonly startReplacesLive: boolean;
  /** How many activities, children and timers one generation may ask for. */
  readonly maxOrchestrationActions: number;
  readonly storeInputs: boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

/** `env` overrides single values (`AzureFunctionsJobHost__extensions__http__routePrefix`) and is what `%NAME%` stands for. */
export function readHostJson(json: Json, env: Env): HostJson {
  const host = tracked(overridden(json, env), "host.json");
  if (host.text("version") !== "2.0") throw new HostError(`host.json: "version" must be "2.0"`);
  // Which extensions the platform loads, and what it tells Application Insights: no app behaves otherwise for it.
  for (const path of ["$schema", "extensionBundle", "logging.applicationInsights", "extensions.durableTask.tracing"])
    host.pass(path);
  const read = {
    routePrefix: host.text("extensions.http.routePrefix") ?? "api",
    functionTimeout: timeout(host.text("functionTimeout")),
    customHeaders: texts(host.object("extensions.http.customHeaders")),
    logLevels: logLevels(host.object("logging.logLevel") ?? {}),
    retry: host.object("retry"),
    durable: durable(host, env),
  };
  return { ...read, unread: host.unread() };
}

function durable(host: Tracked, env: Env): DurableSettings {
  const at = (key: string): string => `extensions.durableTask.${key}`;
  const one = <Name extends string>(key: string, names: readonly Name[], fallback: Name): Name => {
    const given = host.text(at(key)) ?? fallback;
    const name = names.find((known) => known.toLowerCase() === given.toLowerCase());
    if (!name) throw new HostError(`host.json: ${at(key)}: "${given}" is none of ${names.join(", ")}`);
    return name;
  };
  return {
    hubName: withSettings(
      host.text(at("hubName")) ?? "TestHubName",
      env,
      (name) => new HostError(`host.json: ${at("hubName")}: '%${name}%' does not resolve to a value`),
    ),
    versions: {
      defaultVersion: host.text(at("defaultVersion")) ?? "",
      match: one("versionMatchStrategy", ["None", "Strict", "CurrentOrOlder"], "CurrentOrOlder"),
      otherwise: one("versionFailureStrategy", ["Reject", "Fail"], "Reject"),
    },
    maxConcurrentActivities: host.number(at("maxConcurrentActivityFunctions"), 1) ?? 20,
    httpPollingInMs: host.number(at("httpSettings.defaultAsyncRequestSleepTimeMilliseconds"), 0) ?? 30_000,
    startReplacesLive:
      one("overridableExistingInstanceStates", ["NonRunningStates", "AnyState"], "NonRunningStates") === "AnyState",
    maxOrchestrationActions: host.number(at("maxOrchestrationActions"), 1) ?? 100_000,
    storeInputs: host.flag(at("storeInputsInOrchestrationHistory")) ?? false,
  };
}

/** A negative one means none. */
function timeout(text: string | undefined): HostJson["functionTimeout"] {
  if (text === undefined) return undefined;
  const inMs = parseTimeSpan(text);
  if (inMs === undefined) throw new HostError(`host.json: functionTimeout: "${text}" is no TimeSpan`);
  return inMs < 0 ? undefined : { text, inMs };
}

/** Names are keys of host.json with two underscores or a colon between. */
function overridden(json: Json, env: Env): Json {
  const prefix = /^AzureFunctionsJobHost(?:__|:)(.+)$/i;
  return Object.entries(env).reduce((host, [name, value]) => {
    const [, path] = prefix.exec(name) ?? [];
    return path === undefined || value === undefined ? host : withValue(host, path.split(/__|:/), value);
  }, json);
}

function texts(values: Json = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

function logLevels(values: Json): Record<string, LogLevel> {
  const entries = Object.entries(values).map(([category, level]): [string, LogLevel] => {
    const name = String(level).toLowerCase();
    if (!isLogLevel(name)) throw new HostError(`host.json: logging.logLevel: "${String(level)}" is no log level`);
    return [category, name];
  });
  return Object.fromEntries(entries);
}
