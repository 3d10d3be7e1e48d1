import { chanceFrom } from "../../local/simulate/chance.ts";
import { settingOf } from "../../local/simulate/setting/setting.ts";
import { allDeeds, peopleOf } from "../../local/simulate/people.ts";
import { wishesFor } from "../../local/simulate/wishes.ts";

const links = Array.from({ length: 2000 }, (_, index) => `aks-${index}→registry`);

test("the same seed makes the same people; another seed makes others", () => {
  const all = (seed: number): unknown => links.map((link) => peopleOf(chanceFrom(seed), link));
  expect(all(7)).toEqual(all(7));
  expect(all(7)).not.toEqual(all(8));
});

test("among many links everything happens that people do, and most links are accepted in the end", () => {
  const deeds = links.flatMap((link) => peopleOf(chanceFrom(1), link).map(({ deed }) => deed));
  expect(new Set(deeds)).toEqual(new Set(allDeeds));
  const accepted = links.filter((link) => peopleOf(chanceFrom(1), link).some(({ deed }) => deed.startsWith("accept")));
  expect(accepted.length / links.length).toBeGreaterThan(0.9);
  expect(accepted.length).toBeLessThan(links.length);
});

test("a cluster more changes nothing for those that were there", () => {
  const wishes = (clusters: number) =>
    wishesFor(settingOf({ source: "two-tenants", clusters, seed: 3, asInLife: true }), chanceFrom(3));
  const few = wishes(4);
  expect(wishes(5).slice(0, few.length)).toEqual(few);
});

test("every cluster wants a link to the other company, and can pull from its own company's registry before", () => {
  const { estate, clusters, registries } = settingOf({ source: "two-tenants", clusters: 6, seed: 1, asInLife: false });
  const wishes = wishesFor({ estate, clusters, registries }, chanceFrom(1));
  expect(new Set(wishes.map(({ asked }) => asked.cluster)).size).toBe(6);
  expect(wishes.every(({ asked }) => asked.clusterTenantId !== asked.registryTenantId)).toBe(true);
  expect(registries.filter(({ tenantId }) => tenantId === clusters[0]?.tenantId).map(({ name }) => name)).toEqual([
    "contosohome1",
    "contosohome2",
  ]);
});
