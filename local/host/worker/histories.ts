import { played, type HistoryEvent } from "../durable/replay/history.ts";
import type { HistoryPart } from "./messages.ts";

/** As the SDK makes them of what it is sent: with a Date for the timestamp. */
type Parsed = Omit<HistoryEvent, "Timestamp"> & { readonly Timestamp: Date };

/** In all; what was not used for longest goes first. */
const mostEvents = 50_000;

/** Histories of instances that ran in this process: what the host has sent once it need not send again. */
export class Histories {
  readonly #kept = new Map<string, readonly Parsed[]>();
  #events = 0;

  /** The whole history; undefined where the events before the part are not kept (any more). */
  take({ key, from, events }: HistoryPart): readonly Parsed[] | undefined {
    const before = this.#kept.get(key) ?? [];
    this.#forget(key);
    if (from > before.length) return undefined;
    const known = before.slice(0, from).map((event) => played(event as never) as never as Parsed);
    const whole = [...known, ...(JSON.parse(events) as HistoryEvent[]).map(parsed)];
    this.#kept.set(key, whole);
    this.#events += whole.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#events <= mostEvents || oldest === key) break;
      this.#forget(oldest);
    }
    return whole;
  }

  #forget(key: string): void {
    this.#events -= this.#kept.get(key)?.length ?? 0;
    this.#kept.delete(key);
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
