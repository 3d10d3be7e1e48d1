import { loginServerOf, type HourlyPulls } from "../gather.ts";
import type { LinkAnswer } from "../judge/evidence.ts";
import { pullKey } from "../judge/year.ts";
import { tell } from "../story.ts";
import type { Wish } from "../wishes.ts";
import type { World } from "../world.ts";
import { deletePrincipal } from "./administrator.ts";

const hour = 3_600_000;
const day = 24 * hour;
/** One in so many. */
const oneIn = 10;
const lookEveryInMs = hour / 2;
/** Credentials that kubelets keep and tokens are over by then. */
const restInMs = 2 * hour;

export interface Revocations {
  /** By node and image: pulls that were refused because a person had revoked. */
  excused(): ReadonlyMap<string, number>;
}

interface Parts {
  readonly world: World;
  readonly wishes: readonly Wish[];
  readonly hourly: HourlyPulls;
  /** Between these moments they revoke. */
  readonly from: number;
  readonly to: number;
}

/**
 * Some administrators delete the service principal that a cluster pulls with from their tenant. Days later somebody asks for the links
 * again, and they consent again. Pulls that are refused from the one moment to two hours after the links are ready again count as theirs.
 */
export function planRevocations(parts: Parts, links: readonly LinkAnswer[]): Revocations {
  const { world, from, to } = parts;
  const { chance, timeline } = world;
  const excused = new Map<string, number>();
  const ready = Map.groupBy(
    links.filter(({ status, pullIdentity }) => status === "ready" && pullIdentity),
    ({ cluster, registryTenantId }) => `${cluster.split("/").at(-1) ?? ""} ${registryTenantId}`,
  );
  const names = [...ready.keys()].sort((one, other) => chance.of("revoke", one) - chance.of("revoke", other));
  for (const name of names.slice(0, Math.ceil(names.length / oneIn))) {
    const at = from + (to - from) * chance.of("revokedAt", name);
    const consentAfterInMs = day * (0.5 + 5 * chance.of("consentsAgain", name));
    timeline.at(at, () => revoke(parts, { links: ready.get(name) ?? [], consentAfterInMs, excused }));
  }
  return { excused: () => excused };
}

interface Revocation {
  /** Those of one cluster to one tenant. */
  readonly links: readonly LinkAnswer[];
  readonly consentAfterInMs: number;
  readonly excused: Map<string, number>;
}

async function revoke(parts: Parts, { links, consentAfterInMs, excused }: Revocation): Promise<void> {
  const { world, wishes, hourly } = parts;
  const { timeline, app } = world;
  const [first] = links;
  if (!first?.pullIdentity) return;
  const dump = await world.twin.state();
  const images = links.map(({ registry, image }) => `${loginServerOf(registry, dump)}/${image ?? ""}`);
  const before = await refusedSoFar(hourly, first.cluster, images);
  await deletePrincipal(world.env, first.registryTenantId, first.pullIdentity.appId);
  timeline.at(timeline.now() + consentAfterInMs, async () => {
    tell(
      world,
      wishes
        .filter(({ asked }) =>
          links.some(({ cluster, registry }) => cluster === asked.cluster && registry === asked.registry),
        )
        .map((wish) => ({ ...wish, afterInMs: 0, acts: [{ afterInMs: hour, deed: "accept" }] })),
    );
    const untilReady = async (): Promise<void> => {
      const now = await Promise.all(links.map(({ id }) => app.link(id)));
      const isOver = now.every(({ status }) => status === "ready");
      timeline.at(timeline.now() + (isOver ? restInMs : lookEveryInMs), isOver ? count : untilReady);
    };
    const count = async (): Promise<void> => {
      for (const [key, failed] of await refusedSoFar(hourly, first.cluster, images))
        excused.set(key, (excused.get(key) ?? 0) + failed - (before.get(key) ?? 0));
    };
    timeline.at(timeline.now() + 2 * hour, untilReady);
    return Promise.resolve();
  });
}

async function refusedSoFar(
  hourly: HourlyPulls,
  cluster: string,
  images: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const pulls = (await hourly.soFar()).filter(
    ({ clusterId, image }) => clusterId.toLowerCase() === cluster.toLowerCase() && images.includes(image),
  );
  return new Map(pulls.map((one) => [pullKey(one), one.failed]));
}
