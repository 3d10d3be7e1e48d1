import {
  createHmac,
  createSign,
  createVerify,
  generateKeyPair,
  generateKeyPairSync,
  randomBytes,
  randomUUID,
  type KeyObject,
} from "node:crypto";
import type { Clock } from "../kit/contract.ts";

/** What an access token of a registry lets its bearer do. */
export interface Access {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

export interface RefreshClaims {
  /** Object id of the service principal. */
  readonly sub: string;
  readonly tenant: string;
}

/** What an access token says: who it is for, and what that one may do. */
export interface Granted {
  readonly subject: string;
  readonly access: readonly Access[];
}

export interface RegistryTokens {
  refresh(audience: string, claims: RefreshClaims): string;
  access(audience: string, subject: string, access: readonly Access[]): string;
  /** Undefined for a token that is expired, forged, of another registry or of the other kind. */
  readRefresh(token: string, audience: string): RefreshClaims | undefined;
  readAccess(token: string, audience: string): Granted | undefined;
}

const refreshSeconds = 3 * 60 * 60;
const accessSeconds = 75 * 60;
const keySize = { modulusLength: 2048 };

/** How tokens are signed. */
export interface Seal {
  sign(text: string): string;
  verify(text: string, signature: string): boolean;
}

/** RS256, with one key for all registries, never kept. It is made beside the start of everything else. */
export function rsaSeal(): Seal {
  let keys: { publicKey: KeyObject; privateKey: KeyObject } | undefined;
  generateKeyPair("rsa", keySize, (error, publicKey, privateKey) => {
    if (!error) keys ??= { publicKey, privateKey };
  });
  const ownKeys = (): NonNullable<typeof keys> => (keys ??= generateKeyPairSync("rsa", keySize));
  return {
    sign: (text) => createSign("RSA-SHA256").update(text).sign(ownKeys().privateKey, "base64url"),
    verify: (text, signature) =>
      createVerify("RSA-SHA256").update(text).verify(ownKeys().publicKey, signature, "base64url"),
  };
}

/** For tokens that never leave this process: months of pulls are played, and RSA would be most of their cost. */
export function processSeal(): Seal {
  const key = randomBytes(32);
  const sign = (text: string): string => createHmac("sha256", key).update(text).digest("base64url");
  return { sign, verify: (text, signature) => sign(text) === signature };
}

export function registryTokens(clock: Clock, seal: Seal): RegistryTokens {
  const sign = (audience: string, subject: string, seconds: number, claims: object): string => {
    const now = Math.floor(clock.now() / 1000);
    const times = { nbf: now - 15 * 60, exp: now + seconds, iat: now - 15 * 60 };
    const own = { jti: randomUUID(), sub: subject, ...times, iss: "Azure Container Registry", aud: audience };
    return signed({ ...own, ...claims }, seal);
  };
  const read = (token: string, audience: string, kind: string): Claims | undefined => {
    const claims = verified(token, seal);
    const isCurrent = typeof claims?.["exp"] === "number" && claims["exp"] * 1000 > clock.now();
    return isCurrent && claims["aud"] === audience && claims["grant_type"] === kind ? claims : undefined;
  };

  return {
    refresh: (audience, { sub, tenant }) =>
      sign(audience, sub, refreshSeconds, {
        version: 2,
        grant_type: "refresh_token",
        appid: "0",
        tenant,
        permissions: { actions: ["read"] },
        roles: [],
      }),
    access: (audience, subject, access) =>
      sign(audience, subject, accessSeconds, { version: 2, grant_type: "access_token", access, roles: [] }),
    readRefresh: (token, audience) => {
      const claims = read(token, audience, "refresh_token");
      return claims && { sub: String(claims["sub"]), tenant: String(claims["tenant"]) };
    },
    readAccess: (token, audience) => {
      const claims = read(token, audience, "access_token");
      return claims && { subject: String(claims["sub"]), access: claims["access"] as readonly Access[] };
    },
  };
}

type Claims = Readonly<Record<string, unknown>>;

function signed(claims: Claims, seal: Seal): string {
  const text = `${encode({ alg: "RS256", typ: "JWT", kid: "SIMU:LATE:DACR" })}.${encode(claims)}`;
  return `${text}.${seal.sign(text)}`;
}

/** Undefined for anything this seal is not on. */
function verified(token: string, seal: Seal): Claims | undefined {
  const [header, payload, signature, ...rest] = token.split(".");
  if (!header || !payload || !signature || rest.length > 0) return undefined;
  return seal.verify(`${header}.${payload}`, signature)
    ? (JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as Claims)
    : undefined;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
