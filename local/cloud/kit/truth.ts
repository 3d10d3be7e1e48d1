/**
 * How far an operation can be trusted.
 * `documented`: held against Microsoft's OpenAPI document by `npm run conformance`, or against the reference.
 * `observed`: as recorded clients and issue threads show it; no document was at hand. `chosen`: nobody says.
 * `ours`: Azure has no such thing.
 */
export interface Truth {
  readonly truth: "documented" | "observed" | "chosen" | "ours";
  /** What is missing or different, in a sentence; empty where nothing is. */
  readonly note: string;
}

/** Of one service's folder, by operation. */
export type Truths = Readonly<Record<string, Truth>>;

export const documented = (note = ""): Truth => ({ truth: "documented", note });
export const observed = (note = ""): Truth => ({ truth: "observed", note });
export const chosen = (note = ""): Truth => ({ truth: "chosen", note });
export const ours = (note = ""): Truth => ({ truth: "ours", note });
