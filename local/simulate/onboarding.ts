import { gather, hourlyPulls, loginServerOf, pullsBefore, watchPasswords, type Watch } from "./gather.ts";
import type { Evidence } from "./judge/evidence.ts";
import { judge, shareReady, type Verdict } from "./judge/judge.ts";
import type { People } from "./people.ts";
import { tell, type Story } from "./story.ts";
import { wishesFor } from "./wishes.ts";
import { openWorld, type World, type WorldOptions } from "./world.ts";

export interface SimulationOptions extends WorldOptions {
  /** `all` unless given. */
  readonly people?: People;
  readonly progress?: (text: string) => void;
  /** What somebody does to the world before the first request, and after the last link has ended, before the judge looks. */
  readonly meddle?: {
    readonly before?: (world: World) => Promise<void>;
    readonly after?: (world: World) => Promise<void>;
  };
}

/** The one line that a simulation prints. */
export interface Line extends Verdict {
  readonly scenario: "onboarding";
  readonly seed: number;
  readonly clusters: number;
  readonly life: Readonly<Record<string, number>>;
  readonly simulatedSeconds: number;
  readonly wallSeconds: number;
}

export interface Simulated {
  readonly line: Line;
  /** No violation, and most of the links that could be ready are. */
  readonly isPassed: boolean;
}

export const leastShareReady = 0.8;
const hour = 3_600_000;
const lookEveryInMs = 3 * hour;
/** By then every lag is over, and so is what kubelets remember. */
const restInMs = 3 * hour;
/** A week for consent, what comes before and after it, and patience. */
const longestInMs = 14 * 24 * hour;

/** Clusters are onboarded by the real app, people do what people do, and a judge that knows nothing of the app looks at what is there in the end. */
export async function simulateOnboarding(options: SimulationOptions): Promise<Simulated> {
  const { progress = () => undefined } = options;
  const wallFrom = performance.now();
  const world = await openWorld(options);
  try {
    const from = world.timeline.now();
    const watch: Watch = { passwords: watchPasswords(), hourly: hourlyPulls(world) };
    const before = await pullsBefore(world);
    for (const { cluster, image } of before) await watch.hourly.begin(cluster, image);
    await options.meddle?.before?.(world);
    const story = tell(world, wishesFor(world.setting, world.chance, options.people));
    await untilAllEnded(world, story, watch, progress);
    world.calm();
    await options.meddle?.after?.(world);
    const evidence = await gather(world, story, before, watch);
    for (const one of evidence.nodePulls.filter(({ failed }) => failed > 0)) progress(refusalsOf(one));
    const verdict = judge(evidence);
    const life = await world.twin.life();
    const line: Line = {
      scenario: "onboarding",
      seed: options.seed,
      clusters: options.clusters,
      ...verdict,
      life: Object.fromEntries(life.filter(({ on }) => on).map(({ name, struck }) => [name, struck])),
      simulatedSeconds: Math.round((world.timeline.now() - from) / 1000),
      wallSeconds: Math.round((performance.now() - wallFrom) / 100) / 10,
    };
    return { line, isPassed: verdict.violations.length === 0 && shareReady(evidence) >= leastShareReady };
  } finally {
    await world.close();
  }
}

/** And a rest, in which every lag comes to its end. */
export async function untilAllEnded(
  world: World,
  story: Story,
  watch: Watch,
  progress: (text: string) => void,
): Promise<void> {
  const { timeline, app, twin } = world;
  const begun = timeline.now();
  let isOver = false;
  /** Of these nothing new is to be learned. */
  const ended = new Set<string>();
  const look = async (): Promise<void> => {
    const dump = await twin.state();
    watch.passwords.look(dump);
    const links = story.links();
    for (const id of links.filter((link) => !ended.has(link))) {
      const { status, cluster, registry, image } = await app.link(id);
      if (status === "ready") await watch.hourly.begin(cluster, `${loginServerOf(registry, dump)}/${image}`);
      if (status !== "onboarding") ended.add(id);
    }
    const running = links.length - ended.size;
    const days = (timeline.now() - begun) / (24 * hour);
    progress(`day ${days.toFixed(1)}: ${links.length} links, ${running} under way`);
    isOver = (story.isAsked() && running === 0) || timeline.now() - begun > longestInMs;
    if (!isOver) timeline.at(timeline.now() + lookEveryInMs, look);
  };
  timeline.at(begun + lookEveryInMs, look);
  await timeline.run(() => isOver);
  timeline.at(timeline.now() + restInMs, () => Promise.resolve());
  await timeline.run(() => false);
}

/** In one line: whoever looks for the cause begins here. */
export function refusalsOf({ clusterId, node, image, failed, firstRefusals }: Evidence["nodePulls"][number]): string {
  const tries = firstRefusals.map(({ at, reason, clientId, secretFingerprint }) =>
    [at, reason, `as ${clientId} with ${secretFingerprint}`].join(" "),
  );
  return `${failed} pulls of ${image} refused on ${node} of ${clusterId.split("/").at(-1)}: ${tries.join("; ")}`;
}
