import { requestToken } from "../../local/stack/token.ts";
import { closeLaptops, made, nothing, startLaptop, type Laptop } from "./laptop.ts";

type Problem = { code: string; title: string; detail: string; remedy: string; status: number };

describe("a request that cannot be accepted", () => {
  let laptop: Laptop;
  let token: string;
  beforeAll(async () => {
    laptop = await startLaptop("bad-input");
    token = await requestToken("operator", laptop.env);
  });
  afterAll(closeLaptops);
  afterEach(async () => {
    expect(made(await laptop.state(), laptop.env)).toEqual(nothing);
    expect((await laptop.api.call("GET", "/api/links")).body).toEqual({ links: [], next: null });
  });

  const post = async (body: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${laptop.stack.url}/api/links`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
      body,
    });
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    return { status: response.status, problem: (await response.json()) as Problem };
  };
  const refused = async (body: unknown, status: number, code: string) => {
    const answer = await post(JSON.stringify(body));
    expect(answer.problem).toMatchObject({ code, status });
    expect(answer.status).toBe(status);
    expect(answer.problem.remedy).toMatch(/\.$/);
    return answer.problem.detail;
  };

  test.each([
    ["cut short", '{"cluster":'],
    ["empty", ""],
    ["a text", "hello"],
  ])("because the body is %s", async (_what, body) => {
    expect(await post(body)).toMatchObject({ status: 400, problem: { code: "CP-BAD-JSON" } });
  });

  test("because the body has ten megabytes", async () => {
    expect(await post(JSON.stringify({ cluster: "x".repeat(10_000_000) }))).toMatchObject({
      status: 413,
      problem: { code: "CP-BODY-TOO-LARGE" },
    });
  });

  test("because the body is no object, or fields have the wrong type, or are unknown: all faults are named", async () => {
    expect(await refused([], 400, "CP-BAD-REQUEST")).toContain("the body");
    const detail = await refused(
      { ...laptop.link(), cluster: 5, repositories: "all", secret: "x", clusterTenantId: "contoso" },
      400,
      "CP-BAD-REQUEST",
    );
    for (const field of ["cluster:", "repositories:", "clusterTenantId:", "secret"]) expect(detail).toContain(field);
  });

  test("because ids name other things", async () => {
    const { cluster, registry, ...tenants } = laptop.link();
    await refused({ ...tenants, cluster: registry, registry: cluster }, 400, "CP-SWAPPED-RESOURCES");
    await refused(
      { ...tenants, cluster: cluster.replace("ContainerService/managedClusters", "Compute/virtualMachines"), registry },
      400,
      "CP-BAD-RESOURCE-ID",
    );
    await refused({ ...tenants, cluster, registry: "fabrikamprod.azurecr.io" }, 400, "CP-BAD-RESOURCE-ID");
    await refused({ ...tenants, cluster: `${cluster}/agentPools/system`, registry }, 400, "CP-BAD-RESOURCE-ID");
  });

  test("because both sides are in one tenant, or the image is none", async () => {
    const link = laptop.link();
    await refused({ ...link, registryTenantId: link.clusterTenantId }, 400, "CP-SAME-TENANT");
    await refused({ ...link, image: "Team/App" }, 400, "CP-BAD-REQUEST");
    await refused({ ...link, repositories: ["team/other"], image: "team/app:v1" }, 400, "CP-BAD-REQUEST");
  });

  test.each([
    ["does not exist", "aks-nowhere", 422, "CP-CLUSTER-NOT-FOUND"],
    ["is stopped", "aks-stopped", 409, "CP-CLUSTER-STOPPED"],
    ["is upgrading", "aks-upgrading", 409, "CP-CLUSTER-NOT-SETTLED"],
    ["has a failed pool", "aks-failedpool", 409, "CP-CLUSTER-NOT-SETTLED"],
    ["uses a managed identity", "aks-managed", 422, "CP-CLUSTER-MANAGED-IDENTITY"],
  ])("because the cluster %s", async (_what, cluster, status, code) => {
    await refused(laptop.link(cluster), status, code);
    const planned = await laptop.api.call<{ allowed: boolean; problem: Problem }>(
      "POST",
      "/api/links?dryRun=true",
      laptop.link(cluster),
    );
    expect(planned).toMatchObject({ status: 200, body: { allowed: false, problem: { code } } });
  });

  test("because we have no right on the cluster", async () => {
    const readonly = laptop.link("aks-readonly");
    await refused(
      { ...readonly, cluster: readonly.cluster.replace("rg-clusters", "rg-readonly") },
      422,
      "CP-CLUSTER-FORBIDDEN",
    );
  });

  test("because the registry does not exist, or we have no right there", async () => {
    // Without a right on the resource group Azure does not say whether the registry exists.
    await refused(laptop.link(undefined, "fabrikamnowhere"), 422, "CP-REGISTRY-FORBIDDEN");
    await grantReaderOnRegistries(laptop);
    await refused(laptop.link(undefined, "fabrikamnowhere"), 422, "CP-REGISTRY-NOT-FOUND");
    const closed = laptop.link(undefined, "fabrikamclosed");
    await refused(
      { ...closed, registry: closed.registry.replace("rg-registries", "rg-closed") },
      422,
      "CP-REGISTRY-FORBIDDEN",
    );
  });

  test("because nobody is signed in, or not for this", async () => {
    for (const authorization of [
      "",
      "Bearer abc",
      `Bearer ${token.slice(0, -8)}AAAAAAAA`,
      `Bearer ${await requestTokenForArm(laptop)}`,
    ]) {
      expect(await post("{}", { authorization })).toMatchObject({
        status: 401,
        problem: { code: "CP-UNAUTHENTICATED" },
      });
    }
    for (const role of ["reader", "nobody"] as const) {
      const authorization = `Bearer ${await requestToken(role, laptop.env)}`;
      expect(await post("{}", { authorization })).toMatchObject({ status: 403, problem: { code: "CP-FORBIDDEN" } });
    }
  });

  test("because what it asks about is not there", async () => {
    for (const [method, path] of [
      ["GET", "/api/links/0123456789abcdef"],
      ["GET", "/api/links/nonsense"],
      ["POST", "/api/links/0123456789abcdef/cancel"],
    ] as const) {
      expect(await laptop.api.call(method, path)).toMatchObject({ status: 404, body: { code: "CP-LINK-NOT-FOUND" } });
    }
    for (const query of [
      "status=unknown",
      "size=0",
      "size=many",
      "size=1001",
      "size=1e2",
      "size=0x10",
      "page=zzz",
      "page=",
      "page=%00",
    ]) {
      expect(await laptop.api.call("GET", `/api/links?${query}`)).toMatchObject({
        status: 400,
        body: { code: "CP-BAD-REQUEST" },
      });
    }
  });

  test("because the consent answer is forged", async () => {
    const response = await fetch(`${laptop.stack.url}/api/consent?state=eyJhbGciOiJub25lIn0.e30.&admin_consent=True`);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("CP-STATE-INVALID");
  });
});

/** A token of the same tenant for another audience. */
async function requestTokenForArm({ env }: Laptop, tenant = env["TENANT_A"]): Promise<string> {
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: env["CLIENT_ID"] ?? "",
    client_secret: env["CLIENT_SECRET"] ?? "",
    scope: "https://management.azure.com/.default",
  });
  const answer = await fetch(`${env["ENTRA_URL"]}/${tenant}/oauth2/v2.0/token`, { method: "POST", body: form });
  return ((await answer.json()) as { access_token: string }).access_token;
}

/** As the registry tenant's owner. */
async function grantReaderOnRegistries(laptop: Laptop): Promise<void> {
  const { env } = laptop;
  const { tenants } = await laptop.state();
  const principal = tenants
    .find(({ id }) => id === env["TENANT_B"])
    ?.servicePrincipals.find(({ appId }) => appId === env["AUTOMATION_CLIENT_ID"]);
  const scope = `/subscriptions/${env["SUBSCRIPTION_ID_B"]}/resourceGroups/${env["RESOURCE_GROUP_B"]}`;
  const url = `${env["ARM_URL"]}${scope}/providers/Microsoft.Authorization/roleAssignments/11111111-2222-4333-8444-555555555555?api-version=2022-04-01`;
  const answer = await fetch(url, {
    method: "PUT",
    headers: {
      authorization: `Bearer ${await requestTokenForArm(laptop, env["TENANT_B"])}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({
      properties: {
        roleDefinitionId: `/subscriptions/${env["SUBSCRIPTION_ID_B"]}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7`,
        principalId: principal?.id,
        principalType: "ServicePrincipal",
      },
    }),
  });
  expect(answer.status).toBe(201);
}
