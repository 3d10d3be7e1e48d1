import { covers } from "../armKit/scope.ts";
import type { Authorization, Clock } from "../kit/contract.ts";
import type { Replicas } from "../consistency/replicas.ts";
import { permits, type Permission } from "./actions.ts";
import { holds } from "./evaluate.ts";
import type { RoleAssignment, RoleStore } from "./store.ts";

export interface Question {
  readonly kind?: "action" | "dataAction";
  /** What `@Request` finds. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** What `@Resource` finds. */
  readonly resource?: Readonly<Record<string, string>>;
  readonly only?: readonly string[];
  /** Count only assignments that have reached the data plane; always so for data actions. */
  readonly settled?: boolean;
}

/** The contract's question, and what the resource side asks besides. */
export interface Rights extends Authorization {
  allows(objectId: string, action: string, scope: string, question?: Question): boolean;
  /** One permission for each assignment in force at the scope, inherited ones included. Conditions are not looked at. */
  permissionsAt(objectId: string, scope: string, options?: { readonly settled?: boolean }): readonly Permission[];
}

export function rightsOver(store: () => RoleStore, clock: Clock, replicas: Replicas): Rights {
  const hasArrived = ({ id, settledAt, updatedAt }: RoleAssignment, settled: boolean): boolean =>
    (!settled || settledAt <= clock.now()) &&
    replicas.know("roleAssignment", id, settled ? settledAt : Date.parse(updatedAt));
  const inForce = (objectId: string, scope: string, settled: boolean): readonly RoleAssignment[] =>
    store()
      .of(objectId)
      .filter((one) => covers(one.scope, scope) && hasArrived(one, settled));
  const permissionsOf = ({ roleId }: RoleAssignment): readonly Permission[] =>
    store().definition(roleId)?.permissions ?? [];

  return {
    allows: (objectId, action, scope, question = {}) => {
      const { kind = "action", attributes = {}, resource = {}, only } = question;
      const occasion = { action, request: attributes, resource };
      return inForce(objectId, scope, question.settled ?? kind === "dataAction").some(
        (one) =>
          (!only || only.includes(one.roleId)) &&
          permissionsOf(one).some((permission) => permits(permission, kind, action)) &&
          (!one.condition || holds(one.condition.parsed, occasion)),
      );
    },
    permissionsAt: (objectId, scope, { settled = false } = {}) =>
      inForce(objectId, scope, settled).flatMap(permissionsOf),
  };
}
