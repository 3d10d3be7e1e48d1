type Outcome<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: unknown };

/**
 * A promise whose continuations run inside `resolve`, as .NET's do in a replay. Task ids are handed out in the order code
 * runs, so a continuation that ran a microtask later would shift every id after it.
 */
export class SyncTask<Value = unknown> {
  outcome: Outcome<Value> | undefined;
  #waiting: ((outcome: Outcome<Value>) => void)[] = [];

  settle(outcome: Outcome<Value>): void {
    if (this.outcome) return;
    this.outcome = outcome;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const continuation of waiting) continuation(outcome);
  }
  resolve(value: Value): void {
    this.settle({ ok: true, value });
  }
  reject(error: unknown): void {
    this.settle({ ok: false, error });
  }
  then(continuation: (outcome: Outcome<Value>) => void): void {
    if (this.outcome) continuation(this.outcome);
    else this.#waiting.push(continuation);
  }
}

/** Code that waits for SyncTasks: `yield` stands for .NET's `await`. */
export type Steps<Value> = Generator<SyncTask, Value, unknown>;

export function run<Value>(steps: Steps<Value>): SyncTask<Value> {
  const task = new SyncTask<Value>();
  const advance = (outcome: Outcome<unknown>): void => {
    try {
      const next = outcome.ok ? steps.next(outcome.value) : steps.throw(outcome.error);
      if (next.done) task.resolve(next.value);
      else next.value.then(advance);
    } catch (error) {
      task.reject(error);
    }
  };
  advance({ ok: true, value: undefined });
  return task;
}

/** Resolves when all have settled; fails, then, with the first failure. */
export function whenAll(tasks: readonly SyncTask[]): SyncTask {
  const all = new SyncTask();
  let left = tasks.length;
  const done = (): void => {
    if (left > 0) return;
    const failed = tasks.find(({ outcome }) => outcome?.ok === false)?.outcome;
    all.settle(failed ?? { ok: true, value: undefined });
  };
  for (const task of tasks) {
    task.then(() => {
      left -= 1;
      done();
    });
  }
  done();
  return all;
}

/** Resolves with the first that settles, successfully or not. */
export function whenAny(tasks: readonly SyncTask[]): SyncTask {
  const any = new SyncTask();
  for (const task of tasks) {
    task.then(() => {
      any.resolve(undefined);
    });
  }
  return any;
}
