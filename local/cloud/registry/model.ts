import { admits, type NetworkRules } from "../acr/network.ts";
import type { Registry } from "../acr/store.ts";
import type { YoungNeeds } from "../armKit/young.ts";
import { inClockMs } from "../kit/clock.ts";
import type { Directory } from "../kit/contract.ts";
import type { Rights } from "../rbac/authorization.ts";
import { grantedOf, grantedToAnybody, isKnown, parseScopes } from "./access.ts";
import type { Contents } from "./contents.ts";
import type { ImageLocks } from "./imageLocks.ts";
import type { Access, RegistryTokens } from "./tokens.ts";

export type Answer<Value> =
  | { readonly outcome: "ok"; readonly value: Value }
  /** `unknownApplication`: the client id is not known in the registry's tenant. */
  | { readonly outcome: "refused"; readonly reason: "unauthorized" | "unknownApplication" };

/** One registry's own endpoint, without HTTP. */
export interface RegistryModel {
  readonly loginServer: string;
  /** May whoever comes from this address reach the registry? Undefined: anybody who is no node. */
  admission(address: string | undefined): Admission;
  /** An Entra token for a refresh token. */
  exchange(entraToken: string): Promise<Answer<string>>;
  withRefreshToken(refreshToken: string, scope: string | undefined): Answer<string>;
  /** A service principal's client id and secret, or the empty guid and a refresh token. */
  withPassword(user: string, password: string, scope: string | undefined): Answer<string>;
  anonymously(scope: string | undefined): Answer<string>;
  accessOf(token: string): readonly Access[] | undefined;
  readonly contents: Contents;
  readonly locks: ImageLocks;
}

export type Admission = { readonly outcome: "admitted" } | { readonly outcome: "refused"; readonly address: string };

interface Needs extends YoungNeeds {
  readonly registry: () => Registry;
  readonly loginServer: () => string;
  readonly armAudiences: () => readonly string[];
  readonly directory: Directory;
  readonly rights: Rights;
  readonly tokens: RegistryTokens;
  readonly contents: Contents;
  readonly locks: ImageLocks;
  readonly networkOf: (registry: Registry) => NetworkRules;
  /** The address of everybody who is no node. */
  readonly callerAddress: string;
}

export const registryAudience = "https://containerregistry.azure.net";
const tokenUser = "00000000-0000-0000-0000-000000000000";
const unauthorized: Answer<never> = { outcome: "refused", reason: "unauthorized" };

export function registryModel(needs: Needs): RegistryModel {
  const { contents, locks } = needs;
  return Object.assign(signingIn(needs), { contents, locks, admission: admissionBy(needs) });
}

function admissionBy({ registry, networkOf, callerAddress, life }: Needs): RegistryModel["admission"] {
  return (address = callerAddress) => {
    const rules = networkOf(registry());
    if (admits(rules, address)) return { outcome: "admitted" };
    if (rules.madeBy !== undefined) life.strike(rules.madeBy);
    return { outcome: "refused", address };
  };
}

type SigningIn = Omit<RegistryModel, "contents" | "locks" | "admission">;

function signingIn(needs: Needs): SigningIn {
  const { registry, loginServer, armAudiences, directory, rights, tokens } = needs;
  const accessFor = (objectId: string, scope: string | undefined): Answer<string> => {
    if (!isKnown(registry(), objectId, rights) || isHeldBack(objectId, needs)) return unauthorized;
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
    exchange: async (entraToken) => {
      const takesArm = registry().authenticationAsArm === "enabled";
      const principal = await directory.verify(entraToken, [registryAudience, ...(takesArm ? armAudiences() : [])]);
      if (!principal || principal.tenantId !== registry().tenantId) return unauthorized;
      if (!isKnown(registry(), principal.objectId, rights) || isHeldBack(principal.objectId, needs))
        return unauthorized;
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
    accessOf: (token) => {
      const granted = tokens.readAccess(token, loginServer());
      return granted && !isHeldBack(granted.subject, needs) ? granted.access : undefined;
    },
  };
}

const modeSwitchLag = "modeSwitchLag";

/** After a switch of the mode the registry goes by what it kept of those who signed in before, for a day at most. */
function isHeldBack(objectId: string, { registry, clock, life, timings }: Needs): boolean {
  const { id, firstSignIns, modeChangedAt } = registry();
  const first = firstSignIns.get(objectId) ?? clock.now();
  firstSignIns.set(objectId, first);
  if (modeChangedAt === undefined || first >= modeChangedAt || !life.on(modeSwitchLag)) return false;
  // Minutes in most cases: the hours of a day are equally likely on a logarithmic scale.
  const minutes = 1440 ** life.chance(modeSwitchLag, `${id} ${objectId}`);
  const isHeld = clock.now() < modeChangedAt + inClockMs(timings, minutes * 60);
  if (isHeld) life.strike(modeSwitchLag);
  return isHeld;
}
