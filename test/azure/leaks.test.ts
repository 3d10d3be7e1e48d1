import { inspect } from "node:util";
import { connectClusters } from "../../src/azure/clusters.ts";
import { connectDirectory } from "../../src/azure/directory.ts";
import { connectPulls } from "../../src/azure/pulls.ts";
import { holds } from "../../src/azure/redaction.ts";
import { connectVault } from "../../src/azure/vault.ts";
import { Secret } from "../../src/domain/secret.ts";
import { inTenant } from "./simulated.ts";
import { anyCredentials, standIn, tokenWith, type Answer, type Asked, type StandIn } from "./standIn.ts";

const value = 'canary-"Ab1~/secret-of-everything-4711';
const canary = new Secret(value);
const tenantId = "a0000000-0000-4000-8000-000000000001";
const objectId = "20000000-0000-4000-8000-000000000001";
const clientId = "10000000-0000-4000-8000-000000000001";
const cluster = inTenant(
  "/subscriptions/a0000000-0000-4000-8000-0000000000a1/resourceGroups/rg/providers/" +
    "Microsoft.ContainerService/managedClusters/aks-one",
  tenantId,
);
const expiresAt = "2027-05-20T00:00:00Z";

const forms: Readonly<Record<string, string>> = {
  plain: value,
  "in an address": encodeURIComponent(value),
  "in JSON": JSON.stringify(value),
  "in base64": btoa(value),
  "in Basic": btoa(`${clientId}:${value}`),
};
const statuses = [200, 202, 400, 403, 404, 409, 429, 500, 503];
const types = ["application/json", "text/html", "application/xml", "application/problem+json"];
const bodies: readonly ((echo: string) => unknown)[] = [
  (echo) => ({ error: { code: "Word", message: `no to ${echo}`, details: [{ code: "Inner", message: echo }] } }),
  (echo) => ({ error: { code: echo, message: "no", innererror: { code: echo } } }),
  (echo) => ({ code: "Word", message: echo }),
  (echo) => ({ errors: [{ code: "DENIED", message: echo, detail: echo }] }),
  (echo) => ({ error: "invalid_client", error_description: echo }),
  (echo) => ({ error: echo }),
  (echo) => echo,
  (echo) => `{"value":"${echo}","id":"x`,
  (echo) => `<html><body>${echo}</body></html>`,
];

/** Every status, with every body, in every form and type: enough of all pairs to find what one alone does not. */
function answers(): readonly [string, Answer][] {
  const names = Object.keys(forms);
  return statuses.flatMap((status, row) =>
    bodies.map((body, column): [string, Answer] => {
      const form = names[(row * 2 + column) % names.length] ?? "plain";
      const type = types[(row + column) % types.length] ?? "";
      const echo = forms[form] ?? value;
      const headers = {
        "content-type": type,
        "x-echo": encodeURIComponent(echo),
        location: "https://evil.example/x",
        // Nothing is asked again at once.
        "retry-after": "300",
      };
      return [`${status} ${type} ${form} ${column}`, { status, headers, body: body(echo) }];
    }),
  );
}

describe("a secret that a service repeats in whatever way", () => {
  let service: StandIn;
  beforeAll(async () => {
    service = await standIn();
  });
  afterAll(() => service.close());

  /** What came of it: an answer or an error, as deep as it can be seen. */
  async function seen(work: () => Promise<unknown>): Promise<string> {
    const outcome = await work().catch((error: unknown) => error);
    const text = outcome instanceof Error ? `${outcome.message} ${outcome.stack ?? ""}` : JSON.stringify(outcome);
    return text + inspect(outcome, { depth: 9, showHidden: true });
  }
  const challenged =
    (answer: Answer) =>
    (asked: Asked): Answer => {
      if (asked.headers["authorization"]) return answer;
      const challenge = `Bearer authorization="${service.url}/${tenantId}", resource="https://vault.azure.net"`;
      return { status: 401, headers: { "www-authenticate": challenge } };
    };
  const byPath =
    (path: string, answer: Answer) =>
    (asked: Asked): Answer => {
      if (asked.path.includes(path)) return answer;
      const access = [{ type: "repository", name: "team/app", actions: ["pull"] }];
      return { status: 200, body: { access_token: tokenWith({ access }), refresh_token: tokenWith({}) } };
    };

  const target = { repository: "team/app", reference: "v1", named: true };
  const about = { expiresAt, tags: { keyId: "k1" } };
  const places: readonly [string, (answer: Answer) => (asked: Asked) => Answer, () => Promise<unknown>][] = [
    [
      "AKS that is given it",
      (answer) => () => answer,
      () => connectClusters(service.cloud, anyCredentials()).setServicePrincipal(cluster, clientId, canary),
    ],
    [
      "Graph that makes it",
      (answer) => () => answer,
      () =>
        connectDirectory(service.cloud, anyCredentials()).addPassword(tenantId, objectId, {
          displayName: "x",
          expiresAt,
        }),
    ],
    [
      "the vault that keeps it",
      challenged,
      () => connectVault(service.url, service.cloud, anyCredentials()).put("pull-x", canary, about),
    ],
    [
      "the vault that gives it back",
      challenged,
      () => connectVault(service.url, service.cloud, anyCredentials()).get("pull-x", "0123456789abcdef"),
    ],
    [
      "the registry that takes it",
      (answer) => byPath("/oauth2/token", answer),
      () => connectPulls(service.cloud).withPassword({ ...target, loginServer: service.host }, clientId, canary),
    ],
    [
      "the registry that gives the image",
      (answer) => byPath("/manifests/", answer),
      () => connectPulls(service.cloud).withPassword({ ...target, loginServer: service.host }, clientId, canary),
    ],
    [
      "the registry that exchanges a token",
      (answer) => byPath("/oauth2/exchange", answer),
      () => connectPulls(service.cloud).withEntraToken({ ...target, loginServer: service.host }, canary),
    ],
  ];

  it.each(places)("is not passed on by %s", async (_name, script, work) => {
    const leaks: string[] = [];
    for (const [name, answer] of answers()) {
      service.answer(script(answer));
      if (holds(await seen(work), canary)) leaks.push(name);
    }
    expect(leaks).toEqual([]);
  });
});
