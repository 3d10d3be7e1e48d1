import type { Dump } from "./judge/dump.ts";
import type { AskedLink, Evidence, NodePulls, OperationAnswer, Pull, PullTwice } from "./judge/evidence.ts";
import type { Story } from "./story.ts";
import type { World } from "./world.ts";

/** Passwords that were there at some time: what is gone again at the end was made, too. */
export interface PasswordWatch {
  look(dump: Dump): void;
  readonly seen: ReadonlyMap<string, ReadonlySet<string>>;
  most(): number;
}

export function watchPasswords(): PasswordWatch {
  const seen = new Map<string, Set<string>>();
  let most = 0;
  return {
    seen,
    most: () => most,
    look: ({ entra }) => {
      for (const { uniqueName, passwordCredentials } of entra.tenants.flatMap(({ applications }) => applications)) {
        if (!uniqueName?.startsWith("crosspull-")) continue;
        const keys = seen.get(uniqueName) ?? new Set();
        seen.set(uniqueName, keys);
        for (const { keyId } of passwordCredentials) keys.add(keyId);
        most = Math.max(most, passwordCredentials.length);
      }
    },
  };
}

/** What a cluster could pull at the beginning. */
export type FirstPull = Pick<PullTwice, "cluster" | "image" | "before">;

/** Every cluster tries every registry's first image. */
export async function pullsBefore({ setting, twin }: World): Promise<readonly FirstPull[]> {
  const dump = await twin.state();
  const found: FirstPull[] = [];
  for (const { id: cluster } of setting.clusters) {
    for (const { id, repository, tag } of setting.registries) {
      const image = `${loginServerOf(id, dump)}/${repository}:${tag}`;
      const before = await twin.pull(cluster, image);
      if (before.pulled) found.push({ cluster, image, before });
    }
  }
  return found;
}

/** What a cluster could pull at the beginning its nodes pull again and again from then on, and what a link promises once it is ready. */
export interface HourlyPulls {
  begin(cluster: string, image: string): Promise<void>;
  /** Tried and refused since then. */
  soFar(): Promise<readonly NodePulls[]>;
}

/** `everyInSeconds`: an hour unless given. */
export function hourlyPulls(
  { twin }: Pick<World, "twin">,
  everyInSeconds: (cluster: string) => number = () => 3600,
): HourlyPulls {
  const begun = new Map<string, readonly NodePulls[]>();
  const nameOf = ({ clusterId, image }: Pick<NodePulls, "clusterId" | "image">): string =>
    `${clusterId} ${image}`.toLowerCase();
  return {
    begin: async (clusterId, image) => {
      const name = nameOf({ clusterId, image });
      if (begun.has(name)) return;
      begun.set(
        name,
        (await twin.pulls()).filter((one) => nameOf(one) === name),
      );
      await twin.pullAgain(clusterId, image, everyInSeconds(clusterId));
    },
    soFar: async () =>
      (await twin.pulls()).flatMap((one) => {
        const before = begun.get(nameOf(one));
        const same = before?.find(({ node }) => node === one.node);
        if (!before) return [];
        return [{ ...one, pulled: one.pulled - (same?.pulled ?? 0), failed: one.failed - (same?.failed ?? 0) }];
      }),
  };
}

/** What has to be seen on the way. */
export interface Watch {
  readonly passwords: PasswordWatch;
  readonly hourly: HourlyPulls;
}

export async function gather(
  world: World,
  story: Story,
  first: readonly FirstPull[],
  { passwords, hourly }: Watch,
): Promise<Evidence> {
  const { app, twin, timeline, env } = world;
  const asked = story.asked(await app.links());
  const dump = await twin.state();
  passwords.look(dump);
  const nodePulls = await hourly.soFar();
  const pulls: PullTwice[] = [];
  for (const one of first) pulls.push({ ...one, after: await twin.pull(one.cluster, one.image) });
  const promised = new Map<string, Pull>();
  for (const { name, cluster, registry, image, link } of asked) {
    if (link?.status !== "ready") continue;
    promised.set(name, await twin.pull(cluster, `${loginServerOf(registry, dump)}/${image}`));
  }
  return {
    asked,
    acts: story.acts,
    dump,
    passwordsSeen: passwords.seen,
    mostPasswords: passwords.most(),
    pulls,
    promised,
    nodePulls,
    claims: (await world.claims()).map(({ operation }) => operation),
    operations: await operationsOf(asked, world),
    instances: await world.instances(),
    automation: env["AUTOMATION_CLIENT_ID"] ?? "",
    restInSeconds: 1800,
    secretLifeInDays: 180,
    endedAt: new Date(timeline.now()).toISOString(),
  };
}

async function operationsOf(asked: readonly AskedLink[], { app }: World): Promise<Evidence["operations"]> {
  const found = new Map<string, OperationAnswer>();
  for (const { link } of asked) {
    const operation = link && (await app.operation(link.operation.id));
    if (operation) found.set(operation.id, operation);
  }
  return found;
}

export function loginServerOf(registryId: string, { arm }: Dump): string {
  const found = arm.registries.find(({ id }) => id.toLowerCase() === registryId.toLowerCase());
  if (!found) throw new Error(`the dump has no registry ${registryId}`);
  return found.loginServer;
}
