import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import fc from "fast-check";
import { testCloud, type TestCloud } from "./cloud.ts";

let cloud: TestCloud;
const logged: string[] = [];
beforeAll(async () => {
  cloud = await testCloud({ log: (line) => logged.push(line) });
});
afterAll(() => cloud.close());

const scopes = { GRAPH_URL: "https://graph.microsoft.com/.default", VAULT_URL: "https://vault.azure.net/.default" };
const segments = [
  ...["v1.0", "applications", "servicePrincipals", "secrets", "deletedsecrets", "versions", "addPassword", "recover"],
  ...["oauth2", "v2.0", "token", "adminconsent", ".well-known", "openid-configuration", "common", "discovery", "keys"],
  ...[
    "applications(uniqueName='a')",
    "applications(appId='",
    "msi",
    "control",
    "state",
    "faults",
    "timings",
    "consent",
  ],
  ...[
    "%2F",
    "%00",
    "%zz",
    "..",
    "'",
    "a b",
    "é",
    "a0000000-0000-4000-8000-000000000001",
    "directoryObjects",
    "getByIds",
  ],
];
const path = fc.array(fc.oneof(fc.constantFrom(...segments), fc.string({ maxLength: 8 })), { maxLength: 6 });
const query = fc.array(
  fc.tuple(
    fc.constantFrom("api-version", "$filter", "$select", "maxresults", "$skiptoken", "client_id", "redirect_uri", "x"),
    fc.oneof(
      fc.constantFrom("7.5", "eq ''", "appId eq '''", "-1", "1e9", "http://[", ""),
      fc.string({ maxLength: 12 }),
    ),
  ),
  { maxLength: 3 },
);
const body = fc.oneof(
  fc.constantFrom("", "{", "[]", "null", '"text"', '{"displayName":{}}', '{"value":7}', '{"__proto__":{"a":1}}'),
  fc.json({ maxDepth: 3 }),
  fc.constantFrom(
    "grant_type=client_credentials&scope=x%2F.default&client_id=%FF&client_assertion=a.b.c",
    "decision=accept",
  ),
  fc.string({ maxLength: 200 }),
);
const method = fc.constantFrom("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
const mediaType = fc.constantFrom("application/json", "application/x-www-form-urlencoded", "text/plain", "");

function send(
  base: string,
  target: string,
  options: { method: string; headers: Record<string, string>; body: string },
): Promise<number> {
  const { body: text, ...rest } = options;
  const url = new URL(base);
  const start = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const asked = start({ host: url.hostname, port: url.port, path: target, ...rest }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0));
    });
    asked.on("error", reject);
    asked.end(text);
  });
}

test.each(["ENTRA_URL", "GRAPH_URL", "VAULT_URL", "IDENTITY_ENDPOINT", "CONTROL_URL"] as const)(
  "no request makes the service at %s fail or fall over",
  async (key) => {
    const base = cloud.env1(key);
    const scope = key in scopes ? scopes[key as keyof typeof scopes] : undefined;
    const token = scope && (await cloud.credential("TENANT_A", "").getToken(scope)).token;
    const authorization: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
    await fc.assert(
      fc.asyncProperty(path, query, method, mediaType, body, async (parts, pairs, verb, type, text) => {
        const target = `/${parts.map((part) => part.replace(/[^!-~]/g, encodeURIComponent)).join("/")}?${new URLSearchParams(pairs).toString()}`;
        const headers = { ...authorization, ...(type && { "content-type": type }) };
        const status = await send(base, target, {
          method: verb,
          headers,
          body: verb === "GET" || verb === "HEAD" ? "" : text,
        });
        expect([status, target]).not.toEqual([500, target]);
      }),
      { numRuns: 400, seed: 20_261_121 },
    );
    expect(logged.filter((line) => line.includes('"defect"'))).toEqual([]);
  },
);

test.each([
  ["VAULT_URL", "PUT", "/secrets/a?api-version=7.5"],
  ["GRAPH_URL", "POST", "/v1.0/applications"],
  ["ENTRA_URL", "POST", "/common/oauth2/v2.0/token"],
  ["CONTROL_URL", "POST", "/control/faults"],
])("10 MB sent to %s are refused with 413, and the next call is served", async (key, verb, target) => {
  const headers = { "content-type": "application/json" };
  const large = "x".repeat(10_000_000);
  expect(await send(cloud.env1(key), target, { method: verb, headers, body: large })).toBe(413);
  expect(await send(cloud.env1(key), target, { method: verb, headers, body: "{}" })).not.toBe(413);
});
