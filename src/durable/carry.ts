/**
 * What a long run keeps when its history begins anew. A history that grew for days is replayed at every look, so past
 * some looks the instance continues as new, with the results of what is done; the code runs from its beginning, and
 * `once` gives the results instead of doing it again.
 */
import type { Context, Json, JsonObject, Orchestration } from "./calls.ts";

/** Thrown through the workflow, and caught by `generations` alone. */
class NewGeneration extends Error {
  override readonly name = "NewGeneration";
}

export class Carried {
  readonly #values: Map<string, Json>;

  constructor(before: JsonObject) {
    this.#values = new Map(Object.entries(before));
  }

  /** The cast is sound as long as a key is kept and read with one type: each key belongs to one place. */
  get<Value extends Json>(key: string): Value | undefined {
    return this.#values.get(key) as Value | undefined;
  }

  keep(key: string, value: Json): void {
    this.#values.set(key, value);
  }

  forget(key: string): void {
    this.#values.delete(key);
  }

  all(): JsonObject {
    return Object.fromEntries(this.#values);
  }
}

type Keeping = { readonly carried: Carried };

/** Does the work and keeps its result; the same run gets the kept result ever after. What stopped is not kept. */
export function* once<Value extends JsonObject>(
  { carried }: Keeping,
  key: string,
  work: () => Orchestration<Value>,
): Orchestration<Value> {
  const kept = carried.get<Value>(key);
  if (kept !== undefined) return kept;
  const value = yield* work();
  if (value["outcome"] !== "stopped") carried.keep(key, value);
  return value;
}

/** Ends this generation of the instance: never returns. Only where nothing is under way that the rows do not know. */
export function continueAsNew(): never {
  throw new NewGeneration();
}

/** Runs a workflow that may continue as new, with what it carries; `continued` is then its answer, which nobody reads. */
export function* generations<Output>(
  { df }: Context,
  input: JsonObject,
  carried: Carried,
  work: Orchestration<Output>,
  continued: Output,
): Orchestration<Output> {
  try {
    return yield* work;
  } catch (error) {
    if (!(error instanceof NewGeneration)) throw error;
    df.continueAsNew({ input, carried: carried.all() });
    return continued;
  }
}

export function isNewGeneration(error: unknown): boolean {
  return error instanceof NewGeneration;
}

/** What an instance is started with: the first generation carries nothing. */
export type Started<Input> = { readonly input: Input; readonly carried: JsonObject };
