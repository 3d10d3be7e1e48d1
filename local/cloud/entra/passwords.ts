import type { Replicas } from "../consistency/replicas.ts";
import type { Application, Password, ServicePrincipal } from "./state.ts";

/**
 * The password behind a value, as the replica asked knows it: a new one is unknown for a while, a removed one goes on
 * working. A service principal's own passwords count beside the application's.
 */
export function passwordBehind(
  value: string,
  owners: readonly (Application | ServicePrincipal)[],
  { replicas, asker }: { readonly replicas: Replicas; readonly asker: string },
  now: number,
): Password | undefined {
  const added = owners
    .flatMap(({ passwords = [] }) => passwords)
    .find((one) => one.value === value && now >= one.acceptedFrom);
  if (added) return replicas.know("secret", added.keyId, added.acceptedFrom, asker) ? added : undefined;
  const removed = owners
    .flatMap(({ removedPasswords = [] }) => removedPasswords)
    .find(({ password }) => password.value === value);
  const lingers = removed && !replicas.know("secretRemoval", removed.password.keyId, removed.removedAt, asker);
  return lingers ? removed.password : undefined;
}
