import { join } from "node:path";
import { AppProcess } from "./appProcess.ts";
import { tellingOfAnswers, type OnBoundary } from "./boundaries.ts";
import type { Clock } from "./clock.ts";
import { readConfig, type AppConfig } from "./config.ts";
import { instancesOf, type Instances } from "./durable/api/inCode.ts";
import { durableClient, type Addresses } from "./durable/api/payloads.ts";
import { openStore, type Store } from "./durable/engine/store.ts";
import { startDurable, type ClientInputs } from "./durable/extension.ts";
import { HostError } from "./errors.ts";
import { faultsOf } from "./faults.ts";
import { HostTime, type HostClock, type VirtualTime } from "./hostTime.ts";
import { onlyLocal } from "./http/local.ts";
import { openPorts } from "./http/ports.ts";
import { createRoutes, type Routes } from "./http/routes.ts";
import { createInspector, type Inspector } from "./inspect/inspector.ts";
import { nodeAt } from "./node.ts";
import { createLog, type Log, type LogLevel } from "./log.ts";
import type { Timers } from "./triggers/timers.ts";
import { createTriggers, unsupported } from "./triggers/triggers.ts";
import { watchApp } from "./watch.ts";

export interface HostOptions {
  /** The app's folder: host.json and package.json are in it. */
  readonly app: string;
  /** That of local.settings.json or 7071 unless given; 0 takes any free one. A port in use is stepped over. */
  readonly port?: number;
  /** A port in use is refused. */
  readonly exactPort?: boolean;
  /** The SQLite file instances live in; `.crosspull/host.db` in the app's folder unless given, `:memory:` for none. */
  readonly state?: string;
  /** Goes into the app's environment, before everything else that does. */
  readonly env?: Readonly<Record<string, string>>;
  /** Takes each log line; none unless given. */
  readonly log?: (line: string) => void;
  /** Overrides the default level of host.json. */
  readonly logLevel?: LogLevel;
  /**
   * Instances that can never move again fail instead of waiting for ever; a key of the settings that is not read, and a binding
   * that this host does not have, are refused.
   */
  readonly strict?: boolean;
  readonly clock?: Clock;
  /**
   * Time jumps to what is due next whenever nothing else can happen; "manual": only when `clock.advance` says so. Date is
   * faked in the app. A clock of the caller's can be shared with others: what is due there comes in its turn.
   */
  readonly virtualTime?: VirtualTime;
  /** How much later than due durable timers fire; 0 unless given. */
  readonly timerLatenessInMs?: number;
  /** Told of each instant a crash may fall on. */
  readonly onBoundary?: OnBoundary;
  /** Loads the app again when a file of it changes. */
  readonly watch?: boolean;
  /** The Node that runs the app, 20 or later; that of the host unless given. */
  readonly node?: string;
}

export interface Host {
  readonly port: number;
  /** `http://localhost:<port>` */
  readonly url: string;
  /** Origin of the API for the app's own Durable client. */
  readonly rpcUrl: string;
  readonly clock: HostClock;
  readonly instances: Instances;
  /** Stops everything; the state file stays, and the next host goes on from it. */
  readonly close: () => Promise<void>;
}

