import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { certificatesIn } from "../../local/cloud/kit/certificates.ts";
import { listen } from "../../local/cloud/kit/listener.ts";
import type { Cloud } from "../../src/azure/clouds.ts";
import { customCloud } from "../../src/azure/clouds.ts";
import type { Credentials } from "../../src/azure/credentials.ts";

export interface Asked {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A service that says whatever a test needs to hear: the words of Azure that a simulated cloud has no reason to say. */
export interface StandIn {
  readonly url: string;
  /** `localhost:1234` */
  readonly host: string;
  readonly cloud: Cloud;
  readonly asked: readonly Asked[];
  /** What to answer from now on; forgets what was asked. */
  answer(how: (asked: Asked) => Answer): void;
  close(): Promise<void>;
}

export async function standIn(): Promise<StandIn> {
  const folder = mkdtempSync(join(tmpdir(), "crosspull-stand-in-"));
  const certificates = await certificatesIn(folder);
  tls.setDefaultCACertificates([...tls.getCACertificates("default"), readFileSync(certificates.caFile, "utf8")]);
  const listener = await listen(0, certificates);
  const asked: Asked[] = [];
  let respond: (asked: Asked) => Answer = () => ({ status: 404 });
  listener.serve((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const { method = "", url: path = "", headers } = request;
      const one = { method, path, headers, body: Buffer.concat(parts).toString() };
      asked.push(one);
      const { status, headers: given, body } = respond(one);
      const text = typeof body === "string" || body === undefined ? (body ?? "") : JSON.stringify(body);
      response.writeHead(status, { "content-type": "application/json", ...given }).end(text);
    });
  });
  const { url } = listener;
  return {
    url,
    asked,
    host: new URL(url).host,
    cloud: customCloud({ authorityUrl: url, armUrl: url, armAudience: url, graphUrl: url }),
    answer: (how) => {
      respond = how;
      asked.length = 0;
    },
    close: async () => {
      await listener.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Tokens for everybody, from nobody. */
export function anyCredentials(): Credentials {
  const credential = { getToken: async () => ({ token: "a-token", expiresOnTimestamp: Date.now() + 3_600_000 }) };
  return {
    credentialFor: async () => credential,
    challengeCredential: credential,
    pullCredential: async () => credential,
  };
}

/** As ARM, Graph and the vault refuse. */
export function refusal(status: number, code: string, message = "No."): Answer {
  return { status, body: { error: { code, message } } };
}

/** A JWT with these claims that nobody signed. */
export function tokenWith(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256" })}.${part(claims)}.c2ln`;
}
