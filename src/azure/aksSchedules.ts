import type { MaintenanceConfiguration, MaintenanceWindow, Schedule } from "@azure/arm-containerservice";
import type { AksSchedule, AksWindow, Repeats } from "../domain/aksSchedule.ts";
import { nths } from "../domain/window.ts";

const weekDays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/** undefined where it says nothing that we can read, or nothing at all. */
export function scheduleOf(configuration: MaintenanceConfiguration): AksSchedule | undefined {
  const { name = "", timeInWeek = [], notAllowedTime = [], maintenanceWindow } = configuration;
  const window = maintenanceWindow === undefined ? null : windowOf(maintenanceWindow);
  const hours = timeInWeek.flatMap(({ day, hourSlots = [] }) => hourSlots.map((hour) => ({ day: dayOf(day), hour })));
  const notAllowed = [
    ...notAllowedTime.flatMap(({ start, end }) =>
      start && end ? [{ from: start.toISOString(), to: end.toISOString() }] : [],
    ),
    ...(maintenanceWindow?.notAllowedDates ?? []).map(({ start, end }) => ({
      from: shifted(start, window?.offsetInMinutes ?? 0),
      to: shifted(end, window?.offsetInMinutes ?? 0),
    })),
  ];
  if (window === undefined || (window === null && hours.length === 0 && notAllowed.length === 0)) return undefined;
  return { name, hours, window, notAllowed };
}

/** Dates come as midnights in UTC and are midnights by the schedule's own clock. */
function shifted(date: Date, offsetInMinutes: number): string {
  return new Date(date.getTime() - offsetInMinutes * 60_000).toISOString();
}

function windowOf({
  schedule,
  durationHours,
  utcOffset,
  startDate,
  startTime,
}: MaintenanceWindow): AksWindow | undefined {
  const repeats = repeatsOf(schedule);
  const startMinute = minutesOf(startTime);
  const offsetInMinutes = minutesOf(utcOffset ?? "+00:00");
  if (!repeats || startMinute === undefined || offsetInMinutes === undefined) return undefined;
  const startsOn = startDate ? startDate.toISOString() : null;
  return { repeats, startMinute, durationInHours: durationHours, offsetInMinutes, startsOn };
}

function repeatsOf({ daily, weekly, absoluteMonthly, relativeMonthly }: Schedule): Repeats | undefined {
  if (daily) return { unit: "day", interval: daily.intervalDays };
  if (weekly) return { unit: "week", interval: weekly.intervalWeeks, day: dayOf(weekly.dayOfWeek) };
  if (absoluteMonthly)
    return { unit: "date", interval: absoluteMonthly.intervalMonths, date: absoluteMonthly.dayOfMonth };
  const nth = nths.find((one) => one === relativeMonthly?.weekIndex.toLowerCase());
  if (!relativeMonthly || nth === undefined) return undefined;
  return { unit: "month", interval: relativeMonthly.intervalMonths, day: dayOf(relativeMonthly.dayOfWeek), nth };
}

/** -1, which is no day, for a word that is none. */
function dayOf(name: string | undefined): number {
  return weekDays.indexOf((name ?? "").toLowerCase());
}

/** `+05:30`, `-07:00`, `02:00`. */
function minutesOf(text: string): number | undefined {
  const [, sign, hours, minutes] = /^([+-]?)(\d\d):(\d\d)/.exec(text) ?? [];
  if (hours === undefined) return undefined;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
