import { RecentLists } from "../../recentLists.ts";
import { mostEventsInProcess, type HistoryPart } from "../../worker/messages.ts";
import { played, type HistoryEvent } from "../replay/history.ts";

/** What one process of the app has been sent of histories. Events are compared by identity: what changed is sent anew. */
export class SentHistories {
  readonly #sent = new RecentLists<HistoryEvent>(mostEventsInProcess);

  /** What the process still has to be sent. */
  part(key: string, history: readonly HistoryEvent[]): HistoryPart {
    const sent = this.#sent.get(key) ?? [];
    const isSame = sent.every((event, index) => history[index] === event || history[index] === played(event));
    const from = isSame ? sent.length : 0;
    return { key, from, events: JSON.stringify(history.slice(from)) };
  }

  /** To be called when the process has taken it. */
  took(key: string, history: readonly HistoryEvent[]): void {
    this.#sent.set(key, history);
  }

  forget(key: string): void {
    this.#sent.forget(key);
  }
}
