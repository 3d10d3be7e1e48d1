import type { Azure } from "../../src/azure/clients.ts";
import { TransientError } from "../../src/domain/errors.ts";
import { assignmentName, pullRoleFor } from "../../src/domain/roles.ts";
import { simulate, type Simulated } from "./simulated.ts";

const pauseInMs = 100;
const patienceInMs = 60_000;
const expiresAt = new Date(Date.now() + 30 * 86_400_000).toISOString();

/** Everything that Azure does to its callers at once, a thousand times as fast. */
describe("the adapters on an Azure as in life", () => {
  let simulated: Simulated;
  let azure: Azure;
  beforeAll(async () => {
    simulated = await simulate({ life: {}, speed: 1000, seed: 1 });
    azure = simulated.azure;
  });
  afterAll(() => simulated.close());

  /** Asks as a workflow does: what passes is asked again, what does not is an answer, and nothing is a defect. */
  async function until<Answer extends { readonly outcome: string }, Wanted extends Answer["outcome"]>(
    wanted: Wanted,
    ask: () => Promise<Answer>,
  ): Promise<Extract<Answer, { outcome: Wanted }>> {
    const deadline = Date.now() + patienceInMs;
    for (;;) {
      let last;
      try {
        const answer = await ask();
        if (answer.outcome === wanted) return answer as Extract<Answer, { outcome: Wanted }>;
        last = JSON.stringify(answer);
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        last = error.message;
      }
      if (Date.now() > deadline) throw new Error(`not ${wanted} in time: ${last}`);
      await new Promise((resolve) => setTimeout(resolve, pauseInMs));
    }
  }

  it("bring a cluster to pull, and take everything back so that its names are free", async () => {
    const { tenantA, tenantB, cluster, registry } = simulated;
    const { directory, vault, entra, roles, pulls, clusters, registries } = azure;
    const application = { uniqueName: "crosspull-harsh", displayName: "Harsh", redirectUris: [] };
    const { appId, objectId } = await until("put", () => directory.putApplication(tenantA, application));
    await until("put", () => directory.putServicePrincipal(tenantA, appId));
    const wanted = { displayName: "one", expiresAt };
    const { keyId, value } = await until("added", () => directory.addPassword(tenantA, objectId, wanted));
    const about = { expiresAt, tags: { keyId } };
    const { version } = await until("put", () => vault.put("pull-harsh", value, about));
    await until("read", () => vault.get("pull-harsh", version));

    await simulated.control("POST", "/control/consent", { tenantId: tenantB, clientId: appId });
    const token = await until("issued", () => entra.pullToken(tenantB, appId, value));
    const { loginServer, roleMode } = await until("found", () => registries.get(registry));
    const { id: roleId } = pullRoleFor(roleMode);
    const principalId = token.objectId;
    const name = assignmentName(registry.id, principalId, roleId);
    const grant = { name, scope: registry.id, roleId, principalId };
    const granted = await until("assigned", () => roles.assign(tenantB, grant));
    const target = { loginServer, repository: "team/app", reference: "v1", named: true };
    const pulled = await until("pulled", () => pulls.withPassword(target, appId, value));
    expect(await until("pulled", () => pulls.withEntraToken(target, token.token))).toEqual(pulled);

    const { operation } = await until("started", () => clusters.setServicePrincipal(cluster, appId, value));
    await until("succeeded", () => clusters.followUpdate(cluster, operation));
    expect(await until("found", () => clusters.get(cluster))).toMatchObject({ clientId: appId });

    await until("removed", () => roles.remove(tenantB, granted.id) as Promise<{ outcome: string }>);
    await until("removed", () => directory.removePassword(tenantA, objectId, keyId));
    await until("done", () => vault.remove("pull-harsh").then(() => ({ outcome: "done" })));
    await until("removed", () => directory.deleteApplication(tenantA, objectId));
    const anew = await until("put", () => directory.putApplication(tenantA, application));
    expect(anew.objectId).not.toBe(objectId);
    const again = await until("put", () => vault.put("pull-harsh", value, about));
    const enabled = (await vault.versions("pull-harsh")).filter((one) => one.enabled);
    expect(enabled).toMatchObject([{ version: again.version }]);
  });
});
