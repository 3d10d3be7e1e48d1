import { inspect } from "node:util";
import type { Assigned, Azure, PullAnswer, PullTarget } from "../../src/azure/clients.ts";
import type { InTenant } from "../../src/domain/facts.ts";
import { TransientError } from "../../src/domain/errors.ts";
import { assignmentName, permits, pullRoleFor, repositoryCondition } from "../../src/domain/roles.ts";
import type { Secret } from "../../src/domain/secret.ts";
import { inTenant, simulate, type Simulated } from "./simulated.ts";

const canary = "canary-Ab1~secret-of-onboarding-4711";
const redirectUris = ["https://crosspull.example/api/consent"];
const expiresAt = "2027-05-20T00:00:00.000Z";
const timings = {
  reimagePerNodeInSeconds: 0,
  rolePropagationInSeconds: 0,
  secretReplicationInSeconds: 0,
  principalReplicationInSeconds: 0,
};

interface Onboarded {
  readonly appId: string;
  readonly secret: Secret;
  readonly principalA: string;
  readonly principalB: string;
  readonly token: Secret;
}

describe("the adapters together", () => {
  let simulated: Simulated;
  let azure: Azure;
  let cluster: InTenant;
  let registry: InTenant;
  let loginServer: string;

  beforeAll(async () => {
    simulated = await simulate({ timings });
    ({ azure, cluster, registry } = simulated);
    loginServer = simulated.env["ACR_LOGIN_SERVER"] ?? "";
  });
  afterAll(() => simulated.close());
  beforeEach(() => simulated.control("POST", "/control/reset"));

  /** Identity, secret and consent. */
  async function onboard(by = azure): Promise<Onboarded> {
    const { tenantA, tenantB } = simulated;
    await simulated.control("POST", "/control/next-password", { value: canary });
    const application = { uniqueName: "crosspull-one", displayName: "One", redirectUris };
    const app = await by.directory.putApplication(tenantA, application);
    if (app.outcome !== "put") throw new Error(app.detail);
    const principal = await by.directory.putServicePrincipal(tenantA, app.appId);
    if (principal.outcome !== "put") throw new Error(principal.detail);
    const password = await by.directory.addPassword(tenantA, app.objectId, { displayName: "one", expiresAt });
    if (password.outcome !== "added") throw new Error(password.detail);
    await simulated.control("POST", "/control/consent", { tenantId: tenantB, clientId: app.appId });
    const token = await by.entra.pullToken(tenantB, app.appId, password.value);
    if (token.outcome !== "issued") throw new Error(token.detail);
    return {
      appId: app.appId,
      secret: password.value,
      principalA: principal.objectId,
      principalB: token.objectId,
      token: token.token,
    };
  }

  function grant(principalId: string, by = azure, roleId: string = pullRoleFor("legacy").id): Promise<Assigned> {
    const name = assignmentName(registry.id, principalId, roleId);
    return by.roles.assign(registry.tenantId, { name, scope: registry.id, roleId, principalId });
  }
  function target(reference: string | null = "v1", repository = "team/app"): PullTarget {
    return { loginServer, repository, reference, named: true };
  }
  async function pullBothWays({ appId, secret, token }: Onboarded, on = target()): Promise<readonly PullAnswer[]> {
    return [await azure.pulls.withPassword(on, appId, secret), await azure.pulls.withEntraToken(on, token)];
  }
  async function finished(operation: string): Promise<object> {
    for (let look = 0; look < 200; look += 1) {
      const progress = await azure.clusters.followUpdate(cluster, operation);
      if (progress.outcome !== "running") return progress;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error("the update does not end");
  }

  it("read cluster, registry and our rights on both", async () => {
    expect(await azure.clusters.get(cluster)).toMatchObject({
      outcome: "found",
      provisioningState: "Succeeded",
      powerState: "Running",
      pools: expect.arrayContaining([expect.objectContaining({ provisioningState: "Succeeded" })]),
    });
    expect(await azure.registries.get(registry)).toMatchObject({ outcome: "found", roleMode: "legacy", loginServer });
    const held = async ({ tenantId, id }: typeof cluster) => {
      const known = await azure.roles.permissions(tenantId, id);
      return known.outcome === "known" ? known.value : [];
    };
    const onCluster = await held(cluster);
    const reset = "Microsoft.ContainerService/managedClusters/resetServicePrincipalProfile/action";
    expect(permits(onCluster, reset)).toBe(true);
    const onRegistry = await held(registry);
    expect(permits(onRegistry, "Microsoft.Authorization/roleAssignments/write")).toBe(true);
    expect(permits(onRegistry, reset)).toBe(false);
  });

  it("tell what is missing from what is forbidden", async () => {
    const missing = inTenant(`${cluster.id}-gone`, cluster.tenantId);
    expect(await azure.clusters.get(missing)).toMatchObject({ outcome: "missing", code: "ResourceNotFound" });
    const closed = inTenant(
      registry.id.replace("rg-registries", "rg-closed").replace("prod", "closed"),
      registry.tenantId,
    );
    expect(await azure.registries.get(closed)).toMatchObject({ outcome: "forbidden", code: "AuthorizationFailed" });
    expect(await azure.roles.assignConditions(closed.tenantId, [closed.id])).toEqual([{ outcome: "known", value: [] }]);
    const unknownTenant = { ...registry, tenantId: simulated.env["TENANT_C"] ?? "" };
    expect(await azure.registries.get(unknownTenant)).toMatchObject({
      outcome: "noToken",
      code: expect.stringMatching(/^AADSTS7000/),
    });
  });

  it("pull nothing without the role, and the image with it, both ways", async () => {
    const onboarded = await onboard();
    for (const refused of await pullBothWays(onboarded)) {
      expect(refused).toMatchObject({
        outcome: "refused",
        stage: expect.stringMatching(/^(accessList|registryToken)$/),
      });
    }
    const first = await grant(onboarded.principalB);
    expect(first).toMatchObject({ outcome: "assigned" });
    expect(await grant(onboarded.principalB)).toMatchObject({ outcome: "assigned", id: "id" in first && first.id });
    const pulled = {
      outcome: "pulled",
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      blobHost: expect.any(String),
    };
    const [byPassword, byToken] = await pullBothWays(onboarded);
    expect(byPassword).toMatchObject(pulled);
    expect(byToken).toEqual(byPassword);
    for (const proven of await pullBothWays(onboarded, target(null)))
      expect(proven).toMatchObject({ outcome: "pulled" });
    for (const missing of await pullBothWays(onboarded, target("no-such-tag"))) {
      expect(missing).toMatchObject({ outcome: "refused", stage: "manifest", status: 404 });
    }
  });

  it("pull from a registry in ABAC mode only the repositories that the condition names", async () => {
    const abac = inTenant(registry.id.replace("fabrikamprod", "fabrikamabac"), registry.tenantId);
    const facts = await azure.registries.get(abac);
    if (facts.outcome !== "found") throw new Error(facts.detail);
    expect(facts.roleMode).toBe("abac");
    const onboarded = await onboard();
    const on = { ...target(), loginServer: facts.loginServer };
    for (const [roleId, repository, outcome] of [
      [pullRoleFor("legacy").id, undefined, "refused"],
      [pullRoleFor("abac").id, "team/other", "refused"],
      [pullRoleFor("abac").id, "team/app", "pulled"],
    ] as const) {
      const condition = repository && repositoryCondition([repository]);
      const { principalB: principalId } = onboarded;
      const name = assignmentName(abac.id, principalId, roleId + (repository ?? ""));
      const grant = { name, scope: abac.id, roleId, principalId, ...(condition && { condition }) };
      const assigned = await azure.roles.assign(abac.tenantId, grant);
      if (assigned.outcome !== "assigned") throw new Error(assigned.outcome);
      for (const answer of await pullBothWays(onboarded, on)) expect(answer).toMatchObject({ outcome });
      await azure.roles.remove(abac.tenantId, assigned.id);
    }
  });

  it("assign and remove a role, each twice without complaint", async () => {
    const { principalB } = await onboard();
    const assigned = await grant(principalB);
    if (assigned.outcome !== "assigned") throw new Error(assigned.outcome);
    expect(await azure.roles.remove(registry.tenantId, assigned.id)).toEqual({ outcome: "removed" });
    expect(await azure.roles.remove(registry.tenantId, assigned.id)).toEqual({ outcome: "removed" });
    expect(JSON.stringify(await simulated.control("GET", "/control/state"))).not.toContain(assigned.id);
  });

  it("tell at any scope what we may do there", async () => {
    const group = cluster.id.slice(0, cluster.id.indexOf("/providers"));
    for (const scope of [cluster.id, group, group.slice(0, group.indexOf("/resourceGroups"))]) {
      const held = await azure.roles.permissions(cluster.tenantId, scope);
      if (held.outcome !== "known") throw new Error(held.detail);
      expect(permits(held.value, "Microsoft.Authorization/roleAssignments/write")).toBe(true);
    }
    const other = await azure.roles.permissions(registry.tenantId, group);
    expect(other.outcome === "known" ? other.value : []).toEqual([]);
  });

  it("list the roles that the cluster's old service principal has, in every subscription we see", async () => {
    const facts = await azure.clusters.get(cluster);
    if (facts.outcome !== "found") throw new Error(facts.detail);
    const old = await azure.directory.findServicePrincipal(cluster.tenantId, facts.clientId);
    if (old.outcome !== "found") throw new Error(old.detail);
    const found = await azure.roles.assignmentsOf(cluster.tenantId, [old.objectId], [cluster.subscriptionId]);
    expect(found).toMatchObject({ seen: expect.arrayContaining([cluster.subscriptionId]), hidden: [] });
    expect(found.assignments.map(({ scope }) => scope).sort()).toEqual([
      expect.stringContaining(facts.nodeResourceGroup ?? "?"),
      expect.stringContaining("Microsoft.Network/virtualNetworks"),
    ]);
  });

  it("assign a role although the first answer was lost", async () => {
    const { principalB } = await onboard();
    await simulated.fault({ service: "arm", operation: "RoleAssignments_Create", effect: "after", cut: true });
    expect(await grant(principalB)).toMatchObject({ outcome: "assigned" });
  });

  it("are forbidden to assign a role that is no pull role", async () => {
    const { principalB } = await onboard();
    const contributor = "b24988ac-6180-42a0-ab88-20f7382dd24c";
    expect(await grant(principalB, azure, contributor)).toMatchObject({
      outcome: "forbidden",
      code: "AuthorizationFailed",
    });
  });

  it("are told that a principal is not there", async () => {
    const stranger = "99999999-0000-4000-8000-000000000001";
    expect(await grant(stranger)).toMatchObject({ outcome: "principalNotFound", code: "PrincipalNotFound" });
  });

  it("move a cluster to the new service principal, which then pulls", async () => {
    const onboarded = await onboard();
    await grant(onboarded.principalB);
    const started = await azure.clusters.setServicePrincipal(cluster, onboarded.appId, onboarded.secret);
    if (started.outcome !== "started") throw new Error(started.detail);
    expect(started.operation).not.toContain("canary");
    expect(await finished(started.operation)).toEqual({ outcome: "succeeded" });
    expect(await azure.clusters.get(cluster)).toMatchObject({
      clientId: onboarded.appId,
      provisioningState: "Succeeded",
    });
    const image = `${loginServer}/team/app:v1`;
    const pulled = await simulated.control("POST", "/control/kubelet/pull", { clusterId: cluster.id, image });
    expect(JSON.stringify(pulled)).toContain("sha256:");
  });

  it("say that a cluster is busy, and that an update failed half way", async () => {
    const { appId, secret } = await onboard();
    await simulated.control("PUT", "/control/timings", { reimagePerNodeInSeconds: 600 });
    expect(await azure.clusters.setServicePrincipal(cluster, appId, secret)).toMatchObject({ outcome: "started" });
    expect(await azure.clusters.setServicePrincipal(cluster, appId, secret)).toMatchObject({ outcome: "busy" });
    await simulated.control("PUT", "/control/timings", timings);
    await simulated.control("POST", "/control/reset");
    const again = await onboard();
    await simulated.control("POST", "/control/clusters/fail-next-update", { clusterId: cluster.id, afterNodes: 1 });
    const started = await azure.clusters.setServicePrincipal(cluster, again.appId, again.secret);
    if (started.outcome !== "started") throw new Error(started.detail);
    expect(await finished(started.operation)).toMatchObject({
      outcome: "failed",
      code: expect.stringMatching(/^[A-Z]\w+$/),
    });
  });

  it("say that AKS could not sign in with a credential", async () => {
    const { appId, token } = await onboard();
    const wrong = await azure.clusters.setServicePrincipal(cluster, appId, token);
    expect(wrong).toMatchObject({ outcome: expect.stringMatching(/^(credentialRefused|refused)$/) });
  });

  it("show the secret nowhere when an update cannot be started now", async () => {
    const { appId, secret } = await onboard();
    const outage = { status: 503, times: 9, headers: { "retry-after-ms": "1" } };
    await simulated.fault({ service: "arm", operation: "ManagedClusters_ResetServicePrincipalProfile", ...outage });
    const error: unknown = await azure.clusters
      .setServicePrincipal(cluster, appId, secret)
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TransientError);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("canary");
  });

  it("make no call more than they need from the first look to the started update", async () => {
    const fresh = simulated.connect();
    await simulated.calls();
    await Promise.all([fresh.clusters.get(cluster), fresh.registries.get(registry)]);
    await Promise.all([cluster, registry].map((resource) => fresh.roles.permissions(resource.tenantId, resource.id)));
    const onboarded = await onboard(fresh);
    await fresh.vault.put("pull-one", onboarded.secret, { expiresAt, tags: {} });
    await grant(onboarded.principalB, fresh);
    await fresh.pulls.withPassword(target(), onboarded.appId, onboarded.secret);
    await fresh.pulls.withEntraToken(target(), onboarded.token);
    await fresh.clusters.setServicePrincipal(cluster, onboarded.appId, onboarded.secret);
    // The managed identity's token is the process's: whoever came first asked for it.
    const counts = Object.entries(await simulated.calls()).filter(([name]) => !name.startsWith("identity "));
    expect(Object.fromEntries(counts)).toEqual({
      // One token each: ARM twice, Graph, vault, and the pull identity's own; two tenants.
      "entra OpenIdConfiguration": 2,
      "entra Token_V2": 5,
      "graph application_UpdateByUniqueName": 1,
      "graph servicePrincipal_Create": 1,
      "graph application_AddPassword": 1,
      "vault SetSecret": 2,
      "arm ManagedClusters_Get": 1,
      "arm Registries_Get": 1,
      "arm Permissions_ListForResource": 2,
      "arm RoleAssignments_Create": 1,
      "arm ManagedClusters_ResetServicePrincipalProfile": 1,
      "registry:fabrikamprod Authentication_ExchangeAadAccessTokenForAcrRefreshToken": 1,
      "registry:fabrikamprod Authentication_ExchangeAcrRefreshTokenForAcrAccessToken": 2,
      // The manifest and one blob, for each way.
      "registry:fabrikamprod ContainerRegistry_GetManifest": 2,
      "registry:fabrikamprod ContainerRegistryBlob_GetBlob": 2,
    });
  });
});
