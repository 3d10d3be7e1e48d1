/** Removing links of the built app: what goes, what stays and who is told to do the rest. */
import type { LinkView } from "../../local/stack/api.ts";
import { byOwner } from "../functions/readyLink.ts";
import { closeLaptops, nothing, oneLink, startLaptop, type Laptop } from "./laptop.ts";

type Plan = { readonly changes: readonly { readonly what: string; readonly action: string; readonly why: string }[] };
type Dump = { readonly arm: { readonly registries: readonly { readonly id: string; readonly loginServer: string }[] } };
type Operation = { readonly kind: string; readonly state: string };

describe("DELETE of a link", () => {
  let laptop: Laptop;
  beforeAll(async () => {
    laptop = await startLaptop("offboarding");
  });
  afterAll(closeLaptops);

  const remove = (id: string, query = "") => laptop.api.call<LinkView>("DELETE", `/api/links/${id}${query}`);
  const removed = async (id: string): Promise<LinkView> => {
    const { status, headers } = await remove(id);
    expect([status, headers.get("retry-after")]).toEqual([202, "5"]);
    return laptop.ended(id);
  };
  const pulls = async (clusterId: string, registry: string): Promise<boolean> => {
    const { arm } = await laptop.control<Dump>("GET", "/control/state");
    const found = arm.registries.find(({ id }) => id.endsWith(`/${registry}`));
    const image = `${found?.loginServer ?? ""}/team/app:v1`;
    return (await laptop.control<{ pulled: boolean }>("POST", "/control/kubelet/pull", { clusterId, image })).pulled;
  };

  test("of two links on one cluster the first leaves the pull identity, the last takes it when the cluster has left it", async () => {
    const first = laptop.freshLink();
    const second = { ...first, registry: first.registry.replace("fabrikamprod", "fabrikamabac") };
    const [one, two] = [await laptop.onboard(first), await laptop.onboard(second)];
    expect([one.status, two.status]).toEqual(["ready", "ready"]);
    expect([await pulls(first.cluster, "fabrikamprod"), await pulls(first.cluster, "fabrikamabac")]).toEqual([
      true,
      true,
    ]);
    const appId = one.pullIdentity?.appId ?? "";

    const gone = await removed(one.id);
    expect(gone).toMatchObject({
      status: "removed",
      grant: null,
      operation: { kind: "offboarding", state: "ended" },
      removal: {
        appId,
        grant: { assignmentId: one.grant?.assignmentId, ours: true },
        pull: { outcome: "refused", by: "registry", times: 3 },
        identity: { outcome: "kept", by: "link", detail: `link ${two.id} lives on it` },
        left: [],
      },
    });
    expect(gone.removal?.tokensUntil).not.toBeNull();
    expect(await laptop.made(first)).toEqual(oneLink);
    expect([await pulls(first.cluster, "fabrikamprod"), await pulls(first.cluster, "fabrikamabac")]).toEqual([
      false,
      true,
    ]);

    const still = await removed(two.id);
    expect(still.removal).toMatchObject({
      pull: { outcome: "refused" },
      identity: { outcome: "kept", by: "cluster", detail: "the cluster reports it as its service principal" },
      left: [
        {
          who: `an administrator of tenant ${first.registryTenantId}`,
          command: expect.stringContaining(`az ad sp delete --id ${appId}`),
        },
        { command: expect.stringContaining("az aks update-credentials") },
        { command: `DELETE /api/links/${two.id}` },
      ],
    });
    expect(await laptop.made(first)).toMatchObject({ applications: 1, passwords: 1, vaultVersions: 1, grants: 0 });
    expect(await pulls(first.cluster, "fabrikamabac")).toBe(false);

    await moveAway(first.cluster);
    const last = await removed(two.id);
    expect(last.removal?.identity).toEqual({ outcome: "removed", vault: { outcome: "purged" } });
    expect(await laptop.made(first)).toEqual(nothing);
    // Asked once more it is the same operation, and nothing is done again.
    const repeated = await remove(two.id);
    expect([repeated.status, repeated.body.operation.id]).toEqual([202, last.operation.id]);
    const listed = await laptop.api.call<{ links: LinkView[] }>("GET", "/api/links?status=removed");
    expect(listed.body.links.map(({ id }) => id).sort()).toEqual([one.id, two.id].sort());

    // What the cluster was moved to is multitenant.
    const anew = { ...first, acceptOldApplication: laptop.env["CLIENT_ID"] };
    expect(await laptop.onboard(anew)).toMatchObject({ status: "ready", removal: null });
    expect(await laptop.made(first)).toEqual(oneLink);
  });

  /** Whoever runs the cluster gives it another credential, as the link says. */
  async function moveAway(cluster: string): Promise<void> {
    const { env } = laptop;
    const path = `${cluster}/resetServicePrincipalProfile?api-version=2025-04-01`;
    const credential = { clientId: env["CLIENT_ID"] ?? "", secret: env["CLIENT_SECRET"] ?? "" };
    await byOwner(laptop, env["TENANT_A"] ?? "", "ARM_URL", "POST", path, credential);
    const isDone = ({ id, provisioningState, clientId }: Cluster) =>
      id === cluster && provisioningState === "Succeeded" && clientId === credential.clientId;
    while (!(await laptop.state()).clusters.some(isDone)) await new Promise((resolve) => setTimeout(resolve, 100));
  }
  type Cluster = Awaited<ReturnType<Laptop["state"]>>["clusters"][number];

  test("cancels an onboarding first, and leaves nothing", async () => {
    const wanted = laptop.freshLink();
    const asking = await laptop.asked((await laptop.api.create(wanted)).body.id);
    const plan = await laptop.api.call<Plan>("DELETE", `/api/links/${asking.id}?dryRun=true`);
    expect(plan).toMatchObject({
      status: 200,
      body: {
        changes: [{ what: "onboarding", action: "remove" }, { what: "role assignment", action: "none" }, {}, {}],
      },
    });
    expect(await laptop.api.get(asking.id)).toMatchObject({ status: "onboarding" });

    const { status, headers, body } = await remove(asking.id);
    const location = headers.get("location") ?? "";
    expect([status, body.status]).toEqual([202, "offboarding"]);
    expect((await remove(asking.id)).headers.get("location")).toBe(location);
    const gone = await laptop.ended(asking.id);
    expect(gone).toMatchObject({
      status: "removed",
      removal: { grant: null, pull: null, identity: { outcome: "removed" } },
    });
    expect(await laptop.made(wanted)).toEqual(nothing);
    const { body: operation } = await laptop.api.call<Operation>("GET", location);
    expect(operation).toMatchObject({ kind: "offboarding", state: "ended" });
  });
});

