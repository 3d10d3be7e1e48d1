import { z } from "zod";
import type { AppManagementPolicy } from "../entra/state.ts";
import type { Call, Principal, Reply, Route } from "../kit/contract.ts";
import { jsonOf } from "../kit/texts.ts";
import { badRequest, noPrivileges } from "./errors.ts";
import type { GraphNeeds } from "./needs.ts";
import { durationInMs, policyOf, strikeSeeded } from "./policyModel.ts";

const restriction = {
  state: z.enum(["enabled", "disabled"]).optional(),
  restrictForAppsCreatedAfterDateTime: z.iso.datetime({ offset: true }).nullish(),
};
const maxLifetime = z
  .string()
  .refine((text) => durationInMs(text) !== undefined)
  .nullish();
const ofPassword = z.looseObject({
  ...restriction,
  restrictionType: z.enum([
    "passwordAddition",
    "passwordLifetime",
    "customPasswordAddition",
    "symmetricKeyAddition",
    "symmetricKeyLifetime",
  ]),
  maxLifetime,
});
const ofKey = z.looseObject({ ...restriction, restrictionType: z.string(), maxLifetime });
const ofAudience = z.looseObject(restriction).optional();
const restrictions = z.looseObject({
  passwordCredentials: z.array(ofPassword).optional(),
  keyCredentials: z.array(ofKey).optional(),
  audiences: z.looseObject({ azureAdMultipleOrgs: ofAudience, personalMicrosoftAccount: ofAudience }).optional(),
});
const policyBody = z.looseObject({
  isEnabled: z.boolean().optional(),
  applicationRestrictions: restrictions.optional(),
  servicePrincipalRestrictions: restrictions.optional(),
});

const mayWrite = "Policy.ReadWrite.ApplicationConfiguration";
const mayRead = ["Policy.Read.All", "Policy.Read.ApplicationConfiguration", mayWrite];

/** What a tenant allows of credentials and audiences of applications. */
export function policyRoutes(needs: GraphNeeds): Route[] {
  const path = "/v1.0/policies/defaultAppManagementPolicy";
  return [
    {
      method: "GET",
      path,
      operation: "tenantAppManagementPolicy_Get",
      handle: ({ principal }) =>
        principal?.roles.some((role) => mayRead.includes(role)) ? shown(principal, needs) : noPrivileges(needs.error),
    },
    {
      method: "PATCH",
      path,
      operation: "tenantAppManagementPolicy_Update",
      handle: (call) =>
        call.principal?.roles.includes(mayWrite) ? change(call, call.principal, needs) : noPrivileges(needs.error),
    },
  ];
}

function shown({ tenantId }: Principal, needs: GraphNeeds): Reply {
  strikeSeeded(needs, tenantId);
  return {
    status: 200,
    body: {
      id: "00000000-0000-0000-0000-000000000000",
      displayName: "Default app management tenant policy",
      description: "Default tenant policy that enforces app management restrictions.",
      ...policyOf(needs, tenantId),
    },
  };
}

/** What the body leaves out stays as it is. */
function change(call: Call, { tenantId }: Principal, needs: GraphNeeds): Reply {
  const parsed = policyBody.safeParse(jsonOf(call.body));
  if (!parsed.success) return badRequest(needs.error, "Invalid value specified for a property of the policy.");
  const before = policyOf(needs, tenantId);
  const { isEnabled, applicationRestrictions, servicePrincipalRestrictions } = parsed.data;
  const policy: AppManagementPolicy = {
    isEnabled: isEnabled ?? before.isEnabled,
    applicationRestrictions: { ...before.applicationRestrictions, ...applicationRestrictions },
    servicePrincipalRestrictions: { ...before.servicePrincipalRestrictions, ...servicePrincipalRestrictions },
  };
  needs.tenants.changePolicy(tenantId, before, policy);
  return { status: 204 };
}
