import { problem, type Problem, type ProblemCode } from "./errors.ts";
import type { AskedRotation } from "./rotationScope.ts";
import type { Instant } from "./time.ts";

export type OperationKind = "onboarding" | "rotation" | "offboarding";
export type OperationState = "running" | "waiting" | "ended" | "failed" | "cancelled";

/** A part that cannot go on: the operation ends so, with the reason. */
export type Stopped = {
  readonly outcome: "stopped";
  readonly state: "failed" | "cancelled";
  readonly problem: Problem;
  /** The rows name another operation: this one has nothing more to do. */
  readonly isStale?: true;
};

export function failed(reason: Problem): Stopped {
  return { outcome: "stopped", state: "failed", problem: reason };
}

export function failedWith(code: ProblemCode, detail: string): Stopped {
  return failed(problem(code, detail));
}

export type Step<Name extends string = string> = {
  readonly name: Name;
  readonly state: "pending" | "running" | "done" | "failed" | "cancelled";
  readonly startedAt: Instant | null;
  readonly finishedAt: Instant | null;
  /** One sentence for a person, at most 300 characters. */
  readonly detail: string | null;
};

/** What an operation waits for, and who must act. */
export type Waiting = {
  readonly on: "consent" | "replication" | "window" | "role" | "cluster" | "service" | "turn";
  /** Who has to act, in words; `nobody` where only time helps. */
  readonly who: string;
  readonly what: string;
  /** Address to open, null when there is nothing to open. */
  readonly url: string | null;
  readonly until: Instant;
};

/** The custom status of a running instance. */
export type Progress<Name extends string = string> = {
  readonly operationId: string;
  readonly steps: readonly Step<Name>[];
  readonly waitingFor: Waiting | null;
};

/** One run of a workflow, as the store keeps it. */
export type Operation = {
  readonly id: string;
  readonly kind: OperationKind;
  /** Id of the link, or key of the cluster, that it acts on. */
  readonly subject: string;
  readonly clusterKey: string;
  readonly instanceId: string;
  readonly state: OperationState;
  /** As they were when the row was last written; the running instance's custom status is newer. */
  readonly steps: readonly Step[];
  readonly waitingFor: Waiting | null;
  readonly problem: Problem | null;
  readonly startedAt: Instant;
  readonly endedAt: Instant | null;
  /**
   * `open`: a cancel takes effect. `asked`: somebody cancelled, and the next look obeys. `closed`: the cluster is being
   * changed, and going on is safer than stopping. `asked` and `closed` exclude each other by the row's ETag.
   */
  readonly cancel: "open" | "asked" | "closed";
  /** Told by the consent page's redirect; untrusted, and shown as such. */
  readonly consentAnswers: readonly ConsentAnswer[];
  /** Of a rotation alone: how it was asked for. */
  readonly rotation?: AskedRotation;
  /** A leak was told of while this rotation ran: it waits for no grace and no window any more. */
  readonly isHurried?: boolean;
};

/** `declined` only for a refusal in Entra's words (AADSTS65004, v1 `permission_denied`); `other` is noted and waited on. */
export type ConsentAnswer = {
  readonly answer: "accepted" | "declined" | "wrongTenant" | "other";
  readonly detail: string;
  readonly at: Instant;
};

type Begun = Pick<Operation, "id" | "kind" | "subject" | "clusterKey" | "instanceId" | "steps" | "cancel" | "rotation">;

/** The row of an operation before it is started. */
export function begun(about: Begun, now: Date): Operation {
  return {
    ...about,
    state: "running",
    waitingFor: null,
    problem: null,
    startedAt: now.toISOString(),
    endedAt: null,
    consentAnswers: [],
  };
}

type Ended = Pick<Operation, "steps" | "problem"> & { readonly state: "ended" | "failed" | "cancelled" };

/** The row of an operation that says how it ended; one that is over stays as it is. */
export function ended(operation: Operation, { state, problem: reason, steps }: Ended, at: Instant): Operation {
  if (isOver(operation)) return operation;
  const cancel = cancelWhenOver(operation.cancel);
  return { ...operation, state, problem: reason, steps, waitingFor: null, cancel, endedAt: at };
}

export function isOver({ state }: Operation): boolean {
  return state === "ended" || state === "failed" || state === "cancelled";
}

/** Of one that is over: a cancel that was obeyed, or came too late, stays on record; none takes effect any more. */
export function cancelWhenOver(cancel: Operation["cancel"]): "asked" | "closed" {
  return cancel === "asked" ? "asked" : "closed";
}
