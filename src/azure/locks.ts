import type { Known, Lock } from "../domain/facts.ts";
import { asking } from "./asking.ts";
import { unknownBy } from "./errors.ts";
import { listAll, type AskRest } from "./rest.ts";

/** Locks at the scope and above it; those of resources below it hold nothing back here. */
export function locksAt(arm: AskRest, tenantId: string, scope: string): Promise<Known<readonly Lock[]>> {
  return asking<Known<readonly Lock[]>, Known<readonly Lock[]>>(
    { what: `list the locks of ${scope}`, repeatable: true },
    async (signal) => {
      const filter = encodeURIComponent("atScope()");
      const to = `${scope}/providers/Microsoft.Authorization/locks?api-version=2016-09-01&$filter=${filter}`;
      const found = (await listAll(arm, tenantId, { to, signal })).flatMap(lockOf);
      return { outcome: "known", value: found.filter(({ id }) => holdsAt(id, scope)) };
    },
    unknownBy,
  );
}

function lockOf({ id, properties }: Readonly<Record<string, unknown>>): readonly Lock[] {
  const level = (properties as { level?: unknown } | undefined)?.level;
  if (typeof id !== "string" || (level !== "ReadOnly" && level !== "CanNotDelete")) return [];
  return [{ id, level }];
}

function holdsAt(lockId: string, scope: string): boolean {
  const [of = ""] = lockId.split(/\/providers\/Microsoft\.Authorization\/locks\//i);
  return `${scope}/`.toLowerCase().startsWith(`${of}/`.toLowerCase());
}
