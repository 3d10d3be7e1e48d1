import type { Asked } from "./app.ts";
import type { Chance } from "./chance.ts";
import type { Place, Setting } from "./setting/setting.ts";
import { peopleOf, promptPeopleOf, type Act, type People } from "./people.ts";

/** A link somebody wants, when they ask for it, and what people do about it then. */
export interface Wish {
  /** `aks-0001→fabrikamprod` */
  readonly name: string;
  readonly asked: Asked;
  /** Counted from the beginning. */
  readonly afterInMs: number;
  readonly acts: readonly Act[];
}

const minute = 60_000;
const hour = 60 * minute;

/** Every cluster gets a link in the first hour, and every fourth a second one, to another registry, within two days. */
export function wishesFor({ clusters, registries }: Setting, chance: Chance, people: People = "all"): readonly Wish[] {
  return clusters.flatMap((cluster) => {
    const elsewhere = registries.filter(({ tenantId }) => tenantId !== cluster.tenantId);
    const first = chosen(elsewhere, chance.of("registry", cluster.name));
    if (!first) return [];
    const wishes = [wish(cluster, first, hour * chance.of("first", cluster.name))];
    const others = elsewhere.filter((one) => one !== first);
    const second = chosen(others, chance.of("secondRegistry", cluster.name));
    if (second && chance.of("again", cluster.name) < 0.25)
      wishes.push(wish(cluster, second, chance.magnitude(hour, 48 * hour, "second", cluster.name)));
    return wishes.map((one) => ({
      ...one,
      acts: people === "all" ? peopleOf(chance, one.name) : promptPeopleOf(chance, one.name),
    }));
  });
}

type Registry = Setting["registries"][number];

/** The earlier an estate names a registry, the more links it gets. */
function chosen(registries: readonly Registry[], number: number): Registry | undefined {
  return registries[Math.min(Math.floor(number ** 2 * registries.length), registries.length - 1)];
}

function wish(cluster: Place, registry: Registry, afterInMs: number): Omit<Wish, "acts"> {
  const name = `${cluster.name}→${registry.name}`;
  return {
    name,
    asked: {
      cluster: cluster.id,
      registry: registry.id,
      clusterTenantId: cluster.tenantId,
      registryTenantId: registry.tenantId,
      image: `${registry.repository}:${registry.tag}`,
    },
    // A whole minute: links that are asked for together are looked at together.
    afterInMs: Math.round(afterInMs / minute) * minute,
  };
}
