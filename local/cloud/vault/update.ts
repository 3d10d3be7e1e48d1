import { z } from "zod";
import { objectAt, textAt, type JsonObject } from "../armKit/body.ts";
import { Refusal } from "../armKit/refusal.ts";
import { isIpRange } from "../kit/ipRanges.ts";
import type { VaultResource, VaultSettings } from "./resource.ts";

const permissions = z.record(z.string(), z.array(z.string()).nullish());
const accessPolicy = z.object({ tenantId: z.guid(), objectId: z.string().min(1), permissions });
const networkAcls = z.object({
  bypass: z.enum(["AzureServices", "None"]).default("AzureServices"),
  defaultAction: z.enum(["Allow", "Deny"]).default("Allow"),
  ipRules: z.array(z.object({ value: z.string().refine(isIpRange, "is no IPv4 address or range") })).default([]),
  virtualNetworkRules: z.array(z.unknown()).default([]),
});
const body = z.object({
  tags: z.record(z.string(), z.string()).nullish(),
  properties: z
    .object({
      enableRbacAuthorization: z.boolean().nullish(),
      accessPolicies: z.array(accessPolicy).max(1024).nullish(),
      networkAcls: networkAcls.nullish(),
      publicNetworkAccess: z.string().nullish(),
      enablePurgeProtection: z.boolean().nullish(),
      softDeleteRetentionInDays: z.int().min(7).max(90).nullish(),
    })
    .nullish(),
});

/** What a PATCH changes; the rest stays. Throws Refusal in Azure's words. */
export function settingsIn(given: JsonObject): VaultSettings {
  const parsed = body.safeParse(given);
  if (!parsed.success) throw invalid(parsed.error);
  const { tags, properties } = parsed.data;
  const { enableRbacAuthorization, accessPolicies, publicNetworkAccess, ...rest } = properties ?? {};
  if (rest.enablePurgeProtection === false)
    throw new Refusal(
      "BadRequest",
      'The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is an irreversible action.',
    );
  return {
    ...(tags && { tags }),
    ...(typeof enableRbacAuthorization === "boolean" && { enableRbacAuthorization }),
    ...(accessPolicies && { accessPolicies: accessPolicies.map(policyFrom) }),
    ...(rest.networkAcls && { networkAcls: rest.networkAcls }),
    ...(publicNetworkAccess && { publicNetworkAccess: networkAccess(publicNetworkAccess) }),
    ...(rest.enablePurgeProtection === true && { enablePurgeProtection: true }),
    ...(rest.softDeleteRetentionInDays && { softDeleteRetentionInDays: rest.softDeleteRetentionInDays }),
  };
}

/** What a PUT makes of a vault: what it leaves out is as in a new one, but for what can never be undone. */
export function wholeSettingsIn(given: JsonObject, { settings, tenantId, location }: VaultResource): VaultSettings {
  if (textAt(given, "location")?.toLowerCase() !== location) throw invalidValue("location");
  const { tenantId: named } = objectAt(given, "properties") ?? {};
  if (named !== tenantId) throw invalidValue("tenantId");
  const isProtected = settings.enablePurgeProtection === true;
  return {
    enableRbacAuthorization: false,
    accessPolicies: [],
    networkAcls: { bypass: "AzureServices", defaultAction: "Allow", ipRules: [], virtualNetworkRules: [] },
    ...settingsIn(given),
    ...(isProtected && { enablePurgeProtection: true }),
  };
}

function policyFrom({ tenantId, objectId, permissions: given }: z.output<typeof accessPolicy>): {
  readonly tenantId: string;
  readonly objectId: string;
  readonly permissions: Readonly<Record<string, readonly string[]>>;
} {
  const kept = Object.entries(given).map(([kind, allowed]) => [kind, allowed ?? []] as const);
  return { tenantId: tenantId.toLowerCase(), objectId: objectId.toLowerCase(), permissions: Object.fromEntries(kept) };
}

function networkAccess(text: string): "Enabled" | "Disabled" {
  return text.toLowerCase() === "disabled" ? "Disabled" : "Enabled";
}

function invalid(error: z.ZodError): Refusal {
  const [issue] = error.issues;
  const property = issue?.path.filter((part) => part !== "properties")[0];
  return invalidValue(String(property ?? "properties"));
}

function invalidValue(property: string): Refusal {
  return new Refusal("BadRequest", `An invalid value was provided for '${property}'.`);
}
