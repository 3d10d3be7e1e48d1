import type { Life } from "../../kit/life.ts";
import { isObject, objectAt, textAt, type JsonObject } from "../../armKit/body.ts";
import type { Write } from "../../armKit/guard.ts";
import { Refusal } from "../../armKit/refusal.ts";
import { pathOf, resolved, ruleHolds, stepsOf, type Parameters, type Subject } from "./rule.ts";
import type { PolicyAssignment, PolicyDefinition } from "./model.ts";
import type { Policies } from "./store.ts";

/**
 * What becomes of a request's body: as it was, or as policies with the effect `modify` or `append` make it.
 * Throws Refusal where one with the effect `deny` stands against it.
 */
export function bodyAfterPolicies(write: Write, policies: Policies, life: Life): JsonObject {
  const found = policies.assignedTo(write.id).flatMap((one) => enforced(one, policies) ?? []);
  let { body } = write;
  for (const one of found) {
    const subject = subjectOf(write, body);
    const parameters = parametersOf(one);
    const { effect, details } = thenOf(one.definition, subject, parameters);
    if (!["deny", "modify", "append"].includes(effect) || !ruleHolds(ruleOf(one.definition)["if"], subject, parameters))
      continue;
    if (one.assignment.putBy !== undefined) life.strike(one.assignment.putBy);
    if (effect === "deny") throw disallowed(write.name, one);
    body = modified(body, write.type, operationsIn(details, subject, parameters));
  }
  return body;
}

/** What an assigned policy does where its rule holds; `disabled` where it is not enforced. */
export function effectOf(assignment: PolicyAssignment, policies: Policies): string {
  const found = enforced(assignment, policies);
  if (!found) return "disabled";
  const nothing = { type: "", id: assignment.scope, resource: {} };
  return thenOf(found.definition, nothing, parametersOf(found)).effect;
}

function enforced(assignment: PolicyAssignment, policies: Policies): Assigned | undefined {
  const definition = policies.definition(String(assignment.properties["policyDefinitionId"]));
  return definition && assignment.properties["enforcementMode"] !== "DoNotEnforce"
    ? { assignment, definition }
    : undefined;
}

interface Assigned {
  readonly assignment: PolicyAssignment;
  readonly definition: PolicyDefinition;
}

function subjectOf({ type, id, name, current }: Write, body: JsonObject): Subject {
  return { type, id, resource: { ...merged(isObject(current) ? current : {}, body), name } };
}

function merged(below: JsonObject, above: JsonObject): JsonObject {
  const entries = Object.entries(above).map(([key, value]) => {
    const old = below[key];
    return [key, isObject(value) && isObject(old) ? merged(old, value) : value];
  });
  return { ...below, ...(Object.fromEntries(entries) as JsonObject) };
}

function ruleOf({ properties }: PolicyDefinition): JsonObject {
  return objectAt(properties, "policyRule") ?? {};
}

/** What the assignment gives, and the default for what it does not. */
function parametersOf({ assignment, definition }: Assigned): Parameters {
  const known = Object.entries(objectAt(definition.properties, "parameters") ?? {});
  const given = objectAt(assignment.properties, "parameters") ?? {};
  return Object.fromEntries(
    known.map(([name, one]) => [
      name,
      objectAt(given, name)?.["value"] ?? (isObject(one) ? one["defaultValue"] : undefined),
    ]),
  );
}

function thenOf(
  definition: PolicyDefinition,
  subject: Subject,
  parameters: Parameters,
): { readonly effect: string; readonly details: unknown } {
  const then = objectAt(ruleOf(definition), "then") ?? {};
  return { effect: String(resolved(then["effect"], subject, parameters)).toLowerCase(), details: then["details"] };
}

interface Operation {
  readonly operation: string;
  readonly field: string;
  readonly value: unknown;
}

function operationsIn(details: unknown, subject: Subject, parameters: Parameters): readonly Operation[] {
  const listed: unknown = isObject(details) ? details["operations"] : details;
  return (Array.isArray(listed) ? (listed as readonly unknown[]) : []).filter(isObject).map((one) => ({
    operation: (textAt(one, "operation") ?? "addOrReplace").toLowerCase(),
    field: String(one["field"]),
    value: resolved(one["value"], subject, parameters),
  }));
}

function modified(body: JsonObject, type: string, operations: readonly Operation[]): JsonObject {
  return operations.reduce((made, { operation, field, value }) => {
    const alias = pathOf(type, field);
    const path = alias ? ["properties", ...alias] : stepsOf(field);
    return withValue(made, path, operation === "remove" ? undefined : value);
  }, body);
}

function withValue(body: JsonObject, [step, ...rest]: readonly string[], value: unknown): JsonObject {
  if (step === undefined) return body;
  const inner = body[step];
  return { ...body, [step]: rest.length === 0 ? value : withValue(isObject(inner) ? inner : {}, rest, value) };
}

function disallowed(name: string, { assignment, definition }: Assigned): Refusal {
  const identifiers = [
    {
      policyAssignment: { name: textAt(assignment.properties, "displayName") ?? assignment.name, id: assignment.id },
      policyDefinition: { name: textAt(definition.properties, "displayName") ?? definition.name, id: definition.id },
    },
  ];
  return new Refusal(
    "RequestDisallowedByPolicy",
    `Resource '${name}' was disallowed by policy. Policy identifiers: '${JSON.stringify(identifiers)}'.`,
    {
      target: name,
      additionalInfo: [
        {
          type: "PolicyViolation",
          info: {
            policyDefinitionDisplayName: definition.properties["displayName"],
            policyDefinitionId: definition.id,
            policyDefinitionName: definition.name,
            policyDefinitionEffect: "deny",
            policyAssignmentId: assignment.id,
            policyAssignmentName: assignment.name,
            policyAssignmentDisplayName: assignment.properties["displayName"],
            policyAssignmentScope: assignment.scope,
            policyAssignmentParameters: objectAt(assignment.properties, "parameters") ?? {},
          },
        },
      ],
    },
  );
}
