import type { Clock } from "../kit/contract.ts";

/** What is to happen later, each under a name. */
export interface Timers {
  after(name: string, dueInMs: number, work: () => void): void;
  cancel(name: string): void;
  cancelAll(): void;
}

export function timers({ clock }: { readonly clock: Clock }): Timers {
  const due = new Map<string, { cancel(): void }>();
  return {
    after: (name, dueInMs, work) => {
      due.get(name)?.cancel();
      const timer = clock.after(dueInMs, () => {
        if (due.get(name) === timer) due.delete(name);
        work();
      });
      due.set(name, timer);
    },
    cancel: (name) => {
      due.get(name)?.cancel();
      due.delete(name);
    },
    cancelAll: () => {
      for (const timer of due.values()) timer.cancel();
      due.clear();
    },
  };
}
