import { isObject, objectAt, textAt, type JsonObject } from "../armKit/body.ts";
import { Refusal } from "../armKit/refusal.ts";
import { isIpRange } from "../kit/ipRanges.ts";
import type { NetworkRules } from "./network.ts";
import type { Registry } from "./store.ts";

/**
 * What a PATCH changes, checked and not yet done: what is named changes, the rest stays, policies that are left out
 * included. Throws Refusal. `network`: the rules that hold now.
 */
export function changesIn(registry: Registry, body: JsonObject, network: NetworkRules): Partial<Registry> {
  const properties = objectAt(body, "properties") ?? {};
  const policies = objectAt(properties, "policies") ?? {};
  const given = <Value extends string>(name: string, ...allowed: Value[]): Value | undefined =>
    choice(properties, name, allowed);
  const policy = (name: string): "enabled" | "disabled" | undefined =>
    choice(objectAt(policies, name) ?? {}, "status", ["enabled", "disabled"], `policies.${name}.status`);
  const rules = networkIn(properties, network);
  const changes = {
    networkRuleBypassOptions: given("networkRuleBypassOptions", "AzureServices", "None"),
    roleAssignmentMode: given("roleAssignmentMode", "AbacRepositoryPermissions", "LegacyRegistryPermissions"),
    adminUserEnabled: flag(properties, "adminUserEnabled"),
    anonymousPullEnabled: flag(properties, "anonymousPullEnabled"),
    dataEndpointEnabled: flag(properties, "dataEndpointEnabled"),
    network: rules,
    isNetworkSet: rules && true,
    authenticationAsArm: policy("azureADAuthenticationAsArmPolicy"),
    quarantine: policy("quarantinePolicy"),
    trust: policy("trustPolicy"),
    exports: policy("exportPolicy"),
    retention: retention(registry, objectAt(policies, "retentionPolicy"), policy("retentionPolicy")),
    sku: choice(objectAt(body, "sku") ?? {}, "name", ["Basic", "Standard", "Premium"], "sku.name"),
    tags: tagsOf(body),
  };
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
}

/** `now`: milliseconds since the epoch. */
export function applyChanges(registry: Registry, changes: Partial<Registry>, now: number): void {
  const { roleAssignmentMode, retention: kept } = changes;
  if (roleAssignmentMode !== undefined && roleAssignmentMode !== registry.roleAssignmentMode)
    registry.modeChangedAt = now;
  Object.assign(registry, changes);
  if (kept) registry.retention = { ...kept, lastUpdatedTime: new Date(now).toISOString() };
}

/** A list of address rules that is given takes the place of the one before. */
function networkIn(properties: JsonObject, now: NetworkRules): NetworkRules | undefined {
  const access = choice(properties, "publicNetworkAccess", ["Enabled", "Disabled"]);
  const ruleSet = objectAt(properties, "networkRuleSet");
  const action = choice(ruleSet ?? {}, "defaultAction", ["Allow", "Deny"]);
  const ipRules = ruleSet && ipRulesIn(ruleSet);
  if (access === undefined && action === undefined && ipRules === undefined) return undefined;
  return {
    publicNetworkAccess: access ?? now.publicNetworkAccess,
    defaultAction: action ?? now.defaultAction,
    ipRules: ipRules ?? now.ipRules,
    privateEndpoints: now.privateEndpoints,
  };
}

function ipRulesIn(ruleSet: JsonObject): readonly string[] | undefined {
  const rules = ruleSet["ipRules"];
  if (rules === undefined || rules === null) return undefined;
  if (!Array.isArray(rules)) throw invalid("networkRuleSet.ipRules", "a list is expected");
  return rules.map((rule: unknown) => {
    const value = isObject(rule) ? textAt(rule, "value") : undefined;
    if (value === undefined || !isIpRange(value))
      throw invalid("networkRuleSet.ipRules.value", "an IPv4 address or a range in CIDR form is expected");
    return value;
  });
}

function choice<Value extends string>(
  from: JsonObject,
  name: string,
  allowed: readonly Value[],
  shownAs: string = name,
): Value | undefined {
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
  status: "enabled" | "disabled" | undefined,
): Registry["retention"] | undefined {
  if (!given) return undefined;
  const days = given["days"] ?? registry.retention.days;
  if (typeof days !== "number" || !Number.isInteger(days) || days < 0 || days > 365)
    throw invalid("policies.retentionPolicy.days", "a number from 0 to 365 is expected");
  return { ...registry.retention, days, status: status ?? "disabled" };
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
