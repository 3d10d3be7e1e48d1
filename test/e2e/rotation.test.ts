/** One rotation from the request to the proof that the replaced secret is gone, on the simulated cloud. */
import type { NewLink } from "../../local/stack/api.ts";
import type { Operation } from "../../src/domain/operation.ts";
import { clusterKeyOf, names } from "../../src/domain/ids.ts";
import { byOwner } from "./byOwner.ts";
import { closeLaptops, oneLink, startLaptop, type Laptop } from "./laptop.ts";

type Plan = {
  readonly nodes: { readonly reimaged: number };
  readonly opening: string;
  readonly links: readonly { readonly id: string }[];
};
const limitInMs = 120_000;

describe("a rotation", () => {
  let laptop: Laptop;
  beforeAll(async () => {
    laptop = await startLaptop("rotation", { waits: { GRACE_IN_SECONDS: 0 } });
  });
  afterAll(closeLaptops);

  const addressOf = (link: NewLink) => `/api/clusters/${clusterKeyOf(link.cluster)}/rotation`;
  const ended = async (id: string): Promise<Operation> => {
    for (const end = Date.now() + limitInMs; ;) {
      const { body } = await laptop.api.call<Operation>("GET", `/api/operations/${id}`);
      if (!["running", "waiting"].includes(body.state)) return body;
      if (Date.now() > end) throw new Error(`still ${body.state}: ${JSON.stringify(body.steps)}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };

  test("puts a new secret on every node, proves it, and takes the old one away for good", async () => {
    const link = laptop.freshLink();
    expect(await laptop.onboard(link)).toMatchObject({ status: "ready" });
    const before = await seen(laptop, link);
    const plan = await laptop.api.call<Plan>("POST", `${addressOf(link)}?dryRun=true`);
    expect(plan).toMatchObject({ status: 200, body: { nodes: { reimaged: before.nodes }, links: [{}] } });
    expect(await seen(laptop, link)).toEqual(before);

    const asked = await laptop.api.call<Operation>("POST", addressOf(link));
    expect(asked).toMatchObject({ status: 202, body: { kind: "rotation" } });
    expect(asked.headers.get("location")).toBe(`/api/operations/${asked.body.id}`);
    const again = await laptop.api.call<Operation>("POST", addressOf(link));
    expect(again).toMatchObject({ status: 202, body: { id: asked.body.id } });

    expect(await ended(asked.body.id)).toMatchObject({ state: "ended", problem: null });
    const after = await seen(laptop, link);
    expect(after).toMatchObject({ nodes: before.nodes, made: oneLink });
    expect([after.passwords.length, after.enabled.length, after.held.length]).toEqual([1, 1, 1]);
    expect(after.passwords).not.toEqual(before.passwords);
    expect(after.enabled).not.toEqual(before.enabled);
    expect(after.held).not.toEqual(before.held);
    expect(await laptop.api.create(link)).toMatchObject({ status: 200 });
  });

  test("removes what is proved ours and nothing else, though removals are answered and not done", async () => {
    const link = laptop.freshLink();
    const { pullIdentity } = await laptop.onboard(link);
    const [first] = (await seen(laptop, link)).enabled;
    const rotate = async () => {
      const { body } = await laptop.api.call<Operation>("POST", addressOf(link));
      expect(await ended(body.id)).toMatchObject({ state: "ended", problem: null });
    };
    await rotate();
    // Somebody recovers what was disabled, and makes passwords for other things, one of them under a name like ours.
    const version = `/secrets/${names.vaultSecret(clusterKeyOf(link.cluster))}/${first}?api-version=7.4`;
    await byOwner(laptop, "TENANT_A", "VAULT_URL", "PATCH", version, { attributes: { enabled: true } });
    for (const [collection, displayName] of [
      ["applications", "made in the portal"],
      ["applications", names.password("onboard-0")],
      ["servicePrincipals", "for something else"],
    ] as const) {
      const path = `/v1.0/${collection}(appId='${pullIdentity?.appId}')/addPassword`;
      await byOwner(laptop, "TENANT_A", "GRAPH_URL", "POST", path, { passwordCredential: { displayName } });
    }
    const before = await seen(laptop, link);
    const operation = "application_RemovePassword";
    await laptop.control("POST", "/control/faults", { service: "graph", operation, status: 204, times: 3 });
    await rotate();
    const after = await seen(laptop, link);
    expect([before.enabled.length, after.enabled.length]).toEqual([2, 1]);
    // Theirs are still there; of ours one went and one came.
    expect(after.passwords).toHaveLength(3);
    expect(after.passwords.filter((keyId) => before.passwords.includes(keyId))).toHaveLength(2);
    const shown = await laptop.api.call("GET", `/api/identities/${clusterKeyOf(link.cluster)}`);
    expect(shown.body).toMatchObject({
      secrets: [{ state: "current" }],
      foreignPasswords: [
        { displayName: "made in the portal", on: "application" },
        { displayName: "for something else", on: "servicePrincipal" },
      ],
      orphanPasswords: [{ displayName: "crosspull onboard-0" }],
    });
  });

  test("is refused for a cluster nobody knows, and for one whose nodes hold nothing of ours", async () => {
    const link = laptop.freshLink();
    const unknown = await laptop.api.call("POST", addressOf(link));
    expect(unknown).toMatchObject({ status: 404, body: { code: "CP-IDENTITY-NOT-FOUND" } });
    const { body } = await laptop.api.create(link);
    await laptop.asked(body.id);
    const early = await laptop.api.call("POST", addressOf(link));
    expect(early).toMatchObject({ status: 422, body: { code: "CP-NOTHING-TO-ROTATE" } });
  });
});

/** What Crosspull has for a cluster, and what its nodes hold. */
async function seen(laptop: Laptop, link: NewLink) {
  const state = await laptop.state();
  const key = clusterKeyOf(link.cluster);
  const application = state.tenants
    .flatMap(({ applications }) => applications)
    .find(({ uniqueName }) => uniqueName === names.application(key));
  const vaultSecret = state.vaults
    .flatMap(({ secrets }) => secrets)
    .find(({ name }) => name === names.vaultSecret(key));
  const nodes = state.clusters.find(({ id }) => id.toLowerCase() === link.cluster.toLowerCase())?.nodes ?? [];
  return {
    made: await laptop.made(link),
    passwords: (application?.passwordCredentials ?? []).map(({ keyId }) => keyId),
    enabled: (vaultSecret?.versions ?? []).filter(({ enabled }) => enabled).map(({ version }) => version),
    nodes: nodes.length,
    held: [...new Set(nodes.map(({ secretFingerprint }) => secretFingerprint))],
  };
}
