import type { Secret } from "../domain/secret.ts";
import type { PullAnswer, PullTarget } from "./clients.ts";
import { claimsOf } from "./jwt.ts";
import { ask, isFirewalled, isForPerson, type Answer, type Session } from "./registryHttp.ts";

/** What containerd names itself, and after which answers to POST it asks again by GET with Basic. */
const kubeletClient = "containerd-client";
const tryBasicAfter = new Set([400, 401, 404, 405]);

export type Refusal = Extract<PullAnswer, { outcome: "refused" }>;
export type Granted = { readonly outcome: "granted"; readonly token: string };

/** As containerd does with a kubelet's user name and password: POST first, then GET with Basic. */
export async function passwordToken(
  target: PullTarget,
  clientId: string,
  secret: Secret,
  session: Session,
): Promise<Granted | Refusal> {
  const { loginServer } = target;
  const scope = pullScope(target);
  const password = secret.reveal();
  const address = `https://${loginServer}/oauth2/token`;
  const body = new URLSearchParams({
    grant_type: "password",
    service: loginServer,
    client_id: kubeletClient,
    scope,
    username: clientId,
    password,
  });
  let answer = await ask(address, { method: "POST", body }, session);
  if (tryBasicAfter.has(answer.status)) {
    const basic = Buffer.from(`${clientId}:${password}`).toString("base64");
    const query = new URLSearchParams({ service: loginServer, scope }).toString();
    answer = await ask(`${address}?${query}`, { headers: { authorization: `Basic ${basic}` } }, session);
  }
  return tokenIn(answer, "access_token");
}

/** Entra token for refresh token, refresh token for access token. */
export async function exchangedToken(target: PullTarget, token: Secret, session: Session): Promise<Granted | Refusal> {
  const service = target.loginServer;
  const exchange = new URLSearchParams({ grant_type: "access_token", service, access_token: token.reveal() });
  const first = await ask(`https://${service}/oauth2/exchange`, { method: "POST", body: exchange }, session);
  const refresh = tokenIn(first, "refresh_token");
  if (refresh.outcome === "refused") return refresh;
  const body = new URLSearchParams({
    grant_type: "refresh_token",
    service,
    scope: pullScope(target),
    refresh_token: refresh.token,
  });
  return tokenIn(await ask(`https://${service}/oauth2/token`, { method: "POST", body }, session), "access_token");
}

function pullScope({ repository }: PullTarget): string {
  return `repository:${repository}:pull`;
}

/** A principal and a role on their way look like a refusal here: time may cure those, and nothing else. */
function tokenIn(answer: Answer, name: "access_token" | "refresh_token"): Granted | Refusal {
  const { status, sentence, json } = answer;
  const unanswered = networkRefusal(answer);
  if (unanswered) return unanswered;
  if (status !== 200) {
    const isOnItsWay = (status === 400 || status === 401 || status === 403) && !isForPerson(sentence);
    const curedBy = isOnItsWay ? "time" : "person";
    return { outcome: "refused", stage: "registryToken", status, detail: sentence, curedBy };
  }
  const token = typeof json === "object" && json !== null ? (json as Record<string, unknown>)[name] : undefined;
  if (typeof token === "string" && token !== "") return { outcome: "granted", token };
  const detail = `the registry's answer has no ${name}`;
  return { outcome: "refused", stage: "registryToken", status, detail, curedBy: "time" };
}

/** No answer, which may come; or network rules, which a person has to change. */
export function networkRefusal(answer: Answer): Refusal | undefined {
  const { status, sentence: detail } = answer;
  if (status === 0) return { outcome: "refused", stage: "network", status, detail, curedBy: "time" };
  if (isFirewalled(answer)) return { outcome: "refused", stage: "network", status, detail, curedBy: "person" };
  return undefined;
}

/** A registry may issue a token without the right asked for: what it allows stands in its access list. */
export async function allowsPull(token: string, { repository }: PullTarget): Promise<Refusal | undefined> {
  const access = (await claimsOf(token))?.["access"];
  const entries: unknown[] = Array.isArray(access) ? access : [];
  if (entries.some((entry) => isPullOf(entry, repository))) return undefined;
  const detail = `the registry's token does not allow pulling ${repository}`;
  return { outcome: "refused", stage: "accessList", status: 200, detail, curedBy: "time" };
}

function isPullOf(entry: unknown, repository: string): boolean {
  if (typeof entry !== "object" || entry === null) return false;
  const { type, name, actions } = entry as { type?: unknown; name?: unknown; actions?: unknown };
  if (type !== "repository" || name !== repository || !Array.isArray(actions)) return false;
  return actions.includes("pull") || actions.includes("*");
}