/** Runs a function app. Rejects with a HostError, one line, for what the user can cure. */
export async function startHost(options: HostOptions): Promise<Host> {
  const config = { ...readConfig(options.app, options.env), node: nodeAt(options.node) };
  refuseUnread(config, options.strict ?? false);
  const levels = options.logLevel ? { ...config.logLevels, default: options.logLevel } : config.logLevels;
  const inspector = createInspector();
  let time: HostTime | undefined;
  const write = (line: string): void => {
    inspector.write(line);
    options.log?.(line);
  };
  const log = createLog(write, levels, () => time?.clock.now() ?? new Date());
  const closers: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const state = options.state ?? join(config.app, ".crosspull", "host.db");
    const store = openStore(state, options.onBoundary);
    closers.push(() => {
      store.close();
    });
    const latest = options.virtualTime ? store.latestChange() : undefined;
    for (const key of config.unread) log.warn(`ignored: ${key}`);
    time = new HostTime(options.virtualTime ?? false, latest, options.clock);
    return { ...(await assemble({ options, config, state, store, log, time, inspector, closers })), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What nobody reads changes nothing here, and perhaps much on the platform. */
function refuseUnread({ unread }: AppConfig, strict: boolean): void {
  if (strict && unread.length > 0)
    throw new HostError(`not read by this host, and refused under strict: ${unread.join(", ")}`);
}

interface Parts {
  readonly options: HostOptions;
  readonly config: AppConfig;
  /** The state file's path. */
  readonly state: string;
  readonly store: Store;
  readonly log: Log;
  readonly time: HostTime;
  readonly inspector: Inspector;
  readonly closers: (() => Promise<void> | void)[];
}

/** Ports, then the app (it is told its address when it starts), then what answers requests. */
async function assemble(parts: Parts): Promise<Omit<Host, "close">> {
  const { options, config, state, store, log, time, inspector, closers } = parts;
  const { open, port, rpcPort } = await openPorts({
    log,
    closers,
    port: options.port ?? config.port ?? 7071,
    exact: options.exactPort ?? false,
    around: (listener) => onlyLocal(time.around(tellingOfAnswers(listener, options.onBoundary))),
  });
  const url = `http://localhost:${port}`;
  const addresses = { hubName: config.durable.hubName, publicUrl: url, rpcUrl: `http://127.0.0.1:${rpcPort}` };
  const env: NodeJS.ProcessEnv = { ...config.env, WEBSITE_HOSTNAME: `localhost:${port}` };
  const clientInputs = clientInputsFor(addresses);

  const app = await AppProcess.start(config, env, log, time.virtualNowInMs);
  closers.push(() => app.close());
  const { clock } = time;
  const timerFile = state === ":memory:" ? undefined : `${state}.timers.json`;
  const { runner, timers, eventGrid } = createTriggers({ config, env, clock, log, timerFile, app, clientInputs });
  closers.push(timers.stop);
  const routes = createRoutes(config.routePrefix);
  follow({ app, routes, timers, log, url, strict: options.strict ?? false });
  const { operations, api } = startDurable(options, config, {
    store,
    app,
    log,
    time,
    addresses,
    clientInputs,
    closers,
  });
  const disabled = /^(true|1)$/i.test(env.AzureWebJobsDisableHomepage ?? "");
  open({
    app,
    api,
    log,
    runner,
    eventGrid,
    bodyLimitInBytes: config.bodyLimitInBytes,
    customHeaders: config.customHeaders,
    ready: app.ready,
    find: routes.find,
    http: routes.functions,
    origin: () => url,
    timerInput: timers.input,
    inspect: inspector.listener({ app, operations, now: clock.now, disabled }),
  });
  if (options.watch) closers.push(watchApp(config.app, log, () => app.reload()));
  const hostClock = { now: clock.now, advance: time.advance };
  return { port, url, rpcUrl: addresses.rpcUrl, clock: hostClock, instances: instancesOf(operations) };
}

interface Followed {
  readonly app: AppProcess;
  readonly routes: Routes;
  readonly timers: Timers;
  readonly log: Log;
  readonly url: string;
  readonly strict: boolean;
}

/** Refuses an app that is no use, now and whenever it is loaded again; sets the routes and timers of one that is. */
function follow({ app, routes, timers, log, url, strict }: Followed): void {
  app.holdTo((functions) => {
    const faults = faultsOf(functions, { routes, timers });
    const missing = strict ? [...functions.flatMap(unsupported), ...faults.values()] : [];
    if (missing.length > 0) throw new HostError(`refused under strict: ${missing.join("; ")}`);
    if (functions.length > 0 && faults.size === functions.length)
      throw new HostError(`no function can run: ${[...faults.values()].join("; ")}`);
    return faults;
  });
  const loaded = (): void => {
    for (const [{ name }, fault] of app.faults()) log.error(`The '${name}' function is in error: ${fault}`);
    routes.set(app.functions());
    timers.start(app.functions());
    for (const text of app.functions().flatMap(unsupported)) log.warn(text);
    for (const { metadata, methods, path } of routes.functions())
      log.info(`${metadata.name}: [${methods.join(",")}] ${url}/${path}`);
  };
  loaded();
  app.whenLoaded(loaded);
}

/** What a function with a durableClient input gets for it. */
function clientInputsFor(addresses: Addresses): ClientInputs {
  return (metadata) =>
    Object.values(metadata.bindings)
      .filter(({ type, direction }) => type === "durableClient" && direction === "in")
      .map(({ name }) => ({ name, data: { string: durableClient(addresses) } }));
}
