import type { HistoryEvent } from "../replay/history.ts";

/** In all; what was not used for longest goes first. */
const mostEvents = 20_000;

/** Histories that were read or written lately, as they are in the state file. */
export class HistoryCache {
  readonly #histories = new Map<string, readonly HistoryEvent[]>();
  #events = 0;

  get(id: string): readonly HistoryEvent[] | undefined {
    const events = this.#histories.get(id);
    if (events) {
      this.#histories.delete(id);
      this.#histories.set(id, events);
    }
    return events;
  }

  set(id: string, events: readonly HistoryEvent[]): void {
    this.forget(id);
    this.#histories.set(id, events);
    this.#events += events.length;
    for (const oldest of this.#histories.keys()) {
      if (this.#events <= mostEvents) return;
      this.forget(oldest);
    }
  }

  append(id: string, events: readonly HistoryEvent[]): void {
    const before = this.#histories.get(id);
    if (before) this.set(id, [...before, ...events]);
  }

  forget(id: string): void {
    this.#events -= this.#histories.get(id)?.length ?? 0;
    this.#histories.delete(id);
  }

  clear(): void {
    this.#histories.clear();
    this.#events = 0;
  }
}
