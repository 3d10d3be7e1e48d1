import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { VersionRules } from "./durable/engine/versions.ts";
import { codeOf, HostError, messageOf } from "./errors.ts";
import { isLogLevel, type LogLevel } from "./log.ts";
import type { RetryOptions } from "./worker/messages.ts";

/** What host.json, package.json and local.settings.json say, with the platform's defaults. */
export interface AppConfig {
  /** Absolute. */
  readonly app: string;
  /** A glob relative to `app`. */
  readonly main: string;
  readonly esModule: boolean;
  readonly routePrefix: string;
  readonly hubName: string;
  readonly versions: VersionRules;
  readonly maxConcurrentActivities: number;
  readonly logLevels: Readonly<Record<string, LogLevel>>;
  /** For timer functions without a policy of their own. */
  readonly retry: RetryOptions | undefined;
  /** `Values` of local.settings.json. */
  readonly settings: Readonly<Record<string, string>>;
}

type Json = Readonly<Record<string, unknown>>;

export function readConfig(folder: string): AppConfig {
  const app = resolve(folder);
  const host = readJson(join(app, "host.json"), withoutComments);
  if (!host) throw new HostError(`${join(app, "host.json")} is missing: not a function app folder`);
  if (host.version !== "2.0") throw new HostError(`${join(app, "host.json")}: "version" must be "2.0"`);
  const manifest = readJson(join(app, "package.json"));
  if (!manifest) throw new HostError(`${join(app, "package.json")} is missing: it must name the app's "main"`);
  if (typeof manifest.main !== "string" || manifest.main === "") {
    throw new HostError(`${join(app, "package.json")}: "main" is missing; it names the files that register functions`);
  }
  const extensions = object(host.extensions);
  const durable = object(extensions.durableTask);
  return {
    app,
    main: manifest.main,
    esModule: manifest.type === "module",
    routePrefix: text(object(extensions.http).routePrefix) ?? "api",
    hubName: text(durable.hubName) ?? "TestHubName",
    versions: versions(durable),
    maxConcurrentActivities: positive(durable.maxConcurrentActivityFunctions) ?? 20,
    logLevels: logLevels(object(object(host.logging).logLevel)),
    retry: host.retry === undefined ? undefined : object(host.retry),
    settings: strings(object(readJson(join(app, "local.settings.json"), withoutComments)?.Values)),
  };
}

function versions(durable: Json): VersionRules {
  const one = <Name extends string>(key: string, names: readonly Name[], fallback: Name): Name => {
    const given = text(durable[key]) ?? fallback;
    const name = names.find((known) => known.toLowerCase() === given.toLowerCase());
    if (!name)
      throw new HostError(`host.json: extensions.durableTask.${key}: "${given}" is none of ${names.join(", ")}`);
    return name;
  };
  return {
    defaultVersion: text(durable.defaultVersion) ?? "",
    match: one("versionMatchStrategy", ["None", "Strict", "CurrentOrOlder"], "CurrentOrOlder"),
    otherwise: one("versionFailureStrategy", ["Reject", "Fail"], "Reject"),
  };
}

/** The process environment wins over local.settings.json, as with the Core Tools; what the caller gives wins over both. */
export function environment(
  { settings }: AppConfig,
  given: Readonly<Record<string, string>> | undefined,
  port: number,
): NodeJS.ProcessEnv {
  return {
    AZURE_FUNCTIONS_ENVIRONMENT: "Development",
    FUNCTIONS_WORKER_RUNTIME: "node",
    ...settings,
    ...process.env,
    ...given,
    WEBSITE_HOSTNAME: `localhost:${port}`,
  };
}

/** `KEY=value` lines; blank lines and lines that start with `#` are skipped, quotes around a value are taken off. */
export function readEnvFile(file: string): Record<string, string> {
  const lines = read(file)?.split(/\r?\n/);
  if (!lines) throw new HostError(`${file}: no such file`);
  const entries = lines
    .filter((line) => line.trim() !== "" && !line.trimStart().startsWith("#"))
    .map((line): [string, string] => {
      const at = line.indexOf("=");
      if (at < 1) throw new HostError(`${file}: not KEY=value: ${line.slice(0, 40)}`);
      return [line.slice(0, at).trim(), line.slice(at + 1).replace(/^(["'])(.*)\1$/, "$2")];
    });
  return Object.fromEntries(entries);
}

function readJson(file: string, prepare: (text: string) => string = (text) => text): Json | undefined {
  const content = read(file);
  if (content === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(prepare(content.replace(/^\uFEFF/, "")));
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed as Json;
  } catch (error) {
    throw new HostError(`${file} is not JSON: ${messageOf(error)}`);
  }
  throw new HostError(`${file} must be a JSON object`);
}

/** Takes out comments and trailing commas, which the platform's reader allows. Positions stay as they were. */
function withoutComments(text: string): string {
  const blank = (found: string): string => (found.startsWith('"') ? found : found.replace(/[^\n]/g, " "));
  return text
    .replace(/"(?:\\.|[^"\\])*"|\/\/.*|\/\*[^]*?\*\//g, blank)
    .replace(/"(?:\\.|[^"\\])*"|,(?=\s*[}\]])/g, blank);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined;
    throw new HostError(`${file} cannot be read: ${messageOf(error)}`);
  }
}

function object(value: unknown): Json {
  return typeof value === "object" && value !== null ? (value as Json) : {};
}
function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
function positive(value: unknown): number | undefined {
  return typeof value === "number" && value > 0 ? value : undefined;
}
function strings(values: Json): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));
}
function logLevels(values: Json): Record<string, LogLevel> {
  const entries = Object.entries(values).map(([category, level]): [string, LogLevel] => {
    const name = String(level).toLowerCase();
    if (!isLogLevel(name)) throw new HostError(`host.json: logging.logLevel: "${String(level)}" is no log level`);
    return [category, name];
  });
  return Object.fromEntries(entries);
}
