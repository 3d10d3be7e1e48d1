/** What people do behind Crosspull's back, or ask in an odd way: each test has a cluster of its own. */
import type { NewLink } from "../../local/stack/api.ts";
import { clusterKeyOf, names } from "../../src/domain/ids.ts";
import { byOwner } from "./byOwner.ts";
import { closeLaptops, nothing, oneLink, startLaptop, type Laptop } from "./laptop.ts";

const someAssignment =
  "/subscriptions/a0000000-0000-4000-8000-0000000000a1/providers/Microsoft.Authorization/roleAssignments/99999999-0000-4000-8000-000000000001";
const someApplication = "99999999-0000-4000-8000-000000000001";

describe("a link that people have to do with", () => {
  let laptop: Laptop;
  beforeAll(async () => {
    laptop = await startLaptop("field");
  });
  afterAll(closeLaptops);

  const repair = async (link: NewLink) => {
    expect(await laptop.api.create(link)).toMatchObject({ status: 202 });
    const { body } = await laptop.api.create(link);
    return laptop.ended(body.id);
  };

  test("and whose grant somebody removed is repaired when it is asked for again", async () => {
    const link = laptop.freshLink();
    await laptop.onboard(link);
    expect(await laptop.api.create(link)).toMatchObject({ status: 200 });
    const grant = await grantOf(laptop, link);
    await byOwner(laptop, "TENANT_B", "ARM_URL", "DELETE", `${grant}?api-version=2022-04-01`);
    expect(await laptop.made(link)).toEqual({ ...oneLink, grants: 0 });
    expect(await repair(link)).toMatchObject({ status: "ready" });
    expect(await laptop.made(link)).toEqual(oneLink);
  });

  test("and whose cluster somebody moved back to its old credential is repaired when it is asked for again", async () => {
    const link = laptop.freshLink();
    const clientId = (await clusterOf(laptop, link))?.clientId;
    await laptop.onboard(link);
    const reset = `${link.cluster}/resetServicePrincipalProfile?api-version=2024-09-01`;
    const secret = `${link.cluster.slice(link.cluster.lastIndexOf("/") + 1)}-first-secret`;
    await byOwner(laptop, "TENANT_A", "ARM_URL", "POST", reset, { clientId, secret });
    expect(await laptop.made(link)).toEqual({ ...oneLink, clustersOnPullIdentity: 0 });
    expect(await repair(link)).toMatchObject({ status: "ready" });
    expect(await laptop.made(link)).toEqual(oneLink);
  });

  test("is refused where what is accepted is none of the cluster's, before anything is made", async () => {
    const link = laptop.freshLink();
    for (const accepted of [{ acceptOldApplication: someApplication }, { acceptLost: [someAssignment] }]) {
      const answer = await laptop.api.call("POST", "/api/links", { ...link, ...accepted });
      expect(answer).toMatchObject({ status: 400, body: { code: "CP-BAD-REQUEST" } });
      expect(JSON.stringify(answer.body)).toContain(Object.keys(accepted)[0]);
    }
    expect(await laptop.made(link)).toEqual(nothing);
  });

  test("shares its cluster with another: cancelling one of them leaves the application to the other", async () => {
    const first = laptop.freshLink();
    const second = { ...first, registry: laptop.link(undefined, "fabrikamabac").registry };
    const kept = await laptop.asked((await laptop.api.create(first)).body.id);
    const left = await laptop.asked((await laptop.api.create(second)).body.id);
    expect(await laptop.api.call("POST", `/api/links/${left.id}/cancel`)).toMatchObject({ status: 202 });
    expect(await laptop.ended(left.id)).toMatchObject({ status: "cancelled" });
    expect(await laptop.made(first)).toMatchObject({ applications: 1, passwords: 1, vaultVersions: 1 });
    await laptop.accept(kept);
    expect(await laptop.ended(kept.id)).toMatchObject({ status: "ready" });
    expect(await laptop.made(first)).toEqual(oneLink);
  });

  test("and whose secret somebody disabled in the vault gets a new one on every node, though AKS is busy at first", async () => {
    const link = laptop.freshLink();
    await laptop.onboard(link);
    const name = names.vaultSecret(clusterKeyOf(link.cluster));
    const version = (await laptop.state()).vaults
      .flatMap(({ secrets }) => secrets)
      .find((secret) => secret.name === name)
      ?.versions.find(({ enabled }) => enabled)?.version;
    const path = `/secrets/${name}/${version}?api-version=7.4`;
    await byOwner(laptop, "TENANT_A", "VAULT_URL", "PATCH", path, { attributes: { enabled: false } });
    expect(await laptop.made(link)).toMatchObject({ vaultVersions: 0 });
    const plan = await laptop.api.call<{ changes: { action: string }[] }>("POST", "/api/links?dryRun=true", link);
    const actions = ["reuse", "create", "reuse", "reuse", "none", "change"];
    expect(plan.body.changes.map(({ action }) => action)).toEqual(actions);
    const before = await heldBy(laptop, link);
    // AKS refuses the first request for the update: what was meant and not taken is not what the nodes hold.
    const body = { error: { code: "AnotherOperationInProgress", message: "Another operation is in progress." } };
    const operation = "ManagedClusters_ResetServicePrincipalProfile";
    await laptop.control("POST", "/control/faults", { service: "arm", operation, times: 1, status: 409, body });
    expect(await repair(link)).toMatchObject({ status: "ready" });
    expect(await laptop.made(link)).toEqual(oneLink);
    const after = await heldBy(laptop, link);
    expect([before.length, after.length]).toEqual([1, 1]);
    expect(after).not.toEqual(before);
  });

  test("shows what its nodes are proved to hold, and a password that somebody made for something else", async () => {
    const link = laptop.freshLink();
    const { pullIdentity } = await laptop.onboard(link);
    const path = `/v1.0/applications(appId='${pullIdentity?.appId}')/addPassword`;
    await byOwner(laptop, "TENANT_A", "GRAPH_URL", "POST", path, { passwordCredential: { displayName: "for CI" } });
    const query = `resource=${encodeURIComponent(link.cluster.toUpperCase())}`;
    const found = await laptop.api.call<{ identities: { clusterKey: string }[] }>("GET", `/api/identities?${query}`);
    expect(found.body.identities.map(({ clusterKey }) => clusterKey)).toEqual([clusterKeyOf(link.cluster)]);
    const { body } = await laptop.api.call<{ secrets: { keyId: string }[]; nodes: { hold: string } }>(
      "GET",
      `/api/identities/${clusterKeyOf(link.cluster)}`,
    );
    expect(body).toMatchObject({
      appId: pullIdentity?.appId,
      secrets: [{ state: "current" }],
      nodes: { state: "held", hold: body.secrets[0]?.keyId },
      attention: "none",
      foreignPasswords: [{ displayName: "for CI" }],
      orphanPasswords: [],
    });
  });

  test("and whose cluster has a window of its own is rotated in that one", async () => {
    const link = laptop.freshLink();
    await laptop.onboard(link);
    const cluster = `/api/clusters/${clusterKeyOf(link.cluster)}`;
    const day = new Date(Date.now() + 3 * 86_400_000);
    const window = `${day.toLocaleDateString("en-US", { weekday: "short", timeZone: "UTC" })} 01:00-05:00`;
    const policy = { lifetimeInDays: 90, window };
    expect(await laptop.api.call("PUT", `${cluster}/policy`, policy)).toMatchObject({ status: 200, body: policy });
    const plan = await laptop.api.call("POST", `${cluster}/rotation?dryRun=true`);
    expect(plan).toMatchObject({ status: 200, body: { opening: `${day.toISOString().slice(0, 10)}T01:00:00.000Z` } });
    const rare = await laptop.api.call("PUT", `${cluster}/policy`, { ...policy, lifetimeInDays: 5 });
    expect(rare).toMatchObject({ status: 422, body: { code: "CP-WINDOW-TOO-RARE" } });
    expect((await laptop.api.call("GET", `${cluster}/policy`)).body).toMatchObject(policy);
  });

  test("gets one secret that lives as long as its tenant allows, though the answer is lost and the directory gives it no name", async () => {
    const link = laptop.freshLink();
    const policy = "/v1.0/policies/defaultAppManagementPolicy";
    const restriction = { restrictionType: "passwordLifetime", state: "enabled", maxLifetime: "P30D" };
    const passwordCredentials = [restriction];
    const capped = { isEnabled: true, applicationRestrictions: { passwordCredentials } };
    await byOwner(laptop, "TENANT_A", "GRAPH_URL", "PATCH", policy, capped);
    await laptop.control("POST", "/control/next-password", { displayName: null });
    // Half a year, and three shorter lives, are refused; a month is allowed, and nobody is told the password's value.
    const operation = "application_AddPassword";
    await laptop.control("POST", "/control/faults", {
      service: "graph",
      operation,
      effect: "after",
      cut: true,
      nth: 5,
    });
    expect(await laptop.onboard(link)).toMatchObject({ status: "ready" });
    expect(await laptop.made(link)).toEqual(oneLink);
    const [password] = await passwordsOf(laptop, link);
    expect(password?.displayName).toMatch(/^crosspull /);
    const days = (Date.parse(password?.endDateTime ?? "") - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(29);
    expect(days).toBeLessThan(30.01);
    await byOwner(laptop, "TENANT_A", "GRAPH_URL", "PATCH", policy, { isEnabled: false });
  });

  test("names its image with the login server in front: that of its registry is understood, another refused at once", async () => {
    const link = laptop.freshLink();
    const image = `${laptop.env["ACR_LOGIN_SERVER"]}/team/app:v1`;
    const other = await laptop.api.create({ ...link, image: "other.azurecr.io/team/app:v1" });
    expect(other).toMatchObject({ status: 400, body: { code: "CP-BAD-REQUEST" } });
    expect(await laptop.made(link)).toEqual(nothing);
    const ready = await laptop.onboard({ ...link, image });
    expect(ready).toMatchObject({ status: "ready", proof: { image, stages: expect.arrayContaining(["manifest"]) } });
  });
});

async function clusterOf(laptop: Laptop, link: NewLink) {
  return (await laptop.state()).clusters.find(({ id }) => id.toLowerCase() === link.cluster.toLowerCase());
}

/** The different secrets that the nodes hold. */
async function heldBy(laptop: Laptop, link: NewLink): Promise<readonly string[]> {
  const nodes = (await clusterOf(laptop, link))?.nodes ?? [];
  return [...new Set(nodes.map(({ secretFingerprint }) => secretFingerprint))];
}

async function passwordsOf(laptop: Laptop, link: NewLink) {
  const name = names.application(clusterKeyOf(link.cluster));
  return (await laptop.state()).tenants
    .flatMap(({ applications }) => applications)
    .filter(({ uniqueName }) => uniqueName === name)
    .flatMap(({ passwordCredentials }) => passwordCredentials);
}

/** The id of the role assignment that the link's pull identity has. */
async function grantOf(laptop: Laptop, link: NewLink): Promise<string> {
  const { tenants, roleAssignments } = await laptop.state();
  const name = names.application(clusterKeyOf(link.cluster));
  const application = tenants.flatMap(({ applications }) => applications).find(({ uniqueName }) => uniqueName === name);
  const principals = tenants
    .filter(({ id }) => id === laptop.env["TENANT_B"])
    .flatMap(({ servicePrincipals }) => servicePrincipals)
    .filter(({ appId }) => appId === application?.appId);
  const grants = roleAssignments.filter(({ principalId }) => principals.some(({ id }) => id === principalId));
  expect(grants).toHaveLength(1);
  return grants[0]?.id ?? "";
}
