/** Everything a laptop needs instead of Azure, started and stopped as one: Azurite, the simulated cloud, the host with the built app. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startCloud, type Cloud, type CloudOptions } from "../cloud/start.ts";
import type { LifeOptions } from "../cloud/life/options.ts";
import { startHost, type Host, type HostOptions } from "../host/start.ts";
import type { VirtualClock } from "../host/virtualClock.ts";
import { startAzurite, type Azurite } from "./azurite.ts";
import { appSettings } from "./settings.ts";

export interface StackOptions {
  /** Wiped first, then holds all state and logs. */
  readonly folder: string;
  /** Where the cloud's `KEY=value` lines go; default `<folder>/cloud.env`. */
  readonly envFile?: string;
  /** The function app: the folder whose package.json names the bundle. */
  readonly app: string;
  /** First port tried for the app; default 7071. */
  readonly port?: number;
  /** First port tried for the cloud; default 8440; 0: any. */
  readonly cloudPort?: number;
  readonly cloud?: Pick<
    CloudOptions,
    "estate" | "clusters" | "seed" | "speed" | "timings" | "consistency" | "limits" | "recordTo" | "everyCall"
  >;
  /** The cloud as harsh as Azure, chance falling by `seed`; `switches` for a part of it. Without it the cloud is kind. */
  readonly life?: LifeOptions;
  /** The time of the cloud, the host and the app, which stands still but for its jumps; the system's unless given. */
  readonly virtualTime?: VirtualClock;
  /** `CROSSPULL_WAIT_<name>` settings, in seconds. */
  readonly waits?: Readonly<Record<string, number>>;
  /** More settings of the app. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly log?: (part: "cloud" | "host", line: string) => void;
  /** Called before each part starts, in words. */
  readonly progress?: (part: StackPart) => void;
}
export type StackPart = "azurite" | "cloud" | "host";

export interface Stack {
  readonly cloud: Cloud;
  readonly azurite: Azurite;
  /** The one that runs, or ran last. */
  readonly host: Host;
  /** `http://localhost:7071` */
  readonly url: string;
  /** File with what a client of the simulated cloud needs to know. */
  readonly envFile: string;
  readonly stateFile: string;
  /** The app's settings. */
  readonly settings: Readonly<Record<string, string>>;
  /** The app and its host go down; storage, the cloud and time stay. */
  stopHost(): Promise<void>;
  /** They come back at the same address and go on from their state, with these settings besides. */
  startHost(more?: Readonly<Record<string, string>>): Promise<void>;
  close(): Promise<void>;
}

export async function startStack(options: StackOptions): Promise<Stack> {
  const { folder, progress = () => undefined, log = () => undefined } = options;
  rmSync(folder, { recursive: true, force: true });
  // Tables, histories and keys are for their user alone.
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    progress("azurite");
    const azurite = await startAzurite(join(folder, "azurite"));
    closers.push(() => azurite.close());
    progress("cloud");
    const cloud = await startCloud({
      folder: join(folder, "cloud"),
      port: options.cloudPort ?? 8440,
      log: (line) => log("cloud", line),
      ...options.cloud,
      ...(options.life && { life: options.life }),
      ...(options.virtualTime ? { clock: options.virtualTime } : {}),
    });
    closers.push(() => cloud.close());
    const envFile = options.envFile ?? join(folder, "cloud.env");
    writeFileSync(envFile, envLines(cloud.env), { mode: 0o600 });

    progress("host");
    const stateFile = join(folder, "host.db");
    const settings = { ...appSettings(cloud.env, azurite.connectionString, options.waits ?? {}), ...options.settings };
    const hosting = (env: Readonly<Record<string, string>>, port: Pick<HostOptions, "port" | "exactPort">) =>
      startHost({
        app: options.app,
        ...port,
        state: stateFile,
        env,
        // An instance that can never move again fails with the reason instead of waiting for ever.
        strict: true,
        virtualTime: options.virtualTime ?? false,
        log: (line) => log("host", line),
      });
    // The host takes a free port itself and tells the app: a port chosen before it starts may be another stack's by then.
    let host = await hosting(settings, { port: options.port ?? 7071 });
    closers.push(() => host.close());
    return {
      cloud,
      azurite,
      get host() {
        return host;
      },
      url: host.url,
      envFile,
      stateFile,
      settings,
      stopHost: () => host.close(),
      startHost: async (more = {}) => {
        host = await hosting({ ...settings, ...more }, { port: host.port, exactPort: true });
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** `KEY=value` lines. */
export function envLines(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}=${value}\n`)
    .join("");
}
