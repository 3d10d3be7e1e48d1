import fc from "fast-check";
import { clusterId, registryId, subscriptionA, subscriptionB } from "../arm/people.ts";

/** One route as the control service lists it. */
export interface Offered {
  readonly service: string;
  readonly operation: string;
  /** `GET /subscriptions/:subscription` */
  readonly calls: readonly string[];
}

export interface RandomRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly contentType: string | undefined;
  readonly body: string | undefined;
  /** An index into the caller's list of tokens. */
  readonly token: number;
}

const guid = "a0000000-0000-4000-8000-0000000000a1";
const roles = `${subscriptionA}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7`;

/** What stands for `:name` and `*name` in paths: things that are there, that are not, and nonsense. */
const known: Readonly<Record<string, readonly string[]>> = {
  subscription: [guid, "b0000000-0000-4000-8000-0000000000a1"],
  group: ["rg-clusters", "rg-registries"],
  cluster: ["aks-prod", "aks-managed", "aks-stopped"],
  registry: ["fabrikamprod", "fabrikamabac"],
  pool: ["system", "apps"],
  scope: [subscriptionA, subscriptionB, clusterId("aks-prod"), registryId("fabrikamprod")].map((id) => id.slice(1)),
  tenant: ["10000000-0000-4000-8000-00000000000a", "common", "organizations"],
  name: ["team/app", "one", "two"],
  reference: ["v1"],
};
const nonsense = [
  "",
  "%00",
  "%zz",
  "..",
  "'",
  "a b",
  "é",
  "0",
  "-1",
  "null",
  "__proto__",
  guid,
  "x".repeat(300),
  "a%2Fb",
];

/** Values that stand a chance of being let through. */
const plausible = [
  ...["displayName", "team", "ServicePrincipal", "AzureADMultipleOrgs", "2.0", roles, guid, "client_credentials"],
  ...[
    "https://graph.microsoft.com/.default",
    "Enabled",
    "disabled",
    "2030-01-01T00:00:00Z",
    "repository:team/app:pull",
  ],
];
const names = [
  ...[
    "displayName",
    "appId",
    "signInAudience",
    "uniqueName",
    "passwordCredential",
    "keyId",
    "endDateTime",
    "ids",
    "web",
  ],
  ...["properties", "roleDefinitionId", "principalId", "principalType", "condition", "clientId", "secret", "policies"],
  ...["value", "attributes", "exp", "enabled", "tags", "contentType", "query", "options", "subscriptions", "__proto__"],
];
const scalar = fc.oneof(
  fc.constantFrom(...plausible),
  fc.constantFrom<unknown>(null, true, 0, -1, 1e300, "", [], {}),
  fc.string({ maxLength: 20 }),
);
const { document } = fc.letrec<{ document: unknown; value: unknown }>((tie) => ({
  document: fc.dictionary(fc.constantFrom(...names), tie("value"), { maxKeys: 5 }),
  value: fc.oneof({ maxDepth: 3 }, scalar, tie("document"), fc.array(scalar, { maxLength: 3 })),
}));
const form = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        "grant_type",
        "scope",
        "resource",
        "service",
        "client_id",
        "client_secret",
        "access_token",
        "tenant",
      ),
      fc.oneof(fc.constantFrom(...plausible), fc.string({ maxLength: 30 })),
    ),
    { maxLength: 6 },
  )
  .map((pairs) => new URLSearchParams(pairs).toString());
const body = fc.oneof(
  { weight: 5, arbitrary: document.map((value) => JSON.stringify(value)) },
  { weight: 2, arbitrary: form },
  { weight: 1, arbitrary: fc.constantFrom("", "{", "[]", "null", '"text"', "[1,", "\u0000", '{"__proto__":{"a":1}}') },
  { weight: 1, arbitrary: fc.string({ maxLength: 100 }) },
);
const query = fc.array(
  fc.tuple(
    fc.constantFrom(
      "$filter",
      "$select",
      "$top",
      "$skiptoken",
      "maxresults",
      "n",
      "last",
      "scope",
      "service",
      "API-version",
    ),
    fc.oneof(
      fc.constantFrom(
        "https://vault.azure.net",
        "appId eq '",
        "atScope()",
        "principalId eq '1'",
        "-1",
        "1e9",
        "",
        "7.5",
        "repository:x:pull",
      ),
      fc.string({ maxLength: 12 }),
    ),
  ),
  { maxLength: 2 },
);
const versions = [
  "2026-06-01",
  "2025-11-01",
  "2022-04-01",
  "2022-12-01",
  "2021-04-01",
  "2024-04-01",
  "7.5",
  "2019-08-01",
];

/** Requests to what a service offers: right and wrong ones mixed, `tokens` of whatever kind with them. */
export function requestsTo(offers: readonly Offered[], tokens: number): fc.Arbitrary<RandomRequest> {
  const calls = offers.flatMap((offer) => offer.calls);
  const offered = fc.constantFrom(...calls).chain((call) => {
    const [method = "", template = ""] = call.split(" ");
    const parameters = [...template.matchAll(/[:*](\w+)/g)].map(([, name = ""]) => valueOf(name));
    return fc.tuple(...parameters).map((values) => {
      let at = 0;
      return { method, path: template.replace(/[:*]\w+/g, () => values[at++] ?? "") };
    });
  });
  const methods = fc.constantFrom("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
  const version = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...versions) },
    { weight: 1, arbitrary: fc.constantFrom("", "latest", "2001-01-01", "9999-99-99") },
  );
  return fc
    .record({
      target: offered,
      other: fc.oneof({ weight: 8, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: methods }),
      query,
      version: fc.option(version, { freq: 8 }),
      contentType: fc.constantFrom("application/json", "application/json", formType, "text/plain", undefined),
      body: fc.option(body, { freq: 4, nil: undefined }),
      token: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(tokens - 1) }),
    })
    .map(({ target, other, query: pairs, version: asked, ...rest }) => {
      const search = new URLSearchParams(pairs);
      if (asked !== null) search.set("api-version", asked);
      return { ...rest, method: other ?? target.method, path: `${sendable(target.path)}?${search.toString()}` };
    });
}

/** Node refuses to send what no path may hold. */
function sendable(path: string): string {
  return path.replace(/[^\x21-\x7e]/gu, encodeURIComponent);
}

const formType = "application/x-www-form-urlencoded";

function valueOf(parameter: string): fc.Arbitrary<string> {
  const there = known[parameter] ?? [guid, "one"];
  return fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...there) },
    { weight: 1, arbitrary: fc.constantFrom(...nonsense) },
    { weight: 1, arbitrary: fc.string({ maxLength: 12 }).map(encodeURIComponent) },
  );
}
