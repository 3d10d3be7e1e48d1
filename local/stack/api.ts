/** The small part of Crosspull's HTTP API that the demo, tests and benchmarks use, as a client would. */
import type { LinkView } from "../../src/functions/linkView.ts";
import type { LinkRequest } from "../../src/domain/link.ts";
import { requestToken } from "./token.ts";

export type { LinkView };
export type NewLink = Pick<LinkRequest, "cluster" | "registry" | "clusterTenantId" | "registryTenantId"> &
  Partial<Pick<LinkRequest, "repositories">> & { readonly image?: string };
export type Answer<Body> = { readonly status: number; readonly headers: Headers; readonly body: Body };

export interface Api {
  call<Body>(method: string, path: string, body?: unknown): Promise<Answer<Body>>;
  create(link: NewLink): Promise<Answer<LinkView>>;
  get(id: string): Promise<LinkView>;
  /** Looks until `done`, at most `limitInMs`: every tenth of a second, or `gently`, less and less often. */
  until(id: string, done: (link: LinkView) => boolean, limitInMs: number, gently?: boolean): Promise<LinkView>;
}

const lookEveryInMs = 100;
const lookGentlyEveryInMs = 2_000;

export async function connectApi(url: string, cloud: Readonly<Record<string, string>>): Promise<Api> {
  const token = await requestToken("operator", cloud);
  const call = async <Body>(method: string, path: string, body?: unknown): Promise<Answer<Body>> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
  };
  const get = async (id: string): Promise<LinkView> => (await call<LinkView>("GET", `/api/links/${id}`)).body;
  return {
    call,
    get,
    create: (link) => call<LinkView>("POST", "/api/links", link),
    async until(id, done, limitInMs, gently = false) {
      const end = Date.now() + limitInMs;
      for (let pause = lookEveryInMs; ; pause = gently ? Math.min(pause * 1.3, lookGentlyEveryInMs) : pause) {
        const link = await get(id);
        if (done(link)) return link;
        if (Date.now() > end) throw new Error(`link ${id} is still ${link.status} after ${limitInMs} ms`);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    },
  };
}

/** The link between the first cluster and the first registry of the simulated cloud. */
export function firstLink(cloud: Readonly<Record<string, string>>): NewLink {
  const { CLUSTER_RESOURCE_ID = "", REGISTRY_RESOURCE_ID = "", TENANT_A = "", TENANT_B = "", REPO, TAG } = cloud;
  return {
    cluster: CLUSTER_RESOURCE_ID,
    registry: REGISTRY_RESOURCE_ID,
    clusterTenantId: TENANT_A,
    registryTenantId: TENANT_B,
    ...(REPO && TAG ? { image: `${REPO}:${TAG}` } : {}),
  };
}
