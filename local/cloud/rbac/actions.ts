/** `Microsoft.X/*` and the like: `*` stands for any text, slashes included; case does not matter. */
export function actionMatches(pattern: string, action: string): boolean {
  const [wanted, given] = [pattern.toLowerCase(), action.toLowerCase()];
  if (!wanted.includes("*")) return wanted === given;
  let expression = compiled.get(wanted);
  if (!expression) {
    expression = new RegExp(`^${wanted.replace(/[\\^$.|+()[\]{}?]/g, "\\$&").replaceAll("*", ".*")}$`);
    compiled.set(wanted, expression);
  }
  return expression.test(given);
}

/** Patterns come from role definitions, which are few. */
const compiled = new Map<string, RegExp>();

export interface Permission {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly dataActions: readonly string[];
  readonly notDataActions: readonly string[];
}

export function permits(permission: Permission, kind: "action" | "dataAction", action: string): boolean {
  const [given, withheld] =
    kind === "action"
      ? [permission.actions, permission.notActions]
      : [permission.dataActions, permission.notDataActions];
  return given.some((one) => actionMatches(one, action)) && !withheld.some((one) => actionMatches(one, action));
}
