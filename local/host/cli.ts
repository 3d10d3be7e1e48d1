import { resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { readEnvFile } from "./config.ts";
import { HostError, messageOf } from "./errors.ts";
import { isLogLevel, type LogLevel } from "./log.ts";
import { startHost, type Host } from "./start.ts";
import type { VirtualTime } from "./hostTime.ts";
import { VirtualClock } from "./virtualClock.ts";
import { endByUsage } from "../usage.ts";

interface Options {
  readonly app: string;
  readonly port: number;
  readonly state?: string;
  readonly envFile: readonly string[];
  readonly logLevel?: LogLevel;
  readonly exactPort: boolean;
  readonly strict: boolean;
  /** True: from now on. */
  readonly virtualTime?: Date | true;
  readonly hold: boolean;
  readonly watch: boolean;
  readonly node?: string;
}

const program = new Command()
  .name("npm run host --")
  .description(
    "Runs a Node function app (v4 programming model, Durable Functions included) without the Azure Functions host.",
  )
  .option("--app <dir>", "the app's folder, with host.json and package.json", ".")
  .option("--port <n>", "port to listen on; one in use is stepped over", portOf, 7071)
  .option("--exact-port", "end with an error when the port is in use", false)
  .option(
    "--state <file>",
    "SQLite file instances live in, or :memory: (default: .crosspull/host.db in the app's folder)",
  )
  .option(
    "--env-file <file>",
    "KEY=value lines for the app's environment; may be repeated",
    (file: string, all: string[]) => [...all, file],
    [],
  )
  .option("--log-level <level>", "trace, debug, information, warning, error, critical or none", levelOf)
  .option("--watch", "load the app again when a file of it changes", false)
  .option(
    "--virtual-time [instant]",
    "time jumps to what is due next whenever nothing else can happen; it begins now, or at an ISO 8601 instant",
    instantOf,
  )
  .option("--hold", "virtual time stands still until POST /admin/clock moves it", false)
  .option("--node <path>", "the Node that runs the app, 20 or later (default: the host's own)")
  .option(
    "--strict",
    "instances that can never move again fail instead of waiting for ever; settings and bindings that the host does not have are refused",
    false,
  )
  .allowExcessArguments(false)
  .exitOverride(endByUsage);

await main(program.parse().opts<Options>());

async function main({
  app,
  port,
  state,
  envFile,
  logLevel,
  exactPort,
  strict,
  virtualTime,
  hold,
  watch,
  node,
}: Options): Promise<void> {
  try {
    const env: Record<string, string> = Object.fromEntries(envFile.map(readEnvFile).flatMap(Object.entries<string>));
    console.log(`Running the function app in ${resolve(app)}${app === "." ? " (another with --app DIR)" : ""}`);
    const log = (line: string): void => {
      console.log(line);
    };
    const host = await startHost({
      app,
      port,
      env,
      log,
      exactPort,
      strict,
      virtualTime: timeFrom(virtualTime, hold),
      watch,
      ...(node ? { node } : {}),
      ...(state ? { state } : {}),
      ...(logLevel ? { logLevel } : {}),
    });
    stopOnSignal(host);
    console.log(`Listening on ${host.url} (Ctrl-C stops)`);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

function stopOnSignal(host: Host): void {
  let stopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      // The second time the user means it.
      if (stopping) process.exit(1);
      stopping = true;
      host.close().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(messageOf(error));
          process.exit(1);
        },
      );
    });
  }
}

function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError("a port is a number from 0 to 65535");
  return port;
}

function instantOf(text: string): Date {
  const instant = new Date(text);
  if (!/^\d{4}-\d\d-\d\dT/.test(text) || Number.isNaN(instant.getTime()))
    throw new InvalidArgumentError("an instant is written as 2030-01-07T08:00:00Z");
  return instant;
}

function timeFrom(from: Date | true | undefined, isHeld: boolean): VirtualTime {
  if (from === undefined) {
    if (isHeld) program.error("--hold: only virtual time can be held; give --virtual-time as well");
    return false;
  }
  const clock = new VirtualClock(from === true ? new Date() : from);
  clock.automatic = !isHeld;
  return clock;
}

function levelOf(text: string): LogLevel {
  const level = text.toLowerCase();
  if (!isLogLevel(level)) throw new InvalidArgumentError("not a log level");
  return level;
}
