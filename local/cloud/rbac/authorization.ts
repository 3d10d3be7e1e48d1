import type { Hierarchy } from "../armKit/hierarchy.ts";
import type { ArmRights, Question } from "../armKit/rights.ts";
import type { YoungNeeds } from "../armKit/young.ts";
import type { Directory } from "../kit/contract.ts";
import type { Replicas } from "../consistency/replicas.ts";
import { permits, type Permission } from "./actions.ts";
import type { Denials, DenyAssignment } from "./denials.ts";
import { holds } from "./evaluate.ts";
import { throughGroupIsKnown } from "./groups.ts";
import type { RemovedAssignment, RoleAssignment, RoleStore } from "./store.ts";

/** The contract's question, and what the resource side asks besides. */
export interface Rights extends ArmRights {
  /** One permission for each assignment in force at the scope, inherited ones included. Conditions are not looked at. */
  permissionsAt(objectId: string, scope: string, options?: { readonly settled?: boolean }): readonly Permission[];
}

interface Needs extends YoungNeeds {
  readonly store: () => RoleStore;
  readonly replicas: Replicas;
  readonly directory: Pick<Directory, "memberOf">;
  readonly hierarchy: Hierarchy;
  readonly denials: Denials;
}

/** An assignment that covers a scope, and whether the asker's replica goes by it now: asked last, since asking counts. */
interface Candidate {
  readonly assignment: RoleAssignment;
  readonly isHonoured: () => boolean;
}

export function rightsOver(needs: Needs): Rights {
  const { store, directory, hierarchy, denials } = needs;
  const candidates = (objectId: string, scope: string, settled: boolean): readonly Candidate[] =>
    [objectId, ...directory.memberOf(objectId)].flatMap((id) => [
      ...store()
        .of(id)
        .filter((one) => hierarchy.covers(one.scope, scope))
        .map((one) => ({ assignment: one, isHonoured: () => hasArrived(one, objectId, settled, needs) })),
      ...store()
        .removedOf(id)
        .filter(({ assignment }) => hierarchy.covers(assignment.scope, scope))
        .map((one) => ({ assignment: one.assignment, isHonoured: () => lingers(one, objectId, needs) })),
    ]);
  const permissionsOf = ({ roleId }: RoleAssignment): readonly Permission[] =>
    store().definition(roleId)?.permissions ?? [];
  const rolesAllow = (objectId: string, action: string, scope: string, question: Question): boolean => {
    const { kind = "action", attributes = {}, resource = {}, only } = question;
    const occasion = { action, request: attributes, resource };
    return candidates(objectId, scope, question.settled ?? kind === "dataAction").some(
      ({ assignment, isHonoured }) =>
        (!only || only.includes(assignment.roleId)) &&
        permissionsOf(assignment).some((permission) => permits(permission, kind, action)) &&
        (!assignment.condition || holds(assignment.condition.parsed, occasion)) &&
        isHonoured(),
    );
  };
  const denial = (
    objectId: string,
    action: string,
    scope: string,
    kind: Question["kind"],
  ): DenyAssignment | undefined =>
    denials.against([objectId, ...directory.memberOf(objectId)], kind ?? "action", action, scope);

  return {
    allows: (objectId, action, scope, question = {}) =>
      rolesAllow(objectId, action, scope, question) && denial(objectId, action, scope, question.kind) === undefined,
    deniedBy: (objectId, action, scope, question = {}) => {
      const found = denial(objectId, action, scope, question.kind);
      if (!found || !rolesAllow(objectId, action, scope, question)) return undefined;
      if (found.putBy !== undefined) needs.life.strike(found.putBy);
      return found;
    },
    permissionsAt: (objectId, scope, { settled = false } = {}) =>
      candidates(objectId, scope, settled)
        .filter(({ isHonoured }) => isHonoured())
        .flatMap(({ assignment }) => permissionsOf(assignment)),
  };
}

/** `settled`: on the data plane, which hears of a role later. */
function hasArrived(one: RoleAssignment, asker: string, settled: boolean, needs: Needs): boolean {
  const since = settled ? one.settledAt : Date.parse(one.updatedAt);
  return (
    (!settled || one.settledAt <= needs.clock.now()) &&
    needs.replicas.know("roleAssignment", one.id, since, asker) &&
    (one.principalId === asker || !settled || throughGroupIsKnown(one, asker, needs))
  );
}

/** Does a role that was taken away still work, because the replica asked has not heard? */
function lingers({ assignment, removedAt }: RemovedAssignment, asker: string, { replicas }: Needs): boolean {
  return assignment.settledAt <= removedAt && !replicas.know("roleRemoval", assignment.id, removedAt, asker);
}
