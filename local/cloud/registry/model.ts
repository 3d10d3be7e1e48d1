import type { Registry } from "../acr/store.ts";
import type { Directory } from "../kit/contract.ts";
import type { Rights } from "../rbac/authorization.ts";
import { grantedOf, grantedToAnybody, isKnown, parseScopes } from "./access.ts";
import type { Contents } from "./contents.ts";
import type { Access, RegistryTokens } from "./tokens.ts";

export type Answer<Value> =
  | { readonly outcome: "ok"; readonly value: Value }
  /** `unknownApplication`: the client id is not known in the registry's tenant. */
  | { readonly outcome: "refused"; readonly reason: "unauthorized" | "unknownApplication" };

/** One registry's own endpoint, without HTTP. */
export interface RegistryModel {
  readonly loginServer: string;
  isOpen(): boolean;
  /** An Entra token for a refresh token. */
  exchange(entraToken: string): Promise<Answer<string>>;
  withRefreshToken(refreshToken: string, scope: string | undefined): Answer<string>;
  /** A service principal's client id and secret, or the empty guid and a refresh token. */
  withPassword(user: string, password: string, scope: string | undefined): Answer<string>;
  anonymously(scope: string | undefined): Answer<string>;
  accessOf(token: string): readonly Access[] | undefined;
  readonly contents: Contents;
}

interface Needs {
  readonly registry: () => Registry;
  readonly loginServer: () => string;
  readonly armAudiences: () => readonly string[];
  readonly directory: Directory;
  readonly rights: Rights;
  readonly tokens: RegistryTokens;
  readonly contents: Contents;
}

export const registryAudience = "https://containerregistry.azure.net";
const tokenUser = "00000000-0000-0000-0000-000000000000";
const unauthorized: Answer<never> = { outcome: "refused", reason: "unauthorized" };

export function registryModel(needs: Needs): RegistryModel {
  return Object.assign(signingIn(needs), { contents: needs.contents });
}

type SigningIn = Omit<RegistryModel, "contents">;

function signingIn({ registry, loginServer, armAudiences, directory, rights, tokens }: Needs): SigningIn {
  const accessFor = (objectId: string, scope: string | undefined): Answer<string> => {
    if (!isKnown(registry(), objectId, rights)) return unauthorized;
    const access = grantedOf(parseScopes(scope), registry(), objectId, rights);
    return { outcome: "ok", value: tokens.access(loginServer(), objectId, access) };
  };
  const withRefreshToken = (refreshToken: string, scope: string | undefined): Answer<string> => {
    const claims = tokens.readRefresh(refreshToken, loginServer());
    return claims ? accessFor(claims.sub, scope) : unauthorized;
  };
  return {
    get loginServer() {
      return loginServer();
    },
    isOpen: () => registry().publicNetworkAccess === "Enabled" && registry().defaultNetworkAction === "Allow",
    exchange: async (entraToken) => {
      const takesArm = registry().authenticationAsArm === "enabled";
      const principal = await directory.verify(entraToken, [registryAudience, ...(takesArm ? armAudiences() : [])]);
      if (!principal || principal.tenantId !== registry().tenantId) return unauthorized;
      if (!isKnown(registry(), principal.objectId, rights)) return unauthorized;
      const { objectId: sub, tenantId: tenant } = principal;
      return { outcome: "ok", value: tokens.refresh(loginServer(), { sub, tenant }) };
    },
    withRefreshToken,
    withPassword: (user, password, scope) => {
      if (user === tokenUser) return withRefreshToken(password, scope);
      const signIn = directory.signIn(registry().tenantId, user, password);
      if (signIn.outcome === "ok") return accessFor(signIn.principal.objectId, scope);
      const isUnknown = signIn.aadsts === 700016 || signIn.aadsts === 7000229;
      return { outcome: "refused", reason: isUnknown ? "unknownApplication" : "unauthorized" };
    },
    anonymously: (scope) => {
      if (!registry().anonymousPullEnabled) return unauthorized;
      const access = grantedToAnybody(parseScopes(scope), registry());
      return { outcome: "ok", value: tokens.access(loginServer(), tokenUser, access) };
    },
    accessOf: (token) => tokens.readAccess(token, loginServer()),
  };
}
