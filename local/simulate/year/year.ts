import { gather, hourlyPulls, pullsBefore, watchPasswords, type FirstPull, type HourlyPulls } from "../gather.ts";
import type { OperationAnswer } from "../judge/evidence.ts";
import { judge, shareReady } from "../judge/judge.ts";
import { judgeYear, type YearEvidence, type YearVerdict } from "../judge/year.ts";
import { leastShareReady, refusalsOf, untilAllEnded, type SimulationOptions } from "../onboarding.ts";
import { tell } from "../story.ts";
import { wishesFor, type Wish } from "../wishes.ts";
import { openWorld, type World } from "../world.ts";
import { befall } from "./befall.ts";
import { planFor, policyFor } from "./plan.ts";
import { planRevocations } from "./revocations.ts";
import { watchYear, type YearWatch } from "./watch.ts";

export interface YearOptions extends Omit<SimulationOptions, "people" | "meddle"> {
  readonly days: number;
  readonly registries: number;
  /** From one node's pull to its next. */
  readonly pullEveryInSeconds: number;
}

export interface YearLine extends YearVerdict {
  readonly scenario: "year";
  readonly seed: number;
  readonly clusters: number;
  readonly registries: number;
  readonly days: number;
  readonly life: Readonly<Record<string, number>>;
  readonly simulatedSeconds: number;
  readonly wallSeconds: number;
}

export interface SimulatedYear {
  readonly line: YearLine;
  readonly isPassed: boolean;
}

const hour = 3_600_000;
const day = 24 * hour;
const lookEveryInMs = 6 * hour;

/** Clusters are onboarded; then a year goes by, in which the app has to keep every secret fresh by itself. */
export async function simulateYear(options: YearOptions): Promise<SimulatedYear> {
  const { progress = () => undefined, days } = options;
  const wallFrom = performance.now();
  const world = await openWorld(options);
  try {
    const from = world.timeline.now();
    const passwords = watchPasswords();
    const watch = watchYear(passwords, from);
    const before = await pullsBefore(world);
    const wishes = wishesFor(world.setting, world.chance, "prompt");
    const hourly = pullsInTurn(world, before, wishes, options.pullEveryInSeconds);
    for (const { cluster, image } of before) await hourly.begin(cluster, image);
    const story = tell(world, wishes);
    await untilAllEnded(world, story, { passwords, hourly }, progress);
    const { reactionSeconds } = judge(await gather(world, story, before, { passwords, hourly }));
    const windows = await setPolicies(world);
    const plan = planFor(days, world.chance);
    const befallen = befall(world, plan, from);
    const people = planRevocations(
      { world, wishes, hourly, from: from + plan.revocations.from * day, to: from + plan.revocations.to * day },
      await world.app.links(),
    );
    await letGoBy(world, { watch, until: from + days * day, hourly, isUp: () => befallen.isUp(), progress });
    world.calm();
    const evidence = await gather(world, story, before, { passwords, hourly });
    for (const one of evidence.nodePulls.filter(({ failed }) => failed > 0)) progress(refusalsOf(one));
    const verdict = judgeYear(evidence, {
      ...(await seen(world, watch)),
      windows,
      excused: people.excused(),
    });
    const line: YearLine = {
      scenario: "year",
      seed: options.seed,
      clusters: options.clusters,
      registries: options.registries,
      days,
      ...verdict,
      reactionSeconds,
      life: Object.fromEntries(
        (await world.twin.life()).filter(({ on }) => on).map(({ name, struck }) => [name, struck]),
      ),
      simulatedSeconds: Math.round((world.timeline.now() - from) / 1000),
      wallSeconds: Math.round((performance.now() - wallFrom) / 100) / 10,
    };
    return { line, isPassed: verdict.violations.length === 0 && shareReady(evidence) >= leastShareReady };
  } finally {
    await world.close();
  }
}

/** A node pulls one image at a time, its images in turn; what the network keeps from its nodes it does not try for a year. */
function pullsInTurn(
  world: World,
  before: readonly FirstPull[],
  wishes: readonly Wish[],
  everyInSeconds: number,
): HourlyPulls {
  const imagesOf = (cluster: string): number =>
    before.filter((one) => one.cluster === cluster).length +
    wishes.filter(({ asked }) => asked.cluster === cluster).length;
  const pulls = hourlyPulls(world, (cluster) => everyInSeconds * Math.max(1, imagesOf(cluster)));
  return {
    begin: async (cluster, image) => {
      const first = await world.twin.pull(cluster, image);
      if (first.pulled) await pulls.begin(cluster, image);
    },
    soFar: () => pulls.soFar(),
  };
}

/** Operators say when each cluster may change, and how long its secrets live. */
async function setPolicies(world: World): Promise<YearEvidence["windows"]> {
  const { app, chance, timeline } = world;
  let identities = await app.identities();
  for (; !identities; identities = await app.identities()) await aWhile(world);
  const windows = new Map<string, { readonly window: string; readonly since: string }>();
  for (const { clusterKey, clusterId } of identities) {
    const policy = policyFor(clusterId.split("/").at(-1) ?? "", chance);
    const { status, body } = await app.setPolicy(clusterKey, policy);
    if (status !== 200)
      throw new Error(`the policy ${JSON.stringify(policy)} was answered ${status}: ${JSON.stringify(body)}`);
    if (policy.window !== undefined)
      windows.set(clusterId, { window: policy.window, since: new Date(timeline.now()).toISOString() });
  }
  return windows;
}

/** Whoever is told to come back later does. */
async function aWhile({ timeline }: World): Promise<void> {
  const until = timeline.now() + 5 * 60_000;
  timeline.at(until, () => Promise.resolve());
  await timeline.run(() => timeline.now() >= until);
}

interface Going {
  readonly watch: YearWatch;
  readonly hourly: HourlyPulls;
  readonly until: number;
  readonly isUp: () => boolean;
  readonly progress: (text: string) => void;
}

/** Somebody looks at Azure four times a day, and once a day a monitor outside asks the app how it does. */
async function letGoBy(world: World, { watch, hourly, until, isUp, progress }: Going): Promise<void> {
  const { timeline, twin, app } = world;
  const begun = timeline.now();
  let isOver = false;
  let looks = 0;
  let isToAsk = false;
  const look = async (): Promise<void> => {
    const at = timeline.now();
    watch.look(await twin.state(), at);
    looks += 1;
    if (looks % 4 === 0) isToAsk = true;
    if (isToAsk && isUp()) {
      await app.health();
      isToAsk = !(await watch.ask(app));
    }
    if (looks % 40 === 0) {
      const pulls = await hourly.soFar();
      const refused = pulls.reduce((sum, { failed }) => sum + failed, 0);
      const days = Math.round((at - begun) / day);
      progress(`${days} days on: ${watch.rotations.size} rotations so far, ${refused} pulls refused`);
    }
    isOver = at >= until && isUp();
    if (!isOver) timeline.at(at + lookEveryInMs, look);
  };
  timeline.at(begun + lookEveryInMs, look);
  await timeline.run(() => isOver);
}

async function seen(
  world: World,
  watch: YearWatch,
): Promise<Pick<YearEvidence, "looks" | "rotations" | "calls" | "others">> {
  const { app, twin, setting } = world;
  while (!(await watch.ask(app))) await aWhile(world);
  const rotations: OperationAnswer[] = [];
  for (const id of watch.rotations) {
    const operation = await app.operation(id);
    if (operation) rotations.push(operation);
  }
  const others = setting.estate.applications.filter(({ key }) => key === "operator").map(({ appId }) => appId);
  return { looks: watch.looks, rotations, calls: await twin.calls(), others };
}
