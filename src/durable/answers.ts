/** What a registered activity returns where it has no answer: history keeps values, not classes of errors. */
export type Trouble =
  | { readonly trouble: "transient"; readonly message: string; readonly retryAfterInSeconds: number | null }
  /** The rows the activity may write name another operation. */
  | { readonly trouble: "superseded"; readonly message: string };

export type Answer<Output> = Output | Trouble;

export function isTrouble(answer: unknown): answer is Trouble {
  return typeof answer === "object" && answer !== null && "trouble" in answer;
}
