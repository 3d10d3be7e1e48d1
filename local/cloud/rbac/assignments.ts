import { Refusal } from "../armKit/refusal.ts";
import { resourceIn, sameScope, subscriptionOf, tidyScope } from "../armKit/scope.ts";
import type { Hierarchy } from "../armKit/hierarchy.ts";
import { inClockMs } from "../kit/clock.ts";
import type { Clock, Directory, Timings } from "../kit/contract.ts";
import type { Life } from "../kit/life.ts";
import { parseCondition, type Condition } from "./conditions.ts";
import type { RoleDefinition } from "./builtInRoles.ts";
import type { RoleAssignment, RoleStore } from "./store.ts";
import { messageOf } from "../kit/texts.ts";

export interface AssignmentRequest {
  readonly tenantId: string;
  readonly scope: string;
  readonly name: string;
  readonly roleId: string;
  readonly principalId: string;
  readonly principalType: string;
  readonly description?: string | undefined;
  readonly condition?: string | undefined;
  readonly conditionVersion?: string | undefined;
  /** Object id of the caller. */
  readonly createdBy: string;
}

export interface Assignments {
  /** Creates, or updates condition and description of the assignment with that name. Throws Refusal. */
  put(request: AssignmentRequest): { readonly assignment: RoleAssignment; readonly isNew: boolean };
  get(tenantId: string, scope: string, name: string): RoleAssignment | undefined;
  remove(assignment: RoleAssignment): void;
  /** All that concern a scope: above it, on it, below it; `above` leaves those below out. */
  list(tenantId: string, scope: string, reach: "above" | "all"): readonly RoleAssignment[];
}

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const mostPerSubscription = 4000;

interface Needs {
  readonly store: () => RoleStore;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly timings: Timings;
  readonly hierarchy: Hierarchy;
  readonly life: Life;
}

/** A new role at a scope that is full is refused, as if its subscription had 4,000 already. */
export const fullScopes = "roleAssignmentsFull";
/** What a caller who leaves `principalType` out has said, and what a principal that is something else is answered. */
export const checkedTypes = "principalTypeChecked";

export function assignmentsIn(needs: Needs): Assignments {
  const { store, clock, hierarchy } = needs;
  return {
    put: (request) => putInto(store(), request, needs),
    get: (tenantId, scope, name) => {
      const found = store().named(tenantId, name);
      return found && sameScope(found.scope, scope) ? found : undefined;
    },
    remove: (assignment) => store().remove(assignment, clock.now()),
    list: (tenantId, scope, reach) =>
      [...store().all()].filter(
        (one) =>
          one.tenantId === tenantId &&
          (hierarchy.covers(one.scope, scope) || (reach === "all" && hierarchy.covers(scope, one.scope))),
      ),
  };
}

function putInto(store: RoleStore, request: AssignmentRequest, needs: Needs): ReturnType<Assignments["put"]> {
  const { directory, clock, timings, hierarchy, life } = needs;
  const { tenantId, name, scope, principalId, principalType, description } = request;
  if (!guid.test(name))
    throw new Refusal(
      "InvalidRoleAssignmentId",
      `The role assignment ID '${name}' is not valid. The role assignment ID must be a GUID.`,
    );
  const definition = definitionFor(store, request, hierarchy);
  const condition = conditionOf(request);
  if (!directory.knowsPrincipal(tenantId, principalId)) throw principalNotFound(tenantId, principalId);
  refuseWrongType(request, needs);
  const namesake = store.named(tenantId, name);
  refuseCollisions(store, request, namesake);
  if (!namesake) refuseBeyondLimit(store, scope, life);
  const now = new Date(clock.now()).toISOString();
  const assignment: RoleAssignment = {
    id: assignmentId(scope, name),
    name: name.toLowerCase(),
    tenantId,
    scope: tidyScope(scope),
    roleId: definition.id,
    principalId,
    principalType,
    ...(description !== undefined && { description }),
    ...(condition && { condition }),
    createdAt: namesake?.createdAt ?? now,
    updatedAt: now,
    createdBy: namesake?.createdBy ?? request.createdBy,
    settledAt: clock.now() + inClockMs(timings, timings.rolePropagationInSeconds),
  };
  store.put(assignment);
  return { assignment, isNew: !namesake };
}