describe("DELETE of a link where Azure is slow to forget", () => {
  let laptop: Laptop;
  beforeAll(async () => {
    const switches = ["withdrawnRolesLinger", "removedPrincipalsLinger", "lookUpsLag", "slowVaultDeletion"];
    laptop = await startLaptop("offboarding-life", { life: { seed: 5, switches } });
  });
  afterAll(closeLaptops);

  const removed = async (id: string): Promise<LinkView> => {
    expect((await laptop.api.call("DELETE", `/api/links/${id}`)).status).toBe(202);
    return laptop.ended(id);
  };

  test("the pull is seen to be refused though the role lingers, by what the registry says now", async () => {
    const wanted = laptop.freshLink();
    const ready = await laptop.onboard(wanted);
    const gone = await removed(ready.id);
    expect(gone).toMatchObject({ status: "removed", removal: { pull: { outcome: "refused", by: "registry" } } });
    const image = `${laptop.env["ACR_LOGIN_SERVER"]}/team/app:v1`;
    for (let pull = 0; pull < 5; pull += 1)
      expect(await laptop.control("POST", "/control/kubelet/pull", { clusterId: wanted.cluster, image })).toMatchObject(
        { pulled: false },
      );
  });

  test("a vault that keeps what was deleted is told until when, and gives back no version that works", async () => {
    const wanted = laptop.freshLink();
    const asking = await laptop.asked((await laptop.api.create(wanted)).body.id);
    const vault = `${wanted.cluster.replace(/\/resourceGroups\/.*/, "")}/resourceGroups/rg-crosspull/providers/Microsoft.KeyVault/vaults/kv-crosspull`;
    const properties = { enablePurgeProtection: true };
    const tenant = laptop.env["TENANT_A"] ?? "";
    await byOwner(laptop, tenant, "ARM_URL", "PATCH", `${vault}?api-version=2023-07-01`, { properties });
    const { removal } = await removed(asking.id);
    expect(removal?.identity).toEqual({
      outcome: "removed",
      vault: { outcome: "recoverable", until: expect.any(String), detail: expect.stringContaining("purge protection") },
    });
    expect(await laptop.made(wanted)).toEqual(nothing);
    // The name comes back with all its old versions: one works, that of the new password.
    await laptop.asked((await laptop.api.create(wanted)).body.id);
    expect(await laptop.made(wanted)).toMatchObject({ passwords: 1, vaultVersions: 1 });
  });
});
