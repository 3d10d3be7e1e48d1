import { join } from "node:path";
import { AppProcess, type Invocation } from "./appProcess.ts";
import { systemClock, type Clock } from "./clock.ts";
import { readConfig, type AppConfig } from "./config.ts";
import { createApi, type ApiAnswer, type ApiRequest } from "./durable/api.ts";
import { Engine } from "./durable/engine.ts";
import { durableFunctions, triggerOf } from "./durable/functions.ts";
import { Operations } from "./durable/operations.ts";
import { durableClient, type Addresses } from "./durable/payloads.ts";
import { openStore, type Store } from "./durable/store.ts";
import { HostError } from "./errors.ts";
import { clientListener, publicListener, type ListenerContext } from "./http/listener.ts";
import { createRouter } from "./http/routes.ts";
import { listen, type Listening } from "./http/server.ts";
import { createLog, type Log, type LogLevel } from "./log.ts";
import type { FunctionMetadata } from "./worker/messages.ts";

export interface HostOptions {
  /** The app's folder: host.json and package.json are in it. */
  readonly app: string;
  /** 7071 unless given; 0 takes any free one. A port in use is stepped over. */
  readonly port?: number;
  /** The SQLite file instances live in; `.crosspull/host.db` in the app's folder unless given, `:memory:` for none. */
  readonly state?: string;
  /** Goes into the app's environment, before everything else that does. */
  readonly env?: Readonly<Record<string, string>>;
  /** Takes each log line; none unless given. */
  readonly log?: (line: string) => void;
  /** Overrides the default level of host.json. */
  readonly logLevel?: LogLevel;
  /** Instances that can never move again fail instead of waiting for ever. */
  readonly strict?: boolean;
  readonly clock?: Clock;
  /** How much later than due durable timers fire; 0 unless given. */
  readonly timerLatenessInMs?: number;
}

export interface Host {
  readonly port: number;
  /** `http://localhost:<port>` */
  readonly url: string;
  /** Origin of the API for the app's own Durable client. */
  readonly rpcUrl: string;
  /** Stops everything; the state file stays, and the next host goes on from it. */
  readonly close: () => Promise<void>;
}

/** Runs a function app. Rejects with a HostError, one line, for what the user can cure. */
export async function startHost(options: HostOptions): Promise<Host> {
  const config = readConfig(options.app);
  const levels = options.logLevel ? { ...config.logLevels, default: options.logLevel } : config.logLevels;
  const log = createLog(options.log ?? (() => undefined), levels);
  const closers: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const store = openStore(options.state ?? join(config.app, ".crosspull", "host.db"));
    closers.push(() => {
      store.close();
    });
    return { ...(await assemble(options, config, store, log, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Ports, then the app (it is told its address when it starts), then what answers requests. */
async function assemble(
  options: HostOptions,
  config: AppConfig,
  store: Store,
  log: Log,
  closers: (() => Promise<void> | void)[],
): Promise<Omit<Host, "close">> {
  const gate = Promise.withResolvers<ListenerContext>();
  gate.promise.catch(() => undefined);
  const open = async (port: number, listener: typeof publicListener): Promise<Listening> => {
    const listening = await listen(port, waiting(gate.promise, listener), (taken) => {
      log.warn(`port ${taken} is in use; trying the next`);
    });
    closers.push(listening.close);
    return listening;
  };
  const { port } = await open(options.port ?? 7071, publicListener);
  const rpc = await open(0, clientListener);
  const url = `http://localhost:${port}`;
  const addresses = { hubName: config.hubName, publicUrl: url, rpcUrl: `http://127.0.0.1:${rpc.port}` };

  const app = await AppProcess.start(config, environment(options, config, port), log);
  closers.push(() => app.close());
  checkNames(app.functions());
  warnOfUnfired(app.functions(), log);
  const { functions, find } = createRouter(app.functions(), config.routePrefix);
  const clientInputs = clientInputsFor(addresses);
  const api = durable(options, config, { store, app, log, addresses, clientInputs, closers });
  gate.resolve({ app, api, find, http: () => functions, origin: () => url, clientInputs, log, ready: app.ready });
  for (const { metadata, methods, path } of functions)
    log.info(`${metadata.name}: [${methods.join(",")}] ${url}/${path}`);
  return { port, url, rpcUrl: addresses.rpcUrl };
}

type ClientInputs = (metadata: FunctionMetadata) => Invocation["inputs"];

/** What a function with a durableClient input gets for it. */
function clientInputsFor(addresses: Addresses): ClientInputs {
  return (metadata) =>
    Object.values(metadata.bindings)
      .filter(({ type, direction }) => type === "durableClient" && direction === "in")
      .map(({ name }) => ({ name, data: { string: durableClient(addresses) } }));
}

interface DurableParts {
  readonly store: Store;
  readonly app: AppProcess;
  readonly log: Log;
  readonly addresses: Addresses;
  readonly clientInputs: ClientInputs;
  readonly closers: (() => Promise<void> | void)[];
}

/** The Durable extension over the store, going on with what the store holds. */
function durable(
  options: HostOptions,
  config: AppConfig,
  parts: DurableParts,
): (request: ApiRequest) => Promise<ApiAnswer> {
  const { store, app, log, addresses, clientInputs, closers } = parts;
  const clock = options.clock ?? systemClock;
  const engine = new Engine(
    store,
    clock,
    durableFunctions(app, clientInputs),
    {
      maxConcurrentActivities: config.maxConcurrentActivities,
      strict: options.strict ?? false,
      timerLatenessInMs: options.timerLatenessInMs ?? 0,
    },
    log,
  );
  closers.push(engine.stop);
  engine.recover();
  const operations = new Operations(store, engine, clock, config.defaultVersion);
  return createApi({ operations, addresses: () => addresses });
}

function waiting(gate: Promise<ListenerContext>, listener: typeof publicListener): ReturnType<typeof publicListener> {
  return (request, response) => {
    gate.then(
      (context) => {
        listener(context)(request, response);
      },
      () => response.destroy(),
    );
  };
}

/** The process environment wins over local.settings.json, as with the Core Tools; what the caller gives wins over both. */
function environment(options: HostOptions, config: AppConfig, port: number): NodeJS.ProcessEnv {
  return {
    AZURE_FUNCTIONS_ENVIRONMENT: "Development",
    FUNCTIONS_WORKER_RUNTIME: "node",
    ...config.settings,
    ...process.env,
    ...options.env,
    WEBSITE_HOSTNAME: `localhost:${port}`,
  };
}

function checkNames(functions: readonly FunctionMetadata[]): void {
  const names = new Set<string>();
  for (const { name } of functions) {
    if (!/^[a-z][a-z0-9_-]{0,127}$/i.test(name) || name.toLowerCase() === "host") {
      throw new HostError(`"${name}" is not a valid function name`);
    }
    if (names.has(name.toLowerCase())) throw new HostError(`two functions are named "${name}" (case does not count)`);
    names.add(name.toLowerCase());
  }
}

function warnOfUnfired(functions: readonly FunctionMetadata[], log: Log): void {
  const known = ["httpTrigger", "orchestrationTrigger", "activityTrigger"];
  for (const metadata of functions) {
    const type = triggerOf(metadata)?.type ?? "no trigger";
    if (known.includes(type)) continue;
    log.warn(
      `function "${metadata.name}" (${type}) is not run by itself: this host does not fire timers or deliver events yet; POST /admin/functions/${metadata.name} runs it`,
    );
  }
}
