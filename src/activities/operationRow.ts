/** What the activities read and write of the operation's own row. */
import type { OnboardingStep } from "../domain/onboarding.ts";
import { isOver, type Operation, type Step, type Waiting } from "../domain/operation.ts";
import type { Instant } from "../domain/time.ts";
import { activity } from "../durable/calls.ts";
import type { Gate } from "../durable/register.ts";
import type { Store } from "../store/store.ts";
import { mine, type Needs } from "./world.ts";

export type Heard = {
  /** A person asked to cancel, and it takes effect. */
  readonly cancel: boolean;
  /** Somebody wrote down that this operation is over: it has nothing more to do. */
  readonly isOver: boolean;
  /** A leak was told of: what only waits is over. Missing in histories of before. */
  readonly isHurried?: boolean;
  /** In words, what the consent page answered last, and the last refusal among its answers. Untrusted. */
  readonly answered: string | null;
  readonly declined: string | null;
  /** Since when somebody says it was accepted, by the first who said so. */
  readonly acceptedAt: Instant | null;
};

type About = { readonly operationId: string };

/** What people have said to a running operation: a cancel, answers at the consent page. */
async function hear({ operationId }: About, { operations }: Needs<"operations">): Promise<Heard> {
  const operation = (await operations.read(operationId))?.value;
  if (!operation) return { cancel: false, isOver: true, answered: null, declined: null, acceptedAt: null };
  const { consentAnswers } = operation;
  return {
    cancel: operation.cancel === "asked",
    isOver: isOver(operation),
    ...(operation.isHurried === true ? { isHurried: true } : {}),
    answered: consentAnswers.at(-1)?.detail ?? null,
    declined: consentAnswers.findLast(({ answer }) => answer === "declined")?.detail ?? null,
    acceptedAt: consentAnswers.find(({ answer }) => answer === "accepted")?.at ?? null,
  };
}

/** Every look of a wait that a person may end listens to people first, and does nothing for one that is over. */
export const people: Gate<About, Heard, Needs<"operations">> = {
  look: hear,
  isOpen: ({ cancel, isOver: ended }) => !cancel && !ended,
};

/** The same by itself, for a wait that asks nothing else. */
export const lookAtOperation = activity("lookAtOperation", hear);

type Shown = {
  readonly operationId: string;
  readonly steps: readonly Step<OnboardingStep>[] | readonly Step[];
  readonly waitingFor: Waiting | null;
};

/** Shows on the row that a wait for a person begins, with its address, or that it is over. */
export const recordProgress = activity(
  "recordProgress",
  async ({ operationId, steps, waitingFor }: Shown, { operations }: Needs<"operations">): Promise<void> => {
    await mine(
      operations.updateFor(operationId, operationId, (row) =>
        isOver(row) ? row : { ...row, steps, waitingFor, state: waitingFor === null ? "running" : "waiting" },
      ),
      `operation ${operationId}`,
    );
  },
);

type Operations = Pick<Store, "operations">;

/**
 * The point of no return: from here on a cancel is refused. False when somebody has asked for one before; the row's ETag
 * lets only one of the two be first.
 */
export async function closeCancel(operationId: string, { operations }: Operations): Promise<boolean> {
  const row = await operations.update(operationId, (operation) =>
    operation.cancel === "open" ? { ...operation, cancel: "closed" } : operation,
  );
  return row?.cancel === "closed";
}

/**
 * The end of an operation that failed by itself: a cancel that was accepted before that still takes effect, and none is
 * accepted any more.
 */
export const endCancel = activity(
  "endCancel",
  async (
    { operationId }: { readonly operationId: string },
    { operations }: Needs<"operations">,
  ): Promise<{ readonly cancelled: boolean }> => {
    await closeCancel(operationId, { operations });
    return { cancelled: (await operations.read(operationId))?.value.cancel === "asked" };
  },
);

/** AKS refused, and nothing was changed: a cancel works again. */
export async function reopenCancel(operationId: string, { operations }: Operations): Promise<void> {
  await operations.update(operationId, (operation): Operation =>
    operation.cancel === "closed" ? { ...operation, cancel: "open" } : operation,
  );
}
