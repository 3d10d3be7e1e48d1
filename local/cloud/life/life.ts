import { nodeResourceGroupOf, resourceId, type Estate } from "../estates/estate.ts";
import { chanceOf } from "../kit/chance.ts";
import type { LifeBook, LifeSwitch } from "../kit/life.ts";

interface LifeNeeds {
  readonly switches: readonly LifeSwitch[];
  readonly seed: number;
  readonly estate: Estate;
}

/** Of the resources an estate names, the share that a switch falls on where it is not for all. */
const shareStruck = 0.2;

/** All switches off. */
export function lifeOver({ switches, seed, estate }: LifeNeeds): LifeBook {
  const byName = membersByName(switches);
  const on = new Set<string>();
  const strikes = new Map<string, number>();
  /** When a switch struck a subject last. */
  const struckLast = new Map<string, number>();
  const mayFallOn = targetsIn(estate);
  /** Asked for at every request, and always the same. */
  const draws = new Map<string, boolean>();
  const drawn = (name: string, id: string): boolean => {
    const key = `${name} ${id}`;
    const known = draws.get(key) ?? chanceOf(seed, "struck", name, id) < shareStruck;
    draws.set(key, known);
    return known;
  };
  const members = (name: string): readonly string[] => {
    const found = byName.get(name);
    if (!found) throw new Error(`no switch ${name}`);
    return found;
  };
  const isOn = (name: string): boolean => members(name).some((one) => on.has(one));
  const strike = (name: string): void => void strikes.set(name, (strikes.get(name) ?? 0) + 1);
  return {
    on: isOn,
    strike,
    strikeOnce: (name, subject, at) => {
      const key = `${name} ${subject}`;
      if (struckLast.get(key) === at) return;
      struckLast.set(key, at);
      strike(name);
    },
    struckBy: (name, id) => isOn(name) && mayFallOn(id) && drawn(name, tidy(id)),
    chance: (name, key) => chanceOf(seed, "chance", name, key),
    list: () => switches.map((one) => ({ ...one, on: on.has(one.name), struck: strikes.get(one.name) ?? 0 })),
    configure: (change) => {
      const unknown = Object.keys(change).filter((name) => !byName.has(name));
      if (unknown.length > 0) return { unknown };
      for (const [name, wanted] of Object.entries(change))
        for (const member of members(name)) {
          if (wanted) on.add(member);
          else on.delete(member);
        }
      return { unknown };
    },
    forgetStrikes: () => {
      strikes.clear();
      struckLast.clear();
    },
  };
}

/** The switches behind each name: one behind its own, several behind their group's. */
function membersByName(switches: readonly LifeSwitch[]): ReadonlyMap<string, readonly string[]> {
  const members = new Map<string, string[]>();
  for (const { name, group } of switches) {
    members.set(name, [name]);
    if (group) members.set(group, [...(members.get(group) ?? []), name]);
  }
  return members;
}

/** What "some" may fall on: ids of tenants, of subscriptions, groups and resources as ARM writes them, in any case. */
function targetsIn(estate: Estate): (id: string) => boolean {
  const clusters = estate.clusters.map((one) => resourceId("Microsoft.ContainerService/managedClusters", one));
  const nodeGroups = estate.clusters.map((one) => groupId(one.subscriptionId, nodeResourceGroupOf(one)));
  const registries = estate.registries.map((one) => resourceId("Microsoft.ContainerRegistry/registries", one));
  const vaults = estate.vaults.map((one) => resourceId("Microsoft.KeyVault/vaults", one));
  const placed = [...estate.clusters, ...estate.registries, ...estate.vaults];
  const named = new Set(
    [
      ...estate.tenants.map(({ id }) => id),
      ...estate.subscriptions.map(({ id }) => `/subscriptions/${id}`),
      ...placed.map(({ subscriptionId, resourceGroup }) => groupId(subscriptionId, resourceGroup)),
      ...clusters,
      ...nodeGroups,
      ...registries,
      ...vaults,
    ].map(tidy),
  );
  const spared = [clusters[0], nodeGroups[0], registries[0]].flatMap((id) => (id === undefined ? [] : [tidy(id)]));
  const isSpared = (id: string): boolean => spared.some((one) => one === id || one.startsWith(`${id}/`));
  return (id) => named.has(tidy(id)) && !isSpared(tidy(id));
}

function groupId(subscriptionId: string, group: string): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${group}`;
}

function tidy(id: string): string {
  return id.toLowerCase().replace(/\/+$/, "");
}
