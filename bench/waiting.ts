import { join } from "node:path";
import { VirtualClock } from "../local/host/virtualClock.ts";
import { buildApp } from "../local/stack/build.ts";
import { connectApi, firstLink, type Api, type NewLink } from "../local/stack/api.ts";
import { loadEstate, type Estate } from "../local/cloud/estates/estate.ts";
import { startStack, type Stack } from "../local/stack/stack.ts";
import { round } from "./machine.ts";
import { appWorker } from "./worker.ts";

const root = join(import.meta.dirname, "..");
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** A Monday morning, the same in every run. */
const beginning = Date.parse("2030-01-07T08:00:00Z");
const createdAtOnce = 8;

/** Time is stopped as often as links are looked at by then, so that no history is missed; last just before the deadline. */
function* moments(): Generator<number> {
  let at = 0;
  while (at < 7 * day - minute) {
    at = Math.min(at + (at < 10 * minute ? minute / 4 : at < 2 * hour ? minute : hour / 2), 7 * day - minute);
    yield at;
  }
}

/** The turn that continues as new is never seen from outside: its begin, the timer that fired, its end, the generation's end. */
const eventsOfTheLastTurn = 4;

interface Taken {
  /** Sign-ins of the pull identities, as the simulated Entra counted them. */
  readonly looks: number;
  /** Of the app's process and of this one, which holds the host and the simulated cloud. */
  readonly cpuInSeconds: number;
}

/** Links that wait seven days for a consent that nobody gives: how often each is looked at, and what that costs. */
export async function benchWaiting(links: number) {
  await buildApp(root);
  const clock = new VirtualClock(new Date(beginning));
  clock.automatic = false;
  const stack = await startStack({
    folder: join(root, ".crosspull/bench-waiting"),
    app: root,
    port: 18_071,
    cloudPort: 0,
    cloud: { estate: estateForMany(), clusters: links },
    virtualTime: clock,
  });
  try {
    const waiting = await created(stack, links);
    return { bench: "waiting", links, ...(await measured(stack, clock, waiting)) };
  } finally {
    await stack.close();
  }
}

/** With an automation that may register many applications: without a directory role Entra stops it at 125. */
function estateForMany(): Estate {
  const estate = loadEstate("two-tenants", { clusters: 0 });
  const applications = estate.applications.map((application) =>
    application.key === "automation"
      ? {
          ...application,
          servicePrincipals: application.servicePrincipals.map((principal) => ({
            ...principal,
            directoryRoles: ["Application Administrator"],
          })),
        }
      : application,
  );
  return { ...estate, applications };
}

interface Waiting {
  /** Of the links. */
  readonly ids: readonly string[];
  readonly instances: readonly string[];
  /** Client ids. */
  readonly pullIdentities: ReadonlySet<string>;
}

/** Everything up to the moment when each link waits for its consent; time stands still. */
async function created(stack: Stack, links: number): Promise<Waiting> {
  const api = await connectApi(stack.url, stack.cloud.env);
  const first = firstLink(stack.cloud.env);
  const state = (await control(stack, "/control/state")) as { arm: { clusters: { id: string }[] } };
  const left = state.arm.clusters.slice(-links).map(({ id }): NewLink => ({ ...first, cluster: id }));
  const ids: string[] = [];
  const instances: string[] = [];
  const pullIdentities = new Set<string>();
  const createNext = async (): Promise<void> => {
    for (let link = left.shift(); link; link = left.shift()) {
      const { body, status } = await api.create(link);
      if (status !== 202) throw new Error(`POST answered ${status}: ${JSON.stringify(body)}`);
      const asking = await api.until(body.id, (now) => now.consentUrl !== null || now.status !== "onboarding", 600_000);
      ids.push(body.id);
      instances.push(asking.operation.instanceId);
      pullIdentities.add(new URL(asking.consentUrl ?? "http://none").searchParams.get("client_id") ?? "");
      process.stderr.write(`\rwaiting: ${ids.length}/${links} links created`);
    }
  };
  await Promise.all(Array.from({ length: createdAtOnce }, createNext));
  process.stderr.write("\n");
  return { ids, instances, pullIdentities };
}

async function measured(stack: Stack, clock: VirtualClock, waiting: Waiting) {
  const began = await taken(stack, waiting);
  const days = [began];
  let afterTwoHours = began;
  let longest = 0;
  for (const moment of moments()) {
    await stack.host.clock.advance(beginning + moment - clock.now().getTime());
    longest = Math.max(longest, ...waiting.instances.map((id) => stack.host.instances.historyLength(id) ?? 0));
    if (moment === 2 * hour) afterTwoHours = await taken(stack, waiting);
    if (moment % day !== 0 && moment < 7 * day - minute) continue;
    days.push(await taken(stack, waiting));
    tell(days, waiting);
  }
  await allStillWait(await connectApi(stack.url, stack.cloud.env), waiting);
  const between = differences(days);
  const looks = [...between.slice(1), ...differences([afterTwoHours, days[1] ?? afterTwoHours])].map(
    (one) => one.looks,
  );
  return {
    looksPerLinkAndDay: round(Math.max(...looks) / waiting.ids.length),
    historyEventsPerLink: longest + eventsOfTheLastTurn,
    memoryInMB: appWorker()?.peakMemoryInMB ?? null,
    cpuSecondsPerDay: between.map(({ cpuInSeconds }) => round(cpuInSeconds)),
  };
}

async function taken(stack: Stack, { pullIdentities }: Waiting): Promise<Taken> {
  const { byCaller } = (await control(stack, "/control/calls")) as {
    byCaller: readonly { operation: string; caller: string | null; calls: number }[];
  };
  const signIns = byCaller.filter(
    ({ operation, caller }) => operation === "Token_V2" && caller !== null && pullIdentities.has(caller),
  );
  const { user, system } = process.cpuUsage();
  return {
    looks: signIns.reduce((sum, { calls }) => sum + calls, 0),
    cpuInSeconds: (user + system) / 1_000_000 + (appWorker()?.cpuInSeconds ?? 0),
  };
}

/** What each day took. */
function differences(ends: readonly Taken[]): readonly Taken[] {
  return ends.slice(1).map(({ looks, cpuInSeconds }, index) => ({
    looks: looks - (ends[index]?.looks ?? 0),
    cpuInSeconds: cpuInSeconds - (ends[index]?.cpuInSeconds ?? 0),
  }));
}

function tell(days: readonly Taken[], { ids }: Waiting): void {
  const last = differences(days).at(-1);
  if (!last) return;
  const { looks, cpuInSeconds } = last;
  const perLook = round((1000 * cpuInSeconds) / looks);
  process.stderr.write(
    `waiting: day ${days.length - 1}: ${round(looks / ids.length)} looks a link, ${perLook} ms of CPU a look\n`,
  );
}

/** What ended early was not looked at, and would make the figures look good. */
async function allStillWait(api: Api, { ids }: Waiting): Promise<void> {
  for (const id of ids) {
    const { status, problem } = await api.get(id);
    if (status !== "onboarding") throw new Error(`the link ${id} is ${status}: ${JSON.stringify(problem)}`);
  }
}

async function control({ cloud }: Stack, path: string): Promise<unknown> {
  const response = await fetch(`${cloud.controlUrl}${path}`);
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.json();
}
