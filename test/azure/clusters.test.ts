import { inspect } from "node:util";
import { connectClusters } from "../../src/azure/clusters.ts";
import type { Clusters, UpdateStarted } from "../../src/azure/clients.ts";
import { TransientError } from "../../src/domain/errors.ts";
import { Secret } from "../../src/domain/secret.ts";
import { inTenant } from "./simulated.ts";
import { anyCredentials, standIn, type Answer, type StandIn, refusal } from "./standIn.ts";

const tenantId = "a0000000-0000-4000-8000-000000000001";
const cluster = inTenant(
  "/subscriptions/a0000000-0000-4000-8000-0000000000a1/resourceGroups/rg-(one)/providers/" +
    "Microsoft.ContainerService/managedClusters/aks-one",
  tenantId,
);
const clientId = "10000000-0000-4000-8000-000000000001";
const network = "/subscriptions/x/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/hub";
const canary = new Secret('canary-"Ab1~/secret-of-aks-4711');
describe("a cluster", () => {
  let arm: StandIn;
  let clusters: Clusters;
  beforeAll(async () => {
    arm = await standIn();
    clusters = connectClusters(arm.cloud, anyCredentials());
  });
  afterAll(() => arm.close());

  const accepted = (path = "/subscriptions/x/operationresults/1?t=1"): Answer => ({
    status: 202,
    headers: { location: `${arm.url}${path}`, "retry-after": "0" },
  });
  /** Answers the reset with the first, every look at it with the second. */
  function scripted(start: Answer, look: Answer = { status: 202 }): void {
    arm.answer(({ method }) => (method === "POST" ? start : look));
  }
  const start = (): Promise<UpdateStarted> => clusters.setServicePrincipal(cluster, clientId, canary);
  async function started(look: Answer, first = accepted()): Promise<string> {
    scripted(first, look);
    const answer = await start();
    if (answer.outcome !== "started") throw new Error(answer.detail);
    return answer.operation;
  }

  it("is described by what matters to us", async () => {
    const subnetId = `${network}/subnets/nodes`;
    const named = "/subscriptions/s/resourceGroups/rg-shared/providers";
    const address = `${named}/Microsoft.Network/publicIPAddresses/egress`;
    const workspace = `${named.replace("resourceGroups", "resourcegroups")}/Microsoft.OperationalInsights/workspaces/logs`;
    const properties = {
      networkProfile: { loadBalancerProfile: { outboundIPs: { publicIPs: [{ id: address }] } } },
      addonProfiles: { omsagent: { enabled: true, config: { logAnalyticsWorkspaceResourceID: workspace } } },
      provisioningState: "Succeeded",
      powerState: { code: "Running" },
      nodeResourceGroup: "MC_one",
      servicePrincipalProfile: { clientId },
      diskEncryptionSetID: "/disks/set",
      apiServerAccessProfile: { privateDNSZone: "/zones/one", subnetId: `${network}/subnets/api` },
      agentPoolProfiles: [
        {
          name: "system",
          provisioningState: "Succeeded",
          powerState: { code: "Running" },
          count: 3,
          maxPods: 30,
          type: "VirtualMachineScaleSets",
          vnetSubnetID: subnetId,
          podSubnetID: `${network}/subnets/pods`,
        },
        { name: "user", count: 1, vnetSubnetID: subnetId.toUpperCase() },
      ],
    };
    arm.answer(() => ({ status: 200, body: { id: cluster.id, location: "westeurope", properties } }));
    expect(await clusters.get(cluster)).toEqual({
      outcome: "found",
      id: cluster.id,
      provisioningState: "Succeeded",
      powerState: "Running",
      clientId,
      nodeResourceGroup: "MC_one",
      subnetIds: [subnetId, `${network}/subnets/pods`, `${network}/subnets/api`],
      diskEncryptionSetIds: ["/disks/set"],
      privateDnsZoneId: "/zones/one",
      pools: [
        {
          name: "system",
          provisioningState: "Succeeded",
          powerState: "Running",
          nodes: 3,
          type: "VirtualMachineScaleSets",
          subnetId,
          maxPods: 30,
        },
        {
          name: "user",
          provisioningState: null,
          powerState: null,
          nodes: 1,
          type: null,
          subnetId: subnetId.toUpperCase(),
          maxPods: null,
        },
      ],
      otherIds: [workspace, address],
    });
  });

  it("of which Azure leaves things out leaves them unknown, and counts no nodes where they are counted elsewhere", async () => {
    const agentPoolProfiles = [{ name: "vms", type: "VirtualMachines", count: 0 }];
    const apiServerAccessProfile = { privateDNSZone: "system" };
    const properties = { servicePrincipalProfile: { clientId }, agentPoolProfiles, apiServerAccessProfile };
    arm.answer(() => ({ status: 200, body: { location: "westeurope", properties } }));
    expect(await clusters.get(cluster)).toMatchObject({
      provisioningState: null,
      powerState: null,
      nodeResourceGroup: null,
      privateDnsZoneId: null,
      subnetIds: [],
      pools: [{ name: "vms", nodes: null }],
    });
  });

  const ofPrincipal = { servicePrincipalProfile: { clientId } };

  it("is asked for in the version that its cloud speaks", async () => {
    arm.answer(() => ({ status: 200, body: { location: "chinaeast2", properties: ofPrincipal } }));
    const cloud = { ...arm.cloud, aksApiVersion: "2024-09-01" };
    await connectClusters(cloud, anyCredentials()).get(cluster);
    expect(arm.asked[0]?.path).toContain("api-version=2024-09-01");
  });

  const unregistered = (versions: string): Answer =>
    refusal(
      400,
      "NoRegisteredProviderFound",
      `No registered resource provider found for location 'chinaeast2' and API version 'x' for type 'managedClusters'. ` +
        `The supported api-versions are '${versions}'. The supported locations are ', chinaeast2'.`,
    );
  const versionsAsked = (): readonly (string | null)[] =>
    arm.asked.map(({ path }) => new URL(path, arm.url).searchParams.get("api-version"));

  it("in a region that lacks the newest version is asked for in the newest it has, at once the next time", async () => {
    const versions = "2020-01-01, 2025-10-01, 2026-05-02-preview, 2025-03-01, 2099-01-01";
    arm.answer(({ path }) =>
      path.includes("2025-10-01")
        ? { status: 200, body: { location: "chinaeast2", properties: ofPrincipal } }
        : unregistered(versions),
    );
    const fresh = connectClusters(arm.cloud, anyCredentials());
    expect(await fresh.get(cluster)).toMatchObject({ outcome: "found" });
    expect(await fresh.get(cluster)).toMatchObject({ outcome: "found" });
    expect(versionsAsked()).toEqual(["2026-06-01", "2025-10-01", "2025-10-01"]);
    arm.answer(({ path }) => (path.includes("2025-10-01") ? accepted() : unregistered(versions)));
    const other = connectClusters(arm.cloud, anyCredentials());
    expect(await other.setServicePrincipal(cluster, clientId, canary)).toMatchObject({ outcome: "started" });
    expect(arm.asked.map(({ body }) => body)).toEqual(Array(2).fill(arm.asked[0]?.body));
  });

  it("of which no version is named is an error", async () => {
    arm.answer(() => unregistered(""));
    await expect(connectClusters(arm.cloud, anyCredentials()).get(cluster)).rejects.toThrow(
      "NoRegisteredProviderFound",
    );
    expect(versionsAsked()).toEqual(["2026-06-01"]);
  });

  it("with a managed identity has the client id msi, as Azure says it or leaves it out", async () => {
    const identity = { type: "SystemAssigned" };
    for (const properties of [{}, { servicePrincipalProfile: { clientId: "msi" } }]) {
      arm.answer(() => ({ status: 200, body: { location: "westeurope", identity, properties } }));
      expect(await clusters.get(cluster)).toMatchObject({ outcome: "found", clientId: "msi", pools: [] });
    }
  });

  it("that shows neither a service principal nor a managed identity is asked for again", async () => {
    arm.answer(() => ({ status: 200, body: { location: "westeurope", properties: {} } }));
    await expect(clusters.get(cluster)).rejects.toThrow("does not say which service principal");
  });

  it.each([
    [404, "ResourceNotFound", "missing"],
    [404, "ResourceGroupNotFound", "missing"],
    [403, "AuthorizationFailed", "forbidden"],
    [401, "InvalidAuthenticationTokenTenant", "forbidden"],
    [401, "AADSTS7000229", "noToken"],
    [401, "AADSTS700211", "noToken"],
  ])("answered with %i %s is %s", async (status, code, outcome) => {
    arm.answer(() => refusal(status, code, "No."));
    expect(await clusters.get(cluster)).toEqual({ outcome, code, detail: "No." });
  });

  describe("whose service principal is set", () => {
    it("gives back an operation without the secret, and is not waited for", async () => {
      const operation = await started({ status: 202 });
      expect(arm.asked).toHaveLength(1);
      expect(JSON.parse(arm.asked[0]?.body ?? "")).toEqual({ clientId, secret: canary.reveal() });
      expect(operation).not.toContain("canary");
      expect(operation).toContain("operationresults");
    });

    it.each([
      [409, "OperationNotAllowed", "Another operation (Upgrading) is in progress.", "busy", "OperationNotAllowed"],
      [409, "AnotherOperationInProgress", "Wait.", "busy", "AnotherOperationInProgress"],
      [409, "AKSOperationPreempted", "Preempted by another operation.", "busy", "AKSOperationPreempted"],
      [409, "Conflict", "managed cluster is in Provisioning State(Updating)", "busy", "Conflict"],
      [409, "OperationNotAllowed", "The cluster is stopped.", "refused", "OperationNotAllowed"],
      [409, "ScopeLocked", "The scope cannot perform write operation.", "locked", "ScopeLocked"],
      [409, "QuotaExceeded", "Cores are used up.", "cannotNow", "QuotaExceeded"],
      [400, "SubnetIsFull", "No addresses.", "cannotNow", "SubnetIsFull"],
      [409, "OperationNotAllowed", "It results in exceeding approved Cores quota.", "cannotNow", "OperationNotAllowed"],
      [409, "OperationNotAllowed", "Invalid PDBs. (Code: PodDrainFailure)", "cannotNow", "OperationNotAllowed"],
      [409, "OperationNotAllowed", "The feature is not registered.", "refused", "OperationNotAllowed"],
      [400, "BadRequest", "Invalid. (Details: AADSTS7000215: no)", "credentialRefused", "AADSTS7000215"],
      [400, "BadRequest", "Invalid. (Details: AADSTS7000222: old)", "credentialRefused", "AADSTS7000222"],
      [400, "BadRequest", "Invalid. (Details: AADSTS700016: no)", "principalUnknown", "AADSTS700016"],
      [400, "BadRequest", "Invalid. (Details: AADSTS7000229: no)", "principalUnknown", "AADSTS7000229"],
      [400, "BadRequest", "Invalid. (Details: AADSTS53003: blocked)", "refused", "BadRequest"],
      [400, "ServicePrincipalNotFound", "clientID not found.", "principalUnknown", "ServicePrincipalNotFound"],
      [
        400,
        "BadRequest",
        "Service principal clientID: x not found in Active Directory.",
        "principalUnknown",
        "BadRequest",
      ],
      [
        400,
        "InvalidParameter",
        "The service principal x does not exist in tenant y.",
        "principalUnknown",
        "InvalidParameter",
      ],
      [404, "ServicePrincipalNotFound", "clientID not found.", "principalUnknown", "ServicePrincipalNotFound"],
      [400, "BadRequest", "The cluster is not using a service principal.", "refused", "BadRequest"],
      [404, "NotFound", "The principal x could not be located.", "principalUnknown", "NotFound"],
      [400, "PrincipalNotFound", "Check the id.", "principalUnknown", "PrincipalNotFound"],
      [400, "BadRequest", "The client x does not exist in the directory y.", "principalUnknown", "BadRequest"],
      [400, "BadRequest", "Unable to find service principal with client id x.", "principalUnknown", "BadRequest"],
      [400, "BadRequest", "Could not find the service principal for x.", "principalUnknown", "BadRequest"],
      [400, "BadRequest", "No service principal found for client id x.", "principalUnknown", "BadRequest"],
      [400, "BadRequest", "The service principal x wasn't found.", "principalUnknown", "BadRequest"],
      [
        400,
        "BadRequest",
        "Service principal x is not yet available in the directory.",
        "principalUnknown",
        "BadRequest",
      ],
      [400, "BadRequest", "The principal x is missing in tenant y.", "principalUnknown", "BadRequest"],
      [404, "ClusterNotFound", "The client's cluster was not found.", "refused", "ClusterNotFound"],
      [400, "BadRequest", "The client certificate does not exist.", "refused", "BadRequest"],
      [
        400,
        "SubnetNotFound",
        "The subnet could not be found; may the service principal read it?",
        "refused",
        "SubnetNotFound",
      ],
      [403, "AuthorizationFailed", "No right.", "forbidden", "AuthorizationFailed"],
      [403, "LinkedAuthorizationFailed", "No right on the subnet.", "forbidden", "LinkedAuthorizationFailed"],
      [403, "AuthorizationFailed", "Denied by the deny assignment x.", "refused", "AuthorizationFailed"],
      [403, "RequestDisallowedByPolicy", "Policy x.", "refused", "RequestDisallowedByPolicy"],
      [409, "UpgradeInProgress", "Wait.", "busy", "UpgradeInProgress"],
      [409, "ZonalAllocationFailed", "No room in this zone.", "cannotNow", "ZonalAllocationFailed"],
      [400, "OverconstrainedAllocationRequest", "No room.", "cannotNow", "OverconstrainedAllocationRequest"],
      [400, "InsufficientSubnetSize", "No addresses.", "cannotNow", "InsufficientSubnetSize"],
      [409, "Conflict", "We do not have sufficient capacity for the size.", "cannotNow", "Conflict"],
      [404, "ResourceNotFound", "No such cluster.", "refused", "ResourceNotFound"],
    ])("and that answers %i %s (%s) is %s", async (status, code, message, outcome, word) => {
      scripted(refusal(status, code, message));
      expect(await start()).toEqual({ outcome, code: word, detail: message });
    });

    it("does not know the principal, when AKS says so without the usual outer object", async () => {
      scripted({ status: 400, body: { code: "ServicePrincipalNotFound", message: "Not found." } });
      expect(await start()).toMatchObject({ outcome: "principalUnknown", code: "ServicePrincipalNotFound" });
    });

    it("is asked once, whatever the answer: a second reset would meet the first", async () => {
      scripted({ status: 503, headers: { "retry-after": "0" } });
      await expect(start()).rejects.toThrow(TransientError);
      expect(arm.asked).toHaveLength(1);
    });

    it.each([
      [
        "throttling without Retry-After",
        { status: 429, body: { error: { code: "Throttled", message: "Slow down." } } },
      ],
      ["an outage", { status: 503, headers: { "retry-after-ms": "1" }, body: "<html>" }],
      ["an outage that repeats it", { status: 503, body: { error: { code: "x", message: canary.reveal() } } }],
      ["an accepted update with a garbled answer", { status: 200, body: `{"x":"${canary.reveal()}` }],
      ["a garbled answer", { status: 502, body: canary.reveal() }],
    ])("throws for %s, and shows no secret then", async (_name, answer) => {
      scripted(answer);
      const error: unknown = await start().catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(TransientError);
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(canary.reveal());
    });

    it("does not pass on a secret that the service repeats", async () => {
      scripted(refusal(400, "BadRequest", `AADSTS7000215: ${canary.reveal()} is wrong`));
      expect(await start()).toMatchObject({ code: "AADSTS7000215", detail: "[secret] is wrong" });
    });

    it("refuses an operation that would hold the secret, or lead elsewhere", async () => {
      scripted(accepted(`/operations?x=${encodeURIComponent(canary.reveal())}`));
      await expect(start()).rejects.toThrow("holds the secret");
      scripted({ status: 202, headers: { location: "https://evil.example/operations/1" } });
      await expect(start()).rejects.toThrow("not Azure Resource Manager's");
    });
  });

  describe("whose update is followed", () => {
    it.each<[string, Answer, object]>([
      ["while it runs", { status: 202 }, { outcome: "running" }],
      ["when it is over", { status: 200 }, { outcome: "succeeded" }],
      ["when it is over, and there is nothing more to say", { status: 204 }, { outcome: "succeeded" }],
      [
        "when its address is gone, or not there yet",
        refusal(404, "OperationNotFound", "Too old."),
        { outcome: "lost", code: "OperationNotFound", detail: "Too old." },
      ],
      [
        "when we may not look",
        refusal(403, "AuthorizationFailed", "No right."),
        { outcome: "lost", code: "AuthorizationFailed", detail: "No right." },
      ],
      ["when it answers oddly", { status: 418 }, { outcome: "lost", code: "HTTP 418", detail: "HTTP 418" }],
      [
        "when ARM does not know the version",
        refusal(400, "NoRegisteredProviderFound", "No."),
        { outcome: "lost", code: "NoRegisteredProviderFound", detail: "No." },
      ],
      [
        "when its result is an error",
        refusal(400, "PodDrainFailure", "Drain failed."),
        { outcome: "failed", code: "PodDrainFailure", detail: "Drain failed." },
      ],
    ])("says so %s", async (_name, look, progress) => {
      const operation = await started(look);
      expect(await clusters.followUpdate(cluster, operation)).toEqual(progress);
      expect(arm.asked).toHaveLength(2);
    });

    it.each<[object, object]>([
      [{ status: "InProgress" }, { outcome: "running" }],
      [{ status: "InProgress", error: { code: "NotLatestOperation" } }, { outcome: "running" }],
      [
        { status: "Failed", error: { message: "Only words." } },
        { outcome: "failed", detail: "Only words." },
      ],
      [
        { status: "Failed", error: "A sentence." },
        { outcome: "failed", detail: "A sentence." },
      ],
      [
        { status: "Failed", properties: { error: { code: "SubnetIsFull", message: "No addresses." } } },
        { outcome: "failed", code: "SubnetIsFull", detail: "No addresses." },
      ],
      [
        { status: "Failed", properties: null },
        { outcome: "failed", code: "OperationFailed", detail: "failed" },
      ],
      [{ id: "x", properties: { provisioningState: "Updating" } }, { outcome: "running" }],
      [
        { id: "x", properties: { provisioningState: "Failed" } },
        { outcome: "failed", code: "OperationFailed" },
      ],
      [{ id: "x", properties: { provisioningState: "Succeeded" } }, { outcome: "succeeded" }],
      [{ status: "Succeeded", error: { code: "NotLatestOperation" } }, { outcome: "succeeded" }],
      [
        {
          status: "Failed",
          error: {
            code: "ResourceOperationFailure",
            message: "Terminal state 'Failed'.",
            details: [{ code: "CreateRoleAssignmentError", message: "No authorization over MC_x." }],
          },
        },
        {
          outcome: "failed",
          code: "CreateRoleAssignmentError",
          detail: "Terminal state 'Failed'. (CreateRoleAssignmentError: No authorization over MC_x.)",
        },
      ],
      [
        {
          status: "Failed",
          error: { code: "Outer", message: "", innererror: { code: "QuotaExceeded", message: "No cores." } },
        },
        { outcome: "failed", code: "QuotaExceeded", detail: "No cores." },
      ],
      [
        { status: "Failed", error: { code: "BadRequest", message: "Invalid (Details: AADSTS7000215: no)" } },
        { outcome: "credentialRefused", code: "AADSTS7000215" },
      ],
      [
        { status: "Failed", error: { code: "ServicePrincipalValidationClientError", message: "AADSTS7000229: no" } },
        { outcome: "principalUnknown", code: "AADSTS7000229" },
      ],
      [
        { status: "Failed", error: { code: "ServicePrincipalValidationClientError", message: "Not valid." } },
        { outcome: "principalUnknown", code: "ServicePrincipalValidationClientError" },
      ],
      [
        { status: "Failed", error: { code: "PodDrainFailure", message: "Drain of node 2 failed." } },
        { outcome: "failed", code: "PodDrainFailure", detail: "Drain of node 2 failed." },
      ],
      [{ status: "Canceled" }, { outcome: "failed", code: "OperationFailed" }],
    ])("understands an operation that says %j", async (body, progress) => {
      const first = { status: 202, headers: { "azure-asyncoperation": `${arm.url}/subscriptions/x/operations/1` } };
      const operation = await started({ status: 200, body }, first);
      expect(await clusters.followUpdate(cluster, operation)).toMatchObject(progress);
    });

    it("can be followed by adapters that did not start it, again and again", async () => {
      const operation = await started({ status: 202 });
      for (let look = 0; look < 3; look += 1) {
        const others = connectClusters(arm.cloud, anyCredentials());
        expect(await others.followUpdate(cluster, operation)).toEqual({ outcome: "running" });
      }
      expect(arm.asked.map(({ method }) => method)).toEqual(["POST", "GET", "GET", "GET"]);
    });

    it("is followed by long, signed addresses, in the version they name or that the update was asked in", async () => {
      const signed = `/subscriptions/x/operations/1?api-version=2016-03-30&t=1&c=${"c".repeat(3000)}&s=x%2Fy&h=z`;
      const operation = await started({ status: 202 }, accepted(signed));
      expect(operation.length).toBeGreaterThan(3000);
      await clusters.followUpdate(cluster, operation);
      expect(arm.asked.at(-1)?.path).toBe(signed);
      const bare = await started({ status: 202 }, accepted("/subscriptions/x/operations/2"));
      await clusters.followUpdate(cluster, bare);
      expect(arm.asked.at(-1)?.path).toBe("/subscriptions/x/operations/2?api-version=2026-06-01");
    });

    it("belongs to a cluster in any spelling of its id", async () => {
      const operation = await started({ status: 202 });
      const shouted = { ...cluster, id: cluster.id.toUpperCase() };
      expect(await clusters.followUpdate(shouted, operation)).toEqual({ outcome: "running" });
    });

    it("throws when a look fails for now", async () => {
      const operation = await started({ status: 503, headers: { "retry-after-ms": "1" } });
      await expect(clusters.followUpdate(cluster, operation)).rejects.toThrow(TransientError);
    });

    it.each<[string, (operation: string) => string]>([
      [
        "another host",
        (operation) => operation.replaceAll(/https:\/\/localhost:\d+\/subscriptions\/x/g, "https://evil.example/x"),
      ],
      [
        "another port",
        (operation) => operation.replace(/localhost:\d+\/subscriptions\/x/, "localhost:1/subscriptions/x"),
      ],
      ["a user name", (operation) => operation.replaceAll("https://localhost", "https://user@localhost")],
      ["another cluster", (operation) => operation.replace("aks-one", "aks-two")],
      ["another operation", (operation) => operation.replace("resetServicePrincipalProfile", "resetAADProfile")],
      ["no addresses", () => '{"state":{"status":"running","config":{}}}'],
      ["nothing", () => "null"],
      ["no JSON", () => "{"],
    ])("sends no token for an operation with %s", async (_name, tamper) => {
      const operation = await started({ status: 200 });
      expect(tamper(operation)).not.toBe(operation);
      await expect(clusters.followUpdate(cluster, tamper(operation))).rejects.toThrow("the cluster update in hand");
      expect(arm.asked).toHaveLength(1);
    });
  });
});
