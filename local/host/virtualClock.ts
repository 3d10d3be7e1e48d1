import type { Clock } from "./clock.ts";

interface Due {
  readonly at: number;
  readonly action: () => void;
}

/** Time that stands still but for its jumps, so that one program gives one history, to the millisecond. */
export class VirtualClock implements Clock {
  /** Whether time jumps by itself. */
  automatic = true;
  readonly #due = new Set<Due>();
  readonly #moved: (nowInMs: number) => void;
  #now: number;
  #soon: NodeJS.Immediate | undefined;

  /** `moved` is told what time it is, whenever that changes. */
  constructor(start: Date, moved: (nowInMs: number) => void) {
    this.#now = start.getTime();
    this.#moved = moved;
  }

  readonly now = (): Date => new Date(this.#now);

  readonly at = (when: Date, action: () => void): (() => void) => {
    const due = { at: when.getTime(), action };
    this.#due.add(due);
    if (due.at <= this.#now) this.#fireSoon();
    return () => {
      this.#due.delete(due);
    };
  };

  /** When the next action is due. */
  next(): Date | undefined {
    let first: Due | undefined;
    for (const due of this.#due) if (!first || due.at < first.at) first = due;
    return first && new Date(first.at);
  }

  /** Never goes back. */
  jump(to: Date): void {
    if (to.getTime() > this.#now) {
      this.#now = to.getTime();
      this.#moved(this.#now);
    }
    this.#fire();
  }

  stop(): void {
    this.#due.clear();
    clearImmediate(this.#soon);
  }

  /** What is due at once does not wait for a jump. */
  #fireSoon(): void {
    this.#soon ??= setImmediate(() => {
      this.#soon = undefined;
      this.#fire();
    });
  }

  #fire(): void {
    const ready = [...this.#due].filter(({ at }) => at <= this.#now).sort((a, b) => a.at - b.at);
    for (const due of ready) if (this.#due.delete(due)) due.action();
  }
}

const lookInMs = 2;

/** Jumps whenever nothing can happen before the next due action; answers how to stop. `idle`: nothing runs and nothing is asked. */
export function jumpWhenIdle(clock: VirtualClock, idle: () => boolean): () => void {
  let wasIdle = false;
  const timer = setInterval(() => {
    const next = clock.automatic && idle() ? clock.next() : undefined;
    // Idle twice, so that what a finished piece of work sets going has begun.
    if (next && wasIdle) {
      wasIdle = false;
      clock.jump(next);
    } else wasIdle = next !== undefined;
  }, lookInMs);
  return () => {
    clearInterval(timer);
  };
}

/** Goes on to an instant, stopping at each due action until what it set going is over. */
export async function advance(clock: VirtualClock, to: Date, idle: () => boolean): Promise<void> {
  for (;;) {
    for (let quiet = 0; quiet < 2; quiet = idle() ? quiet + 1 : 0) {
      await new Promise((resolve) => setTimeout(resolve, lookInMs));
    }
    const next = clock.next();
    if (!next || next > to) break;
    clock.jump(next);
  }
  clock.jump(to);
}
