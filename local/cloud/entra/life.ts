import type { LifeSwitch } from "../kit/life.ts";

export const entraLife: readonly LifeSwitch[] = [
  {
    name: "audienceAtSignIn",
    title: "An application of one tenant alone cannot sign in elsewhere, though it has a service principal there.",
    source: "doc",
    row: "2.2 signInAudience",
    where: "always",
  },
  {
    name: "registryServiceAbsent",
    title: "In some tenants without a registry the registry service has no principal: no token for it (AADSTS500011).",
    source: "seen",
    row: "2.1 New SP unknown to the token endpoint in tenant B",
    where: "some",
  },
];
