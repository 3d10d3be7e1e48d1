/** The whole product on loopback for one test file: Azurite, the simulated cloud, the host, the built app. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { connectApi, firstLink, type Api, type LinkView, type NewLink } from "../../local/stack/api.ts";
import { refuseOldBuild } from "../../local/stack/build.ts";
import { startStack, type Stack, type StackOptions } from "../../local/stack/stack.ts";
import { clusterKeyOf, names } from "../../src/domain/ids.ts";

export const root = join(import.meta.dirname, "../..");

/** Every wait as short as a test likes it; deadlines long enough that only tests of them meet them. */
export const quickWaits = {
  CONSENT_POLL_IN_SECONDS: 0.2,
  SECRET_PROOFS: 1,
  SECRET_PROOF_INTERVAL_IN_SECONDS: 0,
  YOUNG_SECRET_IN_SECONDS: 120,
  ROLE_POLL_IN_SECONDS: 0.1,
  ROLE_DEADLINE_IN_SECONDS: 120,
  PRINCIPAL_DEADLINE_IN_SECONDS: 120,
  IDENTITY_REPLICATION_IN_SECONDS: 0,
  CLUSTER_POLL_IN_SECONDS: 0.1,
  CLUSTER_BUSY_POLL_IN_SECONDS: 0.2,
  CLUSTER_RETRY_IN_SECONDS: 0.2,
  REMOVAL_POLL_IN_SECONDS: 0.2,
  TOKEN_LIFE_IN_SECONDS: 0.5,
};

export interface Laptop {
  readonly stack: Stack;
  readonly api: Api;
  readonly env: Readonly<Record<string, string>>;
  /** All that the host and the app printed. */
  readonly log: readonly string[];
  /** The link of the first cluster and registry, with other cluster or registry names of the estate. */
  link(cluster?: string, registry?: string): NewLink;
  /** The link of a cluster that no test has used. */
  freshLink(): NewLink;
  /** What Crosspull made for the link's cluster, counted; of all clusters unless a link is given. */
  made(link?: NewLink): Promise<Made>;
  control<Answer>(method: string, path: string, body?: unknown): Promise<Answer>;
  state(): Promise<TenantState>;
  /** What an administrator does with a consent link: accepts in `tenantId` and follows the redirect. The callback's answer. */
  accept(link: LinkView, tenantId?: string): Promise<{ readonly status: number; readonly html: string }>;
  callback(link: LinkView, query: Record<string, string>): Promise<{ readonly status: number; readonly html: string }>;
  /** Waits for the consent link. */
  asked(id: string): Promise<LinkView>;
  ended(id: string): Promise<LinkView>;
  /** Onboards with consent given as soon as it is asked for, and waits for the end. */
  onboard(link: NewLink): Promise<LinkView>;
  close(): Promise<void>;
}

/** What exists in the simulated tenants, as far as Crosspull can make it. */
export interface TenantState {
  readonly tenants: readonly {
    readonly id: string;
    readonly applications: readonly {
      readonly appId: string;
      readonly uniqueName?: string;
      readonly passwordCredentials: readonly {
        readonly keyId: string;
        readonly displayName: string | null;
        readonly endDateTime: string;
      }[];
    }[];
    readonly servicePrincipals: readonly { readonly id: string; readonly appId: string }[];
  }[];
  readonly vaults: readonly {
    readonly secrets: readonly {
      readonly name: string;
      readonly versions: readonly { readonly version: string; readonly enabled: boolean }[];
    }[];
  }[];
  readonly clusters: readonly {
    readonly id: string;
    readonly clientId: string;
    readonly provisioningState: string;
    readonly nodes: readonly { readonly clientId: string; readonly secretFingerprint: string }[];
  }[];
  readonly roleAssignments: readonly {
    readonly id: string;
    readonly scope: string;
    readonly principalId: string;
    readonly roleName: string;
  }[];
}

type StateDump = {
  readonly entra: Pick<TenantState, "tenants">;
  readonly vault: TenantState["vaults"][number];
  readonly arm: Pick<TenantState, "clusters" | "roleAssignments">;
};

const limitInMs = 120_000;
const clusters = 12;
const started: Laptop[] = [];

/** Closes those that were started: nothing when the start itself failed, so that its error is the one that is shown. */
export async function closeLaptops(): Promise<void> {
  for (const laptop of started.splice(0)) await laptop.close();
}

