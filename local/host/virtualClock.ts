import { systemClock, type Clock } from "./clock.ts";

interface Due {
  readonly at: number;
  readonly action: () => void;
}

/** Time that goes on as the system's does, and jumps over what nobody needs. */
export class VirtualClock implements Clock {
  /** Whether time jumps by itself. */
  automatic = true;
  readonly #due = new Set<Due>();
  readonly #moved: (offsetInMs: number) => void;
  #offset = 0;
  /** The one the system's timer is set for. */
  #armed: Due | undefined;
  #cancel: () => void = () => undefined;

  /** `moved` is told how far ahead of the system's time this one is, whenever that changes. */
  constructor(moved: (offsetInMs: number) => void) {
    this.#moved = moved;
  }

  get offsetInMs(): number {
    return this.#offset;
  }

  readonly now = (): Date => new Date(Date.now() + this.#offset);

  readonly at = (when: Date, action: () => void): (() => void) => {
    const due = { at: when.getTime(), action };
    this.#due.add(due);
    if (!this.#armed || due.at < this.#armed.at) this.#arm(due);
    return () => {
      if (this.#due.delete(due) && due === this.#armed) this.#arm(this.#first());
    };
  };

  /** When the next action is due. */
  next(): Date | undefined {
    const first = this.#first();
    return first && new Date(first.at);
  }

  /** Never goes back. */
  jump(to: Date): void {
    const ahead = to.getTime() - this.now().getTime();
    if (ahead > 0) {
      this.#offset += ahead;
      this.#moved(this.#offset);
    }
    this.#fire();
  }

  stop(): void {
    this.#due.clear();
    this.#cancel();
  }

  #first(): Due | undefined {
    let first: Due | undefined;
    for (const due of this.#due) if (!first || due.at < first.at) first = due;
    return first;
  }

  #arm(first: Due | undefined): void {
    this.#cancel();
    this.#armed = first;
    this.#cancel = first
      ? systemClock.at(new Date(first.at - this.#offset), () => {
          this.#fire();
        })
      : () => undefined;
  }

  #fire(): void {
    const now = this.now().getTime();
    const ready = [...this.#due].filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
    for (const due of ready) if (this.#due.delete(due)) due.action();
    this.#arm(this.#first());
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
