import { errorReply } from "../armKit/replies.ts";
import type { Call, Reply, Route } from "../kit/contract.ts";
import { graphErrors } from "../graph/errors.ts";
import { vaultError } from "../vault/errors.ts";
import type { BucketSize, Taken } from "./buckets.ts";

/** One bucket a call has to pass. */
export interface Rule {
  readonly key: string;
  readonly bucket: BucketSize;
  readonly cost: number;
  /** Who goes beyond may be shut out for minutes. */
  readonly isLong: boolean;
  /** Others outside this cloud take from the same bucket. */
  readonly isShared: boolean;
  /** Of its refusals, those without Retry-After. */
  readonly silentShare: number;
  /** What the answer says of it. */
  headers(taken: Taken): Readonly<Record<string, string>>;
  refusal(taken: Taken): Reply;
}

type Rules = (service: string, call: Call, route: Route, now: () => number) => readonly Rule[];

/** What a bucket is besides its size, unless it says otherwise. */
const usual = { cost: 1, isLong: true, isShared: false, silentShare: 0 } as const;
const none = (): Readonly<Record<string, string>> => ({});
const after = ({ retryAfterInSeconds }: Taken): Readonly<Record<string, string>> => ({
  "retry-after": String(retryAfterInSeconds),
});

/** The buckets of each service. Sources: the limits pages of each service; what is chosen is in README.md. */
export const rulesOf: Rules = (service, call, route, now) => {
  if (service === "arm") return [...armRules(call), ...clusterRules(call, route), ...resourceGraphRules(call)];
  if (service === "graph") return graphRules(call, now);
  if (service.startsWith("vault")) return vaultRules(service, route);
  if (service.startsWith("registry:")) return registryRules(service, call);
  return [];
};

function armRules({ method, url, principal }: Call): Rule[] {
  const kind = method === "GET" || method === "HEAD" ? "reads" : method === "DELETE" ? "deletes" : "writes";
  const [size, perSecond] = kind === "reads" ? [250, 25] : [200, 10];
  const subscription = /^\/+subscriptions\/+([^/]+)/i.exec(url.pathname)?.[1]?.toLowerCase();
  const scope = subscription ? "subscription" : "tenant";
  const owner = subscription ?? principal?.tenantId ?? "";
  const caller = principal?.objectId ?? "";
  const refusal = (taken: Taken): Reply =>
    errorReply(
      429,
      subscription ? "SubscriptionRequestsThrottled" : "TenantRequestsThrottled",
      `Number of '${kind}' requests for ${scope} '${owner}' actor '${caller}' exceeded. Please try again after '${taken.retryAfterInSeconds}' seconds after additional tokens are available. Refer to https://aka.ms/arm-throttling for additional information.`,
      after(taken),
    );
  const remaining =
    (name: string) =>
    (taken: Taken): Readonly<Record<string, string>> => ({ [name]: String(taken.remaining) });
  const name = `x-ms-ratelimit-remaining-${scope}`;
  return [
    // The whole subscription has fifteen times what each caller has.
    {
      key: `arm ${kind} ${owner}`,
      bucket: { size: size * 15, perSecond: perSecond * 15 },
      ...usual,
      headers: remaining(`${name}-global-${kind}`),
      refusal,
    },
    {
      key: `arm ${kind} ${owner} ${caller}`,
      bucket: { size, perSecond },
      ...usual,
      headers: remaining(`${name}-${kind}`),
      refusal,
    },
  ];
}

function clusterRules({ url, params }: Call, { operation }: Route): Rule[] {
  // What lies at a cluster and is another provider's, its roles and locks, AKS never sees.
  if (!/\/providers\/Microsoft\.ContainerService\/(?!.*\/providers\/)/i.test(url.pathname)) return [];
  const refusal = (taken: Taken): Reply =>
    errorReply(429, "Throttled", "The request is throttled, please retry after the time in Retry-After.", after(taken));
  const { kind, bucket, per } = clusterBucket(operation);
  const key = ["aks", kind, ...per.map((name) => (params[name] ?? "").toLowerCase())].join(" ");
  return [{ key, bucket, ...usual, isShared: true, silentShare: 0.1, headers: none, refusal }];
}

