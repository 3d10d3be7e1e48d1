import { isObject, objectAt, type JsonObject } from "../armKit/body.ts";
import { Refusal } from "../armKit/refusal.ts";
import type { Registry } from "./store.ts";

/**
 * Applies a PATCH: what is named changes, the rest stays, policies that are left out included. Checks everything
 * before it changes anything. Throws Refusal. `now`: ISO 8601.
 */
export function updateRegistry(registry: Registry, body: JsonObject, now: string): void {
  const properties = objectAt(body, "properties") ?? {};
  const policies = objectAt(properties, "policies") ?? {};
  const given = (name: string, ...allowed: string[]): string | undefined => choice(properties, name, allowed);
  const policy = (name: string): string | undefined =>
    choice(objectAt(policies, name) ?? {}, "status", ["enabled", "disabled"], `policies.${name}.status`);
  const changes: Record<string, unknown> = {
    publicNetworkAccess: given("publicNetworkAccess", "Enabled", "Disabled"),
    networkRuleBypassOptions: given("networkRuleBypassOptions", "AzureServices", "None"),
    roleAssignmentMode: given("roleAssignmentMode", "AbacRepositoryPermissions", "LegacyRegistryPermissions"),
    adminUserEnabled: flag(properties, "adminUserEnabled"),
    anonymousPullEnabled: flag(properties, "anonymousPullEnabled"),
    dataEndpointEnabled: flag(properties, "dataEndpointEnabled"),
    defaultNetworkAction: choice(objectAt(properties, "networkRuleSet") ?? {}, "defaultAction", ["Allow", "Deny"]),
    authenticationAsArm: policy("azureADAuthenticationAsArmPolicy"),
    quarantine: policy("quarantinePolicy"),
    trust: policy("trustPolicy"),
    exports: policy("exportPolicy"),
    retention: retention(registry, objectAt(policies, "retentionPolicy"), policy("retentionPolicy"), now),
    sku: choice(objectAt(body, "sku") ?? {}, "name", ["Basic", "Standard", "Premium"], "sku.name"),
    tags: tagsOf(body),
  };
  for (const [name, value] of Object.entries(changes))
    if (value !== undefined) Object.assign(registry, { [name]: value });
}

function choice(
  from: JsonObject,
  name: string,
  allowed: readonly string[],
  shownAs: string = name,
): string | undefined {
  const value = from[name];
  if (value === undefined || value === null) return undefined;
  const found = allowed.find((one) => typeof value === "string" && one.toLowerCase() === value.toLowerCase());
  if (found === undefined) throw invalid(shownAs, `supported values are ${allowed.join(", ")}`);
  return found;
}

function flag(from: JsonObject, name: string): boolean | undefined {
  const value = from[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "boolean") throw invalid(name, "a boolean is expected");
  return value;
}

function retention(
  registry: Registry,
  given: JsonObject | undefined,
  status: string | undefined,
  now: string,
): Registry["retention"] | undefined {
  if (!given) return undefined;
  const days = given["days"] ?? registry.retention.days;
  if (typeof days !== "number" || !Number.isInteger(days) || days < 0 || days > 365)
    throw invalid("policies.retentionPolicy.days", "a number from 0 to 365 is expected");
  return { days, status: status === "enabled" ? "enabled" : "disabled", lastUpdatedTime: now };
}

function tagsOf(body: JsonObject): Readonly<Record<string, string>> | undefined {
  const tags = body["tags"];
  if (tags === undefined || tags === null) return undefined;
  if (!isObject(tags)) throw invalid("tags", "an object is expected");
  return Object.fromEntries(Object.entries(tags).map(([name, value]) => [name, String(value)]));
}

function invalid(name: string, reason: string): Refusal {
  return new Refusal("InvalidParameter", `The value of property '${name}' is invalid: ${reason}.`);
}
