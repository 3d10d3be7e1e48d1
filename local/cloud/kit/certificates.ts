import { randomUUID, webcrypto, X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type * as X509 from "@peculiar/x509";

/** `caFile` is the PEM file clients trust; `key` and `cert` are PEM text for node:https. */
export interface Certificates {
  readonly caFile: string;
  readonly key: string;
  readonly cert: string;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
/** The names of the public cloud besides. */
const publicNames = [
  "login.microsoftonline.com",
  "management.azure.com",
  "graph.microsoft.com",
  "*.vault.azure.net",
  "*.azurecr.io",
  "*.blob.core.windows.net",
];
const names = ["localhost", ...publicNames];
const days = (count: number): number => count * 24 * 60 * 60_000;

/**
 * The certificate authority and the server certificate (localhost, 127.0.0.1 and the public cloud's names) kept in
 * `folder`; made on first use, made again when less than a day is left or a name is missing. Keys are readable by the
 * owner alone; the authority's own key is never kept. Trust it in single processes, never in a whole machine.
 */
export async function certificatesIn(folder: string): Promise<Certificates> {
  const file = { ca: join(folder, "ca.pem"), key: join(folder, "server-key.pem"), cert: join(folder, "server.pem") };
  const kept = keptIn(file);
  if (kept) return kept;
  const made = await make();
  mkdirSync(folder, { recursive: true });
  writeFileSync(file.key, made.key, { mode: 0o600 });
  writeFileSync(file.cert, made.cert);
  writeFileSync(file.ca, made.ca);
  return { caFile: file.ca, key: made.key, cert: made.cert };
}

function keptIn(file: { ca: string; key: string; cert: string }): Certificates | undefined {
  try {
    const cert = readFileSync(file.cert, "utf8");
    const kept = new X509Certificate(cert);
    const issuer = new X509Certificate(readFileSync(file.ca, "utf8"));
    const isCurrent = Date.parse(kept.validTo) > Date.now() + days(1);
    const hasNames = names.every((name) => kept.subjectAltName?.split(", ").includes(`DNS:${name}`));
    const stillGood = isCurrent && hasNames && kept.verify(issuer.publicKey);
    return stillGood ? { caFile: file.ca, key: readFileSync(file.key, "utf8"), cert } : undefined;
  } catch {
    return undefined; // Not there, or not readable as a certificate: make new ones.
  }
}

async function make(): Promise<{ ca: string; key: string; cert: string }> {
  giveMetadataToReflect();
  const x509 = await import("@peculiar/x509");
  const [authority, server] = await Promise.all([newKeys(), newKeys()]);
  const validity = { notBefore: new Date(Date.now() - days(1)), notAfter: new Date(Date.now() + days(365)) };
  // A name of its own: a client that trusts several of these authorities tells them apart by it.
  const issuer = `CN=Simulated Azure ${randomUUID().slice(0, 8)}`;
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: issuer,
    keys: authority,
    signingAlgorithm: algorithm,
    ...validity,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true), ...usages(x509, x509.KeyUsageFlags.keyCertSign)],
  });
  const cert = await x509.X509CertificateGenerator.create({
    subject: "CN=localhost",
    issuer,
    publicKey: server.publicKey,
    signingKey: authority.privateKey,
    signingAlgorithm: algorithm,
    ...validity,
    extensions: [
      new x509.SubjectAlternativeNameExtension([
        ...names.map((value) => ({ type: "dns" as const, value })),
        { type: "ip", value: "127.0.0.1" },
      ]),
      new x509.ExtendedKeyUsageExtension(["1.3.6.1.5.5.7.3.1"]),
      ...usages(x509, x509.KeyUsageFlags.digitalSignature),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", server.privateKey);
  return { ca: ca.toString("pem"), cert: cert.toString("pem"), key: x509.PemConverter.encode(pkcs8, "PRIVATE KEY") };
}

function usages(x509: typeof X509, flags: number): X509.Extension[] {
  return [new x509.KeyUsagesExtension(flags, true)];
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

/** The x509 library's container wants the metadata half of a decorators proposal that no engine has. */
function giveMetadataToReflect(): void {
  if ("getMetadata" in Reflect) return;
  const kept = new WeakMap<object, Map<unknown, unknown>>();
  const read = (key: unknown, target: object): unknown => kept.get(target)?.get(key);
  Object.assign(Reflect, {
    getMetadata: read,
    getOwnMetadata: read,
    hasOwnMetadata: (key: unknown, target: object): boolean => kept.get(target)?.has(key) ?? false,
    defineMetadata: (key: unknown, value: unknown, target: object): void => {
      kept.set(target, (kept.get(target) ?? new Map<unknown, unknown>()).set(key, value));
    },
  });
}
