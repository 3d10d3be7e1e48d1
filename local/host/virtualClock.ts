import type { Clock } from "./clock.ts";

interface Due {
  readonly at: number;
  readonly action: () => void | Promise<void>;
}

/** Time that stands still but for its jumps, so that one program gives one history, to the millisecond. */
export class VirtualClock implements Clock {
  /** Whether time jumps by itself. */
  automatic = true;
  /** Told what time it is, whenever that changes. */
  moved: (nowInMs: number) => void = () => undefined;
  readonly #due = new Set<Due>();
  #now: number;
  #soon: NodeJS.Immediate | undefined;

  constructor(start: Date) {
    this.#now = start.getTime();
  }

  readonly now = (): Date => new Date(this.#now);

  readonly at = (when: Date, action: () => void | Promise<void>): (() => void) => {
    const due = { at: when.getTime(), action };
    this.#due.add(due);
    if (due.at <= this.#now) this.#fireSoon();
    return () => {
      this.#due.delete(due);
    };
  };

  /** When the next action is due. */
  next(): Date | undefined {
    const first = this.#first();
    return first && new Date(first.at);
  }

  /** Never goes back. */
  jump(to: Date): void {
    this.#move(to.getTime());
    this.#fire();
  }

  /** Goes to the next action and does that one alone: of those due at one instant, each can come to its end before the next begins. */
  async step(): Promise<void> {
    const first = this.#first();
    if (!first) return;
    this.#move(first.at);
    this.#due.delete(first);
    await first.action();
  }

  stop(): void {
    this.#due.clear();
    clearImmediate(this.#soon);
  }

  #first(): Due | undefined {
    let first: Due | undefined;
    for (const due of this.#due) if (!first || due.at < first.at) first = due;
    return first;
  }

  #move(to: number): void {
    if (to <= this.#now) return;
    this.#now = to;
    this.moved(to);
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
    for (const due of ready) if (this.#due.delete(due)) void due.action();
  }
}

/** Whether anything runs or is asked, and how to learn that this has changed. */
export interface Idleness {
  readonly idle: () => boolean;
  /** Resolves when it is worth looking again. */
  readonly changed: () => Promise<void>;
}

/** Jumps whenever nothing can happen before the next due action; answers how to stop. */
export function jumpWhenIdle(clock: VirtualClock, { idle, changed }: Idleness): () => void {
  let stopped = false;
  const mayJump = (): boolean => clock.automatic && clock.next() !== undefined && idle();
  const run = async (): Promise<void> => {
    while (!stopped) {
      await quiet({ idle: () => stopped || mayJump(), changed });
      if (!stopped && mayJump()) await clock.step();
    }
  };
  void run();
  return () => {
    stopped = true;
  };
}

/** Goes on to an instant, stopping at each due action until what it set going is over. */
export async function advance(clock: VirtualClock, to: Date, idleness: Idleness): Promise<void> {
  for (;;) {
    await quiet(idleness);
    const next = clock.next();
    if (!next || next > to) break;
    await clock.step();
  }
  clock.jump(to);
}

/** Resolves once nothing happens for three turns of the event loop: what a finished piece of work sets going has begun by then. */
async function quiet({ idle, changed }: Idleness): Promise<void> {
  for (let turns = 0; turns < 3;) {
    turns = idle() ? turns + 1 : 0;
    await (turns === 0 ? changed() : new Promise((resolve) => setImmediate(resolve)));
  }
}
