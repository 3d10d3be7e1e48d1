import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadEstate } from "../../local/cloud/estates/estate.ts";
import { settingOf, type Setting } from "../../local/simulate/setting/setting.ts";
import { chanceFrom } from "../../local/simulate/chance.ts";
import { wishesFor } from "../../local/simulate/wishes.ts";
import { lifeFrom } from "../../local/cloud/life/options.ts";

const inLife = (seed: number, clusters = 20, source = "two-tenants"): Setting =>
  settingOf({ source, clusters, seed, asInLife: true });
const estateClusters = loadEstate("two-tenants").clusters.length;
const seeds = Array.from({ length: 20 }, (_, index) => index);

test.each([0, 1, 7, 2 ** 31, 999_999_999])("seed %i has as many clusters as asked for, each with two nodes", (seed) => {
  const { clusters, estate } = inLife(seed);
  expect(new Set(clusters.map(({ id }) => id)).size).toBe(20);
  const names = new Set(clusters.map(({ name }) => name));
  for (const { pools } of estate.clusters.filter(({ name }) => names.has(name)))
    expect(pools.reduce((sum, { nodes }) => sum + nodes, 0)).toBe(2);
});

test("half of the clusters have a pool for applications: only such a pool scales by itself", () => {
  const pools = seeds.flatMap((seed) => inLife(seed).estate.clusters.filter(({ name }) => name.startsWith("aks-0")));
  const split = pools.filter((one) => one.pools.some(({ mode }) => mode === "User"));
  expect(split.length / pools.length).toBeGreaterThan(0.4);
  expect(split.length / pools.length).toBeLessThan(0.6);
});

test("most links meet no lock and no lockdown, and some do", () => {
  const locked = seeds.flatMap((seed) => {
    const setting = inLife(seed);
    const life = lifeFrom({ seed }, setting.estate, seed);
    return wishesFor(setting, chanceFrom(seed)).map(({ asked }) =>
      [asked.cluster, asked.registry].some((id) => life.struckBy("readOnlyLocks", id)),
    );
  });
  const share = locked.filter(Boolean).length / locked.length;
  expect(share).toBeGreaterThan(0.02);
  expect(share).toBeLessThan(0.2);
});

test("there are several companies with several registries each, and the app may assign roles there", () => {
  const { estate, registries, clusters } = inLife(3);
  const elsewhere = registries.filter(({ tenantId }) => tenantId !== clusters[0]?.tenantId);
  expect(new Set(elsewhere.map(({ tenantId }) => tenantId)).size).toBeGreaterThanOrEqual(3);
  const automation = estate.applications.find(({ key }) => key === "automation");
  for (const tenantId of new Set(elsewhere.map((one) => one.tenantId))) {
    const us = automation?.servicePrincipals.find((one) => one.tenantId === tenantId);
    const roles = estate.roleAssignments.filter(({ principalId }) => principalId === us?.objectId);
    expect(roles.map(({ role }) => role)).toContain("Role Based Access Control Administrator");
  }
});

test("without switches the numbers run on: nothing has to be gone around", () => {
  const { clusters } = settingOf({ source: "two-tenants", clusters: 3, seed: 1, asInLife: false });
  expect(clusters.map(({ name }) => name)).toEqual(["aks-0001", "aks-0002", "aks-0003"]);
});

test("an estate that generates nothing lends its own clusters first, and generated ones beside them", () => {
  const folder = mkdtempSync(join(tmpdir(), "crosspull-setting-"));
  const own = Object.entries(loadEstate("two-tenants")).filter(([key]) => key !== "generate");
  const file = join(folder, "own.json");
  writeFileSync(file, JSON.stringify(Object.fromEntries(own)));
  const { clusters, estate } = inLife(1, estateClusters + 2, file);
  rmSync(folder, { recursive: true });
  expect(clusters).toHaveLength(estateClusters + 2);
  expect(clusters[0]?.name).toBe("aks-prod");
  expect(clusters.slice(estateClusters).every(({ name }) => name.startsWith("aks-0"))).toBe(true);
  expect(new Set(estate.clusters.map(({ resourceGroup }) => resourceGroup))).toContain("rg-clusters");
});
