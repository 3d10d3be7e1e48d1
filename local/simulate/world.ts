import { startStack, type Stack } from "../stack/stack.ts";
import { advance, VirtualClock } from "../host/virtualClock.ts";
import { appAt, type App } from "./app.ts";
import { chanceFrom, type Chance } from "./chance.ts";
import { settingOf, type Setting } from "./setting/setting.ts";
import { mishapsBy } from "./mishaps.ts";
import { claimsIn, type ClaimRow } from "./rows.ts";
import { timelineOver, type Timeline } from "./timeline.ts";
import { twinAt, type Twin } from "./twin.ts";

export interface WorldOptions {
  readonly seed: number;
  readonly clusters: number;
  /** Of other companies, at most; all unless given. */
  readonly registries?: number;
  /** Name or file. */
  readonly estate: string;
  readonly faults: Faults;
  /** Folder of the built app. */
  readonly app: string;
  /** Wiped first, then holds state and logs. */
  readonly folder: string;
  /** More settings of the app. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly log?: (part: "cloud" | "host", line: string) => void;
}
/** `none`: the kind twin. `life`: as Azure is. `all`: besides, calls are refused, cut or not answered. */
export type Faults = "none" | "life" | "all";

/** The real app on its host, Azure's twin and their one time, which goes on only when this process says so. */
export interface World {
  readonly setting: Setting;
  readonly chance: Chance;
  readonly timeline: Timeline;
  readonly twin: Twin;
  readonly app: App;
  readonly env: Readonly<Record<string, string>>;
  /** Does the consent page ask who sits there? */
  readonly asksWho: boolean;
  /** Clusters that are held. */
  claims(): Promise<readonly ClaimRow[]>;
  /** Ids of the Durable instances that still run. */
  instances(): Promise<readonly string[]>;
  /** From now on no call goes wrong by chance. */
  calm(): void;
  /** The app goes down; Azure and time go on. */
  stopApp(): Promise<void>;
  /** It comes back where it was, and the platform has lost the timers of these functions. */
  startApp(lostTimers?: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** A Monday morning, the same in every run. */
const beginning = "2030-01-07T08:00:00Z";

export async function openWorld(options: WorldOptions): Promise<World> {
  const { seed, folder, log } = options;
  const asInLife = options.faults !== "none";
  const setting = settingOf({
    source: options.estate,
    clusters: options.clusters,
    seed,
    asInLife,
    ...(options.registries === undefined ? {} : { registries: options.registries }),
  });
  const chance = chanceFrom(seed);
  const operators = setting.estate.applications.filter(({ key }) => key === "operator");
  const mishaps = mishapsBy(
    chance,
    operators.map(({ appId }) => appId),
  );
  const clock = new VirtualClock(new Date(beginning));
  clock.automatic = false;
  const stack = await startStack({
    folder,
    app: options.app,
    cloudPort: 0,
    cloud: {
      estate: setting.estate,
      seed,
      ...(options.faults === "all" ? { everyCall: mishaps.everyCall } : {}),
    },
    virtualTime: clock,
    // Real seconds, of which a busy machine may need many.
    settings: { ...options.settings, CROSSPULL_PREFLIGHT_LIMIT_IN_SECONDS: "100" },
    ...(asInLife ? { life: { seed } } : {}),
    ...(log ? { log } : {}),
  });
  const { env } = stack.cloud;
  const now = (): number => clock.now().getTime();
  let isUp = true;
  return {
    setting,
    chance,
    timeline: timelineOver(now, (whenInMs) =>
      isUp ? goTo(stack, whenInMs) : advance(clock, new Date(whenInMs), nobodyWorks),
    ),
    twin: twinAt(stack.cloud.controlUrl),
    app: appAt(stack.url, env, now),
    env,
    asksWho: asInLife,
    calm: () => mishaps.end(),
    stopApp: async () => {
      isUp = false;
      await stack.stopHost();
    },
    startApp: async (lostTimers = []) => {
      await stack.startHost(Object.fromEntries(lostTimers.map((name) => [`AzureWebJobs.${name}.Disabled`, "true"])));
      isUp = true;
    },
    claims: () => claimsIn(stack.azurite.connectionString),
    instances: () => runningInstances(stack),
    close: () => stack.close(),
  };
}

/** While the app is down nothing has to be over before time goes on. */
const nobodyWorks = { idle: () => true, changed: () => Promise.resolve() };

async function goTo({ url }: Stack, whenInMs: number): Promise<void> {
  const body = JSON.stringify({ to: new Date(whenInMs).toISOString() });
  const answer = await fetch(`${url}/admin/clock`, { method: "POST", body });
  if (!answer.ok) throw new Error(`the host's clock answered ${answer.status}: ${await answer.text()}`);
  await answer.arrayBuffer();
}

async function runningInstances({ url }: Stack): Promise<readonly string[]> {
  const query = "runtimeStatus=Running,Pending,Suspended&showInput=false";
  const answer = await fetch(`${url}/runtime/webhooks/durabletask/instances?${query}`);
  const instances = (await answer.json()) as readonly { readonly instanceId: string }[];
  return instances.map(({ instanceId }) => instanceId).sort();
}
