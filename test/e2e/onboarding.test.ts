import { onboardingSteps } from "../../src/domain/onboarding.ts";
import type { LinkView } from "../../local/stack/api.ts";
import { made, oneLink, startLaptop, type Laptop } from "./laptop.ts";

describe("a link between a cluster and a registry in another tenant", () => {
  let laptop: Laptop;
  beforeAll(async () => {
    laptop = await startLaptop("onboarding");
  });
  afterAll(() => laptop.close());

  test("is first planned, and the plan makes nothing", async () => {
    const { status, body } = await laptop.api.call<{
      allowed: boolean;
      checks: { verdict: string }[];
      changes: unknown[];
    }>("POST", "/api/links?dryRun=true", laptop.link());
    expect(status).toBe(200);
    expect(body).toMatchObject({ allowed: true });
    expect(body.checks.length).toBeGreaterThan(7);
    expect(body.changes).toHaveLength(6);
    expect(made(await laptop.state(), laptop.env).applications).toBe(0);
    expect((await laptop.api.call("GET", "/api/links")).body).toEqual({ links: [], next: null });
  });

  let ready: LinkView;
  test("is asked for, shows whom it waits for, and becomes ready with a proof", async () => {
    const { status, headers, body } = await laptop.api.create(laptop.link());
    expect(status).toBe(202);
    expect(headers.get("location")).toBe(`/api/links/${body.id}`);
    const asking = await laptop.asked(body.id);
    expect(asking.waitingFor).toMatchObject({ on: "consent", url: asking.consentUrl });
    expect(new URL(asking.consentUrl ?? "").pathname).toBe(`/${laptop.env["TENANT_B"]}/v2.0/adminconsent`);

    const answer = await laptop.accept(asking);
    expect(answer.status).toBe(200);
    expect(answer.html).toContain("Thank you");
    ready = await laptop.ended(body.id);
    expect(ready).toMatchObject({
      status: "ready",
      problem: null,
      consentUrl: null,
      waitingFor: null,
      grant: { role: "AcrPull" },
    });
    expect(ready.proof).toMatchObject({ image: "team/app:v1", methods: ["kubeletBasicAuth", "entraTokenExchange"] });
    expect(ready.operation.steps.map(({ name, state }) => `${name} ${state}`)).toEqual(
      onboardingSteps.map((name) => `${name} done`),
    );
  });

  test("leaves one app, one password, one vault version, one role assignment, and the cluster on the app", async () => {
    const state = await laptop.state();
    expect(made(state, laptop.env)).toEqual(oneLink);
    const cluster = state.clusters.find(({ id }) => id.toLowerCase() === ready.cluster.toLowerCase());
    expect(cluster).toMatchObject({ clientId: ready.pullIdentity?.appId, provisioningState: "Succeeded" });
    expect(new Set(cluster?.nodes.map(({ clientId }) => clientId))).toEqual(new Set([ready.pullIdentity?.appId]));
  });

  test("really pulls: a node fetches the image with the credential it holds, and finds the proved digest", async () => {
    const image = `${laptop.env["ACR_LOGIN_SERVER"]}/team/app:v1`;
    const pull = await laptop.control<{ pulled: boolean; digest: string; clientId: string }>(
      "POST",
      "/control/kubelet/pull",
      { clusterId: ready.cluster, image },
    );
    expect(pull).toMatchObject({ pulled: true, digest: ready.proof?.digest, clientId: ready.pullIdentity?.appId });
  });

  test("carried the roles of the old service principal over to the pull identity", async () => {
    const { roleAssignments, tenants } = await laptop.state();
    const principal = tenants
      .find(({ id }) => id === laptop.env["TENANT_A"])
      ?.servicePrincipals.find(({ appId }) => appId === ready.pullIdentity?.appId);
    const carried = roleAssignments
      .filter(({ principalId }) => principalId === principal?.id)
      .map(({ roleName }) => roleName);
    expect(carried.sort()).toEqual(["Contributor", "Network Contributor"]);
  });

  test("is the same link when asked for again, and nothing changes", async () => {
    const before = await laptop.state();
    const { status, body } = await laptop.api.create(laptop.link());
    expect(status).toBe(200);
    expect(body).toEqual(ready);
    const after = await laptop.state();
    expect([after.tenants, after.vaults, after.roleAssignments, after.clusters]).toEqual([
      before.tenants,
      before.vaults,
      before.roleAssignments,
      before.clusters,
    ]);
  });

  test("is refused when asked for with other settings", async () => {
    const { status, body } = await laptop.api.create({ ...laptop.link(), image: "team/other:v1" });
    expect(status).toBe(409);
    expect(body).toMatchObject({ code: "CP-LINK-CHANGED" });
  });

  test("is listed, filtered and paged", async () => {
    const list = async (query: string) =>
      (await laptop.api.call<{ links: LinkView[]; next: string | null }>("GET", `/api/links?${query}`)).body;
    expect((await list("status=ready")).links.map(({ id }) => id)).toEqual([ready.id]);
    expect((await list("status=failed")).links).toEqual([]);
    expect((await list(`cluster=${encodeURIComponent(ready.cluster.toUpperCase())}`)).links).toHaveLength(1);
  });

  test("shares the pull identity and its secret with a second link of the cluster, which leaves the nodes alone", async () => {
    const calls = async () =>
      (await laptop.control<{ counts: Record<string, number> }>("GET", "/control/calls")).counts[
        "arm ManagedClusters_ResetServicePrincipalProfile"
      ];
    const before = await calls();
    const second = await laptop.onboard(laptop.link(undefined, "fabrikamabac"));
    expect(second).toMatchObject({ status: "ready", grant: { role: "Container Registry Repository Reader" } });
    expect(made(await laptop.state(), laptop.env)).toEqual({ ...oneLink, grants: 2 });
    expect(await calls()).toBe(before);
  });

  test("thanks an administrator whose browser comes back when all is done, however often", async () => {
    const { body } = await laptop.api.create(laptop.link("aks-staging"));
    const asking = await laptop.asked(body.id);
    const clientId = new URL(asking.consentUrl ?? "").searchParams.get("client_id");
    const tenant = laptop.env["TENANT_B"] ?? "";
    await laptop.control("POST", "/control/consent", { tenantId: tenant, clientId, accept: true });
    expect(await laptop.ended(body.id)).toMatchObject({ status: "ready" });
    expect(await laptop.callback(asking, { admin_consent: "True", tenant })).toMatchObject({ status: 200 });
    expect(await laptop.callback(asking, { admin_consent: "True", tenant })).toMatchObject({ status: 200 });
  });

  test("answers health without a token", async () => {
    const response = await fetch(`${laptop.stack.url}/api/health`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      status: "healthy",
      dependencies: { storage: "reachable", vault: "reachable", entra: "reachable" },
    });
  });
});
