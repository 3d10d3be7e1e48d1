import type { PolicyDefinition } from "./model.ts";

const registries = "Microsoft.ContainerRegistry/registries";
const armAudience = `${registries}/policies.azureADAuthenticationAsArmPolicy`;
/** Not compliant where the policy, or its status, is missing too. */
const takesArmAudience = {
  allOf: [
    { field: "type", equals: registries },
    {
      anyOf: [
        { field: armAudience, exists: false },
        { field: `${armAudience}.status`, exists: false },
        { field: `${armAudience}.status`, equals: "enabled" },
      ],
    },
  ],
};

/** Source: github.com/Azure/azure-policy, built-in-policies/policyDefinitions/Container Registry */
export const modifyArmAudience = builtIn("785596ed-054f-41bc-aaec-7f3d0ba05725", {
  displayName: "Configure container registries to disable ARM audience token authentication.",
  effects: ["Modify", "Disabled"],
  if: takesArmAudience,
  details: {
    roleDefinitionIds: ["/providers/microsoft.authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"],
    conflictEffect: "audit",
    operations: [{ operation: "addOrReplace", field: `${armAudience}.status`, value: "disabled" }],
  },
});

const auditArmAudience = builtIn("42781ec6-6127-4c30-bdfa-fb423a0047d3", {
  displayName: "Container registries should have ARM audience token authentication disabled.",
  effects: ["Audit", "Deny", "Disabled"],
  if: takesArmAudience,
});

/** No company's policy in particular: many have one like it. */
export const grantsForbidden: PolicyDefinition = {
  id: "/providers/Microsoft.Authorization/policyDefinitions/9c1b6d3e-5a52-4f0e-8f7e-3d2b1a0c9e84",
  name: "9c1b6d3e-5a52-4f0e-8f7e-3d2b1a0c9e84",
  properties: {
    displayName: "Service principals get no new roles here",
    policyType: "Custom",
    mode: "All",
    metadata: { category: "Access" },
    parameters: {},
    policyRule: {
      if: {
        allOf: [
          { field: "type", equals: "Microsoft.Authorization/roleAssignments" },
          { field: "Microsoft.Authorization/roleAssignments/principalType", equals: "ServicePrincipal" },
        ],
      },
      then: { effect: "deny" },
    },
  },
};

export const builtInDefinitions: readonly PolicyDefinition[] = [auditArmAudience, modifyArmAudience, grantsForbidden];

interface BuiltIn {
  readonly displayName: string;
  /** The first holds where an assignment says nothing. */
  readonly effects: readonly string[];
  readonly if: object;
  readonly details?: object;
}

function builtIn(name: string, { displayName, effects, if: condition, details }: BuiltIn): PolicyDefinition {
  return {
    id: `/providers/Microsoft.Authorization/policyDefinitions/${name}`,
    name,
    properties: {
      displayName,
      policyType: "BuiltIn",
      mode: "Indexed",
      metadata: { category: "Container Registry", version: "1.0.0" },
      parameters: { effect: { type: "String", allowedValues: effects, defaultValue: effects[0] } },
      policyRule: { if: condition, then: { effect: "[parameters('effect')]", ...(details && { details }) } },
    },
  };
}
