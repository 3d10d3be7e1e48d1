import { played, type HistoryEvent } from "../durable/replay/history.ts";
import { RecentLists } from "../recentLists.ts";
import { mostEventsInProcess, type HistoryPart } from "./messages.ts";

/** As the SDK makes them of what it is sent: with a Date for the timestamp. */
type Parsed = Omit<HistoryEvent, "Timestamp"> & { readonly Timestamp: Date };

/** Histories of instances that ran in this process: what the host has sent once it need not send again. */
export class Histories {
  readonly #kept = new RecentLists<Parsed>(mostEventsInProcess);

  /** The whole history; undefined where the events before the part are not kept (any more). */
  take({ key, from, events }: HistoryPart): readonly Parsed[] | undefined {
    const before = this.#kept.get(key) ?? [];
    if (from > before.length) return undefined;
    const whole = [...before.slice(0, from).map(played), ...(JSON.parse(events) as HistoryEvent[]).map(parsed)];
    this.#kept.set(key, whole);
    return whole;
  }
}

/** Of this process. */
export const keptHistories = new Histories();

function parsed(event: HistoryEvent): Parsed {
  return { ...event, Timestamp: new Date(event.Timestamp) };
}

/** Not enumerable: the SDK looks into all that it can list for timestamps to convert, and these are converted. */
export function giveHistory(trigger: unknown, history: readonly Parsed[]): void {
  Object.defineProperty(trigger, "history", { value: history, enumerable: false });
}
