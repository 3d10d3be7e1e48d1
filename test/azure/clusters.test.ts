import { inspect } from "node:util";
import { connectClusters } from "../../src/azure/clusters.ts";
import type { Clusters, UpdateStarted } from "../../src/azure/clients.ts";
import { TransientError } from "../../src/domain/errors.ts";
import { Secret } from "../../src/domain/secret.ts";
import { inTenant } from "./simulated.ts";
import { anyCredentials, standIn, type Answer, type StandIn } from "./standIn.ts";

const tenantId = "a0000000-0000-4000-8000-000000000001";
const cluster = inTenant(
  "/subscriptions/a0000000-0000-4000-8000-0000000000a1/resourceGroups/rg-(one)/providers/" +
    "Microsoft.ContainerService/managedClusters/aks-one",
  tenantId,
);
const clientId = "10000000-0000-4000-8000-000000000001";
const canary = new Secret('canary-"Ab1~/secret-of-aks-4711');
const refusal = (status: number, code: string, message: string): Answer => ({
  ...{ status, body: { error: { code, message } } },
});

describe("a cluster", () => {
  let arm: StandIn;
  let clusters: Clusters;
  beforeAll(async () => {
    arm = await standIn();
    clusters = connectClusters(arm.cloud, anyCredentials());
  });
  afterAll(() => arm.close());

  const accepted = (path = "/subscriptions/x/operationresults/1?t=1"): Answer => ({
    ...{ status: 202, headers: { location: `${arm.url}${path}`, "retry-after": "0" } },
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
    const properties = {
      ...{ provisioningState: "Succeeded", powerState: { code: "Running" }, nodeResourceGroup: "MC_one" },
      servicePrincipalProfile: { clientId },
      agentPoolProfiles: [{ name: "system", provisioningState: "Succeeded", count: 3 }],
    };
    arm.answer(() => ({ status: 200, body: { id: cluster.id, location: "westeurope", properties } }));
    expect(await clusters.get(cluster)).toEqual({
      ...{ outcome: "found", id: cluster.id, location: "westeurope", provisioningState: "Succeeded" },
      ...{ powerState: "Running", clientId, nodeResourceGroup: "MC_one" },
      pools: [{ name: "system", provisioningState: "Succeeded", nodes: 3 }],
    });
  });

  it("with a managed identity has the client id msi, as Azure says it or leaves it out", async () => {
    arm.answer(() => ({ status: 200, body: { location: "westeurope", properties: {} } }));
    expect(await clusters.get(cluster)).toMatchObject({ outcome: "found", id: cluster.id, clientId: "msi", pools: [] });
  });

  it.each([
    [404, "ResourceNotFound", "missing"],
    [404, "ResourceGroupNotFound", "missing"],
    [403, "AuthorizationFailed", "forbidden"],
    [401, "InvalidAuthenticationTokenTenant", "forbidden"],
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
      [409, "AKSOperationPreempted", "Preempted by another operation.", "busy", "AKSOperationPreempted"],
      [409, "OperationNotAllowed", "The cluster is stopped.", "refused", "OperationNotAllowed"],
      [
        400,
        "BadRequest",
        "Credentials were invalid. (Details: AADSTS7000215: no)",
        "credentialRefused",
        "AADSTS7000215",
      ],
      [400, "BadRequest", "The cluster is not using a service principal.", "refused", "BadRequest"],
      [403, "AuthorizationFailed", "No right.", "refused", "AuthorizationFailed"],
      [404, "ResourceNotFound", "No such cluster.", "refused", "ResourceNotFound"],
    ])("and that answers %i %s (%s) is %s", async (status, code, message, outcome, word) => {
      scripted(refusal(status, code, message));
      expect(await start()).toEqual({ outcome, code: word, detail: message });
    });

    it.each([
      [
        "throttling without Retry-After",
        { status: 429, body: { error: { code: "Throttled", message: "Slow down." } } },
      ],
      ["an outage", { status: 503, headers: { "retry-after-ms": "1" }, body: "<html>" }],
    ])("throws for %s, and shows no secret then", async (_name, answer) => {
      scripted(answer);
      const error: unknown = await start().catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(TransientError);
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(canary.reveal());
    });

    it("does not pass on a secret that the service repeats", async () => {
      scripted(refusal(400, "BadRequest", `AADSTS7000215: ${canary.reveal()} is wrong`));
      expect(await start()).toMatchObject({ detail: "AADSTS7000215: [secret] is wrong" });
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
      [
        "when its address is gone",
        refusal(404, "OperationNotFound", "Too old."),
        { outcome: "failed", code: "OperationNotFound", detail: "Too old." },
      ],
    ])("says so %s", async (_name, look, progress) => {
      const operation = await started(look);
      expect(await clusters.followUpdate(cluster, operation)).toEqual(progress);
      expect(arm.asked).toHaveLength(2);
    });

    it.each<[object, object]>([
      [{ status: "InProgress" }, { outcome: "running" }],
      [{ status: "Succeeded" }, { outcome: "succeeded" }],
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