/** `per`: the parts of the path that have a bucket each. */
function clusterBucket(operation: string): {
  readonly kind: string;
  readonly bucket: BucketSize;
  readonly per: readonly string[];
} {
  const steady = { size: 60, perSecond: 1 };
  if (operation.startsWith("Operation"))
    return { kind: "status", bucket: { size: 200, perSecond: 2 }, per: ["subscription"] };
  if (operation === "ManagedClusters_Get")
    return { kind: "get", bucket: steady, per: ["subscription", "group", "cluster"] };
  if (operation === "ManagedClusters_List")
    return { kind: "list", bucket: { size: 500, perSecond: 1 }, per: ["subscription"] };
  if (operation === "ManagedClusters_ListByResourceGroup")
    return { kind: "list in a group", bucket: steady, per: ["subscription", "group"] };
  return { kind: "other", bucket: steady, per: ["subscription"] };
}

function resourceGraphRules({ url, principal }: Call): Rule[] {
  if (!/\/providers\/Microsoft\.ResourceGraph\/resources\/?$/i.test(url.pathname)) return [];
  const headers = ({ remaining }: Taken): Readonly<Record<string, string>> => ({
    "x-ms-user-quota-remaining": String(remaining),
    "x-ms-user-quota-resets-after": "00:00:05",
  });
  const refusal = (taken: Taken): Reply =>
    errorReply(429, "RateLimiting", "Please provide below info when asking for support: rate limiting.", {
      ...after(taken),
      ...headers(taken),
    });
  const key = `resourcegraph ${principal?.objectId ?? ""}`;
  return [{ key, bucket: { size: 15, perSecond: 3 }, ...usual, headers, refusal }];
}

/** Per application and tenant. */
function graphRules({ method, principal }: Call, now: () => number): Rule[] {
  const isRead = method === "GET" || method === "HEAD";
  const cost = isRead ? 1 : 2;
  const caller = `${principal?.tenantId} ${principal?.appId}`;
  const refusal = (taken: Taken): Reply => {
    const reply = graphErrors(now)(429, "TooManyRequests", "Too many requests.");
    return {
      ...reply,
      headers: { ...reply.headers, ...after(taken), "x-ms-throttle-scope": "Tenant_Application/ReadWrite" },
    };
  };
  const units = { size: 3500, perSecond: 350 };
  const headers = ({ remaining }: Taken): Readonly<Record<string, string>> => {
    const used = 1 - (remaining * cost) / units.size;
    return {
      "x-ms-resource-unit": String(cost),
      ...(used >= 0.8 && { "x-ms-throttle-limit-percentage": used.toFixed(2) }),
    };
  };
  const all: Rule = { key: `graph ${caller}`, bucket: units, ...usual, cost, headers, refusal };
  const writes: Rule = {
    key: `graph writes ${caller}`,
    bucket: { size: 3000, perSecond: 20 },
    ...usual,
    headers: none,
    refusal,
  };
  return isRead ? [all] : [all, writes];
}

function vaultRules(service: string, { operation }: Route): Rule[] {
  const isCreate = operation === "SetSecret";
  const message =
    "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached";
  return [
    {
      key: `${service} ${isCreate ? "create" : "other"}`,
      bucket: isCreate ? { size: 300, perSecond: 30 } : { size: 4000, perSecond: 400 },
      ...usual,
      isLong: false,
      isShared: true,
      silentShare: 0.5,
      headers: none,
      refusal: (taken) => ({ ...vaultError(429, "Throttled", message), headers: after(taken) }),
    },
  ];
}

function registryRules(service: string, { url }: Call): Rule[] {
  if (!url.pathname.startsWith("/oauth2/")) return [];
  return [
    {
      key: service,
      bucket: { size: 10_000, perSecond: 10_000 / 60 },
      ...usual,
      isLong: false,
      headers: none,
      refusal: (taken) => ({
        status: 429,
        headers: after(taken),
        body: { errors: [{ code: "TOOMANYREQUESTS", message: "too many requests" }] },
      }),
    },
  ];
}
