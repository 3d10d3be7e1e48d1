import type { LifeSwitch } from "../kit/life.ts";

export const entraLife: readonly LifeSwitch[] = [
  {
    name: "tokenLife",
    title:
      "Tokens live 60 to 90 minutes; a managed identity gets the same one, with the roles of its issue, for up to a day.",
    source: "doc",
    row: "2.1 Token life and caches",
    where: "always",
  },
  {
    name: "continuousAccess",
    title: "Clients that declare cp1 get tokens of a day and more, and a claims challenge when their access ends.",
    source: "doc",
    row: "2.1 CAE",
    where: "always",
  },
  {
    name: "consentAsksWho",
    title: "At the consent page sit guests, users who may not consent and people who cancel, not administrators alone.",
    source: "seen",
    row: "2.2 Wrong account, non-admin, cancel at the consent page",
    where: "always",
  },
  {
    name: "tenantRestrictions",
    title: "A company's network stops an administrator before the consent page, without a way back to the application.",
    source: "doc",
    row: "2.2 Publisher verification, user consent, tenant restrictions, cross-tenant access settings",
    where: "always",
  },
  {
    name: "audienceAtSignIn",
    title: "An application of one tenant alone cannot sign in elsewhere, though it has a service principal there.",
    source: "doc",
    row: "2.2 `signInAudience`",
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
