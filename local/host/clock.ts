/** The only source of time in the host, so that a test can put another one in its place. */
export interface Clock {
  readonly now: () => Date;
  /** Runs `action` once when `now()` has reached `due`, never before; returns how to call it off. */
  readonly at: (due: Date, action: () => void) => () => void;
}

/** setTimeout takes at most this many milliseconds (about 24 days). */
const longestDelay = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => new Date(),
  at(due, action) {
    let timer: NodeJS.Timeout | undefined;
    // A Node timer may fire up to a millisecond early, and a long wait takes several: look again each time.
    const arm = (): void => {
      const left = due.getTime() - Date.now();
      if (left <= 0 && timer) action();
      else timer = setTimeout(arm, Math.min(Math.max(left, 0), longestDelay));
    };
    arm();
    return () => {
      clearTimeout(timer);
    };
  },
};
