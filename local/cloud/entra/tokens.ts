import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  type KeyObject,
} from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { decodeJwt, jwtVerify, SignJWT, type JWTPayload } from "jose";
import type { Clock } from "../kit/contract.ts";

/** Signs and checks the tokens of all tenants with one RSA key. */
export interface TokenSigner {
  sign(claims: JWTPayload): Promise<string>;
  /** The claims, if the signature is ours and the token is within its time; undefined otherwise. */
  check(token: string): Promise<JWTPayload | undefined>;
  /** As `/discovery/v2.0/keys` publishes it. */
  readonly publicKey: Readonly<Record<string, unknown>>;
}

/** Checked tokens are remembered: a client sends the same one thousands of times. */
const rememberedTokens = 5_000;

/** The key is kept in `file`, so that tokens outlive a restart. */
export function tokenSigner(file: string, clock: Clock): TokenSigner {
  const privateKey = keptKey(file) ?? newKey(file);
  const publicKey = createPublicKey(privateKey);
  const jwk = publicKey.export({ format: "jwk" });
  const kid = createHash("sha256").update(String(jwk["n"])).digest("base64url").slice(0, 27);
  const remembered = new Map<string, JWTPayload>();
  const remember = (token: string, claims: JWTPayload): JWTPayload => {
    if (remembered.size >= rememberedTokens) remembered.clear();
    remembered.set(token, claims);
    return claims;
  };
  const withinTime = ({ exp = 0, nbf = 0 }: JWTPayload): boolean => {
    const seconds = clock.now() / 1000;
    return seconds < exp && seconds >= nbf - allowedSkewInSeconds;
  };
  return {
    publicKey: { ...jwk, kid, x5t: kid, use: "sig", alg: "RS256" },
    sign: (claims) =>
      new SignJWT({ ...claims, uti: randomUUID().replaceAll("-", "").slice(0, 22) })
        .setProtectedHeader({ typ: "JWT", alg: "RS256", x5t: kid, kid })
        .sign(privateKey),
    check: async (token) => {
      const known = remembered.get(token);
      if (known) return withinTime(known) ? known : undefined;
      try {
        const { payload } = await jwtVerify(token, publicKey, {
          algorithms: ["RS256"],
          currentDate: new Date(clock.now()),
          clockTolerance: allowedSkewInSeconds,
        });
        return withinTime(payload) ? remember(token, payload) : undefined;
      } catch {
        return undefined; // Not ours, altered, expired or no JWT at all: 401 in every case.
      }
    },
  };
}

const allowedSkewInSeconds = 300;

/** The claims of a token that may be expired or foreign; undefined if it is no JWT. */
export function unverifiedClaims(token: string): JWTPayload | undefined {
  try {
    return decodeJwt(token);
  } catch {
    return undefined;
  }
}

function keptKey(file: string): KeyObject | undefined {
  try {
    return createPrivateKey(readFileSync(file, "utf8"));
  } catch {
    return undefined; // The first start in this folder.
  }
}

function newKey(file: string): KeyObject {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, privateKey.export({ format: "pem", type: "pkcs8" }), { mode: 0o600 });
  return privateKey;
}
