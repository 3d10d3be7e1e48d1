import { onboardingSteps } from "../../src/domain/onboarding.ts";
import type { LinkView } from "../../local/stack/api.ts";
import { closeLaptops, nothing, oneLink, startLaptop, type Laptop } from "./laptop.ts";

describe("a link between a cluster and a registry in another tenant", () => {
  let laptop: Laptop;
  beforeAll(async () => {
    laptop = await startLaptop("onboarding");
  });
  afterAll(closeLaptops);

  test("is first planned, and the plan makes nothing", async () => {
    const link = laptop.freshLink();
    const { status, body } = await laptop.api.call<{
      allowed: boolean;
      checks: { verdict: string }[];
      changes: unknown[];
    }>("POST", "/api/links?dryRun=true", link);
    expect(status).toBe(200);
    expect(body).toMatchObject({ allowed: true });
    expect(body.checks.length).toBeGreaterThan(7);
    expect(body.changes).toHaveLength(6);
    expect(await laptop.made(link)).toEqual(nothing);
    const listed = await laptop.api.call("GET", `/api/links?cluster=${encodeURIComponent(link.cluster)}`);
    expect(listed.body).toEqual({ links: [], next: null });
  });

  test("is asked for, shows whom it waits for, and becomes ready with a proof", async () => {
    const { status, headers, body } = await laptop.api.create(laptop.freshLink());
    expect(status).toBe(202);
    expect(headers.get("location")).toBe(`/api/links/${body.id}`);
    const asking = await laptop.asked(body.id);
    expect(asking.waitingFor).toMatchObject({ on: "consent", url: asking.consentUrl });
    expect(new URL(asking.consentUrl ?? "").pathname).toBe(`/${laptop.env["TENANT_B"]}/v2.0/adminconsent`);

    const answer = await laptop.accept(asking);
    expect(answer.status).toBe(200);
    expect(answer.html).toContain("Thank you");
    const ready = await laptop.ended(body.id);
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

  test("leaves one of everything, the old roles on the new principal, and nodes that really pull", async () => {
    const link = laptop.link();
    const ready = await laptop.onboard(link);
    expect(await laptop.made(link)).toEqual(oneLink);
    const { clusters, roleAssignments, tenants } = await laptop.state();
    const appId = ready.pullIdentity?.appId;
    const cluster = clusters.find(({ id }) => id.toLowerCase() === ready.cluster.toLowerCase());
    expect(cluster).toMatchObject({ clientId: appId, provisioningState: "Succeeded" });
    expect(new Set(cluster?.nodes.map(({ clientId }) => clientId))).toEqual(new Set([appId]));

    const principal = tenants
      .find(({ id }) => id === laptop.env["TENANT_A"])
      ?.servicePrincipals.find((one) => one.appId === appId);
    const carried = roleAssignments.filter(({ principalId }) => principalId === principal?.id);
    expect(carried.map(({ roleName }) => roleName).sort()).toEqual(["Contributor", "Network Contributor"]);

    const image = `${laptop.env["ACR_LOGIN_SERVER"]}/team/app:v1`;
    const pull = await laptop.control("POST", "/control/kubelet/pull", { clusterId: ready.cluster, image });
    expect(pull).toMatchObject({ pulled: true, digest: ready.proof?.digest, clientId: appId });
  });

  test("is the same link when asked for again, and nothing changes", async () => {
    const link = laptop.freshLink();
    const ready = await laptop.onboard(link);
    const before = await laptop.state();
    const { status, body } = await laptop.api.create(link);
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
    const link = laptop.freshLink();
    await laptop.onboard(link);
    const { status, body } = await laptop.api.create({ ...link, image: "team/other:v1" });
    expect(status).toBe(409);
    expect(body).toMatchObject({ code: "CP-LINK-CHANGED" });
  });

  test("is listed, filtered and paged", async () => {
    const link = laptop.freshLink();
    const { id } = await laptop.onboard(link);
    const ids = async (query: string): Promise<string[]> => {
      const { body } = await laptop.api.call<{ links: LinkView[]; next: string | null }>("GET", `/api/links?${query}`);
      return body.links.map((one) => one.id);
    };
    expect(await ids("status=ready")).toContain(id);
    expect(await ids("status=failed")).not.toContain(id);
    expect(await ids(`cluster=${encodeURIComponent(link.cluster.toUpperCase())}`)).toEqual([id]);
  });

  test("shares the pull identity and its secret with a second link of the cluster, which leaves the nodes alone", async () => {
    const link = laptop.freshLink();
    await laptop.onboard(link);
    const calls = async () =>
      (await laptop.control<{ counts: Record<string, number> }>("GET", "/control/calls")).counts[
        "arm ManagedClusters_ResetServicePrincipalProfile"
      ];
    const before = await calls();
    const second = await laptop.onboard({ ...link, registry: laptop.link(undefined, "fabrikamabac").registry });
    expect(second).toMatchObject({ status: "ready", grant: { role: "Container Registry Repository Reader" } });
    expect(await laptop.made(link)).toEqual({ ...oneLink, grants: 2 });
    expect(await calls()).toBe(before);
  });

  test("thanks an administrator whose browser comes back when all is done, however often", async () => {
    const { body } = await laptop.api.create(laptop.freshLink());
    const asking = await laptop.asked(body.id);
    const clientId = new URL(asking.consentUrl ?? "").searchParams.get("client_id");
    const tenant = laptop.env["TENANT_B"] ?? "";
    await laptop.control("POST", "/control/consent", { tenantId: tenant, clientId, accept: true });
    expect(await laptop.ended(body.id)).toMatchObject({ status: "ready" });
    expect(await laptop.callback(asking, { admin_consent: "True", tenant })).toMatchObject({ status: 200 });
    expect(await laptop.callback(asking, { admin_consent: "True", tenant })).toMatchObject({ status: 200 });
  });

  test("sweeps from the first request on, whatever its timers do, and says when it has", async () => {
    type Sweep = { readonly lastEndedAt: string | null; readonly state: string };
    const sweep = async () =>
      ((await (await fetch(`${laptop.stack.url}/api/health`)).json()) as { readonly sweep: Sweep }).sweep;
    // Health is looked at every ten seconds at most.
    for (const end = Date.now() + 60_000; (await sweep()).lastEndedAt === null && Date.now() < end;)
      await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await sweep()).toMatchObject({ state: "ok", lastEndedAt: expect.any(String) as unknown });
    expect(await (await fetch(`${laptop.stack.url}/api/health?live`)).json()).toMatchObject({ status: "alive" });
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
