interface Action {
  readonly compoundActions?: readonly Action[];
  readonly functionName?: string;
  readonly externalEventName?: string;
  readonly fireAt?: unknown;
  readonly httpRequest?: { readonly uri?: unknown };
}

/**
 * Describes the tasks that an orchestrator's answer, as the SDK returns it, has in more than one combinator. Only here, where
 * one task is one object, can they be told from two that look alike.
 */
export function sharedTasks(answer: unknown): string[] {
  const seen = new Set<Action>();
  const shared = new Set<Action>();
  const visit = (action: Action, combined: boolean): void => {
    if (seen.has(action)) {
      if (combined) shared.add(action);
      return;
    }
    seen.add(action);
    for (const part of action.compoundActions ?? []) visit(part, true);
  };
  for (const action of actionsOf(answer)) visit(action, false);
  return [...new Set([...shared].map(describe))];
}

function actionsOf(answer: unknown): readonly Action[] {
  const outer = typeof answer === "object" && answer !== null && "actions" in answer ? answer.actions : undefined;
  return Array.isArray(outer) && Array.isArray(outer[0]) ? (outer[0] as Action[]) : [];
}

function describe({ functionName, externalEventName, fireAt, httpRequest, compoundActions }: Action): string {
  if (functionName !== undefined) return `a call of "${functionName}"`;
  if (externalEventName !== undefined) return `the wait for the event "${externalEventName}"`;
  if (fireAt !== undefined) return "a timer";
  if (httpRequest !== undefined) return "a callHttp";
  return compoundActions ? "a Task.any or Task.all" : "an entity operation";
}
