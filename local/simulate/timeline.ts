/** What is going to happen, in its order. Nothing happens at the same time: an action is over before the next begins. */
export interface Timeline {
  now(): number;
  /** A moment that is over means now. */
  at(whenInMs: number, action: () => Promise<void>): void;
  /** Does all there is to do until nothing is left, or until `done` says so after an action. */
  run(done: () => boolean): Promise<void>;
}

interface Entry {
  readonly at: number;
  readonly turn: number;
  readonly action: () => Promise<void>;
}

/** `goTo`: puts everybody's time forward, and resolves when what came due on the way is over. */
export function timelineOver(now: () => number, goTo: (whenInMs: number) => Promise<void>): Timeline {
  const entries: Entry[] = [];
  let turns = 0;
  return {
    now,
    at: (whenInMs, action) => {
      turns += 1;
      const entry = { at: Math.max(whenInMs, now()), turn: turns, action };
      const after = entries.findIndex(({ at }) => at > entry.at);
      entries.splice(after < 0 ? entries.length : after, 0, entry);
    },
    run: async (done) => {
      for (let next = entries.shift(); next; next = entries.shift()) {
        await goTo(next.at);
        await next.action();
        if (done()) return;
      }
    },
  };
}