function refuseWrongType(
  { tenantId, principalId, principalType }: AssignmentRequest,
  { directory, life }: Needs,
): void {
  const actual = directory.principalType(tenantId, principalId);
  if (!life.on(checkedTypes) || actual === undefined || actual === principalType) return;
  life.strike(checkedTypes);
  // The misspelt word is Azure's.
  throw new Refusal(
    "UnmatchedPrincipalType",
    `The PrincipalId '${principalId.replaceAll("-", "")}' has type '${actual}' , which is different from specified PrinciaplType '${principalType}'.`,
  );
}

/** A name is for one grant, and a grant has one name. */
function refuseCollisions(store: RoleStore, request: AssignmentRequest, namesake: RoleAssignment | undefined): void {
  if (namesake && !isSameGrant(namesake, request))
    throw new Refusal(
      "RoleAssignmentUpdateNotPermitted",
      "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
    );
  const name = request.name.toLowerCase();
  const twin = store.of(request.principalId).find((one) => one.name !== name && isSameGrant(one, request));
  if (twin)
    throw new Refusal(
      "RoleAssignmentExists",
      `The role assignment already exists. The ID of the existing role assignment is ${twin.name.replaceAll("-", "")}.`,
    );
}

export function assignmentId(scope: string, name: string): string {
  const above = tidyScope(scope);
  return `${above === "/" ? "" : above}/providers/Microsoft.Authorization/roleAssignments/${name.toLowerCase()}`;
}

function isSameGrant(one: RoleAssignment, request: AssignmentRequest): boolean {
  const sameRole = one.roleId === request.roleId.toLowerCase();
  return sameRole && one.principalId === request.principalId && sameScope(one.scope, request.scope);
}

function definitionFor(store: RoleStore, { roleId, scope }: AssignmentRequest, hierarchy: Hierarchy): RoleDefinition {
  const definition = store.definition(roleId);
  if (!definition || !definition.assignableScopes.some((one) => hierarchy.covers(one, scope)))
    throw new Refusal(
      "RoleDefinitionDoesNotExist",
      `The specified role definition with ID '${roleId.replaceAll("-", "")}' does not exist.`,
    );
  return definition;
}

function conditionOf(request: AssignmentRequest): { text: string; parsed: Condition } | undefined {
  const { condition, conditionVersion } = request;
  if (condition === undefined || condition === "") return undefined;
  if (conditionVersion !== "2.0")
    throw new Refusal("InvalidRoleAssignmentCondition", "The condition version must be '2.0'.");
  try {
    return { text: condition, parsed: parseCondition(condition) };
  } catch (error) {
    throw new Refusal(
      "InvalidRoleAssignmentCondition",
      `The role assignment condition is not valid: ${messageOf(error)}.`,
    );
  }
}

function principalNotFound(tenantId: string, principalId: string): Refusal {
  return new Refusal(
    "PrincipalNotFound",
    `Principal ${principalId.replaceAll("-", "")} does not exist in the directory ${tenantId}. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype`,
  );
}

function refuseBeyondLimit(store: RoleStore, scope: string, life: Life): void {
  const subscription = subscriptionOf(scope);
  if (subscription === undefined) return;
  const isFull = life.struckBy(fullScopes, resourceIn(scope));
  if (isFull) life.strike(fullScopes);
  if (isFull || countIn(store, subscription) >= mostPerSubscription)
    throw new Refusal(
      "RoleAssignmentLimitExceeded",
      "No more role assignments can be created. The role assignment limit is exceeded for the subscription.",
    );
}

function countIn(store: RoleStore, subscription: string): number {
  let count = 0;
  for (const one of store.all()) if (subscriptionOf(one.scope) === subscription) count += 1;
  return count;
}
