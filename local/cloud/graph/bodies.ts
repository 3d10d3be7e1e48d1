import { z } from "zod";
import type { ApplicationSettings } from "../entra/state.ts";
import { jsonOf } from "../kit/texts.ts";

const audience = z.enum([
  "AzureADMyOrg",
  "AzureADMultipleOrgs",
  "AzureADandPersonalMicrosoftAccount",
  "PersonalMicrosoftAccount",
]);
const texts = z.array(z.string());
const requiredResource = z.strictObject({
  resourceAppId: z.guid(),
  resourceAccess: z.array(z.strictObject({ id: z.guid(), type: z.enum(["Scope", "Role"]) })),
});
const version = z.union([z.literal(1), z.literal(2)]).nullable();

const keptNames = [
  "description",
  "notes",
  "info",
  "spa",
  "publicClient",
  "optionalClaims",
  "groupMembershipClaims",
  "logo",
  "isFallbackPublicClient",
  "isDeviceOnlyAuthSupported",
  "serviceManagementReference",
  "parentalControlSettings",
  "servicePrincipalLockConfiguration",
  "authenticationBehaviors",
  "defaultRedirectUri",
  "samlMetadataUrl",
];

/** Writable properties of an application that change something here, and those that are only kept. */
const applicationBody = z.strictObject({
  displayName: z.string().min(1).max(120).optional(),
  uniqueName: z.string().min(1).max(120).optional(),
  signInAudience: audience.optional(),
  identifierUris: texts.optional(),
  tags: texts.optional(),
  web: z.looseObject({ redirectUris: texts.optional() }).optional(),
  api: z.looseObject({ requestedAccessTokenVersion: version.optional() }).optional(),
  requiredResourceAccess: z.array(requiredResource).optional(),
  keyCredentials: z.array(z.never()).optional(),
  passwordCredentials: z.array(z.never()).optional(),
  ...Object.fromEntries(keptNames.map((name) => [name, z.unknown().optional()])),
});

/** Sent empty by the Azure CLI; filling them goes another way. */
const credentialLists = new Set(["keyCredentials", "passwordCredentials"]);

export type ApplicationBody = Partial<ApplicationSettings>;

/** The settings a body asks for, or a sentence in Graph's words. */
export function parseApplication(body: string): ApplicationBody | string {
  const parsed = applicationBody.safeParse(jsonOf(body));
  if (!parsed.success) return fault(parsed.error);
  const { displayName, uniqueName, signInAudience, identifierUris, tags, web, api, requiredResourceAccess, ...rest } =
    parsed.data;
  const { redirectUris, ...otherWeb } = web ?? {};
  const { requestedAccessTokenVersion, ...otherApi } = api ?? {};
  const kept = Object.fromEntries(Object.entries(rest).filter(([name]) => !credentialLists.has(name)));
  const other = {
    ...kept,
    ...(Object.keys(otherWeb).length > 0 && { web: otherWeb }),
    ...(Object.keys(otherApi).length > 0 && { api: otherApi }),
  };
  return {
    ...(displayName !== undefined && { displayName }),
    ...(uniqueName !== undefined && { uniqueName }),
    ...(signInAudience !== undefined && { signInAudience }),
    ...(identifierUris !== undefined && { identifierUris }),
    ...(tags !== undefined && { tags }),
    ...(redirectUris !== undefined && { redirectUris }),
    ...(requestedAccessTokenVersion !== undefined && { requestedAccessTokenVersion }),
    ...(requiredResourceAccess !== undefined && { requiredResourceAccess }),
    ...(Object.keys(other).length > 0 && { other }),
  };
}

const addPasswordBody = z.strictObject({
  passwordCredential: z
    .looseObject({
      displayName: z.string().max(120).nullish(),
      startDateTime: z.iso.datetime({ offset: true }).nullish(),
      endDateTime: z.iso.datetime({ offset: true }).nullish(),
    })
    .optional(),
});

export interface PasswordAsked {
  readonly displayName: string | null;
  readonly startDateTime: string | undefined;
  readonly endDateTime: string | undefined;
}

export function parseAddPassword(body: string): PasswordAsked | string {
  const parsed = addPasswordBody.safeParse(body === "" ? {} : jsonOf(body));
  if (!parsed.success) return fault(parsed.error);
  const { displayName, startDateTime, endDateTime } = parsed.data.passwordCredential ?? {};
  return {
    displayName: displayName ?? null,
    startDateTime: startDateTime ?? undefined,
    endDateTime: endDateTime ?? undefined,
  };
}

export function parseKeyId(body: string): string | undefined {
  const parsed = z.looseObject({ keyId: z.guid() }).safeParse(jsonOf(body));
  return parsed.success ? parsed.data.keyId.toLowerCase() : undefined;
}

export function parseNewPrincipal(body: string): string | undefined {
  const parsed = z.looseObject({ appId: z.guid() }).safeParse(jsonOf(body));
  return parsed.success ? parsed.data.appId.toLowerCase() : undefined;
}

/** Whether sign-in shall be enabled, the one thing of a service principal that can be changed here. */
export function parsePrincipalChange(body: string): { readonly accountEnabled?: boolean | undefined } | undefined {
  const parsed = z.strictObject({ accountEnabled: z.boolean().optional() }).safeParse(jsonOf(body));
  return parsed.success ? parsed.data : undefined;
}

export function parseIds(body: string): readonly string[] | undefined {
  const parsed = z.looseObject({ ids: z.array(z.string()) }).safeParse(jsonOf(body));
  return parsed.success ? parsed.data.ids : undefined;
}

function fault({ issues: [issue] }: z.ZodError): string {
  if (issue?.code === "unrecognized_keys") return `Invalid property '${issue.keys[0] ?? ""}'.`;
  const property = issue?.path.join(".") ?? "";
  if (property === "")
    return "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.";
  return `Invalid value specified for property '${property}' of resource 'Application'.`;
}
