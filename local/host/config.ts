import { globSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { HostError } from "./errors.ts";
import { readHostJson, type HostJson } from "./settings/hostJson.ts";
import { readJson, readText } from "./settings/json.ts";
import { readLocalSettings } from "./settings/localSettings.ts";

/** What host.json, package.json and local.settings.json say, with the platform's defaults. */
export interface AppConfig extends Omit<HostJson, "unread"> {
  /** Absolute. */
  readonly app: string;
  /** A glob relative to `app`. */
  readonly main: string;
  readonly esModule: boolean;
  /** The app's environment, but for its address. */
  readonly env: NodeJS.ProcessEnv;
  /** `Host.LocalHttpPort` of local.settings.json. */
  readonly port: number | undefined;
  /** The program that runs the app; undefined: the host's own. */
  readonly node?: string | undefined;
  /** Arguments for the app's own Node. */
  readonly nodeArguments: readonly string[];
  readonly bodyLimitInBytes: number;
  /** File and path of each key that is not read. */
  readonly unread: readonly string[];
}

type Given = Readonly<Record<string, string>>;

/** `given` wins over the process environment, which wins over local.settings.json, as with the Core Tools. */
export function readConfig(folder: string, given: Given = {}): AppConfig {
  const app = resolve(folder);
  const host = readJson(join(app, "host.json"), { comments: true });
  if (!host) throw new HostError(`${join(app, "host.json")} is missing: not a function app folder`);
  const local = readLocalSettings(readJson(join(app, "local.settings.json"), { comments: true }) ?? {});
  const env = environment(app, { ...local.values, ...process.env, ...given });
  const { unread, ...settings } = readHostJson(host, env);
  const manifest = readJson(join(app, "package.json"));
  if (!manifest) throw new HostError(`${join(app, "package.json")} is missing: it must name the app's "main"`);
  if (typeof manifest.main !== "string" || manifest.main === "") throw new HostError(withoutMain(app));
  return {
    ...settings,
    app,
    main: manifest.main,
    esModule: manifest.type === "module",
    env,
    port: local.port,
    nodeArguments: (env["languageWorkers__node__arguments"] ?? "").split(/\s+/).filter(Boolean),
    bodyLimitInBytes: bodyLimit(env["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"]),
    unread: [
      ...unread.map((path) => `host.json: ${path}`),
      ...local.unread.map((path) => `local.settings.json: ${path}`),
    ],
  };
}

/** What the platform accepts unless told otherwise. */
const defaultBodyLimitInBytes = 100 * 1024 * 1024;

function bodyLimit(text: string | undefined): number {
  const bytes = Number(text ?? defaultBodyLimitInBytes);
  if (Number.isInteger(bytes) && bytes > 0) return bytes;
  throw new HostError(`FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: "${text}" is no number of bytes`);
}

function environment(app: string, values: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    AZURE_FUNCTIONS_ENVIRONMENT: "Development",
    AzureWebJobsScriptRoot: app,
    FUNCTIONS_APPLICATION_DIRECTORY: app,
    FUNCTIONS_WORKER_RUNTIME: "node",
    ...values,
  };
}

/** The model before the present one has no main, and a function.json for each function. */
function withoutMain(app: string): string {
  const [former] = globSync("*/function.json", { cwd: app });
  return former === undefined
    ? `${join(app, "package.json")}: "main" is missing; it names the files that register functions`
    : `${join(app, former)}: the function.json model (v3) is not supported; this host runs the v4 model, whose "main" names the files that register functions`;
}

/** Every file that `main`, a glob or a folder relative to the app, stands for. Throws a HostError where there is none. */
export function filesOf({ app, main }: Pick<AppConfig, "app" | "main">): readonly string[] {
  const named = statSync(join(app, main), { throwIfNoEntry: false });
  if (named?.isFile()) return [main];
  // A folder stands for all files below it but hidden ones, as in the Node worker.
  const hidden = named ? /^(node_modules|\..*)$/ : /^node_modules$/;
  const files = globSync(named ? join(main, "**") : main, { cwd: app, exclude: (name) => hidden.test(name) })
    .filter((file) => statSync(join(app, file)).isFile())
    .sort();
  if (files.length > 0) return files;
  throw new HostError(`${app}: package.json: "main" is "${main}", and no file in ${app} matches it`);
}

/** `KEY=value` lines; blank lines and lines that start with `#` are skipped, quotes around a value are taken off. */
export function readEnvFile(file: string): Record<string, string> {
  const lines = readText(file)?.split(/\r?\n/);
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