export async function startLaptop(name: string, options: Partial<StackOptions> = {}): Promise<Laptop> {
  refuseOldBuild(root);
  const log: string[] = [];
  const folder = join(root, ".crosspull/test", `${name}-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const stack = await startStack({
    folder,
    app: root,
    // Jest's workers stay out of each other's way.
    port: 17_071 + 100 * Number(process.env["JEST_WORKER_ID"] ?? 0),
    cloudPort: 0,
    cloud: { speed: 600, clusters, ...options.cloud },
    ...(options.life && { life: options.life }),
    waits: { ...quickWaits, ...options.waits },
    // A busy machine may read both sides for long.
    settings: { CROSSPULL_PREFLIGHT_LIMIT_IN_SECONDS: "100", ...options.settings },
    log: (part, line) => log.push(`${part}: ${line}`),
  });
  const { env } = stack.cloud;
  const api = await connectApi(stack.url, env);
  const first = firstLink(env);

  const control = async <Answer>(method: string, path: string, body?: unknown): Promise<Answer> => {
    const response = await fetch(`${stack.cloud.controlUrl}${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as Answer;
  };
  const callback = async (link: LinkView, query: Record<string, string>) => {
    const address = new URL(link.consentUrl ?? "");
    const back = new URL(address.searchParams.get("redirect_uri") ?? "");
    for (const [key, value] of Object.entries({ state: address.searchParams.get("state") ?? "", ...query }))
      back.searchParams.set(key, value);
    const response = await fetch(back);
    return { status: response.status, html: await response.text() };
  };
  const accept = async (link: LinkView, tenantId = env["TENANT_B"] ?? "") => {
    const clientId = new URL(link.consentUrl ?? "").searchParams.get("client_id");
    await control("POST", "/control/consent", { tenantId, clientId, accept: true });
    return callback(link, { admin_consent: "True", tenant: tenantId });
  };
  const asked = (id: string) =>
    api.until(id, ({ waitingFor, status }) => waitingFor?.on === "consent" || status !== "onboarding", limitInMs);
  const ended = (id: string) => api.until(id, ({ status }) => !/^(on|off)boarding$/.test(status), limitInMs);
  const state = async (): Promise<TenantState> => {
    const { entra, vault, arm } = await control<StateDump>("GET", "/control/state");
    return { tenants: entra.tenants, vaults: [vault], ...arm };
  };
  const link = (cluster?: string, registry?: string): NewLink => ({
    ...first,
    ...(cluster ? { cluster: first.cluster.replace(/[^/]+$/, cluster) } : {}),
    ...(registry ? { registry: first.registry.replace(/[^/]+$/, registry) } : {}),
  });
  let used = 0;
  const laptop: Laptop = {
    stack,
    api,
    env,
    log,
    control,
    callback,
    accept,
    asked,
    ended,
    state,
    link,
    freshLink() {
      used += 1;
      if (used > clusters) throw new Error(`the estate has ${clusters} clusters to be used up`);
      return link(`aks-${String(used).padStart(4, "0")}`);
    },
    made: async (of) => made(await state(), env, of),
    async onboard(link) {
      const { body, status } = await api.create(link);
      if (status !== 202) throw new Error(`POST answered ${status}: ${JSON.stringify(body)}`);
      const asking = await asked(body.id);
      if (asking.consentUrl) await accept(asking);
      return ended(body.id);
    },
    close: () => stack.close(),
  };
  started.push(laptop);
  return laptop;
}

export type Made = Readonly<Record<keyof typeof nothing, number>>;

/** What Crosspull made, counted: the words of the acceptance list. Of one cluster only when a link of it is given. */
export function made(state: TenantState, env: Readonly<Record<string, string>>, of?: NewLink): Made {
  const key = of && clusterKeyOf(of.cluster);
  const isOurs = (name: string | undefined, all: string, one: (key: string) => string): boolean =>
    key === undefined ? (name ?? "").startsWith(all) : name === one(key);
  const applications = state.tenants
    .flatMap((tenant) => tenant.applications)
    .filter(({ uniqueName }) => isOurs(uniqueName, "crosspull-", names.application));
  const appIds = applications.map(({ appId }) => appId);
  const principalsIn = (tenantId: string | undefined) =>
    state.tenants
      .filter(({ id }) => id === tenantId)
      .flatMap((tenant) => tenant.servicePrincipals)
      .filter(({ appId }) => appIds.includes(appId));
  const inRegistryTenant = principalsIn(env["TENANT_B"]).map(({ id }) => id);
  return {
    applications: applications.length,
    passwords: applications.flatMap(({ passwordCredentials }) => passwordCredentials).length,
    vaultVersions: state.vaults
      .flatMap(({ secrets }) => secrets)
      .filter(({ name }) => isOurs(name, "pull-", names.vaultSecret))
      .flatMap(({ versions }) => versions)
      .filter(({ enabled }) => enabled).length,
    grants: state.roleAssignments.filter(({ principalId }) => inRegistryTenant.includes(principalId)).length,
    principalsInRegistryTenant: inRegistryTenant.length,
    clustersOnPullIdentity: state.clusters.filter(({ clientId }) => appIds.includes(clientId)).length,
  };
}
export const nothing = {
  applications: 0,
  passwords: 0,
  vaultVersions: 0,
  grants: 0,
  principalsInRegistryTenant: 0,
  clustersOnPullIdentity: 0,
};
export const oneLink = {
  applications: 1,
  passwords: 1,
  vaultVersions: 1,
  grants: 1,
  principalsInRegistryTenant: 1,
  clustersOnPullIdentity: 1,
};
