import type { Secret } from "../domain/secret.ts";
import type { PullAnswer, Pulls, PullStage, PullTarget } from "./clients.ts";
import type { Cloud } from "./clouds.ts";
import { cleaned } from "./errors.ts";
import { claimsOf } from "./jwt.ts";
import { pullWithContentClient } from "./pullContent.ts";
import { ask, sentenceOf, stageOf, type Answer } from "./registryHttp.ts";

/** What containerd names itself, and after which answers to POST it asks again by GET with Basic. */
const kubeletClient = "containerd-client";
const tryBasicAfter = new Set([400, 401, 404, 405]);

type Refusal = Extract<PullAnswer, { outcome: "refused" }>;
type Granted = { readonly outcome: "granted"; readonly token: string };

export function connectPulls(cloud: Cloud): Pulls {
  return {
    async withPassword(target, clientId, secret) {
      const granted = await passwordToken(checked(target, cloud), clientId, secret);
      if (granted.outcome === "refused") return granted;
      const allowed = await allowsPull(granted.token, target);
      if (allowed) return allowed;
      return fetchManifest(target, granted.token);
    },

    async withEntraToken(target, token) {
      checked(target, cloud);
      if (target.reference !== null) return pullWithContentClient(target, target.reference, token);
      const granted = await exchangedToken(target, token);
      if (granted.outcome === "refused") return granted;
      return (await allowsPull(granted.token, target)) ?? proven;
    },
  };
}

const proven: PullAnswer = { outcome: "pulled", digest: null, mediaType: null, sizeInBytes: null };

/** A credential goes to this host: it must be a bare host name, and in Azure one of the registry service's. */
function checked(target: PullTarget, { registrySuffix }: Cloud): PullTarget {
  const isHost = /^[a-z0-9][a-z0-9.-]*(:\d+)?$/i.test(target.loginServer);
  const isOurs = registrySuffix === null || target.loginServer.toLowerCase().endsWith(registrySuffix);
  if (!isHost || !isOurs) throw new Error(`${JSON.stringify(target.loginServer)} is not a registry of this cloud`);
  return target;
}

/** As containerd does with a kubelet's user name and password: POST first, then GET with Basic. */
async function passwordToken(target: PullTarget, clientId: string, secret: Secret): Promise<Granted | Refusal> {
  const { loginServer } = target;
  const scope = pullScope(target);
  const password = secret.reveal();
  const address = `https://${loginServer}/oauth2/token`;
  let answer = await ask(address, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "password",
      service: loginServer,
      client_id: kubeletClient,
      scope,
      username: clientId,
      password,
    }),
  });
  if (tryBasicAfter.has(answer.status)) {
    const basic = Buffer.from(`${clientId}:${password}`).toString("base64");
    const query = new URLSearchParams({ service: loginServer, scope }).toString();
    answer = await ask(`${address}?${query}`, { headers: { authorization: `Basic ${basic}` } });
  }
  const granted = tokenIn(answer, "access_token");
  return granted.outcome === "granted"
    ? granted
    : { ...granted, detail: granted.detail.replaceAll(password, "[secret]") };
}

/** Entra token for refresh token, refresh token for access token. */
async function exchangedToken(target: PullTarget, token: Secret): Promise<Granted | Refusal> {
  const service = target.loginServer;
  const exchange = new URLSearchParams({ grant_type: "access_token", service, access_token: token.reveal() });
  const first = await ask(`https://${service}/oauth2/exchange`, { method: "POST", body: exchange });
  const refresh = tokenIn(first, "refresh_token");
  if (refresh.outcome === "refused") return refresh;
  const body = new URLSearchParams({
    grant_type: "refresh_token",
    service,
    scope: pullScope(target),
    refresh_token: refresh.token,
  });
  return tokenIn(await ask(`https://${service}/oauth2/token`, { method: "POST", body }), "access_token");
}

function pullScope({ repository }: PullTarget): string {
  return `repository:${repository}:pull`;
}

function tokenIn(answer: Answer, name: "access_token" | "refresh_token"): Granted | Refusal {
  if (answer.status !== 200) return refusal("registryToken", answer);
  const { json } = answer;
  const token = typeof json === "object" && json !== null ? (json as Record<string, unknown>)[name] : undefined;
  if (typeof token === "string" && token !== "") return { outcome: "granted", token };
  return { outcome: "refused", stage: "registryToken", status: 200, detail: `the registry's answer has no ${name}` };
}

function refusal(stage: PullStage, answer: Answer): Refusal {
  return { outcome: "refused", stage: stageOf(answer, stage), status: answer.status, detail: sentenceOf(answer) };
}

/** A registry may issue a token without the right asked for: what it allows stands in its access list. */
async function allowsPull(token: string, { repository }: PullTarget): Promise<Refusal | undefined> {
  const access = (await claimsOf(token))?.["access"];
  const entries: unknown[] = Array.isArray(access) ? access : [];
  if (entries.some((entry) => isPullOf(entry, repository))) return undefined;
  const detail = `the registry's token does not allow pulling ${repository}`;
  return { outcome: "refused", stage: "accessList", status: 200, detail: cleaned(detail) };
}

function isPullOf(entry: unknown, repository: string): boolean {
  if (typeof entry !== "object" || entry === null) return false;
  const { type, name, actions } = entry as { type?: unknown; name?: unknown; actions?: unknown };
  if (type !== "repository" || name !== repository || !Array.isArray(actions)) return false;
  return actions.includes("pull") || actions.includes("*");
}

async function fetchManifest(target: PullTarget, token: string): Promise<PullAnswer> {
  const { loginServer, repository, reference } = target;
  if (reference === null) return proven;
  const answer = await ask(`https://${loginServer}/v2/${repository}/manifests/${reference}`, {
    headers: { authorization: `Bearer ${token}`, accept: manifestTypes.join(", ") },
  });
  if (answer.status !== 200) return refusal("manifest", answer);
  const claimed = reference.startsWith("sha256:") ? reference : answer.digest;
  if (claimed !== null && claimed !== answer.computedDigest) {
    return { outcome: "refused", stage: "manifest", status: 200, detail: `the manifest does not match ${claimed}` };
  }
  const { computedDigest: digest, mediaType, sizeInBytes } = answer;
  return { outcome: "pulled", digest, mediaType, sizeInBytes };
}

const manifestTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];
