import { clusterProblems } from "./problems/cluster.ts";
import { identityProblems } from "./problems/identity.ts";
import { operationProblems } from "./problems/operation.ts";
import { registryProblems } from "./problems/registry.ts";
import { requestProblems } from "./problems/request.ts";

/** Thrown by adapters: trying again later may cure it (429, 5xx, timeouts, not yet visible). The workflow's wait answers. */
export class TransientError extends Error {
  override readonly name = "TransientError";
  /** What the service asked for; null when it did not say. */
  readonly retryAfterInSeconds: number | null;
  /** What a caller of our API may be told of it; null: no more than that a service is not ready. */
  readonly shown: string | null;

  constructor(message: string, retryAfterInSeconds: number | null = null, shown: string | null = null) {
    super(message);
    this.retryAfterInSeconds = retryAfterInSeconds;
    this.shown = shown;
  }
}

/** Thrown where a row names another operation by now: whoever is told so writes nothing more, and ends. */
export class StaleOperation extends Error {
  override readonly name = "StaleOperation";
}

/** What a person gets told, in an HTTP answer (RFC 9457) or on a link: stable code, what, why, what to do. */
export type Problem = {
  readonly code: ProblemCode;
  readonly title: string;
  readonly detail: string;
  readonly remedy: string;
};

/** Every code the product answers with, kept stable; docs/api.md lists them in this order. */
export const problems = {
  ...requestProblems,
  ...clusterProblems,
  ...identityProblems,
  ...registryProblems,
  ...operationProblems,
} as const;

export type ProblemCode = keyof typeof problems;

/** Fills in a code's title and remedy. `detail` says what happened to which thing, in one sentence. */
export function problem(code: ProblemCode, detail: string): Problem {
  const { title, remedy } = problems[code];
  return { code, title, detail, remedy };
}

/** Thrown at the edge for a request that cannot be accepted: answered with the code's HTTP status. */
export class InputError extends Error {
  override readonly name = "InputError";
  readonly problem: Problem;

  constructor(code: ProblemCode, detail: string) {
    super(detail);
    this.problem = problem(code, detail);
  }
}
