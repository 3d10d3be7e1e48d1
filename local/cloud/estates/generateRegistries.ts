import { randomFrom } from "../kit/random.ts";
import type { Estate, EstateRegistry } from "./types.ts";

type Knobs = NonNullable<Estate["generateRegistries"]>;

/** Adds registries as a grown company has them: modes, policies and plans mixed. The same seed gives the same ones. */
export function generateRegistries(estate: Estate, seed: number): Estate {
  const { generateRegistries: knobs, ...rest } = estate;
  if (!knobs) return estate;
  const random = randomFrom(seed);
  const made = Array.from({ length: knobs.registries }, (_, index) => registry(index + 1, knobs, random));
  return { ...rest, registries: [...estate.registries, ...made] };
}

function registry(number: number, knobs: Knobs, random: () => number): EstateRegistry {
  const group = (number % knobs.resourceGroups) + 1;
  const chance = (share: number): boolean => random() < share;
  return {
    name: `registry${String(number).padStart(5, "0")}`,
    subscriptionId: knobs.subscriptionId,
    resourceGroup: `rg-registries-${String(group).padStart(3, "0")}`,
    location: "westeurope",
    sku: chance(0.3) ? "Premium" : chance(0.6) ? "Standard" : "Basic",
    roleAssignmentMode: chance(0.3) ? "AbacRepositoryPermissions" : "LegacyRegistryPermissions",
    azureADAuthenticationAsArmPolicy: chance(0.4) ? "disabled" : "enabled",
    adminUserEnabled: chance(0.1),
    anonymousPullEnabled: chance(0.03),
    publicNetworkAccess: chance(0.1) ? "Disabled" : "Enabled",
    repositories: [{ name: "team/app", tags: ["v1"] }],
  };
}
