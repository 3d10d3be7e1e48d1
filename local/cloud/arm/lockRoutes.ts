import { bodyOf, objectAt, textAt } from "../armKit/body.ts";
import type { ArmCall, ArmRoute } from "../armKit/guard.ts";
import type { Lock, Locks } from "./locks.ts";
import { Refusal } from "../armKit/refusal.ts";
import { json } from "../armKit/replies.ts";
import { tidyScope } from "../armKit/scope.ts";
import { locks as lockType } from "../armKit/versions.ts";
import type { Reply } from "../kit/contract.ts";

const provider = "providers/Microsoft.Authorization";
const scopeOf = ({ params }: ArmCall): string => tidyScope(params["scope"] ?? "/");

/** Locks on a subscription, a group or a resource. Source: learn.microsoft.com/rest/api/resources/management-locks */
export function lockRoutes(locks: Locks): ArmRoute[] {
  const right = (verb: string): NonNullable<ArmRoute["right"]> => ({
    action: `Microsoft.Authorization/locks/${verb}`,
    scope: (params) => tidyScope(params["scope"] ?? "/"),
  });
  const one = `/*scope/${provider}/locks/:name`;
  return [
    {
      method: "GET",
      path: `/*scope/${provider}/locks`,
      operation: "ManagementLocks_ListByScope",
      type: lockType,
      right: right("read"),
      handle: (call) => json({ value: locks.around(scopeOf(call)).map(shownLock) }),
    },
    {
      method: "GET",
      path: one,
      operation: "ManagementLocks_GetByScope",
      type: lockType,
      right: right("read"),
      handle: (call) => json(shownLock(found(locks, call))),
    },
    {
      method: "PUT",
      path: one,
      operation: "ManagementLocks_CreateOrUpdateByScope",
      type: lockType,
      right: right("write"),
      // A lock is changed and taken away though there is one.
      passesLocks: true,
      handle: (call) => putLock(locks, call),
    },
    {
      method: "DELETE",
      path: one,
      operation: "ManagementLocks_DeleteByScope",
      type: lockType,
      right: right("delete"),
      passesLocks: true,
      handle: (call) => {
        const lock = locks.get(scopeOf(call), call.params["name"] ?? "");
        if (!lock) return { status: 204 };
        locks.remove(lock);
        return { status: 200 };
      },
    },
  ];
}

function putLock(locks: Locks, call: ArmCall): Reply {
  const properties = objectAt(bodyOf(call), "properties") ?? {};
  const level = textAt(properties, "level");
  if (level !== "ReadOnly" && level !== "CanNotDelete")
    throw new Refusal(
      "InvalidLock",
      `The lock level '${level ?? ""}' is invalid: ReadOnly or CanNotDelete is expected.`,
    );
  const lock: Lock = {
    name: call.params["name"] ?? "",
    scope: scopeOf(call),
    level,
    notes: textAt(properties, "notes"),
  };
  const { isNew } = locks.put(lock);
  return json(shownLock(lock), isNew ? 201 : 200);
}

function found(locks: Locks, call: ArmCall): Lock {
  const name = call.params["name"] ?? "";
  const lock = locks.get(scopeOf(call), name);
  if (lock) return lock;
  throw new Refusal("LockNotFound", `The lock '${name}' could not be found.`);
}

function shownLock({ name, scope, level, notes }: Lock): object {
  return {
    properties: { level, ...(notes !== undefined && { notes }) },
    id: `${scope}/${provider}/locks/${name}`,
    type: "Microsoft.Authorization/locks",
    name,
  };
}
