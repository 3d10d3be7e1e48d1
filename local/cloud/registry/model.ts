import type { Registry } from "../acr/store.ts";
import type { Directory } from "../kit/contract.ts";
import type { Rights } from "../rbac/authorization.ts";
import { grantedOf, grantedToAnybody, isKnown, parseScopes } from "./access.ts";
import { makeImage, type Content } from "./image.ts";
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
  repositories(): readonly string[];
  /** Undefined: no such repository. */
  tags(repository: string): readonly string[] | undefined;
  /** By tag or digest. */
  manifest(repository: string, reference: string): Content | undefined;
  blob(repository: string, digest: string): Content | undefined;
}

interface Needs {
  readonly registry: () => Registry;
  readonly loginServer: () => string;
  readonly armAudiences: () => readonly string[];
  readonly directory: Directory;
  readonly rights: Rights;
  readonly tokens: RegistryTokens;
}

export const registryAudience = "https://containerregistry.azure.net";
const tokenUser = "00000000-0000-0000-0000-000000000000";
const unauthorized: Answer<never> = { outcome: "refused", reason: "unauthorized" };

export function registryModel(needs: Needs): RegistryModel {
  return { ...signingIn(needs), ...contents(needs) };
}

type SigningIn = Omit<RegistryModel, "repositories" | "tags" | "manifest" | "blob">;

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

interface Shelf {
  readonly tags: ReadonlyMap<string, Content>;
  readonly byDigest: ReadonlyMap<string, Content>;
}

function contents({ registry }: Needs): Pick<RegistryModel, "repositories" | "tags" | "manifest" | "blob"> {
  const shelves = new Map<string, Shelf>();
  /** Made when first asked for: a registry may have thousands of repositories that nobody pulls. */
  const shelf = (repository: string): Shelf | undefined => {
    const kept = shelves.get(repository);
    if (kept) return kept;
    const source = registry().repositories.find(({ name }) => name === repository);
    if (!source) return undefined;
    const images = source.tags.map((tag) => [tag, makeImage(registry().name, repository, tag)] as const);
    const made = {
      tags: new Map(images.map(([tag, { manifest }]) => [tag, manifest])),
      byDigest: new Map(
        images.flatMap(([, { manifest, blobs }]) => [manifest, ...blobs].map((one) => [one.digest, one])),
      ),
    };
    shelves.set(repository, made);
    return made;
  };
  return {
    repositories: () =>
      registry()
        .repositories.map(({ name }) => name)
        .sort(),
    tags: (repository) => {
      const found = shelf(repository);
      return found && [...found.tags.keys()].sort();
    },
    manifest: (repository, reference) => {
      const found = shelf(repository);
      return found?.tags.get(reference) ?? asManifest(found?.byDigest.get(reference));
    },
    blob: (repository, digest) => shelf(repository)?.byDigest.get(digest),
  };
}

function asManifest(content: Content | undefined): Content | undefined {
  return content?.mediaType.includes("manifest") ? content : undefined;
}
