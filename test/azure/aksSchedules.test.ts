/** AKS' own maintenance configurations, as the real adapter reads them from the simulated cloud. */
import { scheduleOf } from "../../src/azure/aksSchedules.ts";
import { byOwner } from "../functions/readyLink.ts";
import { inTenant, simulate, type Simulated } from "./simulated.ts";

let simulated: Simulated;
beforeAll(async () => {
  simulated = await simulate();
});
afterAll(() => simulated.close());

const put = (name: string, properties: object) =>
  byOwner(
    simulated,
    simulated.tenantA,
    "ARM_URL",
    "PUT",
    `${simulated.cluster.id}/maintenanceConfigurations/${name}?api-version=2025-10-01`,
    { properties },
  );
const read = () => simulated.azure.clusters.schedules(inTenant(simulated.cluster.id, simulated.tenantA));

test("a cluster without any has none, and what people set is read with its offset, its turns and its exceptions", async () => {
  expect(await read()).toEqual({ outcome: "known", value: [] });
  await put("default", {
    timeInWeek: [{ day: "Sunday", hourSlots: [1, 2] }],
    notAllowedTime: [{ start: "2026-12-24T00:00:00Z", end: "2026-12-27T00:00:00Z" }],
  });
  await put("aksManagedNodeOSUpgradeSchedule", {
    maintenanceWindow: {
      schedule: { weekly: { intervalWeeks: 2, dayOfWeek: "Saturday" } },
      durationHours: 6,
      utcOffset: "-07:30",
      startDate: "2026-11-07",
      startTime: "22:15",
      notAllowedDates: [{ start: "2026-12-23", end: "2027-01-03" }],
    },
  });
  const answer = await read();
  expect(answer.outcome === "known" && [...answer.value].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
    {
      name: "aksManagedNodeOSUpgradeSchedule",
      hours: [],
      window: {
        repeats: { unit: "week", interval: 2, day: 6 },
        startMinute: 1335,
        durationInHours: 6,
        offsetInMinutes: -450,
        startsOn: "2026-11-07T00:00:00.000Z",
      },
      notAllowed: [{ from: "2026-12-23T07:30:00.000Z", to: "2027-01-03T07:30:00.000Z" }],
    },
    {
      name: "default",
      hours: [
        { day: 0, hour: 1 },
        { day: 0, hour: 2 },
      ],
      window: null,
      notAllowed: [{ from: "2026-12-24T00:00:00.000Z", to: "2026-12-27T00:00:00.000Z" }],
    },
  ]);
});

test("one that our rights, or Azure, do not show is unknown", async () => {
  const gone = inTenant(`${simulated.cluster.id}-gone`, simulated.tenantA);
  expect(await simulated.azure.clusters.schedules(gone)).toMatchObject({ outcome: "unknown" });
});

test.each<[string, object, object | undefined]>([
  ["every third day", { daily: { intervalDays: 3 } }, { unit: "day", interval: 3 }],
  ["a date", { absoluteMonthly: { intervalMonths: 3, dayOfMonth: 15 } }, { unit: "date", interval: 3, date: 15 }],
  [
    "a day of a month",
    { relativeMonthly: { intervalMonths: 1, weekIndex: "Last", dayOfWeek: "Sunday" } },
    { unit: "month", interval: 1, day: 0, nth: "last" },
  ],
  ["what Azure has no word for today", { hourly: {} }, undefined],
  ["an unknown week", { relativeMonthly: { intervalMonths: 1, weekIndex: "Fifth", dayOfWeek: "Sunday" } }, undefined],
])("a schedule of %s", (_what, schedule, repeats) => {
  const read = scheduleOf({ maintenanceWindow: { schedule, durationHours: 4, startTime: "02:00" } });
  expect(read?.window?.repeats).toEqual(repeats);
  expect(read === undefined).toBe(repeats === undefined);
});

test("a configuration that says nothing is none", () => {
  expect(scheduleOf({ name: "default" })).toBeUndefined();
});
