import type { LifeState } from "../../../../local/cloud/kit/life.ts";
import { roles } from "../arm/people.ts";
import { testCloud, type TestCloud } from "../kit/cloud.ts";

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}
type Ask = () => Promise<Answer>;

let cloud: TestCloud;
afterEach(() => cloud.close());

/** Tries until it works, as the clients of these services do; a quarter of a minute passes between two tries. */
async function until(isDone: (answer: Answer) => boolean, ask: Ask): Promise<Answer> {
  const seen: string[] = [];
  for (let tries = 0; tries < 600; tries += 1) {
    const answer = await ask();
    expect(answer.status).toBeLessThan(500);
    if (isDone(answer)) return answer;
    seen.push(`${answer.status} ${JSON.stringify(answer.body)}`);
    await cloud.control("POST", "/control/clock", { advanceInSeconds: 15 });
  }
  throw new Error(`never worked: ${[...new Set(seen)].join("\n")}`);
}
const isOk = ({ status }: Answer): boolean => status < 300;

async function ask(method: string, url: string, token: string, body?: string | URLSearchParams): Promise<Answer> {
  const answer = await fetch(url, {
    method,
    headers: {
      ...(token !== "" && { authorization: `Bearer ${token}` }),
      ...(typeof body === "string" && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text.startsWith("{") ? JSON.parse(text) : {} };
}

async function signIn(tenant: string, id: string, secret: string, resource: string): Promise<string> {
  const form = {
    grant_type: "client_credentials",
    client_id: id,
    client_secret: secret,
    scope: `${resource}/.default`,
  };
  const url = `${cloud.env1("ENTRA_URL")}/${cloud.env1(tenant)}/oauth2/v2.0/token`;
  const answer = await until(isOk, () => ask("POST", url, "", new URLSearchParams(form)));
  return String(answer.body["access_token"]);
}

/** A call by the administrator known in both tenants, who signs in anew each time. */
async function administer(
  tenant: string,
  resource: string,
  method: string,
  url: string,
  body?: object,
): Promise<Answer> {
  const text = body && JSON.stringify(body);
  return until(isOk, async () => {
    const token = await signIn(tenant, cloud.env1("CLIENT_ID"), cloud.env1("CLIENT_SECRET"), resource);
    return ask(method, url, token, text);
  });
}

const graph = (method: string, path: string, body: object): Promise<Answer> =>
  administer("TENANT_A", "https://graph.microsoft.com", method, `${cloud.env1("GRAPH_URL")}/v1.0${path}`, body);
const arm = (tenant: string, method: string, path: string, body?: object): Promise<Answer> =>
  administer(tenant, "https://management.azure.com", method, `${cloud.env1("ARM_URL")}${path}`, body);

test.each([1, 2, 3, 4, 5])(
  "as in life, with seed %i, the documented procedure ends with nodes that pull",
  async (seed) => {
    cloud = await testCloud({ life: { seed }, timings: {} });
    const app = (await graph("POST", "/applications", { displayName: "pull", signInAudience: "AzureADMultipleOrgs" }))
      .body;
    await graph("POST", "/servicePrincipals", { appId: app["appId"] });
    const password = (await graph("POST", `/applications/${String(app["id"])}/addPassword`, {})).body;
    const clientId = String(app["appId"]);
    const secret = String(password["secretText"]);
    const consent = { tenantId: cloud.env1("TENANT_B"), clientId, accept: true };
    const given = await cloud.control<{ servicePrincipalId: string }>("POST", "/control/consent", consent);

    const role = `/subscriptions/${cloud.env1("SUBSCRIPTION_ID_B")}/providers/Microsoft.Authorization/roleDefinitions/${roles.acrPull}`;
    const assignment = `${cloud.env1("REGISTRY_RESOURCE_ID")}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-00000000000${seed}`;
    await arm("TENANT_B", "PUT", `${assignment}?api-version=2022-04-01`, {
      properties: {
        roleDefinitionId: role,
        principalId: given.body.servicePrincipalId,
        principalType: "ServicePrincipal",
      },
    });
    await signIn("TENANT_B", clientId, secret, "https://containerregistry.azure.net");

    const cluster = cloud.env1("CLUSTER_RESOURCE_ID");
    const version = "api-version=2026-06-01";
    await arm("TENANT_A", "POST", `${cluster}/resetServicePrincipalProfile?${version}`, { clientId, secret });
    const image = `${cloud.env1("ACR_LOGIN_SERVER")}/${cloud.env1("REPO")}:${cloud.env1("TAG")}`;
    await until(
      ({ body }) => body["pulled"] === true,
      () => ask("POST", `${cloud.controlUrl}/control/kubelet/pull`, "", JSON.stringify({ clusterId: cluster, image })),
    );
    const { body } = await cloud.control<readonly LifeState[]>("GET", "/control/life");
    expect(body.filter(({ struck }) => struck > 0).length).toBeGreaterThan(2);
  },
);
