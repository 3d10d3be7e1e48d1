import { arm, clusterId, cloudWithPuller } from "../arm/people.ts";
import type { TestCloud } from "../kit/cloud.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await cloudWithPuller();
});
afterAll(() => cloud.close());

test("maintenance configurations are given back as they were written, until they are deleted", async () => {
  const all = `${clusterId("aks-prod")}/maintenanceConfigurations`;
  const one = `${all}/aksManagedAutoUpgradeSchedule`;
  const version = "?api-version=2025-10-01";
  const properties = { maintenanceWindow: { schedule: { daily: { intervalDays: 1 } }, durationHours: 4 } };
  const shown = { name: "aksManagedAutoUpgradeSchedule", properties };
  expect((await arm(cloud, "GET", `${one}${version}`)).status).toBe(404);
  expect(await arm(cloud, "PUT", `${one}${version}`, { body: { properties } })).toMatchObject({ body: shown });
  expect(await arm(cloud, "GET", `${one}${version}`)).toMatchObject({ status: 200, body: shown });
  expect((await arm(cloud, "GET", `${all}${version}`)).body).toMatchObject({ value: [shown] });
  expect((await arm(cloud, "DELETE", `${one}${version}`)).status).toBe(200);
  expect((await arm(cloud, "DELETE", `${one}${version}`)).status).toBe(204);
  expect((await arm(cloud, "GET", `${all}${version}`)).body).toEqual({ value: [] });
});
