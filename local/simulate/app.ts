import { requestToken } from "../stack/token.ts";
import type { IdentityAnswer, LinkAnswer, OperationAnswer } from "./judge/evidence.ts";

/** What an operator asks for. */
export interface Asked {
  readonly cluster: string;
  readonly registry: string;
  readonly clusterTenantId: string;
  readonly registryTenantId: string;
  readonly image: string;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Crosspull's HTTP API as its operators and people's browsers use it. */
export interface App {
  create(asked: Asked): Promise<Answer>;
  link(id: string): Promise<LinkAnswer>;
  links(): Promise<readonly LinkAnswer[]>;
  operation(id: string): Promise<OperationAnswer | undefined>;
  cancel(id: string): Promise<Answer>;
  /** undefined where the app says that it cannot answer now. */
  identities(): Promise<readonly IdentityAnswer[] | undefined>;
  setPolicy(clusterKey: string, policy: object): Promise<Answer>;
  /** What a monitor outside asks for; nobody has to sign in. */
  health(): Promise<Answer>;
  /** A browser that comes back from the consent page. */
  callback(consentUrl: string, query: Readonly<Record<string, string>>): Promise<void>;
}

/** A token of Entra's lives for an hour; it is renewed before. */
const tokenLifeInMs = 45 * 60_000;

export function appAt(url: string, cloud: Readonly<Record<string, string>>, now: () => number): App {
  let token = "";
  let renewAt = 0;
  const call = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    if (now() >= renewAt) {
      token = await requestToken("operator", cloud);
      renewAt = now() + tokenLifeInMs;
    }
    const authorization = `Bearer ${token}`;
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: body === undefined ? { authorization } : { authorization, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: parsed(await answer.text()) };
  };
  const read = async <Body>(path: string): Promise<Body> => {
    const { status, body } = await call("GET", path);
    if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(body)}`);
    return body as Body;
  };
  return {
    create: (asked) => call("POST", "/api/links", asked),
    link: (id) => read(`/api/links/${id}`),
    links: async () => (await read<{ links: readonly LinkAnswer[] }>("/api/links?size=1000")).links,
    operation: async (id) => {
      const { status, body } = await call("GET", `/api/operations/${encodeURIComponent(id)}`);
      return status === 200 ? (body as OperationAnswer) : undefined;
    },
    cancel: (id) => call("POST", `/api/links/${id}/cancel`),
    identities: async () => {
      const { status, body } = await call("GET", "/api/identities?size=1000");
      if (status === 503) return undefined;
      if (status !== 200) throw new Error(`GET /api/identities answered ${status}: ${JSON.stringify(body)}`);
      return (body as { readonly identities: readonly IdentityAnswer[] }).identities;
    },
    setPolicy: (clusterKey, policy) => call("PUT", `/api/clusters/${clusterKey}/policy`, policy),
    health: async () => {
      const answer = await fetch(`${url}/api/health`);
      return { status: answer.status, body: parsed(await answer.text()) };
    },
    callback: async (consentUrl, query) => {
      const address = new URL(consentUrl);
      const back = new URL(address.searchParams.get("redirect_uri") ?? "");
      const state = address.searchParams.get("state") ?? "";
      for (const [key, value] of Object.entries({ state, ...query })) back.searchParams.set(key, value);
      await (await fetch(back)).arrayBuffer();
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
