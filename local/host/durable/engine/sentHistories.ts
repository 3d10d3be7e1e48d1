import type { HistoryPart } from "../../worker/messages.ts";
import { played, type HistoryEvent } from "../replay/history.ts";

/** In all; a process keeps as many, and what it was not asked for longest goes first. */
const mostEvents = 50_000;

/** What one process of the app has been sent of histories. Events are compared by identity: what changed is sent anew. */
export class SentHistories {
  readonly #sent = new Map<string, readonly HistoryEvent[]>();
  #events = 0;

  /** What the process still has to be sent. */
  part(key: string, history: readonly HistoryEvent[]): HistoryPart {
    const sent = this.#sent.get(key) ?? [];
    const isSame = sent.every((event, index) => history[index] === event || history[index] === played(event));
    const from = isSame ? sent.length : 0;
    return { key, from, events: JSON.stringify(history.slice(from)) };
  }

  /** To be called when the process has taken it. */
  took(key: string, history: readonly HistoryEvent[]): void {
    this.forget(key);
    this.#sent.set(key, history);
    this.#events += history.length;
    for (const oldest of this.#sent.keys()) {
      if (this.#events <= mostEvents || oldest === key) break;
      this.forget(oldest);
    }
  }

  forget(key: string): void {
    this.#events -= this.#sent.get(key)?.length ?? 0;
    this.#sent.delete(key);
  }
}
